"""Where in a turn's log its caller's answers to calls stand."""

from collections.abc import Collection

from walkaway_core.log import log
from walkaway_core.store.keys import TurnKey
from walkaway_core.store.services import Services
from walkaway_wire.events import TOOL_CALL_APPROVED, TOOL_CALL_REQUESTED, TOOL_RESULT


def numbers(services: Services, key: TurnKey, calls: Collection[str]) -> dict[str, int]:
    """Give the number of the event that says of each call how it was answered; those without one are left out."""
    found: dict[str, int] = {}
    asked, after, more = set[str](), "", bool(calls)
    while more and len(found) < len(calls):
        page = services.table.query(key.log, after=after)
        for event in log.events(services, key, page.items):
            if event.type not in (TOOL_CALL_REQUESTED, TOOL_CALL_APPROVED, TOOL_RESULT):
                continue
            call = event.data.get("id" if event.type == TOOL_RESULT else "call_id", "")
            if event.type == TOOL_CALL_REQUESTED:
                asked.add(call)
            elif call in asked and call in calls:
                found.setdefault(call, event.number)
        more, after = page.more, page.items[-1].sk if page.items else after
    return found
