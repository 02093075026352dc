"""Routes of the conversation: sending a message, reading what was said (contract A.5)."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import JSONResponse

from walkaway_core.agent.attachments import Attachment
from walkaway_core.dialects.native import webhooks
from walkaway_core.engine import sending
from walkaway_core.http import errors, large, pages, repeats, sse
from walkaway_core.http.access import Called
from walkaway_core.http.attended import attended
from walkaway_core.http.direct import direct
from walkaway_core.http.fields import prefers
from walkaway_core.http.streaming import streamed
from walkaway_core.log import readers, spoken
from walkaway_core.log.transcript import Entry
from walkaway_core.store import sessions
from walkaway_core.store.idempotency import Once
from walkaway_wire.messages import Accepted, MessageCreate, Said
from walkaway_wire.settings import ToolSettings

router = APIRouter(prefix="/v1/sessions/{session}/messages", tags=["messages"], route_class=large.Route)

STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The turn's events as they come, to the terminal one",
        "content": {
            "text/event-stream": {
                "example": 'id: 3\nevent: text.delta\ndata: {"content":"Once","sequence_number":3}\n\n',
            }
        },
        "headers": {"X-Response-Id": {"schema": {"type": "string"}, "description": "the turn's id"}},
    },
    202: {"model": Accepted, "description": "Started, with `Prefer: respond-async`"},
}


@router.post(
    "",
    responses=STREAM | errors.answers(400, 401, 403, 404, 409, 413, 422),
    response_model=None,
    summary="Send a message",
)
@direct
@streamed
async def send(
    *,
    caller: Called,
    session: str,
    request: Request,
    asked: MessageCreate,
    prefer: Annotated[str, Header()] = "",
    idempotency_key: repeats.Key = None,
) -> Response:
    """Start a turn and stream its events. The turn goes on when the connection ends; see …/responses/{id}/events.

    While another turn runs, `on_busy` decides: a message that waits has a turn of its own, whose stream begins with
    `turn.queued`; one that steers is answered with the running turn's events, from `turn.steered` on.

    With `webhook_url` that address is told how the turn ends, in the form of /v1/webhooks. Settings that are said here
    hold for this turn alone; a message that steers may say none.

    With `Prefer: respond-async` the answer is 202 at once, and no stream is held (RFC 7240). The same request with the
    same `Idempotency-Key` within 24 hours starts nothing: it has the first one's answer, from its first event on.
    """
    del prefer, idempotency_key  # read below, in all their lines
    key, repeated = caller.session(session), repeats.key(request)
    once = (
        None if repeated is None else Once.of(key, repeated, asked.model_dump(exclude_defaults=True) | _settings(asked))
    )
    webhook = webhooks.of_turn(caller.services, asked)
    attached = [Attachment(**attachment.model_dump()) for attachment in asked.attachments]
    sent = await attended(
        caller.services,
        sending.send,
        caller.services,
        key,
        asked.message,
        once,
        attached,
        on_busy=asked.on_busy,
        webhook=webhook,
        settings=asked,
    )
    turn, replayed = sent.turn.key, repeats.REPLAYED if sent.again else {}
    if not prefers(request, "respond-async"):
        at = await caller.services.reading(readers.cursor, caller.services, turn, sent.at - 1)
        return sse.stream(caller.services, turn, at, replayed)
    accepted = Accepted(
        response_id=turn.turn,
        session_id=session,
        status="queued" if sent.turn.status == "queued" else "in_progress",
        outcome=sent.outcome,
        events_url=f"{request.base_url}v1/sessions/{session}/responses/{turn.turn}/events",
        after=sent.at - 1,
    )
    where = {"X-Response-Id": turn.turn, "Location": accepted.events_url, "Preference-Applied": "respond-async"}
    return JSONResponse(accepted.model_dump(), 202, {**where, **replayed})


@router.get("", responses=errors.answers(400, 401, 404), summary="Read the conversation")
@streamed
def listing(
    caller: Called, session: str, request: Request, response: Response, page: Annotated[pages.PageQuery, Query()]
) -> list[Said]:
    """Read the newest entries in the order in which they were said; X-Next-Cursor leads to the older ones."""
    key = caller.session(session)
    session_now = sessions.get(caller.services, key)
    entries, more = spoken.newest(
        caller.services, key, limit=page.limit, before=page.cursor("msg_"), forgotten=session_now.forgotten > 0
    )
    pages.link(request, response, more)
    return [_said(entry) for entry in entries]


def _settings(asked: MessageCreate) -> dict[str, Any]:
    """Give the settings that are said: also one that is a session's default is, where the session says another."""
    return asked.model_dump(include=asked.model_fields_set & set(ToolSettings.model_fields))


def _said(entry: Entry) -> Said:
    content = entry.body["content"]
    if entry.call is not None:
        result = {name: entry.body[name] for name in ("type", "tool_use_id", "content", "is_error")}
        return Said(
            id=entry.id, response_id=entry.turn, step=entry.step, role="tool", content=[result], created_at=entry.at
        )
    return Said(
        id=entry.id,
        response_id=entry.turn,
        step=entry.step,
        role=entry.body["role"],
        content=[_shown(block) for block in content],
        created_at=entry.at,
    )


def _shown(block: dict[str, Any]) -> dict[str, Any]:
    """Show a block; of an attached image or document only how large it is."""
    source = block.get("source")
    if not isinstance(source, dict) or not isinstance(source.get("data"), str):
        return block
    about = {name: value for name, value in source.items() if name != "data"}
    return {**block, "source": {**about, "size": len(source["data"])}}
