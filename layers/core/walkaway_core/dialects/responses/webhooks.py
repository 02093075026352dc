"""Routes of webhook endpoints as OpenAI's management API has them: those of the format `responses` (contract D.14).

They are endpoints of the sessions API. Their name is for people, and so its `description`; what they ask for stands
among its events as the types of this format.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from walkaway_core.dialects.responses import webhook_body
from walkaway_core.dialects.responses.errors import ResponseProblem
from walkaway_core.dialects.responses.ids import Names
from walkaway_core.dialects.responses.problems import Refusal
from walkaway_core.dialects.responses.webhook_body import TYPES
from walkaway_core.dialects.responses.webhook_wire import (
    EndpointChange,
    EndpointCreate,
    EndpointDeleted,
    EndpointList,
    EndpointObject,
    EndpointTest,
    EndpointWithSecret,
    SecretRotate,
    Tested,
    TypeList,
)
from walkaway_core.errors import WebhookNotFound
from walkaway_core.http import errors, large, repetitions
from walkaway_core.http.access import Called, Caller
from walkaway_core.notify import endpoints, probing
from walkaway_core.notify.endpoints import Endpoint
from walkaway_core.store import idempotency
from walkaway_wire import jsontext

FORMAT = "responses"
DAY = 86_400.0
OF_A_TURN = {
    "turn.completed": ("response.completed",),
    "turn.failed": ("response.failed", "response.incomplete"),
    "turn.cancelled": ("response.cancelled",),
    "*": TYPES,
}
"""What an endpoint that was registered in the sessions API is told by its events."""
router = APIRouter(prefix="/v1/webhook_endpoints", tags=["webhooks"], route_class=large.Route)
types = APIRouter(prefix="/v1/webhook_event_types", tags=["webhooks"])
WRONG = errors.answers(400, 401, 404, model=ResponseProblem)


@types.get("", responses=errors.answers(401, model=ResponseProblem), summary="List types of webhook events")
def list_types(caller: Called) -> TypeList:
    """List what an endpoint can be told."""
    del caller
    return TypeList(data=[*TYPES])


@router.post("", responses=errors.answers(400, 401, 422, model=ResponseProblem), summary="Register a webhook endpoint")
def create(caller: Called, asked: EndpointCreate, request: Request) -> EndpointWithSecret:
    """Register an address that is told when responses of the background are over. Its secret is shown only here."""
    _check(asked.event_types)
    once = repetitions.once(caller, request, "webhook", asked.model_dump())
    made, _ = idempotency.make(
        caller.services,
        once,
        lambda: endpoints.create(
            caller.services,
            caller.tenant,
            asked.url,
            events=tuple(dict.fromkeys(asked.event_types)),
            format_=FORMAT,
            description=asked.name,
            once=once,
        ),
        lambda id_: _find(caller, id_),
    )
    return _with_secret(made)


@router.get("", responses=WRONG, summary="List webhook endpoints")
def listing(
    caller: Called, *, after: str | None = None, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> EndpointList:
    """List the endpoints of this format, the newest first."""
    there = [each for each in reversed(endpoints.all_of(caller.services, caller.tenant)) if each.format == FORMAT]
    if after is not None:
        there = [each for each in there if each.id < _find(caller, after).id]
    shown = [_object(each) for each in there[:limit]]
    ends = (shown[0].id, shown[-1].id) if shown else (None, None)
    return EndpointList(data=shown, first_id=ends[0], last_id=ends[1], has_more=len(there) > limit)


@router.get("/{endpoint}", responses=WRONG, summary="Read a webhook endpoint")
def get(caller: Called, endpoint: str) -> EndpointObject:
    """Read an endpoint; never its secret."""
    return _object(_find(caller, endpoint))


@router.post("/{endpoint}", responses=WRONG, summary="Change a webhook endpoint")
def change(caller: Called, endpoint: str, asked: EndpointChange) -> EndpointObject:
    """Change what is said."""
    fields: dict[str, Any] = {}
    if asked.event_types is not None:
        _check(asked.event_types)
        fields["events"] = tuple(dict.fromkeys(asked.event_types))
    if asked.name is not None:
        fields["description"] = asked.name
    if asked.url is not None:
        fields["url"] = asked.url
    found = _find(caller, endpoint)
    return _object(endpoints.change(caller.services, caller.tenant, found.id, **fields) if fields else found)


@router.delete(
    "/{endpoint}", responses=errors.answers(401, 404, model=ResponseProblem), summary="Delete a webhook endpoint"
)
def delete(caller: Called, endpoint: str) -> EndpointDeleted:
    """Delete an endpoint; what it was still to be told is not told."""
    found = _find(caller, endpoint)
    endpoints.delete(caller.services, caller.tenant, found.id)
    return EndpointDeleted(id=found.id)


@router.post("/{endpoint}/rotate_secret", responses=WRONG, summary="Change a webhook endpoint's secret")
def rotate_secret(caller: Called, endpoint: str, asked: SecretRotate | None = None) -> EndpointWithSecret:
    """Make a new secret; the old one signs beside it for a day more if that is asked for, else no longer."""
    grace = DAY if asked and asked.keep_old_secret_active_for_24_hours else 0.0
    found = _find(caller, endpoint)
    return _with_secret(endpoints.rotate(caller.services, caller.tenant, found.id, grace))


@router.post("/{endpoint}/test", responses=WRONG, summary="Send a webhook endpoint a test")
def test(caller: Called, endpoint: str, asked: EndpointTest) -> Tested:
    """Send a sample at once, and say what the endpoint has answered. Its response does not exist."""
    _check([asked.event_type], "event_type")
    services, found = caller.services, _find(caller, endpoint)
    id_, nobodys = services.ids.new("evt_"), Names(services.ids.new("sess_"), services.ids.new("msg_"))
    body = webhook_body.event(id_, services.clock.now(), asked.event_type, nobodys.response)
    status = probing.post(services, found, id_, jsontext.dump_bytes(dict(body)))
    return Tested(event_type=asked.event_type, status_code=status, webhook_endpoint_id=found.id)


def _check(named: list[str], field: str = "event_types") -> None:
    """Raise Refusal for a type that never happens here."""
    for number, each in enumerate(named):
        if each not in TYPES:
            param = f"{field}[{number}]" if field == "event_types" else field
            raise Refusal(f"{param}: {each[:100]!r} never happens here; there are: {', '.join(TYPES)}", param)


def _find(caller: Caller, id_: str) -> Endpoint:
    """Read an endpoint of this format by its id. Raises Refusal (404)."""
    try:
        found = endpoints.get(caller.services, caller.tenant, id_)
    except WebhookNotFound:
        found = None
    if found is None or found.id != id_ or found.format != FORMAT:
        raise Refusal(f"Webhook endpoint with id '{id_[:100]}' not found.", told="not_found", status=404)
    return found


def _object(endpoint: Endpoint) -> EndpointObject:
    asks = {type_ for event in endpoint.events for type_ in OF_A_TURN.get(event, (event,))}
    secret = endpoint.secrets[0][0] if endpoint.secrets else ""
    return EndpointObject(
        id=endpoint.id,
        created_at=int(endpoint.created_at),
        event_types=[type_ for type_ in TYPES if type_ in asks],
        name=endpoint.description or endpoint.name,
        url=endpoint.url,
        signing_secret_hint=f"{secret[:6]}…{secret[-4:]}" if secret else None,
    )


def _with_secret(endpoint: Endpoint) -> EndpointWithSecret:
    return EndpointWithSecret(**_object(endpoint).model_dump(), signing_secret=endpoint.secrets[0][0])
