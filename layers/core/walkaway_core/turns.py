"""Turns: one user message until the agent is done. Started exactly once, read, listed, cancelled."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from walkaway_core import attachments, due, log, sessions, transcript
from walkaway_core.attachments import Attachment
from walkaway_core.errors import Invalid, ResponseNotFound, SessionBusy
from walkaway_core.idempotency import Once
from walkaway_core.items import Absent, Change, Fact, Is, Item, Lacks, Put, Refused, Unknown, Write
from walkaway_core.keys import END, SessionKey, TurnKey
from walkaway_core.log import Superseded, Writer
from walkaway_core.services import Services
from walkaway_core.sessions import Session
from walkaway_core.ticket import Ticket
from walkaway_wire.events import MESSAGE_CREATED

TOKENS = ("input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
SERVER_TOOLS = ("web_search_requests", "web_fetch_requests")
USAGE = (*TOKENS, *SERVER_TOOLS)
"""What is counted of model calls, in the words of the Messages API; of server tools only if they were used."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn as it is now: running, completed, failed or cancelled. `step` is the last one that was committed."""

    key: TurnKey
    status: str
    execution: int
    step: int
    started: bool
    due: str
    created_at: float
    deadline: float
    ended_at: float | None
    error: str
    usage: dict[str, int]
    cost: int | None
    """In millionths of a US dollar; None when a model without a price was called."""

    @property
    def cost_usd(self) -> float | None:
        """The cost in US dollars."""
        return None if self.cost is None else self.cost / 1e6

    @property
    def ticket(self) -> Ticket:
        """What the execution that it names now begins with: the last step again, to do what has been left of it.

        A committed step is not asked for again; its tools are found done or are carried out (rule R3 and the journal).
        """
        return Ticket(self.key.tenant, self.key.session, self.key.turn, self.execution, max(self.step - 1, 0))

    @property
    def execution_name(self) -> str:
        """The name of the execution that runs it."""
        return self.key.turn if self.execution == 1 else f"{self.key.turn}-{self.execution}"


def unpack(key: TurnKey, item: Item) -> Turn:
    """Read a turn's item."""
    ended = item.number("ended", 0)
    return Turn(
        key=key,
        status=item.text("status"),
        execution=item.number("execution"),
        step=item.number("step"),
        started="started" in item.facts,
        due=item.text("due"),
        created_at=item.number("created") / 1000,
        deadline=item.number("deadline") / 1000,
        ended_at=ended / 1000 if ended else None,
        error=str(item.facts.get("error", "")),
        usage={name: item.number(name, 0) for name in USAGE if name in TOKENS or name in item.facts},
        cost=None if "unpriced" in item.facts else item.number("cost", 0),
    )


def load(services: Services, key: TurnKey) -> Turn | None:
    """Read a turn for the engine, whatever its session's state."""
    item = services.table.get(key.item)[0]
    return None if item is None else unpack(key, item)


def current(services: Services, ticket: Ticket) -> tuple[Turn, Session]:
    """Read the turn and session that a door works for. Raises Superseded when another execution, or none, does."""
    key = ticket.key
    item, owner = services.table.get(key.item, key.owner.item)
    if item is None or owner is None:
        raise Superseded
    turn = unpack(key, item)
    if turn.status != "running" or turn.execution != ticket.execution:
        raise Superseded
    return turn, sessions.unpack(key.owner, owner)


def get(services: Services, key: TurnKey) -> Turn:
    """Read a turn for a user. Raises SessionNotFound, ResponseNotFound."""
    sessions.get(services, key.owner)
    turn = load(services, key)
    if turn is None:
        raise ResponseNotFound
    begin_if_late(services, turn)
    return turn


def listing(services: Services, key: SessionKey, *, limit: int, after: str = "") -> tuple[list[Turn], str]:
    """List a session's turns, the newest first, those before `after`; with the cursor of the rest, or `""`."""
    sessions.get(services, key)
    upto = f"TURN#{after or END}"
    page = services.table.query(key.partition, after="TURN#", upto=upto, reverse=True, limit=limit + 2)
    items = [item for item in page.items if item.sk != upto]
    found = [unpack(TurnKey(key.tenant, key.session, item.sk.removeprefix("TURN#")), item) for item in items[:limit]]
    return found, found[-1].key.turn if found and (len(items) > limit or page.more) else ""


