"""Uploads in parts, whatever goes wrong: one file or none, and after the hour nothing is left of the parts."""

from collections.abc import Callable
from contextlib import suppress

import pytest

from tests.kit.engine import Engine
from tests.kit.faulty import WRITE_FAULTS, Crashed
from walkaway_core.doors.sweep import sweep
from walkaway_core.errors import FileNotFound, Invalid
from walkaway_core.ports.items import Unknown
from walkaway_core.store import identified, parted
from walkaway_core.store.kept import Told, root
from walkaway_core.store.parted import LIFE, Upload
from walkaway_core.store.pending import UNMADE

TOLD = Told("a.txt", "text/plain", "user_data")
LIES = [(number, fault) for number in (1, 2, 3) for fault in WRITE_FAULTS]


def begun(engine: Engine) -> tuple[Upload, list[str]]:
    upload = parted.create(engine.services, "t", TOLD, 6)
    return upload, [parted.part(engine.services, upload, [data]) for data in (b"abc", b"def")]


def survives(engine: Engine, number: int, fault: str, act: Callable[[], object]) -> None:
    engine.table.at(number, fault)
    with suppress(Unknown, Crashed, FileNotFound):
        act()
    engine.table.disarm()
    engine.table.dead = False


def nothing_is_left(engine: Engine, files: int) -> None:
    """Nothing of any upload, and of files only whole ones."""
    engine.clock.sleep(LIFE + UNMADE + 1)
    sweep(engine.services)
    workspace = engine.services.workspace
    assert workspace.listing(parted.root("t"), "") == []
    assert engine.table.query("T#t#UPLOADS").items == ()
    there = identified.listing(engine.services, "t", limit=100, newest_first=True)[0]
    assert len(there) == files
    assert [entry.name for entry in workspace.listing(root("t"), "") or ()] == [each.key for each in there]
    assert engine.due() == []


@pytest.mark.parametrize(("number", "fault"), LIES)
def test_an_upload_that_is_completed_until_it_is_is_one_file(engine: Engine, number: int, fault: str) -> None:
    upload, parts = begun(engine)
    survives(engine, number, fault, lambda: parted.complete(engine.services, upload, parts, None))
    upload = parted.by_key(engine.services, "t", upload.key)
    kept = parted.complete(engine.services, upload, parts, None)
    assert b"".join(identified.read(engine.services, kept)) == b"abcdef"
    nothing_is_left(engine, files=1)


@pytest.mark.parametrize(("number", "fault"), LIES)
@pytest.mark.parametrize("act", ["create", "part", "complete", "cancel", "sweep"])
def test_whoever_leaves_it_leaves_nothing(engine: Engine, act: str, number: int, fault: str) -> None:
    services = engine.services
    upload, parts = begun(engine)
    acts: dict[str, Callable[[], object]] = {
        "create": lambda: parted.create(services, "t", TOLD, 6),
        "part": lambda: parted.part(services, upload, [b"x"]),
        "complete": lambda: parted.complete(services, upload, parts, None),
        "cancel": lambda: parted.cancel(services, upload),
        "sweep": lambda: sweep(services),
    }
    if act == "sweep":
        engine.clock.sleep(LIFE + 1)
    survives(engine, number, fault, acts[act])
    done = 0 if act == "sweep" else int(parted.by_key(services, "t", upload.key).state == "completed")
    nothing_is_left(engine, files=done)


def test_two_that_complete_at_once_have_the_same_file(engine: Engine) -> None:
    upload, parts = begun(engine)
    kept = parted.complete(engine.services, upload, parts, None)
    assert parted.complete(engine.services, upload, parts, None) == kept
    with pytest.raises(Invalid, match="completed"):
        parted.cancel(engine.services, upload)
    nothing_is_left(engine, files=1)
