"""What a session says of itself: metadata, whose keys users and the agent set (the last one wins), and its title."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from walkaway_core.errors import BodyTooLarge, Invalid
from walkaway_core.log import log
from walkaway_core.log.log import Draft, Writer
from walkaway_core.ports.items import Absent, Check, Is, Item, Lacks, Refused, Unknown
from walkaway_core.store import lifetimes, outbox, session_facts, sessions
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.transaction import Transaction
from walkaway_wire import gate, jsontext
from walkaway_wire.events import METADATA_UPDATED, SESSION_UPDATED

METADATA_BYTES = 16_384


@dataclass(frozen=True, slots=True)
class Also:
    """What else is changed of a session: the fields as they then are, and what `keep` writes of them."""

    changes: Mapping[str, Any]
    keep: Callable[[Transaction], None]


Decide = Callable[[Session], Also]
"""Says what else is to be changed of a session as it was read; what it raises ends the change."""


def merge(
    services: Services,
    key: SessionKey,
    changes: dict[str, Any],
    *fence: Check,
    title: str | None = None,
    also: Decide | None = None,
    most: int = METADATA_BYTES,
) -> Session:
    """Set keys of the metadata (None removes one); the last writer of a key wins, other keys stay. And the `title`.

    A change of metadata is an event of the turn that runs, else of the session's own log. With `also`, which says what
    else is changed in the same transaction, any change is one, and says all that has changed as it then is; so it is in
    a session without an end, whose dialect shows all changes, and of metadata both are said there.
    Raises SessionNotFound, BodyTooLarge beyond `most` bytes, Invalid (SessionArchived), and what `also` does; Refused
    when one of `fence` does not hold.
    """
    check_metadata(changes, most)
    nonce = services.ids.new("meta_")
    while True:
        session = sessions.get(services, key)
        sessions.check(session)
        sessions.check_open(session)
        more = also(session) if also else None
        tx = Transaction(services.table)
        changed = _write(tx, session, _sized(_merged(session, changes), most), title, more)
        if not changed:
            return session
        event = _event(services, session, nonce, _told(session, changed, changes, more))
        if event:
            _say(tx, session, event)
        for check in fence:
            tx.check(check.key, *check.when)
        kinds = [] if fence else [outbox.UPDATED]  # what the agent reports is in the session's log alone
        notices = outbox.add(tx, services, key, session, "", *kinds, more={"changed": list(changed)})
        try:
            tx.commit()
        except Refused as refusal:
            if refusal.key in {check.key for check in fence}:
                raise
            continue
        except Unknown:
            stored = services.table.get(event.key)[0] if event else None
            if stored is None or stored.facts["nonce"] != nonce:
                continue
        outbox.send_now(services, notices)
        return sessions.get(services, key)


def _write(tx: Transaction, session: Session, metadata: str, title: str | None, more: Also | None) -> dict[str, Any]:
    """Write what is another then; give that as it then is, by its names."""
    key, changed = session.key.item, dict[str, Any]()
    tx.change(key, Is("metadata_version", session.metadata_version), Lacks("deleted"), Lacks("archived"))
    if title is not None and (title, bool(title)) != (session.title, session.title_said):
        said = {"set": session_facts.titled(title, said=True)} if title else {"drop": ("title", "title_said")}
        tx.change(key, **said)
        changed["title"] = title or None
    if metadata != jsontext.dumps(session.metadata):
        tx.change(key, set=session_facts.describes(metadata, session.metadata_version + 1))
        changed["metadata"] = jsontext.loads(metadata)
    if more:
        changed |= more.changes
    if more and changed:
        more.keep(tx)
    return changed


def _merged(session: Session, changes: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in {**session.metadata, **changes}.items() if v is not None}


def _told(session: Session, changed: Mapping[str, Any], changes: Mapping[str, Any], more: Also | None) -> Draft | None:
    """Say in which words the log tells it; None: it does not."""
    endless = session.options.ttl >= lifetimes.FOR_EVER
    if more or (endless and "metadata" not in changed):
        return SESSION_UPDATED, {"changes": changed}
    if "metadata" not in changed:
        return None
    return METADATA_UPDATED, {"changes": changes} | ({"now": changed} if endless else {})


def _event(services: Services, session: Session, nonce: str, told: Draft | None) -> Item | None:
    if told is None:
        return None
    writer, number = _place(services, session, nonce)
    return log.item(services, writer, number, [told])


def _say(tx: Transaction, session: Session, event: Item) -> None:
    """Write the event that says what has changed."""
    key = session.key.item
    tx.put(event, Absent())
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


def check_metadata(metadata: dict[str, Any], most: int = METADATA_BYTES) -> str:
    """Encode metadata. Raises BodyTooLarge over so many bytes, Invalid for what is not taken as JSON."""
    try:
        return _sized(gate.taken(metadata), most)
    except gate.Flawed as flaw:
        raise Invalid(f"metadata: {flaw}") from None


def _sized(metadata: dict[str, Any], most: int) -> str:
    text = jsontext.dumps(metadata)
    if len(text.encode()) > most:
        raise BodyTooLarge(f"metadata has {len(text.encode())} bytes as JSON; the limit is {most}")
    return text