@dataclass(frozen=True, slots=True)
class Started:
    """The turn that a message has: a new one or, `again`, the one that the same request started before."""

    turn: Turn
    again: bool = False


def start(
    services: Services,
    key: SessionKey,
    message: str,
    once: Once | None = None,
    attached: Sequence[Attachment] = (),
) -> Started:
    """Start a turn on a free session and its execution, or find it by its idempotency key.

    The key is looked up before every look at the session, so that a repeated request never sees its own turn as busy.
    Raises Invalid, TooMuch, SessionNotFound, SessionBusy, IdempotencyMismatch, and what attachments raise.
    """
    if not message.strip():
        raise Invalid("The message is empty; say what the agent is to do")
    content: list[dict[str, Any]] = []
    while True:
        session = sessions.get(services, key)
        if once and (found := once.found(services)):
            return Started(get(services, found), again=True)
        if session.busy:
            raise SessionBusy(
                f"The session is busy with {session.turn}: wait for its end (GET /v1/sessions/{key.session}), "
                "or cancel it, then send again"
            )
        content = content or [*attachments.blocks(services, session, attached), {"type": "text", "text": message}]
        turn = _claim(services, session, content, once)
        if turn:
            begin(services, turn)
            return Started(turn)


def _claim(services: Services, session: Session, content: list[dict[str, Any]], once: Once | None) -> Turn | None:
    """Make the session busy with a new turn in one transaction; None when the race was lost: look again."""
    now = services.clock.now()
    name = services.ids.new("msg_", after=session.last_turn)
    key = TurnKey(session.key.tenant, session.key.session, name)
    detail = {"tenant": key.tenant, "session": key.session, "turn": key.turn}
    watch = due.put(now + due.START_WITHIN, "turn", key.turn, detail)
    created = {"id": key.turn, "session_id": key.session, "status": "in_progress"}
    first = log.item(services, Writer(key, 0, key.turn), 0, [(MESSAGE_CREATED, created)])
    said = transcript.user_entry(services, key, content)
    facts: dict[str, Fact] = {
        "status": "running",
        "execution": 1,
        "step": 0,
        "due": watch.item.sk,
        "created": sessions.ms(now),
        "deadline": sessions.ms(now + session.options.turn_timeout),
    }
    record = Item(*key.item, facts)
    hard_end = session.created_at + session.options.ttl
    moved = due.move(session.due, hard_end, "session", key.session, {"tenant": key.tenant, "session": key.session})
    held: dict[str, Fact] = {
        "turn": key.turn,
        "last_turn": key.turn,
        "active": sessions.ms(now),
        "expires": sessions.ms(hard_end),
        "due": moved[-1].key[1],
    }
    seen = Is("last_turn", session.last_turn) if session.last_turn else Lacks("last_turn")
    free = (Lacks("turn"), Lacks("deleted"), seen, Is("due", session.due))
    try:
        services.table.write(
            Change(*session.key.item, set=held, when=free),
            Put(record, (Absent(),)),
            Put(first, (Absent(),)),
            Put(said, (Absent(),)),
            watch,
            *moved,
            *([once.put(services, key)] if once else []),
        )
    except Refused:
        return None
    except Unknown:
        return load(services, key)
    return unpack(key, record)


def begin(services: Services, turn: Turn) -> None:
    """Start the execution that the turn names; safe to repeat. When that fails, the due item brings it back."""
    try:
        services.machine.start(turn.execution_name, turn.ticket.json())
    except Exception:
        logging.getLogger(__name__).exception("could not start %s", turn.execution_name)


def begin_if_late(services: Services, turn: Turn) -> None:
    """Start a turn whose first step is overdue: whoever reads it helps (rule R4)."""
    late = services.clock.now() > turn.created_at + due.START_WITHIN
    if turn.status == "running" and not turn.started and late:
        begin(services, turn)


def move_due(turn: Turn, at: float) -> tuple[tuple[Write, ...], Turn]:
    """Make the writes that move a turn's due item, not far behind its deadline; and the turn as it then is."""
    at = min(at, turn.deadline + 60)
    key = turn.key
    detail = {"tenant": key.tenant, "session": key.session, "turn": key.turn}
    moved = due.move(turn.due, at, "turn", key.turn, detail)
    return moved, replace(turn, due=moved[-1].key[1])


def timeout_sentence(turn: Turn) -> str:
    """Say that a turn has used up its time."""
    return f"The turn was not done after {turn.deadline - turn.created_at:g} seconds, the limit for a turn"
