"""The one way a turn ends (rule R1), whoever ends it."""

from dataclasses import dataclass, field
from typing import Any, Literal

from walkaway_core import due, log, outbox, sessions
from walkaway_core.items import Absent, Change, Fact, Is, Put, Refused, Unknown, Write
from walkaway_core.keys import TurnKey
from walkaway_core.log import Draft, Writer
from walkaway_core.services import Services
from walkaway_core.turns import Turn, get, load
from walkaway_wire.events import MESSAGE_CANCELLED, MESSAGE_COMPLETED, MESSAGE_ERROR

LAST_ERA = 10**9
"""Nobody supersedes the end of a turn but another end."""
PURGE_AFTER = 20 * 60.0
"""Seconds before the contents of a deleted session go: a zombie must not find an empty log."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a turn ends. `execution`: only if the turn still names this one (rule R5); `delete`: its session goes too."""

    status: Literal["completed", "cancelled", "failed"]
    error: str = ""
    code: str = ""
    execution: int | None = None
    delete: bool = False

    def draft(self, turn: Turn) -> Draft:
        """Make the terminal event."""
        if self.status == "completed":
            return MESSAGE_COMPLETED, {
                "id": turn.key.turn,
                "status": "completed",
                "usage": turn.usage,
                "cost_usd": turn.cost_usd,
            }
        if self.status == "cancelled":
            return MESSAGE_CANCELLED, {"id": turn.key.turn, "status": "cancelled"}
        return MESSAGE_ERROR, {"id": turn.key.turn, "error": self.error, "code": self.code}


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of an attempt to end a turn: by this call or not, and how it stands now."""

    now: bool
    turn: Turn = field(repr=False)


def end_turn(services: Services, key: TurnKey, ending: Ending) -> Ended:
    """End a turn in one transaction: terminal event, turn, session, due items, outbox.

    A turn that has ended already, or that another execution runs now, is left as it is.
    Raises LookupError for a turn that does not exist.
    """
    nonce = services.ids.new("end_")
    while True:
        turn = load(services, key)
        if turn is None:
            raise LookupError(f"no turn {key}")
        if turn.status != "running" or ending.execution not in (None, turn.execution):
            return Ended(now=False, turn=turn)
        last = log.end(services, key)
        if last.over:
            continue
        writer = Writer(key, LAST_ERA, nonce)
        terminal = Put(log.item(services, writer, last.number, [ending.draft(turn)]), (Absent(),))
        told = outbox.put(services, turn, ending.status)
        try:
            services.table.write(terminal, told, *_release(services, turn, ending))
        except (Refused, Unknown):
            if _is_mine(services, key, nonce):
                break
            continue
        break
    outbox.send(services, told.item)
    ended = load(services, key)
    assert ended
    return Ended(now=True, turn=ended)


def _is_mine(services: Services, key: TurnKey, nonce: str) -> bool:
    page = services.table.query(key.log, reverse=True, limit=1)
    return bool(page.items) and page.items[0].facts["nonce"] == nonce


def _release(services: Services, turn: Turn, ending: Ending) -> list[Write]:
    now = services.clock.now()
    facts: dict[str, Fact] = {"status": ending.status, "ended": sessions.ms(now), "error": ending.error}
    running = (Is("status", "running"), Is("execution", turn.execution), Is("due", turn.due))
    writes: list[Write] = [
        Change(*turn.key.item, set=facts, when=running),
        due.drop(turn.key.turn, turn.due),
    ]
    item = services.table.get(turn.key.owner.item)[0]
    if item is None or item.facts.get("turn") != turn.key.turn:
        return writes
    session = sessions.unpack(turn.key.owner, item)
    held = (Is("turn", turn.key.turn), Is("inbox", session.inbox), Is("due", session.due))
    detail: dict[str, Any] = {"tenant": turn.key.tenant, "session": turn.key.session}
    change: dict[str, Fact] = {"active": sessions.ms(now)}
    if ending.delete:
        kind: due.Kind = "purge"
        at = now + PURGE_AFTER
        change["deleted"] = sessions.ms(now)
    else:
        kind = "session"
        at = sessions.lifetime(session, now)
        change["expires"] = sessions.ms(at)
    moved = due.move(session.due, at, kind, turn.key.session, detail)
    change["due"] = moved[-1].key[1]
    return [*writes, Change(*turn.key.owner.item, set=change, drop=("turn",), when=held), *moved]


def cancel(services: Services, key: TurnKey) -> bool:
    """Cancel a turn at once for every reader; False when it was over. Raises SessionNotFound, ResponseNotFound."""
    turn = get(services, key)
    if not end_turn(services, key, Ending("cancelled")).now:
        return False
    services.machine.stop(turn.execution_name)
    return True
