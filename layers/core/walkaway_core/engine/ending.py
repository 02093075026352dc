"""The one way a turn ends (rule R1), whoever ends it."""

from dataclasses import dataclass, field
from typing import Literal

from walkaway_core.engine import queueing, starting
from walkaway_core.engine.executions import get
from walkaway_core.engine.starting import Begin
from walkaway_core.log import log
from walkaway_core.log.log import Draft, Writer
from walkaway_core.ports.items import Absent, Delete, Is, Item, Present, Refused, Unknown
from walkaway_core.ports.metrics import ENDED
from walkaway_core.store import due, outbox, session_facts, sessions, starts, turn_facts
from walkaway_core.store.keys import SessionKey, TurnKey
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turns import Turn, load, tell
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

    @property
    def of_session(self) -> tuple[str, ...]:
        """What is told of the session that goes."""
        return ((outbox.EXPIRED if self.expired else outbox.DELETED),) if self.delete else ()

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


def end_turn(services: Services, key: TurnKey, ending: Ending, successor: Begin | None = None) -> Ended:
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
        if turn.status in turn_facts.OVER or ending.execution not in (None, turn.execution):
            return Ended(now=False, turn=turn)
        if ending.status == "completed" and turn.steered > turn.step:
            return Ended(now=False, turn=turn, steered=True)
        if ending.delete:
            _clear(services, key.owner)
        last = log.end(services, key)
        if last.over and not _runs(services, key):
            continue  # else its record has lost what its log says, and is ended once more
        tx = Transaction(services.table)
        written = write(services, tx, turn, _session(services, key.owner), ending, successor)
        terminal = log.item(services, Writer(key, LAST_ERA, nonce), last.number, [written.terminal])
        tx.put(terminal, Absent())  # whoever appends meanwhile, or ends it, wins
        try:
            tx.commit()
        except (Refused, Unknown):
            if _is_mine(services, key, nonce):
                break
            continue
        break
    if written.following:
        starts.begin(services, written.following)
    announce(services, ending, written)
    ended = load(services, key)
    assert ended
    return Ended(now=True, turn=ended, next=written.following)


@dataclass(frozen=True, slots=True)
class Written:
    """What the end of a turn is besides its writes: its event, what the bus is to be told, the turn that follows."""

    terminal: Draft
    notices: list[Item]
    following: Turn | None


def write(  # noqa: PLR0917 - as `end_turn`, of which it is the part that a step's commit shares
    services: Services,
    tx: Transaction,
    turn: Turn,
    session: Session | None,
    ending: Ending,
    successor: Begin | None = None,
) -> Written:
    """Write a turn's end into a transaction, to which the caller adds the terminal event where nothing is.

    Once it is committed the caller starts what follows, and calls `announce`.
    """
    key = turn.key
    _over(services, tx, turn, ending)
    held = session is not None and session.turn == key.turn
    following = _release(services, tx, session, ending, successor) if session and held else None
    kinds = [outbox.ENDED[ending.status], *ending.of_session]
    notices = outbox.add(tx, services, key.owner, session, key.turn, *kinds)
    return Written(ending.draft(turn), notices, following)


def announce(services: Services, ending: Ending, written: Written) -> None:
    """Count an end that has been committed, and tell the bus."""
    services.metrics.record({ENDED[ending.status]: 1})
    outbox.send_now(services, written.notices)


def _session(services: Services, key: SessionKey) -> Session | None:
    item = services.table.get(key.item)[0]
    return None if item is None else sessions.unpack(key, item)


def _runs(services: Services, key: TurnKey) -> bool:
    turn = load(services, key)
    return turn is not None and turn.status == "running"


def _is_mine(services: Services, key: TurnKey, nonce: str) -> bool:
    newest = log.latest(services, key)
    return newest is not None and newest.facts.get("nonce") == nonce


def _clear(services: Services, key: SessionKey) -> None:
    """Cancel what waits for a session that is about to go."""
    while waiting := queueing.head(services, key):
        turn = queueing.turn(services, key, waiting)
        if turn:
            end_turn(services, turn.key, Ending("cancelled"))
        else:
            services.table.write(Delete(*waiting.key))


def _over(services: Services, tx: Transaction, turn: Turn, ending: Ending) -> None:
    """Write that the turn is over."""
    facts = turn_facts.ended(ending.status, services.clock.now(), ending.error, ending.code)
    if turn.status == "queued":
        queueing.leave(tx, turn, facts)
    else:
        tx.change(
            turn.key.item,
            Is("status", "running"),
            Is("execution", turn.execution),  # an error of an execution that was given up does not count
            Is("due", turn.due),  # no step has been committed meanwhile, and the item to drop is that one
            Is("steers", turn.steers),  # whoever completes it has given the model all that it was told
            set=facts,
        )
        due.drop(tx, turn.key.turn, turn.due)
    tell(services, tx, turn, facts)


def _release(
    services: Services, tx: Transaction, session: Session, ending: Ending, successor: Begin | None
) -> Turn | None:
    """Write that the session is free, or gone, or another turn's; give that one."""
    tx.change(
        session.key.item,
        Is("turn", session.turn),
        Is("inbox", session.inbox),  # a message that came to wait has been seen, or it would wait for ever
        Is("due", session.due),  # nobody has moved or ended the session meanwhile
        set=session_facts.active(services.clock.now(), session.turn, ending.status),
    )
    following = None if ending.delete else _following(services, tx, session, successor)
    if following is None:
        _free(services, tx, session, ending)
    return following


def _following(services: Services, tx: Transaction, session: Session, successor: Begin | None) -> Turn | None:
    """Begin the turn that comes next, if there is one."""
    if successor:
        return successor(tx, session)
    for waiting in queueing.waiting(services, session):
        if turn := queueing.turn(services, session.key, waiting):
            return starting.promote(services, tx, session, waiting, turn)
        tx.delete(waiting.key, Present())  # nobody can read what it was to be
        tx.change(session.key.item, add=session_facts.LEFT)
    return None


def _free(services: Services, tx: Transaction, session: Session, ending: Ending) -> None:
    """Write that a session is free, or gone."""
    if ending.delete:
        mark_deleted(services, tx, session)
    else:
        end = sessions.lifetime(session, services.clock.now())
        moved = due.move(tx, session.due, end, "session", session.key.session, session.key.detail)
        tx.change(session.key.item, set=session_facts.ends(end, moved))
    tx.change(session.key.item, drop=("turn",))


def mark_deleted(services: Services, tx: Transaction, session: Session) -> None:
    """Write that a session is gone for everyone outside; its contents go later (`deleting.purge`)."""
    now = services.clock.now()
    moved = due.move(tx, session.due, now + PURGE_AFTER, "purge", session.key.session, session.key.detail)
    tx.change(session.key.item, set=session_facts.deleted(now, moved))
    services.extensions.projections.session_deleted(services, tx, session)


def cancel(services: Services, key: TurnKey) -> bool:
    """Cancel a turn at once for every reader; False when it was over. Raises SessionNotFound, ResponseNotFound."""
    get(services, key)
    ended = end_turn(services, key, Ending("cancelled"))
    if ended.now and ended.turn.execution:
        services.machine.stop(ended.turn.execution_name)
    return ended.now
