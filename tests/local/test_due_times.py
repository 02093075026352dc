"""The due items of a machine whose clock leaps: waits last as long as they were to, and sessions go by the calendar."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.clock import HeldClock
from walkaway_core.settings import Settings
from walkaway_core.store import due
from walkaway_core.store.transaction import Transaction
from walkaway_local.due_times import DueTimes
from walkaway_local.lived import SEEN, LivedClock
from walkaway_local.stack import LocalStack


class Scene:
    """A stack that does not sweep, with items that are due at so many seconds from now."""

    def __init__(self, folder: Path) -> None:
        self.held = HeldClock()
        self.stack = LocalStack(folder / "data", Settings(), clock=self.held)
        self.clock = LivedClock(self.held, folder / "clock")
        self.times = DueTimes(self.clock)

    def watch(self, kind: str, name: str, seconds: float) -> str:
        tx = Transaction(self.stack.services.table)
        made = due.watch(tx, self.held.now() + seconds, kind, name, {"tenant": "t", "session": "s", "turn": name})
        tx.commit()
        return made

    def seen(self) -> set[str]:
        items = self.times.overdue(self.stack.services, self.held.now())
        return {item.sk.rpartition("#")[2] for item in items}

    def leap(self, by: float) -> None:
        self.held.set += by
        self.clock.look()

    def live(self, seconds: int) -> None:
        for _ in range(seconds // 5):
            self.held.time += 5
            self.clock.look()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path)
    yield made
    made.stack.close()


@pytest.mark.parametrize("by", [-3600.0, 3600.0, 86_400.0])
@pytest.mark.parametrize("kind", ["turn", "delivery", "outbox"])
def test_what_is_waited_for_is_waited_for_as_long_as_before(scene: Scene, kind: str, by: float) -> None:
    scene.watch(kind, "one", 60)
    scene.watch(kind, "past", -10)
    scene.leap(by)
    assert "one" not in scene.seen()
    scene.watch(kind, "new", 30)
    scene.live(35)
    assert "new" in scene.seen()
    assert "one" not in scene.seen()
    scene.live(30)
    assert "one" in scene.seen()


def test_a_clock_that_is_set_back_without_a_server_makes_nothing_wait_longer(scene: Scene, tmp_path: Path) -> None:
    scene.watch("turn", "one", 60)
    scene.clock.mark()
    scene.held.time += 30
    scene.held.set -= 3600
    scene.clock = LivedClock(scene.held, tmp_path / "clock")
    scene.times = DueTimes(scene.clock)
    assert scene.seen() == set()
    scene.live(65)
    assert scene.seen() == {"one"}


def test_what_was_due_before_the_leap_is_due_behind_it(scene: Scene) -> None:
    scene.watch("turn", "past", -10)
    scene.leap(3600)
    assert scene.seen() == {"past"}


def test_two_leaps_move_a_wait_once(scene: Scene) -> None:
    scene.watch("turn", "one", 60)
    scene.leap(3600)
    assert scene.seen() == set()
    scene.live(20)
    scene.leap(-3600)
    assert scene.seen() == set()
    scene.live(45)
    assert scene.seen() == {"one"}


def test_a_session_goes_when_it_has_been_seen_at_its_end_for_ten_minutes(scene: Scene) -> None:
    scene.live(int(SEEN) + 20)
    scene.watch("session", "s", 60)
    scene.leap(86_400)
    assert scene.seen() == set()
    scene.leap(-86_400)
    scene.live(100)
    assert scene.seen() == set(), "at its end, and not for long"
    scene.live(int(SEEN))
    assert scene.seen() == {"s"}
