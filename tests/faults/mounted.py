"""Files with ids, and sessions of Managed Agents that mount them: each is whole or not there, and no bytes are left."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from tests.faults import acts, creates, left, managed
from tests.faults.campaign import Arm, Fault, Life
from tests.faults.containers import Trees
from tests.faults.creates import Kind, under_a_key
from tests.faults.violations import Found
from tests.faults.world import World
from walkaway_core.dialects.managed import file_wire, keys, resource_wire, resources, session_record, sessions
from walkaway_core.dialects.managed.problems import Refusal
from walkaway_core.doors.sweep import sweep
from walkaway_core.errors import FileNotFound, SessionNotFound, WalkawayError
from walkaway_core.store import identified, kept, mounts
from walkaway_core.store.idempotency import Once
from walkaway_core.store.kept import Told
from walkaway_core.store.keys import SessionKey

BYTES = b"abc"
TOLD = Told("a.txt", "text/plain", "user_data")
PLACES = ("/mnt/session/uploads/a", "/mnt/session/uploads/b")
FILES = (
    ("its server dies before it touches a file", "file", "crash before"),
    ("its server dies after it touched a file", "file", "crash after"),
)
BEFALLS = (*creates.BEFALLS, *FILES)


def files(world: World) -> None:
    """Have files, and commands that could see them."""
    world.services = replace(world.services, sandbox=Trees(world))
    calm = managed.undisturbed(world)
    world.uploaded = [identified.create(calm, "t", TOLD, [BYTES]).key for _ in PLACES]


def session(world: World, *, mounting: bool = False) -> None:
    """Have files, and a session that is free, and has mounted them or not."""
    files(world)
    services, world.services = world.services, managed.undisturbed(world)
    world.session = SessionKey("t", managed.make(world, files=_places(world) if mounting else {}, begins=False))
    world.services = services


def _places(world: World) -> Mapping[str, str]:
    return dict(zip(PLACES, map(file_wire.id_of, world.uploaded), strict=True))


def _mount(world: World, once: Once | None, place: str = PLACES[0]) -> str:
    asked = {"type": "file", "file_id": file_wire.id_of(world.uploaded[0]), "mount_path": place}
    return resource_wire.resource_id(resources.add(world.services, world.session, asked, once))


class Mounts(Kind):
    """Mounts a file in a session that is there."""

    def there(self, world: World) -> list[str]:
        return [resource_wire.resource_id(each) for each in mounts.listing(managed.undisturbed(world), world.session)]


def _file_is_whole(world: World, key: str, found: Found) -> None:
    read = b"".join(identified.read(world.services, identified.by_key(world.services, "t", key)))
    found.must(read == BYTES, f"the file {key} has {read!r}")


def _mount_is_whole(world: World, id_: str, found: Found) -> None:
    mounted = resources.get(world.services, world.session, id_)
    _file_is_whole(world, mounted.file, found)


def _session_is_whole(world: World, id_: str, found: Found) -> None:
    there = mounts.listing(world.services, SessionKey("t", id_))
    found.must(sorted(each.place for each in there) == list(PLACES), f"{id_} has mounted {there}")
    for each in there:
        _file_is_whole(world, each.file, found)


def nothing_over(world: World, found: Found) -> None:
    """Say what is there too much, or too little, when everything has come to its end."""
    world.finish()
    found += left.sound(world, None)
    table, root = world.place.table, kept.root("t")
    records = {item.sk: item for item in table.query(kept.place("t", "")[0]).items}
    stored = {entry.name for entry in world.place.workspace.listing(root, "") or ()}
    found.must(stored == set(records), f"there are bytes of {sorted(stored)}, and records of {sorted(records)}")
    there = {each.session: each for each in left.sessions_of(world)}
    owners = {key: item.facts["scope"] for key, item in records.items() if "scope" in item.facts}
    found.must(set(owners.values()) <= set(there), f"files are left of sessions that are gone: {owners}")
    for name, key in there.items():
        own = {file for file, owner in owners.items() if owner == name}
        mounted = {each.file for each in mounts.listing(world.services, key)}
        found.must(mounted == own, f"{name} has mounted {sorted(mounted)}, and has of its own {sorted(own)}")
        named = {item.sk for item in table.query(kept.place_in("t", name, "")[0]).items}
        found.must(named == own, f"the list of {name} names {sorted(named)}, and there are {sorted(own)}")


def _listed(name: str, *, begins: bool) -> Kind:
    return Kind(
        name,
        lambda w, once: managed.make(w, once, files=_places(w), begins=begins),
        lambda w, id_: session_record.get(w.services, SessionKey("t", id_)),
        (keys.listed("t"), ""),
        _session_is_whole,
        ready=files,
        over=nothing_over,
    )


UPLOAD = Kind(
    "a file with an id",
    lambda w, once: identified.create(w.services, "t", TOLD, [BYTES], once).key,
    lambda w, key: identified.by_key(w.services, "t", key),
    kept.place("t", ""),
    _file_is_whole,
    over=nothing_over,
)
MOUNT = Mounts(
    "a mounted file",
    _mount,
    lambda w, id_: resources.get(w.services, w.session, id_),
    ("", ""),
    _mount_is_whole,
    ready=session,
    over=nothing_over,
)
BEGINS = _listed("a session with files", begins=True)
IDLE = _listed("a session with files and no message", begins=False)


class Beside:
    """A life in which something is asked for once while something else happens: it is carried out, or refused."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._told: list[str] = []
        self._too_late = False

    @property
    def life(self) -> Life:
        """It as a life."""
        return Life(self._run, self._check)

    def behind(self, act: Callable[[World], object]) -> Callable[[World], None]:
        """Make it something behind which nothing is carried out that was not before."""

        def acted(world: World) -> None:
            act(world)
            self._too_late = not self._kind.there(world)

        return acted

    def another(self, world: World) -> None:
        """Mount another file at the place of the first one, or see that there is one."""
        with suppress(Refusal):
            self._told.append(_mount(world, None))

    def _run(self, world: World) -> None:
        self._told, self._too_late = [], False
        self._kind.ready(world)
        with suppress(WalkawayError):
            self._told.append(self._kind.request(world, keyed=False))

    def _check(self, world: World, *_: Any) -> list[str]:
        found, there = Found(), self._kind.there(world)
        gone = world.session not in left.sessions_of(world)
        found.must(sorted(there) == sorted(self._told) or gone, f"told of {self._told}, and there are {there}")
        found.must(not (self._told and self._too_late), f"{self._told} came behind the end of its session")
        for id_ in there:
            self._kind.whole(world, id_, found)
        self._kind.over(world, found)
        return found


