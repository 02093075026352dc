"""Conversations: sessions without an end of life, whose responses come one after the other (contract D.17).

The session's partition has an item that says so, without which it is none for anybody: who begins a response in it or
adds to it requires that in the same transaction. Its body is the metadata.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from walkaway_core.dialects.responses import added, ids, keys
from walkaway_core.dialects.responses.items import Item
from walkaway_core.dialects.responses.problems import Refusal
from walkaway_core.engine import creating, executions
from walkaway_core.engine.ending import cancel
from walkaway_core.engine.starting import LIFE
from walkaway_core.errors import NotFound, SessionBusy
from walkaway_core.ports import items
from walkaway_core.ports.items import Absent, Is, Lacks, Present, Refused, Unknown
from walkaway_core.store import due, session_facts, sessions
from walkaway_core.store.idempotency import Once
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.lifetimes import FOR_EVER
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session, SessionOptions
from walkaway_core.store.transaction import Transaction
from walkaway_wire import gate, jsontext


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as it was read."""

    session: Session
    metadata: Mapping[str, Any]

    @property
    def id(self) -> str:
        """Its id."""
        return ids.conversation(self.session.key.session)

    def there(self, tx: Transaction) -> None:
        """Let a transaction hold only while it is one."""
        tx.check(keys.conversation(self.session.key), Present())


def create(
    services: Services, tenant: str, said: Sequence[Item], metadata: Mapping[str, Any], once: Once | None = None
) -> Conversation:
    """Make a conversation that begins with items. Raises Unavailable, and Refused where the key of `once` is taken."""
    name = services.ids.new("sess_")
    key = SessionKey(tenant, name)

    def along(tx: Transaction) -> None:
        tx.put(items.Item(*keys.conversation(key), {}, jsontext.dump_bytes({**metadata})), Absent())
        if said:
            _add(services, tx, key, services.ids.new("msg_"), said)

    options = SessionOptions(persistent=True, ttl=FOR_EVER)
    return Conversation(creating.create(services, tenant, options, {}, along, name=name, once=once), metadata)


def named(services: Services, tenant: str, name: str) -> Conversation:
    """Find a conversation by the id of its session. Raises Refusal (404)."""
    return find(services, tenant, ids.conversation(name))


def find(services: Services, tenant: str, id_: str) -> Conversation:
    """Find a conversation. Raises Refusal (404)."""
    name = ids.read_conversation(id_)
    unknown = Refusal(f"Conversation with id '{id_[:100]}' not found.", told="not_found", status=404)
    if name is None:
        raise unknown
    key = SessionKey(tenant, name)
    record, owner = services.table.get(keys.conversation(key), key.item)
    if record is None or owner is None or not sessions.alive(owner, services.clock.now()):
        raise unknown
    body = gate.stored_object(record.body)
    return Conversation(sessions.unpack(key, owner), body)


def describe(services: Services, tenant: str, id_: str, metadata: Mapping[str, Any]) -> Conversation:
    """Give it other metadata. Raises Refusal (404)."""
    found = find(services, tenant, id_)
    key, tx = found.session.key, Transaction(services.table)
    tx.put(items.Item(*keys.conversation(key), {}, jsontext.dump_bytes({**metadata})), Present())
    try:
        tx.commit()
    except Refused:
        return find(services, tenant, id_)
    return Conversation(found.session, metadata)


def add(services: Services, tenant: str, id_: str, said: Sequence[Item], once: Once | None = None) -> list[Item]:
    """Add items at its end, or find what the same request has added; give them with their ids.

    Raises Refusal (404), SessionBusy, IdempotencyMismatch, Unavailable.
    """
    while True:
        found = find(services, tenant, id_)
        session = found.session
        if once and (place := once.made(services)):
            return added.read(services, session.key, place) or []
        locked(session)
        place, tx = services.ids.new("msg_", after=session.newest), Transaction(services.table)
        found.there(tx)
        tx.change(
            session.key.item,
            Lacks("turn"),  # what a response is told does not change while it runs
            Lacks("deleted"),
            Is("last_turn", session.last_turn) if session.last_turn else Lacks("last_turn"),  # places sort by time
        )
        _add(services, tx, session.key, place, said)
        if once:
            once.keep_made(tx, services, place)
        try:
            tx.commit()
        except Refused:
            continue
        except Unknown:
            if added.read(services, session.key, place) is None:
                continue
        return added.read(services, session.key, place) or []


def locked(session: Session) -> None:
    """Raise SessionBusy for one in which a response runs."""
    if session.busy:
        raise SessionBusy(session.turn, "A response of this conversation runs; wait for its end, or cancel it")


def take_out(services: Services, tenant: str, id_: str, item: str) -> Conversation:
    """Take an item, that is there, out of it. Raises Refusal (404)."""
    found = find(services, tenant, id_)
    tx = Transaction(services.table)
    found.there(tx)
    tx.put(items.Item(*keys.gone(found.session.key, item)))
    try:
        tx.commit()
    except Refused:
        return find(services, tenant, id_)
    return found


def delete(services: Services, tenant: str, id_: str) -> None:
    """Let it be none any more. Its responses stay, for as long as those of no conversation. Raises Refusal (404)."""
    while True:
        session = find(services, tenant, id_).session
        if session.busy:
            _end(services, session)
            continue
        tx, end = Transaction(services.table), services.clock.now() + LIFE
        moved = due.move(tx, session.due, end, "session", session.key.session, session.key.detail)
        tx.delete(keys.conversation(session.key), Present())
        tx.change(
            session.key.item,
            Lacks("turn"),  # a response a moment earlier is cancelled first
            Lacks("deleted"),
            Is("due", session.due),  # its end is watched by one due item
            set=session_facts.ends(end, moved),
        )
        try:
            tx.commit()
        except Refused:
            continue
        except Unknown:
            if services.table.get(keys.conversation(session.key))[0] is not None:
                continue
        return


def _end(services: Services, session: Session) -> None:
    try:
        turn = executions.get(services, session.key.turn(session.turn))
        cancel(services, turn.key)
    except NotFound:
        return


def _add(services: Services, tx: Transaction, key: SessionKey, place: str, said: Sequence[Item]) -> None:
    """Write items, and that the conversation reaches up to them."""
    added.keep(services, tx, key, place, said)
    tx.change(key.item, set=session_facts.waits(place))
