"""How a turn begins: on a free session, from the queue, or in the place of the one that it interrupts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from walkaway_core.agent import held, turn_settings
from walkaway_core.agent.turn_settings import Own
from walkaway_core.engine import creating, first_said, importing, open_calls, placing
from walkaway_core.engine.open_calls import Answer, Approval, OpenCall
from walkaway_core.log import log, transcript
from walkaway_core.log.log import Writer
from walkaway_core.log.said import Blocks, Said
from walkaway_core.ports.items import Absent, Fact, Is, Item, Lacks, Present, Refused, Unknown, ms
from walkaway_core.store import due, lifetimes, outbox, session_facts, sessions, starts, turn_facts, turns
from walkaway_core.store.idempotency import Keeps
from walkaway_core.store.keys import TurnKey
from walkaway_core.store.parents import DEEPEST
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session, SessionOptions
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turn_webhook import TurnWebhook
from walkaway_core.store.turns import Turn
from walkaway_wire.events import TURN_STARTED

NOTHING: Mapping[str, Any] = MappingProxyType({})
LIFE = 30 * 86_400
"""Seconds for which a session lives that is made with its turn, by a dialect whose clients know no sessions."""
TITLE = 80
"""Characters of a first message by which its session is called."""
SAYS_NOTHING = "Carry out your instructions."
"""What the model is told by an empty message, since it takes none."""


Along = Callable[[Transaction, TurnKey], None]


@dataclass(frozen=True, slots=True)
class Message:
    """What a turn is to do: content blocks, an address that is told how it ends, how many seconds it has.

    `timeout` 0: as many as the session gives. `facts` are what a dialect adds to the turn's record, and `along` writes
    what else of its own belongs to the turn, in the transaction that makes it. `own`: settings for this turn alone.

    `ends_with_calls`: calls for the caller end the turn, and do not let it wait. `answers` are what came of those that
    the turn before it has ended with (engine/open_calls.py).
    """

    content: list[dict[str, Any]]
    webhook: TurnWebhook | None = None
    timeout: int = 0
    facts: Mapping[str, Fact] = field(default_factory=dict)
    along: Along | None = None
    own: Own = turn_settings.NOTHING
    ends_with_calls: bool = False
    answers: Sequence[Answer | Approval] = ()
    imported: Sequence[Mapping[str, Any]] = ()
    """What was said elsewhere before it, as `importing.read` gives it."""
    shown: Blocks | None = None
    """How a dialect shows the content, where that is otherwise (log/said.py)."""
    further: Sequence[Said] = ()
    """What the user says at once with it: the first step sees all of it."""
    interrupts: bool = False
    """Whether its sender has asked for an end of what was before it, and nothing was."""

    @property
    def said(self) -> Said:
        """What the turn begins with."""
        return Said(self.content, self.shown)

    @property
    def record(self) -> dict[str, Fact]:
        """What the turn's record says of it."""
        said: dict[str, Fact] = {"timeout": self.timeout} if self.timeout else {}
        said |= {"ends_with_calls": True} if self.ends_with_calls else {}
        said |= {"steers": len(self.further), "steered": 1} if self.further else {}
        return {**said, **(self.webhook.facts if self.webhook else {}), **self.own.facts, **self.facts}

    @property
    def title(self) -> str:
        """Give its beginning, on one line."""
        text = next((block["text"] for block in reversed(self.content) if block["type"] == "text"), "")
        return " ".join(text[: 10 * TITLE].split())[:TITLE].strip()

    def made(self, services: Services, tx: Transaction, turn: Turn) -> None:
        """Write what else belongs to a turn that is made with this message."""
        services.extensions.projections.turn_made(services, tx, turn)
        if self.along:
            self.along(tx, turn.key)
        self.own.keep(services, tx, turn.key.owner)


Begin = Callable[[Transaction, Session], Turn]
"""Makes the turn that a session names from then on, in the transaction that lets it name that turn."""


def claim(services: Services, session: Session, message: Message, once: Keeps | None) -> Turn | None:
    """Make a free session busy with a new turn; None when the race was lost: look again.

    Raises Invalid for answers that are not those to the calls with which the turn before has ended, SessionArchived.
    """
    sessions.check_open(session)
    tx = Transaction(services.table)
    hard_end = lifetimes.busy_until(session.options, session.created_at, services.clock.now())
    look = lifetimes.looked_at(session.options, hard_end)
    moved = due.move(tx, session.due, look, "session", session.key.session, session.key.detail)
    tx.change(
        session.key.item,
        Lacks("turn"),  # of two starts at once one wins
        Lacks("deleted"),  # a deletion a moment earlier wins
        Lacks("archived"),  # so does whoever closes it
        Is("last_turn", session.last_turn) if session.last_turn else Lacks("last_turn"),  # ids of turns sort by time
        Is("due", session.due),  # the session's end is watched by one due item, which is moved here
        Is("events", session.events),  # the session's log names its turns one after the other
        session.unforgotten,  # nobody has taken away what the message goes on from
        set=session_facts.ends(hard_end, moved),
    )
    asks = message.ends_with_calls or message.answers
    turn = fresh(services, tx, session, message, once, open_calls.behind(services, session) if asks else ())
    return turn if _committed(services, tx, turn) else None


