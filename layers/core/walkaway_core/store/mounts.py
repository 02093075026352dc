"""What is mounted into a session's container: files with ids that are the session's own, each at a place of its own.

Of each, at MOUNT#{hash of the place} in the session's partition, it is said:

fact     unit  written by  says
file     id    put         the digits of the file, a part of this session (`store/identified.py`)
place          put         where it is, absolute (`ports.containers.mounted_at`)
version        put         of its contents, as the workspace says it
created  ms    put         when it was mounted

Names and units are a contract: docs/upgrades.md.
"""

import hashlib
from contextlib import suppress
from dataclasses import dataclass

from walkaway_core.errors import SessionNotFound
from walkaway_core.ports.containers import Mount
from walkaway_core.ports.items import Absent, Fact, Item, Key, Present, ms
from walkaway_core.store import identified, salvage, sessions
from walkaway_core.store.kept import Kept, root
from walkaway_core.store.keys import END, SessionKey
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import SessionArchived
from walkaway_core.store.transaction import Transaction

_BEFORE = "MOUNT#"


@dataclass(frozen=True, slots=True)
class Mounted:
    """A file of a session's container, by the digits of its id."""

    file: str
    place: str
    version: str
    created_at: float

    def mount(self, tenant: str) -> Mount:
        """Say it to the sandbox."""
        return Mount(self.place, root(tenant), self.file, self.version)


def put(tx: Transaction, services: Services, key: SessionKey, place: str, kept: Kept) -> Mounted:
    """Mount a file with a transaction, which is refused where something is mounted at this place."""
    now = services.clock.now()
    facts: dict[str, Fact] = {"file": kept.key, "place": place, "version": kept.version, "created": ms(now)}
    tx.put(Item(*at(key, place), facts), Absent())
    return Mounted(kept.key, place, kept.version, ms(now) / 1000)


def remove(tx: Transaction, key: SessionKey, mounted: Mounted) -> None:
    """Unmount a file with a transaction, which is refused where it is not mounted any more."""
    tx.delete(at(key, mounted.place), Present())


def delete_file(services: Services, kept: Kept) -> None:
    """Delete a file with an id; one that is mounted is unmounted.

    Raises FileNotFound where somebody else has, SessionArchived where it is mounted in a session that stays as it is.
    """
    key = SessionKey(kept.tenant, kept.scope)
    mine = [each for each in listing(services, key) if each.file == kept.key] if kept.scope else []
    if mine and _archived(services, key):
        raise SessionArchived

    def along(tx: Transaction) -> None:
        for mounted in mine:
            remove(tx, key, mounted)

    identified.delete(services, kept, along)


def _archived(services: Services, key: SessionKey) -> bool:
    with suppress(SessionNotFound):
        return bool(sessions.get(services, key).archived_at)
    return False


def listing(services: Services, key: SessionKey) -> list[Mounted]:
    """List what is mounted, the oldest first. What cannot be read is mounted nowhere, and goes with its session."""
    found: list[Mounted] = []
    after, more = _BEFORE, True
    while more:
        page = services.table.query(key.partition, after=after, upto=_BEFORE + END)
        found += filter(None, map(_unpacked, page.items))
        more, after = page.more, page.items[-1].sk if page.items else after
    return sorted(found, key=lambda mounted: mounted.file)


def at(key: SessionKey, place: str) -> Key:
    """Say where it stands what is mounted at a place."""
    return key.partition, _BEFORE + hashlib.sha256(place.encode()).hexdigest()[:32]


def _unpacked(item: Item) -> Mounted | None:
    try:
        return Mounted(item.text("file"), item.text("place"), item.text("version"), item.time("created"))
    except salvage.WRONG:
        return None
