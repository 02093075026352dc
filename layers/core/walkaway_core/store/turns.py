"""Turns: one user message until the agent is done. Their records: read, listed, watched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from walkaway_core.ports.items import Condition, Fact, Is, Item
from walkaway_core.ports.misfits import Misfit
from walkaway_core.store import due, salvage, sessions, turn_facts
from walkaway_core.store.keys import END, SessionKey, TurnKey
from walkaway_core.store.pause import Pause
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.ticket import Ticket
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turn_facts import Status
from walkaway_core.store.turn_webhook import TurnWebhook

TOKENS = ("input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
SOMETIMES = (
    "cache_creation_1h_input_tokens",
    "web_search_requests",
    "web_fetch_requests",
    "code_execution_requests",
)
USAGE = (*TOKENS, *SOMETIMES)
"""What is counted of model calls, in the words of the Messages API; the others only if there were any.

`cache_creation_1h_input_tokens` are those of the `cache_creation_input_tokens` that are kept for an hour."""

LOST = turn_facts.ended("failed", 0, "What is stored of this turn cannot be read", "unreadable")
"""How a turn ended that nobody can read any more."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn as it is now; `turn_facts` says what each fact means, and who writes it.

    `step` is the last one that was committed, `begun` the last for which the model was called; `steered` the one that
    will see what the user said last while the turn ran, `steers` how often that was. `place` is where the session's log
    says that the turn began.
    """

    key: TurnKey
    status: Status
    execution: int
    step: int
    begun: int
    steered: int
    steers: int
    place: int
    started: bool
    due: str
    created_at: float
    began_at: float
    """0 for a turn that has only waited."""
    deadline: float
    ended_at: float | None
    error: str
    usage: dict[str, int]
    cost: int | None
    """In millionths of a US dollar; None when a model without a price was called."""
    webhook: TurnWebhook | None = None
    timeout: int = 0
    """Seconds that the message gave it; 0: as many as the session does."""
    agent_version: int = 0
    """Of the session's agent, when the turn began; 0 without one."""
    said: str = ""
    """Names the settings that its message said, in agent/turn_settings.py; empty: none."""
    ends_with_calls: bool = False
    """Whether calls that the caller is to answer end it (engine/open_calls.py)."""
    open: int = 0
    """How many calls of its last step do so, when the server's own have been carried out."""
    signed: bool = False
    """Whether its log says the signatures of thinking, for whoever keeps the conversation elsewhere."""
    approved: int = 0
    """How many calls it begins with, before its first step: those of an earlier turn that somebody has said yes to."""
    code: str = ""
    """Of the error, for programs."""
    pause: Pause = field(default_factory=Pause)
    excused: int = 0
    """How many attempts at the step that has begun do not count, as the service was busy."""
    silent: int = 0
    """How many of them were cut off with nothing to keep."""
    files: int = 0
    """How many files it has changed, once it is over (store/changes.py)."""
    forgotten: bool = False
    """Whether it was taken away, and only what goes on from it still has its text."""
    facts: Mapping[str, Fact] = field(default_factory=dict, repr=False)
    """All that its record says, with what a dialect has added there: only that dialect reads it."""

    @property
    def cost_usd(self) -> float | None:
        """The cost in US dollars."""
        return None if self.cost is None else self.cost / 1e6

    @property
    def readable(self) -> bool:
        """Whether it could be read: one that could not has failed, and says so."""
        return self.code != LOST["code"]

    @property
    def parked(self) -> bool:
        """Whether it waits for what the caller is to do."""
        return self.status == "running" and self.pause.since > 0

    @property
    def resuming(self) -> bool:
        """Whether it has all answers, and its next step has not begun."""
        return self.status == "running" and not self.parked and bool(self.pause.token) and self.begun == self.pause.step

    @property
    def allowed(self) -> float:
        """The seconds that it was given."""
        return self.deadline - self.pause.waited - self.began_at

    @property
    def seconds(self) -> float:
        """From its beginning to its end, by the clock; 0 for one that has not begun, or not ended."""
        return self.ended_at - self.began_at if self.ended_at and self.began_at else 0.0

    @property
    def ticket(self) -> Ticket:
        """What the execution that it names now begins with: the last step again, to do what has been left of it.

        A committed step is not asked for again; its tools are found done or are carried out (rule R3 and the journal).
        """
        return Ticket(self.key.tenant, self.key.session, self.key.turn, self.execution, max(self.step - 1, 0))

    @property
    def execution_name(self) -> str:
        """The name of the execution that runs it; `execution` is 0 while it waits."""
        return self.key.turn if self.execution == 1 else f"{self.key.turn}-{self.execution}"


def unpack(key: TurnKey, item: Item) -> Turn:
    """Read a turn's item. One that cannot be read has failed, and says so: nothing is done with it any more."""
    return salvage.read(item, lambda whole: _unpack(key, whole), {"created": 0}, LOST)


