"""How tasks of the local machine begin: a few at a time, and none behind one that waits."""

import threading
from collections.abc import Iterator

import pytest

from walkaway_core.ports import pace
from walkaway_local.machine import pools
from walkaway_local.machine.pools import AT_ONCE, Pools

PATIENCE = 20.0


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pools]:
    monkeypatch.setattr(pools, "YOUNG", 3600.0)
    found = Pools(100, {})
    yield found
    found.close(wait=True)


class Tasks:
    """Tasks that begin, and go on when they may."""

    def __init__(self) -> None:
        self.begun = 0
        self.changed = threading.Condition()
        self.go = threading.Event()

    def run(self, *, waits: bool) -> None:
        with self.changed:
            self.begun += 1
            self.changed.notify_all()
        if waits:
            pace.waits()
        self.go.wait(PATIENCE)

    def wait(self, count: int, seconds: float = PATIENCE) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: self.begun >= count, seconds)


def submit(made: Pools, tasks: Tasks, count: int, *, waits: bool) -> None:
    for number in range(count):
        made.begin(str(number % 3), lambda: tasks.run(waits=waits))


def test_few_work_at_once(made: Pools) -> None:
    tasks = Tasks()
    submit(made, tasks, 30, waits=False)
    assert tasks.wait(AT_ONCE)
    assert not tasks.wait(AT_ONCE + 1, 0.3)
    tasks.go.set()
    assert tasks.wait(30), "those that are over make room"


def test_those_that_wait_keep_nobody_waiting(made: Pools) -> None:
    tasks = Tasks()
    submit(made, tasks, 60, waits=True)
    assert tasks.wait(60)
    tasks.go.set()


def test_those_that_take_long_keep_nobody_waiting(made: Pools, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "YOUNG", 0.05)
    tasks = Tasks()
    submit(made, tasks, 30, waits=False)
    assert tasks.wait(30)
    tasks.go.set()


def test_nobody_asks_where_there_is_no_pool() -> None:
    pace.waits()
