"""What a session says of itself: metadata, whose keys users and the agent set (the last one wins), and its title."""

from typing import Any

from walkaway_core.errors import BodyTooLarge, Invalid
from walkaway_core.log import log
from walkaway_core.log.log import Writer
from walkaway_core.ports.items import Absent, Check, Is, Item, Lacks, Refused, Unknown
from walkaway_core.store import outbox, session_facts, sessions
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.transaction import Transaction
from walkaway_wire import gate, jsontext
from walkaway_wire.events import METADATA_UPDATED

METADATA_BYTES = 16_384


def merge(
    services: Services, key: SessionKey, changes: dict[str, Any], *fence: Check, title: str | None = None
) -> Session:
    """Set keys of the metadata (None removes one); the last writer of a key wins, other keys stay. And the `title`.

    A change of metadata is an event of the turn that runs, else of the session's own log.
    Raises SessionNotFound, BodyTooLarge, Invalid; Refused when one of `fence` does not hold.
    """
    check_metadata(changes)
    nonce = services.ids.new("meta_")
    while True:
        session = sessions.get(services, key)
        sessions.check(session)
        merged = {k: v for k, v in {**session.metadata, **changes}.items() if v is not None}
        text = _sized(merged)
        described, renamed = text != jsontext.dumps(session.metadata), title not in (None, session.title)
        if not (described or renamed):
            return session
        tx = Transaction(services.table)
        tx.change(key.item, Is("metadata_version", session.metadata_version), Lacks("deleted"))
        if renamed:
            tx.change(key.item, **({"set": session_facts.titled(title)} if title else {"drop": ("title",)}))
        if described:
            writer, number = _place(services, session, nonce)
            event = log.item(services, writer, number, [(METADATA_UPDATED, {"changes": changes})])
            _describe(tx, session, text, event)
        for check in fence:
            tx.check(check.key, *check.when)
        changed = [name for name, is_so in (("title", renamed), ("metadata", described)) if is_so]
        told = [] if fence else [outbox.UPDATED]  # what the agent reports is in the session's log alone
        notices = outbox.add(tx, services, key, session, "", *told, more={"changed": changed})
        try:
            tx.commit()
        except Refused as refusal:
            if refusal.key in {check.key for check in fence}:
                raise
            continue
        except Unknown:
            stored = services.table.get(event.key)[0] if described else None
            if stored is None or stored.facts["nonce"] != nonce:
                continue
        outbox.send_now(services, notices)
        return sessions.get(services, key)


def _describe(tx: Transaction, session: Session, metadata: str, event: Item) -> None:
    """Write what the metadata are from now on, and the event that says so."""
    key = session.key.item
    tx.put(event, Absent())
    tx.change(key, set=session_facts.describes(metadata, session.metadata_version + 1))
    if session.busy:
        tx.change(key, Is("turn", session.turn))  # the event is one of that turn's
    else:
        tx.change(key, Lacks("turn"), Is("events", session.events), add=session_facts.NAMED)


def _place(services: Services, session: Session, nonce: str) -> tuple[Writer, int]:
    """Say where the event is written: nobody's place is taken, since the log's era stays what it is."""
    if not session.busy:
        return Writer(session.key.own_log, 0, nonce), session.events
    turn = session.key.turn(session.turn)
    last = log.end(services, turn)
    return Writer(turn, last.era, nonce), last.number


def check_metadata(metadata: dict[str, Any]) -> str:
    """Encode metadata. Raises BodyTooLarge over 16 KB, Invalid for what is not taken as JSON."""
    try:
        return _sized(gate.taken(metadata))
    except gate.Flawed as flaw:
        raise Invalid(f"metadata: {flaw}") from None


def _sized(metadata: dict[str, Any]) -> str:
    text = jsontext.dumps(metadata)
    if len(text.encode()) > METADATA_BYTES:
        raise BodyTooLarge(f"metadata has {len(text.encode())} bytes as JSON; the limit is {METADATA_BYTES}")
    return text
