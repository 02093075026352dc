"""Messages that wait for their turn: first come, first served, up to a limit. An ending turn begins the next one."""

from collections.abc import Sequence

from walkaway_core.engine.starting import Message
from walkaway_core.errors import Invalid, QueueFull
from walkaway_core.log import log, transcript
from walkaway_core.log.log import Writer
from walkaway_core.ports.items import Absent, Fact, Is, Item, Lacks, Present, Refused, Unknown
from walkaway_core.store import outbox, session_facts, turn_facts, turns
from walkaway_core.store.idempotency import Once
from walkaway_core.store.keys import END, SessionKey
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turns import Turn
from walkaway_wire.events import MESSAGE_CREATED, TURN_QUEUED


def enqueue(services: Services, session: Session, message: Message, once: Once | None) -> Turn | None:
    """Let a message wait behind the turn that runs; None when that has changed meanwhile: look again.

    Raises QueueFull; Invalid for a message with which something came along, which has no place to wait.
    """
    if message.imported or message.further:
        raise Invalid("What comes with this message cannot wait with it for the end of the turn that runs")
    limit = services.settings.queue_limit
    if session.queued >= limit:
        raise QueueFull(session.turn, f"{session.queued} messages wait for this session already; the limit is {limit}")
    key = session.key.turn(services.ids.new("msg_", after=session.last_turn))
    created = {"id": key.turn, "session_id": key.session, "status": "queued"}
    place = {"place": session.queued + 1, "behind": session.turn}
    first = log.item(services, Writer(key, 0, key.turn), 0, [(MESSAGE_CREATED, created), (TURN_QUEUED, place)])
    waiting = transcript.user_entry(services, key, message.said, session.key.waiting(key.turn))
    facts: dict[str, Fact] = {**turn_facts.queued(services.clock.now()), **message.record}
    record = Item(*key.item, facts)
    turn = turns.unpack(key, record)
    tx = Transaction(services.table)
    tx.change(
        session.key.item,
        Is("turn", session.turn),  # whom it waits for has not ended, and begun the next, meanwhile
        Is("inbox", session.inbox),  # whoever ends that turn must have seen all that came to wait
        Is("queued", session.queued),  # the limit holds, and the place that is told is right
        Is("last_turn", session.last_turn),  # ids of turns sort by time
        Lacks("deleted"),  # a deletion a moment earlier wins
        set=session_facts.waits(key.turn),
        add=session_facts.ARRIVED,
    )
    tx.put(record, Absent())
    tx.put(first, Absent())
    tx.put(waiting, Absent())
    if once:
        once.keep(tx, services, key, "queued")
    message.made(services, tx, turn)
    notices = outbox.add(tx, services, session.key, session, key.turn, outbox.QUEUED)
    try:
        tx.commit()
    except Refused:
        return None
    except Unknown:
        return turns.load(services, key)
    outbox.send_now(services, notices)
    return turn


def head(services: Services, key: SessionKey) -> Item | None:
    """Read the message that has waited longest."""
    items = services.table.query(key.partition, after="QUEUE#", upto=f"QUEUE#{END}", limit=1).items
    return items[0] if items else None


def turn(services: Services, key: SessionKey, waiting: Item) -> Turn | None:
    """Read the turn of a message that waits; None for one that does not, or that nobody can read any more."""
    turn = turns.load(services, key.turn(waiting.sk.removeprefix("QUEUE#")))
    return turn if turn and turn.status == "queued" else None


def waiting(services: Services, session: Session) -> Sequence[Item]:
    """Read what waits, the next one first."""
    if not session.queued:
        return ()
    return services.table.query(session.key.partition, after="QUEUE#", upto=f"QUEUE#{END}").items


def names(services: Services, session: Session) -> list[str]:
    """Name the turns that wait, the next one first."""
    return [item.sk.removeprefix("QUEUE#") for item in waiting(services, session)]


def leave(tx: Transaction, turn: Turn, facts: dict[str, Fact]) -> None:
    """Write that a turn is over which has only waited."""
    key = turn.key
    tx.change(key.item, Is("status", "queued"), set=facts)  # it may have begun meanwhile
    tx.delete(key.owner.waiting(key.turn), Present())
    tx.change(key.owner.item, add=session_facts.LEFT)
