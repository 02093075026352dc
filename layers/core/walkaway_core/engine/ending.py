"""The one way a turn ends (rule R1), whoever ends it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from walkaway_core.dialects.runs import index
from walkaway_core.engine import executions, queueing, starting
from walkaway_core.engine.executions import get
from walkaway_core.engine.starting import Beginning
from walkaway_core.log import log
from walkaway_core.log.log import Draft, Writer
from walkaway_core.ports.items import Absent, Change, Condition, Fact, Is, Put, Refused, Unknown, Write, ms
from walkaway_core.store import due, outbox, sessions
from walkaway_core.store.keys import SessionKey, TurnKey
from walkaway_core.store.outbox import Telling
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.turns import Turn, load
from walkaway_wire.events import MESSAGE_CANCELLED, MESSAGE_COMPLETED, MESSAGE_ERROR

LAST_ERA = 10**9
"""Nobody supersedes the end of a turn but another end."""
PURGE_AFTER = 20 * 60.0
"""Seconds before the contents of a deleted session go: a zombie must not find an empty log."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a turn ends. `execution`: only if the turn still names this one (rule R5).

    `delete`: its session goes too, `expired`: because its time is over.
    """

    status: Literal["completed", "cancelled", "failed"]
    error: str = ""
    code: str = ""
    execution: int | None = None
    delete: bool = False
    expired: bool = False

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
    """What came of an attempt to end a turn: by this call or not, and how it stands now.

    `next` is the turn that began in its place; `steered` says that this one goes on, to see a message first.
    """

    now: bool
    turn: Turn = field(repr=False)
    next: Turn | None = None
    steered: bool = False


Successor = Callable[[Session], Beginning]
"""Makes the beginning of the turn that takes the place of one that ends."""


def end_turn(services: Services, key: TurnKey, ending: Ending, successor: Successor | None = None) -> Ended:
    """End a turn in one transaction: terminal event, turn, session, due items, outbox, and the next one's beginning.

    The next one is the `successor`'s, or else the first that waits. A turn that has ended already, or that another
    execution runs now, is left as it is; so is one that is to be completed, but has been steered since its last step.
    Raises LookupError for a turn that does not exist.
    """
    nonce = services.ids.new("end_")
    while True:
        turn = load(services, key)
        if turn is None:
            raise LookupError(f"no turn {key}")
        if turn.status not in ("running", "queued") or ending.execution not in (None, turn.execution):
            return Ended(now=False, turn=turn)
        if ending.status == "completed" and turn.steered > turn.step:
            return Ended(now=False, turn=turn, steered=True)
        if ending.delete:
            _clear(services, key.owner)
        last = log.end(services, key)
        if last.over:
            continue
        writer = Writer(key, LAST_ERA, nonce)
        terminal = Put(log.item(services, writer, last.number, [ending.draft(turn)]), (Absent(),))
        session = _session(services, key.owner)
        kinds = [outbox.ENDED[ending.status], *(["session.expired"] if ending.expired else [])]
        told = outbox.tell(services, key.owner, session, key.turn, *kinds)
        release, beginning = _release(services, turn, session, told, ending=ending, successor=successor)
        try:
            services.table.write(terminal, *told.puts, *release)
        except (Refused, Unknown):
            if _is_mine(services, key, nonce):
                break
            continue
        break
    if beginning:
        executions.begin(services, beginning.turn)
    outbox.send_now(services, *told.puts)
    ended = load(services, key)
    assert ended
    return Ended(now=True, turn=ended, next=beginning.turn if beginning else None)


def _session(services: Services, key: SessionKey) -> Session | None:
    item = services.table.get(key.item)[0]
    return None if item is None else sessions.unpack(key, item)


def _is_mine(services: Services, key: TurnKey, nonce: str) -> bool:
    page = services.table.query(key.log, reverse=True, limit=1)
    return bool(page.items) and page.items[0].facts["nonce"] == nonce


def _clear(services: Services, key: SessionKey) -> None:
    """Cancel what waits for a session that is about to go."""
    while waiting := queueing.head(services, key):
        end_turn(services, key.turn(waiting.sk.removeprefix("QUEUE#")), Ending("cancelled"))


def _release(
    services: Services,
    turn: Turn,
    session: Session | None,
    told: Telling,
    *,
    ending: Ending,
    successor: Successor | None,
) -> tuple[list[Write], Beginning | None]:
    """Make the writes by which the turn is over and its session free, or another turn's; and that one's beginning."""
    facts: dict[str, Fact] = {
        "status": ending.status,
        "ended": ms(services.clock.now()),
        "error": ending.error,
        "code": ending.code,
    }
    listed = index.moved(turn.run, turn.key, turn.run_state, index.ENDED[ending.status])
    if turn.status == "queued":
        return [*queueing.leave(turn, facts, told), *listed], None
    running = (
        Is("status", "running"),
        Is("execution", turn.execution),
        Is("due", turn.due),
        Is("steers", turn.steers),
    )
    over: list[Write] = [Change(*turn.key.item, set=facts, when=running), due.drop(turn.key.turn, turn.due), *listed]
    if session is None or session.turn != turn.key.turn:
        return over, None
    held = (Is("turn", turn.key.turn), Is("inbox", session.inbox), Is("due", session.due), *told.when)
    beginning = None if ending.delete else _beginning(services, session, successor)
    if beginning:
        change = {**beginning.held, "active": ms(services.clock.now())}
        taken = Change(*session.key.item, set=change, add={**beginning.added, **told.added}, when=held)
        return [*over, taken, *beginning.writes], beginning
    return [*over, *_free(services, session, told, ending, held)], None


def _beginning(services: Services, session: Session, successor: Successor | None) -> Beginning | None:
    """Begin the turn that comes next, if there is one."""
    if successor:
        return successor(session)
    waiting = queueing.head(services, session.key) if session.queued else None
    turn = load(services, session.key.turn(waiting.sk.removeprefix("QUEUE#"))) if waiting else None
    return starting.promote(services, session, waiting, turn) if waiting and turn else None


def _free(
    services: Services, session: Session, told: Telling, ending: Ending, held: tuple[Condition, ...]
) -> list[Write]:
    """Make the writes by which a session is free, or gone."""
    now = services.clock.now()
    detail: dict[str, Any] = {"tenant": session.key.tenant, "session": session.key.session}
    change: dict[str, Fact] = {"active": ms(now)}
    if ending.delete:
        kind: due.Kind = "purge"
        at = now + PURGE_AFTER
        change["deleted"] = ms(now)
    else:
        kind = "session"
        at = sessions.lifetime(session, now)
        change["expires"] = ms(at)
    moved = due.move(session.due, at, kind, session.key.session, detail)
    change["due"] = moved[-1].key[1]
    return [Change(*session.key.item, set=change, add=told.added, drop=("turn",), when=held), *moved]


def cancel(services: Services, key: TurnKey) -> bool:
    """Cancel a turn at once for every reader; False when it was over. Raises SessionNotFound, ResponseNotFound."""
    get(services, key)
    ended = end_turn(services, key, Ending("cancelled"))
    if ended.now and ended.turn.execution:
        services.machine.stop(ended.turn.execution_name)
    return ended.now
