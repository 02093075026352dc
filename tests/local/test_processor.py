"""Where the server's threads are, by what others do, and that what it starts is everywhere."""

import os
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from walkaway_core.apart import priority
from walkaway_local import processor
from walkaway_local.processor import Processor, Seen

needs_two = pytest.mark.skipif(len(priority.EVERYWHERE) < 2, reason="there is one processor, or nobody says which")


@pytest.mark.parametrize(
    ("now", "others", "chance", "to"),
    [
        (None, {0: 0.3, 1: 0.1}, 0.9, 1),
        (0, {0: 0.3, 1: 0.1}, 0.0, 0),  # not worth its while
        (0, {0: 0.4, 1: 0.1}, 0.0, 1),
        (0, {0: 0.4, 1: 0.1}, 0.5, 0),  # whoever met it there may go first
        (0, {0: 1.0, 1: 0.6}, 0.0, None),
        (None, {0: 1.0, 1: 0.6}, 0.0, None),
        (0, {1: 0.1, 2: 0.2}, 0.0, 1),  # its own was taken away
    ],
)
def test_it_is_where_others_do_least(now: int | None, others: dict[int, float], chance: float, to: int | None) -> None:
    assert processor.choose(now, others, lambda: chance) == to


def test_what_processors_have_worked_is_read() -> None:
    ticks = os.sysconf("SC_CLK_TCK")
    stat = "cpu  9 9 9 9 9 9 9 9 0 0\ncpu0 1 2 3 900 70 4 5 6 0 0\ncpu12 100 0 0 900 0 0 0 0 0 0\nintr 5 0\n"
    assert processor.worked(stat) == {0: 21 / ticks, 12: 100 / ticks}
    assert processor.worked(Path("/proc/stat").read_text()).keys() >= priority.EVERYWHERE


@pytest.fixture
def back() -> Iterator[None]:
    """Let this process be everywhere again."""
    yield
    for thread in processor.THREADS.iterdir():
        with suppress(ProcessLookupError):  # who has been joined may still be listed
            os.sched_setaffinity(int(thread.name), priority.EVERYWHERE)


class Said:
    """Says one thing after the other of how much was worked: by this process, and on the first two processors."""

    def __init__(self, *said: tuple[float, float, float]) -> None:
        self.said = [(0.0, 0.0, 0.0), *said]
        self.time = 0.0

    def __call__(self) -> Seen:
        mine, first, second = self.said.pop(0)
        self.time += 1.0
        others = dict.fromkeys(priority.EVERYWHERE, self.time)  # which have no room at all
        return self.time, mine, others | dict(zip(two(), (first, second), strict=True))


def two() -> Sequence[int]:
    return sorted(priority.EVERYWHERE)[:2]


def affinities() -> set[frozenset[int]]:
    found = set()
    for thread in processor.THREADS.iterdir():
        with suppress(ProcessLookupError):
            found.add(frozenset(os.sched_getaffinity(int(thread.name))))
    return found


@needs_two
@pytest.mark.usefixtures("back")
def test_all_threads_are_there_also_those_that_come_later() -> None:
    first, second = two()
    made = Processor(Said((0.8, 0.4, 0.5), (1.0, 1.2, 0.6), (1.8, 1.3, 1.5), (1.9, 2.2, 2.4)), lambda: 0.0)
    made.look()
    own: list[set[int]] = []
    over = threading.Event()
    with_it = threading.Thread(target=over.wait, daemon=True)
    with_it.start()
    for where in (first, second, second, None):
        made.look()
        assert made.now == where
        assert affinities() == {priority.EVERYWHERE if where is None else frozenset({where})}
        later = threading.Thread(target=lambda: own.append(os.sched_getaffinity(0)))
        later.start()
        later.join()
        assert own.pop() in affinities()
    over.set()
    with_it.join()


@needs_two
@pytest.mark.usefixtures("back")
def test_where_it_cannot_look_the_kernel_chooses_until_it_can() -> None:
    said = Said((0.8, 0.4, 0.5), (0.9, 0.5, 0.6), (1.0, 0.6, 0.7))
    made = Processor(said, lambda: 0.0)
    made.look_if_possible()
    made.look_if_possible()
    assert len(os.sched_getaffinity(0)) == 1
    made._read = lambda: (1.0, 0.0, processor.worked(Path("/proc/nothing").read_text()))
    made.look_if_possible()
    assert affinities() == {priority.EVERYWHERE}
    made._read = said
    made.look_if_possible()
    made.look_if_possible()
    assert len(os.sched_getaffinity(0)) == 1


@needs_two
@pytest.mark.usefixtures("back")
def test_a_thread_that_may_not_be_moved_keeps_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that starts a command as another user, where the server may do nothing to others' threads."""
    move, refused = os.sched_setaffinity, threading.get_native_id()

    def moved(thread: int, processors: set[int]) -> None:
        if thread == refused:
            raise PermissionError
        move(thread, processors)

    over = threading.Event()
    other = threading.Thread(target=over.wait, daemon=True)
    other.start()
    monkeypatch.setattr(os, "sched_setaffinity", moved)
    made = Processor(Said((0.8, 0.4, 0.5)), lambda: 0.0)
    made.look_if_possible()
    made.look_if_possible()
    assert other.native_id
    assert (os.sched_getaffinity(other.native_id), made.now) == ({two()[0]}, two()[0])
    over.set()
    other.join()


@needs_two
@pytest.mark.usefixtures("back")
def test_what_stands_back_is_everywhere() -> None:
    os.sched_setaffinity(0, {two()[0]})
    with subprocess.Popen(["sleep", "60"]) as process:
        assert os.sched_getaffinity(process.pid) == {two()[0]}
        priority.stand_back(process.pid)
        assert os.sched_getaffinity(process.pid) == priority.EVERYWHERE
        process.kill()


def test_without_anything_to_read_nothing_happens() -> None:
    def nothing() -> Seen:
        raise FileNotFoundError

    before = os.sched_getaffinity(0)
    Processor(nothing).look_if_possible()
    assert os.sched_getaffinity(0) == before
