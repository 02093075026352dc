"""Whether tasks wait for those who ask, and never for long."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from walkaway_local.machine import courtesy
from walkaway_local.machine.courtesy import Courtesy

PATIENCE = 20.0


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[Courtesy]:
    monkeypatch.setattr(courtesy, "PATIENCE", 3600.0)
    made = Courtesy()
    yield made
    made.close()


@contextmanager
def another_asks(made: Courtesy) -> Iterator[None]:
    """Let another thread carry out a request meanwhile."""
    there, over = threading.Event(), threading.Event()

    def ask() -> None:
        with made.attending():
            there.set()
            over.wait(PATIENCE)

    asking = threading.Thread(target=ask)
    asking.start()
    assert there.wait(PATIENCE)
    try:
        yield
    finally:
        over.set()
        asking.join()


class Tasks:
    """Tasks that say that they have begun."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.changed = threading.Condition()

    def begin(self, made: Courtesy, number: int) -> None:
        made.begin(lambda: self._run(number))

    def _run(self, number: int) -> None:
        with self.changed:
            self.begun.append(number)
            self.changed.notify_all()

    def wait(self, count: int, seconds: float = PATIENCE) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: len(self.begun) >= count, seconds)


def test_a_task_begins_at_once_when_at_most_one_other_asks(made: Courtesy) -> None:
    tasks = Tasks()
    tasks.begin(made, 1)
    with another_asks(made):
        tasks.begin(made, 2)
        assert tasks.begun == [1, 2]


def test_what_a_request_has_to_begin_waits_until_it_has_been_carried_out(made: Courtesy) -> None:
    """Or its own task would take the interpreter from its answer."""
    tasks = Tasks()
    with made.attending():
        tasks.begin(made, 1)
        tasks.begin(made, 2)
        assert tasks.begun == []
    assert tasks.begun == [1, 2]


def test_tasks_wait_for_many_and_begin_in_their_order(made: Courtesy) -> None:
    tasks = Tasks()
    with ExitStack() as asking:
        for _ in range(courtesy.MANY):
            asking.enter_context(another_asks(made))
        with made.attending():
            tasks.begin(made, 0)
        for number in range(1, 5):
            tasks.begin(made, number)
        assert not tasks.wait(1, 0.1)
    assert tasks.wait(5)
    assert tasks.begun == list(range(5))


def test_none_overtakes_those_that_wait(made: Courtesy) -> None:
    tasks = Tasks()
    with another_asks(made):
        with another_asks(made):
            tasks.begin(made, 1)
        tasks.begin(made, 2)  # behind a single request, which alone would make nobody wait
    assert tasks.wait(2)
    assert tasks.begun == [1, 2]


def test_no_task_waits_for_ever(made: Courtesy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courtesy, "PATIENCE", 0.05)
    tasks = Tasks()
    with another_asks(made), another_asks(made):
        tasks.begin(made, 1)
        assert tasks.wait(1)
        tasks.begin(made, 2)
        assert tasks.wait(2)


def test_what_is_held_begins_no_more_after_the_end(made: Courtesy) -> None:
    tasks = Tasks()
    with another_asks(made), another_asks(made):
        tasks.begin(made, 1)
        made.close()
    assert not tasks.wait(1, 0.1)


@pytest.mark.parametrize("others", [0, 1])
def test_what_a_request_has_to_begin_begins_though_it_fails(made: Courtesy, others: int) -> None:
    tasks = Tasks()

    def fails() -> None:
        with made.attending():
            tasks.begin(made, 1)
            raise ValueError("no")

    with ExitStack() as asking:
        for _ in range(others):
            asking.enter_context(another_asks(made))
        with pytest.raises(ValueError, match="no"):
            fails()
    assert tasks.wait(1)
    tasks.begin(made, 2)
    assert tasks.begun == [1, 2]