def session_goes(world: World) -> None:
    """Delete the session."""
    sessions.delete(world.services, session_record.get(world.services, world.session))


def session_is_closed(world: World) -> None:
    """Archive the session, which keeps what it has."""
    sessions.archive(world.services, session_record.get(world.services, world.session))


def uploads_go(world: World) -> None:
    """Delete what was uploaded."""
    for key in world.uploaded:
        with suppress(FileNotFound):
            mounts.delete_file(world.services, identified.by_key(world.services, "t", key))


def hours_pass(world: World) -> None:
    """Let so much time pass that whoever is at work counts as lost."""
    world.clock.time += 3 * acts.HOUR
    sweep(world.services)


def quietly(act: Callable[[World], object]) -> Callable[[World], object]:
    """Make it something that others do, who may be refused."""

    def acted(world: World) -> None:
        with suppress(Refusal, FileNotFound, SessionNotFound):
            act(world)

    return acted


ENDS: Mapping[str, Callable[[World], object]] = {
    "its session is deleted meanwhile": session_goes,
    "its session is closed meanwhile": session_is_closed,
}
"""Behind which nothing is mounted."""
MEANWHILE: Mapping[str, Callable[[World], object]] = {
    "what was uploaded is deleted meanwhile": uploads_go,
    "hours pass": hours_pass,
}


def faults(
    each: Callable[[str], Callable[[Counter[str]], Sequence[int]]],
    operations: Callable[[Counter[str]], Sequence[Any]],
    hands: dict[str, Callable[..., Arm]],
) -> list[Fault]:
    """What may befall them. `hands`: what lets an operation go wrong, and something else happen in front of one."""
    meanwhile = hands["meanwhile"]
    found = [
        fault for kind in (UPLOAD, MOUNT, BEGINS, IDLE) for fault in under_a_key(kind, each, operations, hands, BEFALLS)
    ]
    for kind in (MOUNT, BEGINS, IDLE):
        beside = Beside(kind)
        befalls: dict[str, Callable[[World], object]] = {name: beside.behind(act) for name, act in ENDS.items()}
        befalls |= {**MEANWHILE, "another one is mounted at its place": beside.another}
        names = befalls if kind is MOUNT else MEANWHILE
        found += [
            Fault(f"{kind.name}; {name}", operations, meanwhile(quietly(befalls[name])), life=beside.life)
            for name in names
        ]
    return found
