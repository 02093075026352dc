"""Routes of the responses dialect (contract D.7): create, read, follow, cancel, delete, and the items of an input."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from walkaway_core.dialects.responses import answers, conversing, sse, stored
from walkaway_core.dialects.responses.errors import ResponseProblem
from walkaway_core.dialects.responses.wire import InputItems, ResponseCreate, ResponseDeleted, ResponseObject
from walkaway_core.engine import awaiting, ending, forgetting
from walkaway_core.errors import NotFound
from walkaway_core.http import errors, large, repeats, repetitions
from walkaway_core.http.access import Called
from walkaway_core.http.attended import attended
from walkaway_core.http.streaming import streamed
from walkaway_core.store.services import Services
from walkaway_core.store.turn_facts import OVER
from walkaway_core.store.turns import Turn
from walkaway_wire import jsontext

router = APIRouter(prefix="/v1/responses", tags=["responses"], route_class=large.Route)
STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "model": ResponseObject,
        "description": "The response, or its events as they come",
        "content": {
            "text/event-stream": {
                "example": 'event: response.created\ndata: {"type":"response.created","sequence_number":0,…}\n\n'
            }
        },
    }
}
UNKNOWN = errors.answers(404, model=ResponseProblem)
ALIVE = b" \n"


@router.post(
    "",
    responses=STREAM | errors.answers(400, 404, 413, 422, model=ResponseProblem),
    response_model=None,
    summary="Create a response",
)
@streamed
async def create(
    caller: Called, asked: ResponseCreate, request: Request, idempotency_key: repeats.Key = None
) -> Response:
    """Begin a response. It goes on whatever becomes of the connection; `cancel` ends it.

    The answer is the response when it is over, its events with `stream`, and at once with `background`. White space is
    sent while nothing else is. The same request with the same `Idempotency-Key` within 24 hours begins nothing.
    """
    del idempotency_key  # read below, in all its lines
    once = repetitions.once(caller, request, "response", asked.model_dump(exclude_unset=True))
    turn, again = await attended(caller.services, conversing.begin, caller.services, caller.tenant, asked, once)
    headers = repeats.REPLAYED if again else {}
    if asked.stream:
        kept = await caller.services.reading(stored.asked, caller.services, turn)
        return sse.answer(caller.services, turn.key, await sse.begin(caller.services, turn.key, kept), headers)
    if asked.background:
        made = await caller.services.reading(answers.response, caller.services, turn)
        return _written(made, headers)
    return StreamingResponse(_waited(caller.services, turn), media_type="application/json", headers=headers)


@router.get("/{response_id}", responses=STREAM | errors.answers(400, 404, model=ResponseProblem), response_model=None)
@streamed
async def get(
    caller: Called,
    response_id: str,
    *,
    stream: bool = False,
    starting_after: Annotated[
        int | None, Query(ge=0, description="with `stream`: the number of the last event")
    ] = None,
) -> Response:
    """Read a response, or follow it: from its first event, or from behind one, at any age and any number of times."""
    services = caller.services
    turn = await services.reading(answers.find, services, caller.tenant, response_id)
    if not stream:
        return _written(await services.reading(answers.response, services, turn))
    asked = await services.reading(stored.asked, services, turn)
    telling = await sse.begin(services, turn.key, asked, -1 if starting_after is None else starting_after)
    return sse.answer(services, turn.key, telling)


@router.post("/{response_id}/cancel", responses=UNKNOWN, summary="Cancel a response")
def cancel(caller: Called, response_id: str) -> ResponseObject:
    """End a response now, however it was asked for; one that is over stays as it is."""
    turn = answers.find(caller.services, caller.tenant, response_id)
    ending.cancel(caller.services, turn.key)
    return _object(answers.response(caller.services, turn))


@router.delete("/{response_id}", responses=UNKNOWN, summary="Delete a response")
def delete(caller: Called, response_id: str) -> ResponseDeleted:
    """Delete a response; one that runs is cancelled first."""
    turn = answers.find(caller.services, caller.tenant, response_id)
    forgetting.forget(caller.services, turn.key)
    return ResponseDeleted(id=response_id)


@router.get(
    "/{response_id}/input_items",
    responses=errors.answers(400, 404, model=ResponseProblem),
    summary="List the items of a response's input",
)
def input_items(
    caller: Called,
    response_id: str,
    *,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    order: Literal["asc", "desc"] = "desc",
) -> InputItems:
    """List what this response was given itself, without what was said before it; each by an id that can be named."""
    turn = answers.find(caller.services, caller.tenant, response_id)
    items = answers.given(caller.services, turn)
    return InputItems(**answers.page(items, after=after, limit=limit, order=order))


async def _waited(services: Services, turn: Turn) -> AsyncIterator[bytes]:
    """Give white space until the response is over, then its object. The answer has begun: nothing can be an error."""
    asked = await services.reading(stored.asked, services, turn)
    until = services.clock.monotonic() + (services.settings.hold_seconds or float("inf"))
    try:
        while turn.status not in OVER and (left := until - services.clock.monotonic()) > 0:
            turn = await awaiting.until(services, turn.key, _over, min(sse.HEARTBEAT, left))
            if not _over(turn):
                yield ALIVE
        made = await services.reading(answers.response, services, turn)
    except NotFound:
        made = answers.gone(services, turn, asked)
    yield jsontext.dump_bytes(made)


def _over(turn: Turn) -> bool:
    return turn.status in OVER


def _written(made: dict[str, Any], headers: Any = None) -> Response:
    more = answers.POLL if made["status"] in answers.UNFINISHED else {}
    return JSONResponse(made, headers={**(headers or {}), **more})


def _object(made: dict[str, Any]) -> ResponseObject:
    return ResponseObject.model_construct(**made)
