"""How a turn begins: on a free session, from the queue, or in the place of the one that it interrupts."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from walkaway_core.agent import agents
from walkaway_core.dialects.runs import index
from walkaway_core.dialects.runs.index import Run
from walkaway_core.dialects.workflows import index as task_index
from walkaway_core.dialects.workflows.index import Task
from walkaway_core.engine import creating
from walkaway_core.log import log, transcript
from walkaway_core.log.log import Writer
from walkaway_core.ports.items import (
    Absent,
    Change,
    Delete,
    Fact,
    Is,
    Item,
    Lacks,
    Present,
    Put,
    Refused,
    Unknown,
    Write,
    ms,
)
from walkaway_core.store import due, sessions, turns
from walkaway_core.store.idempotency import Once
from walkaway_core.store.keys import SessionKey, TurnKey
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session, SessionOptions
from walkaway_core.store.turn_webhook import Hook
from walkaway_core.store.turns import Turn
from walkaway_wire.events import MESSAGE_CREATED, TURN_STARTED

NOTHING: Mapping[str, Any] = MappingProxyType({})
LIFE = 30 * 86_400
"""Seconds for which a session lives that is made with its turn, for a run or a task."""
SAYS_NOTHING = "Carry out your instructions."
"""What the model is told by an empty message, since it takes none."""


@dataclass(frozen=True, slots=True)
class Message:
    """What a turn is to do: content blocks, an address that is told how it ends, the run that it is.

    `timeout` in seconds; 0: as many as the session gives.
    """

    content: list[dict[str, Any]]
    hook: Hook | None = None
    run: Run | None = None
    timeout: int = 0
    task: Task | None = None
    asked: Mapping[str, Any] = field(default_factory=dict)
    """What a task was given, in its dialect's words."""

    @property
    def facts(self) -> dict[str, Fact]:
        """What the turn's record says of it."""
        timeout: dict[str, Fact] = {"timeout": self.timeout} if self.timeout else {}
        kinds = [kind.facts for kind in (self.hook, self.run, self.task) if kind]
        return {**timeout, **{name: fact for facts in kinds for name, fact in facts.items()}}

    def along(self, services: Services, key: TurnKey) -> list[Write]:
        """Make the further writes of the transaction in which the turn is made."""
        listed = index.made(self.run, key) if self.run else []
        return listed + (task_index.made(services, self.task, key, self.asked) if self.task else [])


@dataclass(frozen=True, slots=True)
class Beginning:
    """What it takes for a turn to be the one that runs, in the transaction that makes the session name it."""

    turn: Turn
    writes: tuple[Write, ...]
    held: dict[str, Fact]
    """What the session's record says from then on."""
    added: dict[str, int]


def claim(services: Services, session: Session, message: Message, once: Once | None) -> Turn | None:
    """Make a free session busy with a new turn; None when the race was lost: look again."""
    hard_end = session.created_at + session.options.ttl
    detail = {"tenant": session.key.tenant, "session": session.key.session}
    moved = due.move(session.due, hard_end, "session", session.key.session, detail)
    beginning = fresh(services, session, message, once)
    held = beginning.held | {"expires": ms(hard_end), "due": moved[-1].key[1]}
    seen = Is("last_turn", session.last_turn) if session.last_turn else Lacks("last_turn")
    free = (Lacks("turn"), Lacks("deleted"), seen, Is("due", session.due), Is("events", session.events))
    try:
        services.table.write(
            Change(*session.key.item, set=held, add=beginning.added, when=free), *beginning.writes, *moved
        )
    except Refused:
        return None
    except Unknown:
        return turns.load(services, beginning.turn.key)
    return beginning.turn


