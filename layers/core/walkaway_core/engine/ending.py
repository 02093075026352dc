"""The one way a turn ends (rule R1), whoever ends it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from walkaway_core.engine import queueing, releasing
from walkaway_core.engine.executions import get
from walkaway_core.engine.pause import closing
from walkaway_core.engine.starting import Begin
from walkaway_core.log import log
from walkaway_core.log.log import Draft, Writer
from walkaway_core.ports.items import Absent, Delete, Is, Item, Refused, Unknown
from walkaway_core.ports.metrics import ENDED
from walkaway_core.store import changes, due, outbox, sessions, spending, starts, turn_facts
from walkaway_core.store.changes import Shown
from walkaway_core.store.keys import SessionKey, TurnKey
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turns import Turn, load, tell
from walkaway_wire.events import MESSAGE_CANCELLED, MESSAGE_COMPLETED, MESSAGE_ERROR

LAST_ERA = 10**9
"""Nobody supersedes the end of a turn but another end."""
Along = Callable[[Transaction, int], None]


def NOTHING_ELSE(tx: Transaction, number: int) -> None:  # noqa: N802
    """Write nothing."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a turn ends. `execution`: only if the turn still names this one (rule R5).

    `delete`: its session goes too, `expired`: because its time is over; `archive`: that is closed for ever.
    `parked`: only if it waits for its caller.
    """

    status: Literal["completed", "cancelled", "failed"]
    error: str = ""
    code: str = ""
    execution: int | None = None
    delete: bool = False
    expired: bool = False
    archive: bool = False
    parked: bool = False
    closes: bool = False
    """Whether calls for whose answers it waits are said to be closed, each by an event of its own."""
    followed: bool = False
    """Whether another turn begins in its place, at once."""

    def concerns(self, turn: Turn) -> bool:
        """Whether a turn that is not over is one that it ends."""
        return self.execution in (None, turn.execution) and (turn.parked or not self.parked)

    @property
    def of_session(self) -> tuple[str, ...]:
        """What is told of the session that goes, or is closed."""
        if self.archive:
            return (outbox.ARCHIVED,)
        return ((outbox.EXPIRED if self.expired else outbox.DELETED),) if self.delete else ()

    def draft(self, turn: Turn, files: Sequence[Shown]) -> Draft:
        """Make the terminal event. `files`: those that the turn has changed."""
        if self.status == "completed":
            return MESSAGE_COMPLETED, {
                "id": turn.key.turn,
                "status": "completed",
                "usage": turn.usage,
                "cost_usd": turn.cost_usd,
                "files": files,
            }
        if self.status == "cancelled":
            followed = {"followed": True} if self.followed else {}
            return MESSAGE_CANCELLED, {"id": turn.key.turn, "status": "cancelled", **followed}
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


def end_turn(
    services: Services, key: TurnKey, ending: Ending, successor: Begin | None = None, along: Along = NOTHING_ELSE
) -> Ended:
    """End a turn in one transaction: terminal event, turn, session, due items, outbox, and the next one's beginning.

    The next one is the `successor`'s, or else the first that waits. `along` writes what else belongs to it, given the
    number of the terminal event; what it raises ends the attempt. A turn that has ended already, or that another
    execution runs now, is left as it is; so is one that is to be completed, but has been steered since its last step:
    unless calls end it, as what was said is heard with what comes for those.
    Raises LookupError for a turn that does not exist.
    """
    nonce = services.ids.new("end_")
    while True:
        turn = load(services, key)
        if turn is None:
            raise LookupError(f"no turn {key}")
        if turn.status in turn_facts.OVER or not ending.concerns(turn):
            return Ended(now=False, turn=turn)
        if ending.status == "completed" and turn.steered > turn.step and not turn.open:
            return Ended(now=False, turn=turn, steered=True)
        if ending.delete or ending.archive:
            _clear(services, key.owner)
        last = log.end(services, key)
        if last.over and not _runs(services, key):
            continue  # else its record has lost what its log says, and is ended once more
        now, tx = services.clock.now(), Transaction(services.table)  # what follows it is no older
        written = write(services, tx, turn, _session(services, key.owner), ending, successor)
        closed = closing.close(services, tx, turn, nonce) if ending.closes else []
        terminal = log.item(services, Writer(key, LAST_ERA, nonce), last.number, [*closed, written.terminal], now)
        tx.put(terminal, Absent())  # whoever appends meanwhile, or ends it, wins
        along(tx, last.number + len(closed))
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
    key, files = turn.key, _changed(services, turn, ending)
    _over(services, tx, turn, ending, len(files))
    if files:
        changes.of_turn(services, tx, key, services.ids.new("end_"), files)
    held = session is not None and session.turn == key.turn
    following = None
    if session and held:
        spending.add(tx, session, turn, services.clock.now())
        gone, closed = ending.delete, ending.archive
        following = releasing.release(services, tx, session, ending.status, successor, gone=gone, closed=closed)
    kinds = [outbox.ENDED[ending.status], *ending.of_session]
    notices = outbox.add(tx, services, key.owner, session, key.turn, *kinds)
    return Written(ending.draft(turn, files), notices, following)


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


def _changed(services: Services, turn: Turn, ending: Ending) -> list[Shown]:
    """Read which files a turn has changed. What a call adds meanwhile adds to the log too, whose end is then another.

    The last step of one that is completed has called nothing, unless calls may end it.
    """
    called = turn.step - (ending.status == "completed" and not turn.ends_with_calls)
    return changes.so_far(services, turn.key) if called > 0 or turn.approved else []


def _over(services: Services, tx: Transaction, turn: Turn, ending: Ending, files: int) -> None:
    """Write that the turn is over, having changed so many files."""
    facts = turn_facts.ended(ending.status, services.clock.now(), ending.error, ending.code, files)
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


def cancel(services: Services, key: TurnKey) -> bool:
    """Cancel a turn at once for every reader; False when it was over. Raises SessionNotFound, ResponseNotFound."""
    get(services, key)
    ended = end_turn(services, key, Ending("cancelled"))
    if ended.now and ended.turn.execution:
        services.machine.stop(ended.turn.execution_name)
    return ended.now
