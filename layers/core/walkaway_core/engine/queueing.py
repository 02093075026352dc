"""Messages that wait for their turn: first come, first served, up to a limit. An ending turn begins the next one."""

from walkaway_core.engine.starting import Message
from walkaway_core.errors import QueueFull
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
from walkaway_core.store import turns
from walkaway_core.store.idempotency import Once
from walkaway_core.store.keys import END, SessionKey
from walkaway_core.store.outbox import Telling
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.turns import Turn
from walkaway_wire.events import MESSAGE_CREATED, TURN_QUEUED


def enqueue(services: Services, session: Session, message: Message, once: Once | None) -> Turn | None:
    """Let a message wait behind the turn that runs; None when that has changed meanwhile: look again.

    Raises QueueFull.
    """
    limit = services.settings.queue_limit
    if session.queued >= limit:
        raise QueueFull(session.turn, f"{session.queued} messages wait for this session already; the limit is {limit}")
    key = session.key.turn(services.ids.new("msg_", after=session.last_turn))
    created = {"id": key.turn, "session_id": key.session, "status": "queued"}
    place = {"place": session.queued + 1, "behind": session.turn}
    first = log.item(services, Writer(key, 0, key.turn), 0, [(MESSAGE_CREATED, created), (TURN_QUEUED, place)])
    waiting = transcript.user_entry(services, key, message.content, session.key.waiting(key.turn))
    facts: dict[str, Fact] = {"status": "queued", "created": ms(services.clock.now()), **message.facts}
    record = Item(*key.item, facts)
    same = (
        Is("turn", session.turn),
        Is("inbox", session.inbox),
        Is("queued", session.queued),
        Is("last_turn", session.last_turn),
        Lacks("deleted"),
    )
    try:
        services.table.write(
            Change(*session.key.item, set={"last_turn": key.turn}, add={"inbox": 1, "queued": 1}, when=same),
            Put(record, (Absent(),)),
            Put(first, (Absent(),)),
            Put(waiting, (Absent(),)),
            *message.along(services, key),
            *([once.put(services, key, outcome="queued")] if once else []),
        )
    except Refused:
        return None
    except Unknown:
        return turns.load(services, key)
    return turns.unpack(key, record)


def head(services: Services, key: SessionKey) -> Item | None:
    """Read the message that has waited longest."""
    items = services.table.query(key.partition, after="QUEUE#", upto=f"QUEUE#{END}", limit=1).items
    return items[0] if items else None


def names(services: Services, session: Session) -> list[str]:
    """Name the turns that wait, the next one first."""
    if not session.queued:
        return []
    items = services.table.query(session.key.partition, after="QUEUE#", upto=f"QUEUE#{END}").items
    return [item.sk.removeprefix("QUEUE#") for item in items]


def leave(turn: Turn, facts: dict[str, Fact], told: Telling) -> list[Write]:
    """Make the writes by which a turn that has only waited is over."""
    key = turn.key
    return [
        Change(*key.item, set=facts, when=(Is("status", "queued"),)),
        Delete(*key.owner.waiting(key.turn), when=(Present(),)),
        Change(*key.owner.item, add={"queued": -1, **told.added}, when=told.when),
    ]