def with_session(
    services: Services,
    tenant: str,
    options: SessionOptions,
    message: Message,
    once: Once | None,
    *also: Write,
    metadata: Mapping[str, Any] = NOTHING,
    name: str = "",
) -> Turn | None:
    """Make a session that is busy with its first turn from the start; None when somebody has had the same request.

    `also`: what else belongs to it, in the same transaction; `name`: an id that is new.
    Raises Invalid when its model cannot be called here, TooMuch for too much metadata.
    """
    item, end = creating.fresh(services, tenant, options, dict(metadata), name)
    key = SessionKey(tenant, item.sk.removeprefix("SESSION#"))
    beginning = fresh(services, sessions.unpack(key, item), message, once)
    added: dict[str, Fact] = {name: item.number(name) + count for name, count in beginning.added.items()}
    busy = replace(item, facts={**item.facts, **beginning.held, **added})
    try:
        services.table.write(Put(busy, (Absent(),)), end, *beginning.writes, *also)
    except Refused:
        return None
    except Unknown:
        return turns.load(services, beginning.turn.key)
    return beginning.turn


def fresh(services: Services, session: Session, message: Message, once: Once | None) -> Beginning:
    """Begin a turn with a message that has just come."""
    key = session.key.turn(services.ids.new("msg_", after=session.last_turn))
    created = {"id": key.turn, "session_id": key.session, "status": "in_progress"}
    first = log.item(services, Writer(key, 0, key.turn), 0, [(MESSAGE_CREATED, created)])
    said = transcript.user_entry(services, key, message.content)
    facts, watch = _running(services, session, key, message.timeout)
    record = Item(*key.item, {**facts, **message.facts, "created": ms(services.clock.now())})
    told = _told(services, session, key)
    made = [Put(record, (Absent(),)), Put(first, (Absent(),)), Put(said, (Absent(),))]
    writes: list[Write] = [*made, watch, told, *message.along(services, key)]
    if once:
        writes.append(once.put(services, key))
    return Beginning(turns.unpack(key, record), tuple(writes), {"turn": key.turn, "last_turn": key.turn}, {"events": 1})


def promote(services: Services, session: Session, waiting: Item, turn: Turn) -> Beginning:
    """Begin the turn of a message that has waited. Its place in the conversation is the end, wherever its id sorts."""
    order = services.ids.new("msg_", after=session.last_turn)
    key = TurnKey(turn.key.tenant, turn.key.session, turn.key.turn, order)
    facts, watch = _running(services, session, key, turn.timeout)
    facts["order"] = order
    record = Item(*key.item, {**facts, "created": ms(turn.created_at)})
    writes = (
        Change(*key.item, set=facts, when=(Is("status", "queued"),)),
        Delete(*waiting.key, when=(Present(),)),
        Put(transcript.said_at_last(key, waiting), (Absent(),)),
        watch,
        _told(services, session, key),
    )
    held: dict[str, Fact] = {"turn": key.turn, "last_turn": order}
    return Beginning(turns.unpack(key, record), writes, held, {"events": 1, "queued": -1})


def _running(services: Services, session: Session, key: TurnKey, timeout: int) -> tuple[dict[str, Fact], Put]:
    """Say what the record of a turn that begins now has, and make its due item."""
    now = services.clock.now()
    session, of_agent = agents.at_start(services, session)
    detail = {"tenant": key.tenant, "session": key.session, "turn": key.turn}
    watch = due.put(now + due.START_WITHIN, "turn", key.turn, detail)
    facts: dict[str, Fact] = {
        "status": "running",
        "execution": 1,
        "step": 0,
        "begun": 0,
        "steers": 0,
        "place": session.events,
        "due": watch.item.sk,
        "began": ms(now),
        "deadline": ms(now + (timeout or session.options.turn_timeout)),
        **of_agent,
    }
    return facts, watch


def _told(services: Services, session: Session, key: TurnKey) -> Put:
    """Write into the session's log that the turn begins."""
    writer = Writer(session.key.between, 0, key.turn)
    return Put(log.item(services, writer, session.events, [(TURN_STARTED, {"response_id": key.turn})]), (Absent(),))
