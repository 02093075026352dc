"""Responses as they are read: the object, the items that ids name, the input. One tenant never finds another's."""

from collections.abc import Sequence
from typing import Any

from walkaway_core.dialects.responses import entries, ids, objects, problems, reading, stored
from walkaway_core.dialects.responses.asked import Asked
from walkaway_core.dialects.responses.endings import Ending
from walkaway_core.dialects.responses.ids import Names
from walkaway_core.dialects.responses.items import Item
from walkaway_core.engine import executions
from walkaway_core.errors import NotFound
from walkaway_core.log import log, spoken
from walkaway_core.log.transcript import Entry
from walkaway_core.store import keys
from walkaway_core.store.keys import TurnKey
from walkaway_core.store.services import Services
from walkaway_core.store.turns import Turn

POLL: dict[str, str] = {"openai-poll-after-ms": "1000"}
"""When it is worth asking again for a response that is not over."""
UNFINISHED = ("queued", "in_progress")


def names(turn: TurnKey) -> Names:
    """Name a turn as a response."""
    return Names(turn.session, turn.turn)


def find(services: Services, tenant: str, id_: str) -> Turn:
    """Find the turn that a response is. Raises Refusal (404)."""
    named = ids.read_response(id_)
    if named is None:
        raise problems.unknown_response(id_)
    try:
        return executions.get(services, TurnKey(tenant, named.session, named.turn))
    except NotFound:
        raise problems.unknown_response(id_) from None


def response(services: Services, turn: Turn) -> dict[str, Any]:
    """Read a response's object as it is now. `turn` may be older. Raises Refusal where it has gone meanwhile."""
    named, asked = names(turn.key), stored.asked(services, turn)
    newest = log.latest(services, turn.key)  # before what was said, which may then have more, and never less
    first = services.table.get((turn.key.log, keys.event(0)))[0]
    if newest is None or first is None:
        raise problems.unknown_response(named.response)
    last = log.events(services, turn.key, [newest])[-1]
    beginning = log.events(services, turn.key, [first])[0]
    said = _said(services, turn)
    waits = (asked.background or turn.status == "queued") and not (turn.started or any(entry.step for entry in said))
    status = "queued" if waits else "in_progress"
    return entries.response(named, asked, beginning, last, status, said)


def gone(services: Services, turn: Turn, asked: Asked) -> dict[str, Any]:
    """Give the object of a response that was deleted while somebody waited for it: cancelled."""
    ending = Ending("cancelled", services.clock.now())
    return objects.response(names(turn.key), asked, turn.created_at, "cancelled", (), ending)


def given(services: Services, turn: Turn) -> list[Item]:
    """Read the items of a response's input, in their order; of a turn of the sessions API what its user has said."""
    items = stored.given(services, turn)
    if items is None:
        said = next((entry for entry in _said(services, turn) if entry.step == 0), None)
        content = [_part(block) for block in said.body.get("content", ())] if said else []
        items = [{"type": "message", "role": "user", "status": "completed", "content": content}]
    return reading.shown(names(turn.key), items)


def page(items: Sequence[Item], *, after: str | None, limit: int, order: str) -> dict[str, Any]:
    """Give a page of items. Raises Refusal for an `after` that is none of them."""
    ordered = [*items] if order == "asc" else [*reversed(items)]
    if after is not None:
        at = next((number for number, each in enumerate(ordered) if each["id"] == after), None)
        if at is None:
            raise problems.Refusal(f"after: no item of this list has the id '{after[:100]}'", "after")
        ordered = ordered[at + 1 :]
    shown = ordered[:limit]
    ends = (shown[0]["id"], shown[-1]["id"]) if shown else (None, None)
    return {
        "object": "list",
        "data": shown,
        "first_id": ends[0],
        "last_id": ends[1],
        "has_more": len(ordered) > limit,
    }


def _said(services: Services, turn: Turn) -> list[Entry]:
    """Read what was said in a turn, without what came along with its message."""
    return [entry for entry in spoken.of_turn(services, turn.key) if not entry.imported]


def _part(block: dict[str, Any]) -> Item:
    """Show a block of a user's message as a part."""
    source = block.get("source")
    if block["type"] == "text":
        return {"type": "input_text", "text": block["text"]}
    data = source.get("data", "") if isinstance(source, dict) else ""
    if block["type"] == "image" and isinstance(source, dict):
        return {"type": "input_image", "image_url": f"data:{source.get('media_type')};base64,{data}", "detail": "auto"}
    return {"type": "input_file", "filename": block.get("title", ""), "file_data": data}
