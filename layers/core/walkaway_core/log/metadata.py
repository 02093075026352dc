"""A session's metadata: keys that users and the agent set, the last one wins; each change is an event."""

from typing import Any

from walkaway_core.errors import BodyTooLarge, Invalid
from walkaway_core.log import log
from walkaway_core.log.log import Writer
from walkaway_core.ports.items import Absent, Check, Is, Lacks, Refused, Unknown
from walkaway_core.store import session_facts, sessions
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.transaction import Transaction
from walkaway_wire import gate, jsontext
from walkaway_wire.events import METADATA_UPDATED

METADATA_BYTES = 16_384


def merge(services: Services, key: SessionKey, changes: dict[str, Any], *fence: Check) -> Session:
    """Set keys of the metadata (None removes one); the last writer of a key wins, other keys stay.

    The event is one of the turn that runs, else of the session's own log; without a change there is none.
    Raises SessionNotFound, BodyTooLarge, Invalid; Refused when one of `fence` does not hold.
    """
    check_metadata(changes)
    nonce = services.ids.new("meta_")
    while True:
        session = sessions.get(services, key)
        sessions.check(session)
        merged = {k: v for k, v in {**session.metadata, **changes}.items() if v is not None}
        text = _sized(merged)
        if text == jsontext.dumps(session.metadata):
            return session
        facts = session_facts.describes(text, session.metadata_version + 1)
        writer, number = _place(services, session, nonce)
        event = log.item(services, writer, number, [(METADATA_UPDATED, {"changes": changes})])
        tx = Transaction(services.table)
        tx.put(event, Absent())
        tx.change(key.item, Is("metadata_version", session.metadata_version), Lacks("deleted"), set=facts)
        if session.busy:
            tx.change(key.item, Is("turn", session.turn))  # the event is one of that turn's
        else:
            tx.change(key.item, Lacks("turn"), Is("events", session.events), add=session_facts.NAMED)
        for check in fence:
            tx.check(check.key, *check.when)
        try:
            tx.commit()
        except Refused as refusal:
            if refusal.key in {check.key for check in fence}:
                raise
            continue
        except Unknown:
            stored = services.table.get(event.key)[0]
            if stored is None or stored.facts["nonce"] != nonce:
                continue
        return sessions.get(services, key)


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
