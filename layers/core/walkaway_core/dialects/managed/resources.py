"""Resources of a session (contract E.8): its own copies of files, each mounted at a place of its container.

A copy is made before the transaction that mounts it, and goes by itself where that does not come. For a session that
is being made this comes before its own, which is refused once somebody has begun to remove what it would have held
(`engine/deleting.py`): a session has all that it was given, or does not come to be.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from walkaway_core.dialects.managed import commands, resource_wire
from walkaway_core.dialects.managed.problems import Refusal, invalid, unknown
from walkaway_core.engine import deleting
from walkaway_core.engine.creating import UNMADE_AFTER
from walkaway_core.errors import FileNotFound, PathInvalid, SessionNotFound, Unavailable
from walkaway_core.ports import containers
from walkaway_core.ports.items import Is, Item, Key, Lacks, Present, Refused, Unknown
from walkaway_core.store import due, identified, mounts, session_facts, sessions
from walkaway_core.store.idempotency import Once
from walkaway_core.store.kept import Kept, Told
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.mounts import Mounted
from walkaway_core.store.pending import Pending, begin
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction

MOST: Final = 100
"""Resources of a session."""
GIVEN: Final = "user_data"
"""What a session's own copy is for."""
BATCH: Final = 20
"""Files that one transaction mounts: each is four writes."""
REMOVING: Final = 5.0
"""Seconds for which whoever was refused removes what was mounted; the rest is somebody else's."""
FIELDS: Final = ("type", "file_id", "mount_path")
NOT_HERE: Final[Mapping[str, str]] = {
    "github_repository": "repositories are not mounted here; let the agent clone it, or mount an archive of it",
    "memory_store": "there are no memory stores here; what the agent writes stays as long as the session",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A file that is to be mounted, and where."""

    file: Kept
    place: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is mounted for a session that is being made. `watch` has it removed; None: nothing is mounted."""

    services: Services
    key: SessionKey
    watch: Key | None = None

    def along(self, tx: Transaction) -> None:
        """Let it stay, with the transaction that makes the session; refused where it is being removed."""
        if self.watch:
            tx.delete(self.watch, Present())

    def check(self) -> None:
        """Raise Unavailable where it is being removed, and the session can come to be no more."""
        if self.watch and self.services.table.get(self.watch)[0] is None:
            raise Unavailable("The session took too long to be made; send it again", changed=False)

    def forget(self) -> None:
        """Remove it at once, unless the session has come to be all the same; in trouble, who looks later does."""
        if self.watch:
            with suppress(Unknown):
                deleting.purge(self.services, self.key, self.watch, self.services.clock.monotonic() + REMOVING)


def asked(
    services: Services,
    tenant: str,
    given: Sequence[Mapping[str, Any]],
    *,
    there: Sequence[Mounted] = (),
    name: str = "",
) -> list[Asked]:
    """Read what is to be mounted beside what is `there`. Raises Refusal, FileNotFound."""
    if len(given) + len(there) > MOST:
        raise invalid(f"a session has up to {MOST} resources; there would be {len(given) + len(there)}", name)
    commands.check_mounts(services, given, name)
    taken = [mounted.place for mounted in there]
    read = []
    for number, each in enumerate(given):
        one = _asked(services, tenant, each, f"{name}[{number}]." if name else "")
        where = f"{name}[{number}].mount_path" if name else "mount_path"
        if other := next((place for place in taken if _beside(place, one.place)), None):
            raise invalid(f"{one.place} cannot be mounted beside {other}; give one of them another mount_path", where)
        taken.append(one.place)
        read.append(one)
    return read


def prepare(services: Services, key: SessionKey, wanted: Sequence[Asked]) -> Prepared:
    """Mount files for a session that is being made. Raises QuotaReached, Unavailable, FileNotFound."""
    if not wanted:
        return Prepared(services, key)
    tx = Transaction(services.table)
    watch = due.watch(tx, services.clock.now() + UNMADE_AFTER, "purge", key.session, key.detail)
    tx.commit()
    prepared = Prepared(services, key, due.place(key.session, watch))
    try:
        for begun in range(0, len(wanted), BATCH):
            _mount(services, key, wanted[begun : begun + BATCH])
    except Exception:
        prepared.forget()
        raise
    return prepared


def _mount(services: Services, key: SessionKey, wanted: Sequence[Asked]) -> None:
    """Mount some files for a session that is being made."""
    copies = [_copied(services, key, each.file) for each in wanted]
    tx = Transaction(services.table)
    for copy, each in zip(copies, wanted, strict=True):
        mounts.put(tx, services, key, each.place, copy.keep(tx))
    try:
        tx.commit()
    except Refused as refusal:
        for copy in copies:
            copy.forget()
        for copy in copies:
            copy.check(refusal)
        raise


def add(services: Services, key: SessionKey, given: Mapping[str, Any], once: Once | None = None) -> Mounted:
    """Mount a file in a session that is there.

    Raises Refusal, SessionNotFound, FileNotFound, QuotaReached, Unavailable, Refused where `once` is taken.
    """
    copy: Pending | None = None
    try:
        while True:
            (session,) = services.table.get(key.item)
            [one] = asked(services, key.tenant, [given], there=mounts.listing(services, key))
            copy = copy or _copied(services, key, one.file)
            if mounted := _mounted(services, key, session, one.place, copy, once):
                return mounted
    except (Refused, Refusal, SessionNotFound, FileNotFound, Unavailable):
        if copy:
            copy.forget()
        raise


def _mounted(  # noqa: PLR0917 - what is mounted, where, and for whom
    services: Services, key: SessionKey, session: Item | None, place: str, copy: Pending, once: Once | None
) -> Mounted | None:
    """Mount a copy in a session as it was read; None where another file came between: look again."""
    tx = Transaction(services.table)
    before = session.facts.get("mounted") if session else None
    unchanged = Lacks("mounted") if before is None else Is("mounted", before)  # its place was held against those there
    tx.change(key.item, Present(), Lacks("deleted"), Lacks("archived"), unchanged, add=session_facts.MOUNTED)
    mounted = mounts.put(tx, services, key, place, copy.keep(tx))
    if once:
        once.keep_made(tx, services, resource_wire.resource_id(mounted))
    try:
        tx.commit()
    except Refused as refusal:
        if refusal.key == key.item:
            if refusal.item is None or "deleted" in refusal.item.facts:
                raise SessionNotFound from None
            if "archived" in refusal.item.facts:
                raise _closed() from None
            return None
        if refusal.key == mounts.at(key, place):
            raise invalid(f"{place} has a file already", "mount_path") from None
        copy.check(refusal)
        raise
    return mounted


def _closed() -> Refusal:
    """Say that a session takes nothing any more."""
    return invalid("The session is archived: it can be read, and nothing else; begin a new session")


def get(services: Services, key: SessionKey, id_: str) -> Mounted:
    """Find a resource of a session. Raises Refusal (404)."""
    file = resource_wire.read_id(id_)
    found = next((each for each in mounts.listing(services, key) if each.file == file), None)
    if found is None:
        raise unknown("resource", id_)
    return found


def delete(services: Services, key: SessionKey, mounted: Mounted) -> None:
    """Unmount a file; the session's copy of it goes, too.

    Raises Refusal, as where it is gone already (404) or its session is archived, and SessionNotFound.
    """
    if sessions.get(services, key).archived_at:
        raise _closed()
    try:
        for kept in identified.some(services, key.tenant, [mounted.file]):
            mounts.delete_file(services, kept)
            return
        tx = Transaction(services.table)
        mounts.remove(tx, key, mounted)
        tx.commit()
    except (FileNotFound, Refused):
        raise unknown("resource", resource_wire.resource_id(mounted)) from None


def shown(services: Services, key: SessionKey) -> list[Mapping[str, Any]]:
    """Show all resources of a session, the oldest first."""
    return [resource_wire.shown(mounted) for mounted in mounts.listing(services, key)]


def _asked(services: Services, tenant: str, given: Mapping[str, Any], before: str) -> Asked:
    kind = given.get("type")
    if said := NOT_HERE.get(str(kind)):
        raise invalid(said, f"{before}type")
    if kind != "file":
        raise invalid(f"{kind!r:.100} is none; resources are of the type file", f"{before}type")
    if (wrong := next((name for name in given if name not in FIELDS), None)) is not None:  # "" is a name, too
        raise invalid("a resource of the type file has no such field", f"{before}{wrong[:100]}")
    id_, path = given.get("file_id"), given.get("mount_path")
    if not isinstance(id_, str):
        raise invalid("say which file, by its id", f"{before}file_id")
    if not (path is None or isinstance(path, str)):
        raise invalid("must be a text", f"{before}mount_path")
    kept = identified.get(services, tenant, id_)
    try:
        return Asked(kept, containers.mounted_at(id_ if path is None else path))
    except PathInvalid as error:
        raise invalid(str(error), f"{before}mount_path") from None


def _beside(place: str, other: str) -> bool:
    """Whether two places cannot both have a file: they are one, or one is a folder of the other."""
    return place == other or place.startswith(f"{other}/") or other.startswith(f"{place}/")


def _copied(services: Services, key: SessionKey, file: Kept) -> Pending:
    """Copy a file: the session's own goes on when that one is deleted."""
    told = Told(file.name, file.media, GIVEN, scope=key.session)
    return begin(services, key.tenant, told, identified.read(services, file))