def with_session(
    services: Services,
    tenant: str,
    options: SessionOptions,
    message: Message,
    once: Keeps | None,
    *,
    tx: Transaction | None = None,
    metadata: Mapping[str, Any] = NOTHING,
    name: str = "",
    open_: Sequence[OpenCall] = (),
    parent: TurnKey | None = None,
    imported: Sequence[Mapping[str, Any]] = (),
) -> Turn | None:
    """Make a session that is busy with its first turn from the start; None when somebody has had the same request.

    `tx`: what else belongs to it, in the same transaction; `name`: an id that is new. `parent`: a turn of the tenant's
    that is over, with whose conversation this one begins; None is given as well when that has changed: look again.
    `imported`: what was said elsewhere, behind that and before the message (`importing.read`). `open_`: calls of what
    the conversation begins with, which the message is to answer; those of the parent are known.
    Raises Invalid when its model cannot be called here or for other answers, BodyTooLarge for too much metadata;
    SessionNotFound, ResponseNotFound and SessionBusy of a parent.
    """
    tx = tx or Transaction(services.table)
    above = placing.origin(services, parent) if parent else None
    before = turns.load(services, parent) if parent and (message.ends_with_calls or message.answers) else None
    open_ = open_calls.open_calls(services, before) if before else open_
    said = importing.read(imported)
    if above and above.depth > DEEPEST:
        above.check(tx, tenant)
        said, above = importing.joined(placing.copied(services, tenant, above), said), None
    message = replace(message, imported=said or message.imported)
    session, notices = creating.fresh(services, tx, tenant, options, dict(metadata), name=name, parent=above)
    turn = fresh(services, tx, session, message, once, open_)
    creating.watch_bodies(services, tx, session.key)
    if not _committed(services, tx, turn):
        return None
    outbox.send_now(services, notices)
    return turn


def _committed(services: Services, tx: Transaction, turn: Turn) -> bool:
    try:
        tx.commit()
    except Refused:
        return False
    except Unknown:
        return turns.load(services, turn.key) is not None
    return True


def fresh(  # noqa: PLR0917 - whose turn it is, and what stands before it
    services: Services,
    tx: Transaction,
    session: Session,
    message: Message,
    once: Keeps | None,
    open_: Sequence[OpenCall] = (),
) -> Turn:
    """Begin a turn with a message that has just come, behind calls that are `open_`. Raises Invalid."""
    brought = open_calls.brought(open_, message.answers)
    key = session.key.turn(services.ids.new("msg_", after=session.newest))
    created: dict[str, Any] = {"id": key.turn, "session_id": key.session, "status": "in_progress"}
    if message.interrupts:
        created["interrupts"] = True
    facts = _running(services, tx, session, key, message.timeout)
    record = Item(*key.item, {**facts, **message.record, **brought.facts, "created": ms(services.clock.now())})
    turn = turns.unpack(key, record)
    tx.put(record, Absent())
    starts.claim(services, tx, turn)
    first_said.write(services, tx, key, [message.said, *message.further], brought, created)
    if message.imported:
        tx.put(transcript.imported_entry(services, key, message.imported), Absent())
    tx.change(session.key.item, set=session_facts.named(key.turn, key.turn), add=session_facts.NAMED)
    if not (session.last_turn or session.title) and message.title:
        tx.change(session.key.item, Lacks("title"), set=session_facts.titled(message.title))  # somebody may name it now
    if once:
        once.keep(tx, services, key)
    message.made(services, tx, turn)
    return turn


def promote(services: Services, tx: Transaction, session: Session, waiting: Item, turn: Turn) -> Turn:
    """Begin the turn of a message that has waited. Its place in the conversation is the end, wherever its id sorts.

    What is large beside it is not read: whoever ends a turn may have no workspace.
    """
    order = services.ids.new("msg_", after=session.last_turn)
    key = replace(turn.key, order=order)
    facts = _running(services, tx, session, key, turn.timeout)
    facts["order"] = order
    tx.change(key.item, Is("status", "queued"), set=facts)  # it may have been cancelled while it waited
    tx.delete(waiting.key, Present())  # or somebody else has begun it
    tx.put(transcript.said_at_last(key, waiting), Absent())
    tx.change(session.key.item, set=session_facts.named(key.turn, order), add=session_facts.PROMOTED)
    turns.tell(services, tx, turn, facts)
    begun = turns.unpack(key, Item(*key.item, {**turn.facts, **facts}))
    starts.claim(services, tx, begun)
    return begun


def _running(services: Services, tx: Transaction, session: Session, key: TurnKey, timeout: int) -> dict[str, Fact]:
    """Say what the record of a turn that begins now has; watch it, and let the session's log name it."""
    now = services.clock.now()
    settings, of_settings = held.at_start(services, session)
    writer = Writer(session.key.own_log, 0, key.turn)
    if session.turns is not None:
        tx.change(session.key.item, add=session_facts.BEGUN)
    tx.put(log.item(services, writer, session.events, [(TURN_STARTED, {"response_id": key.turn})]), Absent())
    watch = due.watch(tx, now + due.START_WITHIN, "turn", key.turn, key.detail)
    seconds = timeout or settings.turn_timeout
    return {**turn_facts.begun(now, seconds, session.events, watch), **of_settings}