def _unpack(key: TurnKey, item: Item) -> Turn:
    if item.facts["status"] not in turn_facts.STATUSES:
        raise Misfit.of("status", item.facts["status"])
    ended, began, order = item.number("ended", 0), item.time("began", 0), str(item.facts.get("order", ""))
    return Turn(
        key=key if key.order == order else replace(key, order=order),
        status=cast("Status", item.text("status")),
        execution=item.number("execution", 0),
        step=item.number("step", 0),
        begun=item.number("begun", 0),
        steered=item.number("steered", 0),
        steers=item.number("steers", 0),
        place=item.number("place", 0),
        started="started" in item.facts,
        due=str(item.facts.get("due", "")),
        created_at=item.time("created"),
        began_at=began,
        deadline=item.time("deadline", 0),
        ended_at=max(ended / 1000, began) if ended else None,  # the clock may have been set back
        error=str(item.facts.get("error", "")),
        usage={name: item.number(name, 0) for name in USAGE if name in TOKENS or name in item.facts},
        cost=None if "unpriced" in item.facts else item.number("cost", 0),
        webhook=TurnWebhook.read(item),
        timeout=item.number("timeout", 0),
        agent_version=item.number("agent_version", 0),
        said=str(item.facts.get("settings", "")),
        ends_with_calls="ends_with_calls" in item.facts,
        open=item.number("open", 0),
        signed="signed" in item.facts,
        approved=item.number("approved", 0),
        forgotten="forgotten" in item.facts,
        facts=item.facts,
        code=str(item.facts.get("code", "")),
        files=item.number("files", 0),
        excused=item.number("excused", 0),
        silent=item.number("silent", 0),
        pause=Pause.read(item),
    )


def load(services: Services, key: TurnKey) -> Turn | None:
    """Read a turn for the engine, whatever its session's state."""
    item = services.table.get(key.item)[0]
    return None if item is None else unpack(key, item)


def lost(services: Services, session: Session) -> bool:
    """Whether the turn that a busy session names is gone, over, or cannot be read: nobody will ever end it."""
    turn = load(services, session.key.turn(session.turn))
    if turn is None or not turn.readable:
        return True
    if turn.status not in turn_facts.OVER:
        return False
    owner = services.table.get(session.key.item)[0]  # who ends a turn frees its session in the same transaction
    return owner is not None and owner.facts.get("turn") == session.turn


def running(services: Services, owners: Sequence[Session]) -> dict[str, Turn]:
    """Read the turns that run in these sessions, by their ids."""
    names = [session.key.turn(session.turn) for session in owners if session.busy]
    read: list[Item | None] = []
    for start in range(0, len(names), 100):
        read += services.table.get(*(name.item for name in names[start : start + 100]))
    return {name.turn: unpack(name, item) for name, item in zip(names, read, strict=True) if item}


def listing(services: Services, key: SessionKey, *, limit: int, after: str = "") -> tuple[list[Turn], str]:
    """List a session's turns, the newest first, those before `after`; with the cursor of the rest, or `""`."""
    sessions.get(services, key)
    upto = f"TURN#{after or END}"
    page = services.table.query(key.partition, after="TURN#", upto=upto, reverse=True, limit=limit + 2)
    items = [item for item in page.items if item.sk != upto]
    shown = [(key.turn(item.sk.removeprefix("TURN#")), item) for item in items[:limit]]
    listed = [unpack(turn, item) for turn, item in shown if "forgotten" not in item.facts]
    return listed, shown[-1][0].turn if shown and (len(items) > limit or page.more) else ""


def unchanged(turn: Turn) -> tuple[Condition, ...]:
    """The conditions that a turn is as it was read."""
    return Is("status", "running"), Is("execution", turn.execution), Is("due", turn.due)


def left(services: Services, turn: Turn) -> float:
    """Seconds that a turn still has; none, or less, when its time is over."""
    return turn.deadline - turn.began_at - services.clock.lived(turn.began_at)


def move_due(services: Services, tx: Transaction, turn: Turn, at: float) -> Turn:
    """Have somebody look at a turn at another time, not far behind its deadline; give the turn as it then is.

    While it waits for the caller it has no deadline. The record's fact `due` is the caller's to change.
    """
    at = at if turn.parked else min(at, services.clock.now() + left(services, turn) + 60)
    return replace(turn, due=due.move(tx, turn.due, at, "turn", turn.key.turn, turn.key.detail))


def after(tx: Transaction, turn: Turn) -> Turn:
    """Give a turn with what a transaction changes of its record."""
    return unpack(turn.key, tx.after(Item(*turn.key.item, turn.facts)))


def tell(services: Services, tx: Transaction, before: Turn, facts: Mapping[str, Fact], *dropped: str) -> None:
    """Let the dialects write what belongs to a move: the turn gets these facts and loses the `dropped` ones."""
    kept = {name: value for name, value in before.facts.items() if name not in dropped}
    after = unpack(before.key, Item(*before.key.item, {**kept, **facts}))
    services.extensions.projections.turn_moved(services, tx, before, after)
