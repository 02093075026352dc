"""Due items that wait for a disk: one line for each kind and trouble, and again after pauses that grow."""

import errno
from collections.abc import Iterator

import pytest

from tests.kit.engine import Engine
from walkaway_core.doors import waiting
from walkaway_core.doors.sweep import ACTS, sweep
from walkaway_core.errors import Unavailable
from walkaway_core.ports.items import Item
from walkaway_core.ports.patience import NotWritten
from walkaway_wire import jsontext

TROUBLES = [
    Unavailable("The disk is full", changed=False),
    NotWritten("The disk reports an error"),
    OSError(errno.EROFS, "read-only"),
]


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    waiting._told.clear()
    yield
    waiting._told.clear()


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Give what the module has said: threads of an earlier test's server may have something to say meanwhile."""
    return [record.getMessage() for record in caplog.records if record.name == waiting.__name__]


@pytest.mark.parametrize("trouble", TROUBLES, ids=["full", "broken", "read-only"])
def test_due_items_that_wait_are_said_once_and_again_after_growing_pauses(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, trouble: Exception
) -> None:
    def fail(*_: object) -> None:
        raise trouble

    items = [
        Item("d", f"{number:013}", {"kind": kind}, jsontext.dump_bytes({}))
        for number in range(20)
        for kind in ("forget", "purge")
    ]
    for kind in ("forget", "purge"):
        monkeypatch.setitem(ACTS, kind, fail)
    told = []
    for _ in range(100):
        before = len(lines(caplog))
        assert sweep(engine.services, lambda *_: iter(items)) == len(items)
        told.append(len(lines(caplog)) - before)
        engine.clock.time += 1
    assert [number for number, count in enumerate(told) if count] == [0, 10, 30, 70]
    assert set(told) == {0, 2}
    assert not any(record.exc_info for record in caplog.records)
    assert all(line.startswith("due items of the kind ") for line in lines(caplog))


def test_what_is_no_trouble_of_a_storage_is_still_told_whole(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(ACTS, "forget", lambda *_: 1 / 0)
    sweep(engine.services, lambda *_: iter([Item("d", "0", {"kind": "forget"}, b"{}")]))
    assert any(record.exc_info for record in caplog.records)
