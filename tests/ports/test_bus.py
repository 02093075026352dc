"""The Bus's contract, on every adapter, and on adapters that are broken on purpose."""

import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from walkaway_core import keys
from walkaway_core.system import SystemClock, TimeIds
from walkaway_local.bus import LocalBus, Subscriber
from walkaway_local.table import SqliteTable

PATIENCE = 20.0


class Inbox:
    """A subscriber that fails as often as it is told to, then takes everything."""

    def __init__(self, failures: int = 0) -> None:
        self.taken: list[tuple[str, dict[str, Any]]] = []
        self._failures = failures
        self._changed = threading.Condition()

    def __call__(self, kind: str, detail: Mapping[str, Any]) -> None:
        with self._changed:
            if self._failures:
                self._failures -= 1
                raise ConnectionError("not now")
            self.taken.append((kind, dict(detail)))
            self._changed.notify_all()

    def wait(self, count: int) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: len(self.taken) >= count, PATIENCE)


@pytest.fixture
def table(tmp_path: Path) -> Iterator[SqliteTable]:
    made = SqliteTable(tmp_path / "table.db", SystemClock())
    yield made
    made.close()


def bus(table: SqliteTable, *subscribers: Subscriber, kind: type[LocalBus] = LocalBus) -> LocalBus:
    return kind(table, TimeIds(), subscribers, retry=0.01)


Check = Callable[[SqliteTable, type[LocalBus]], None]


def every_subscriber_gets_every_event(table: SqliteTable, kind: type[LocalBus]) -> None:
    one, two = Inbox(), Inbox()
    made = bus(table, one, two, kind=kind)
    made.publish("turn.completed", {"n": 1})
    made.publish("turn.failed", {"n": 2})
    assert one.wait(2)
    assert two.wait(2)
    made.close()
    assert one.taken == two.taken == [("turn.completed", {"n": 1}), ("turn.failed", {"n": 2})]
    assert table.query(keys.BUS).items == ()


def a_subscriber_that_fails_gets_the_event_again_and_the_others_do_not(
    table: SqliteTable, kind: type[LocalBus]
) -> None:
    flaky, steady = Inbox(failures=3), Inbox()
    made = bus(table, flaky, steady, kind=kind)
    made.publish("x", {"n": 1})
    assert flaky.wait(1)
    made.close()
    assert steady.taken == flaky.taken == [("x", {"n": 1})]


def what_was_accepted_is_delivered_after_a_restart(table: SqliteTable, kind: type[LocalBus]) -> None:
    down = bus(table, Inbox(failures=10**9), kind=kind)
    for n in range(3):
        down.publish("x", {"n": n})
    down.close()
    inbox = Inbox()
    up = bus(table, inbox, kind=kind)
    assert inbox.wait(3)
    up.close()
    assert sorted(detail["n"] for _, detail in inbox.taken) == [0, 1, 2]


CONTRACT: list[Check] = [
    every_subscriber_gets_every_event,
    a_subscriber_that_fails_gets_the_event_again_and_the_others_do_not,
    what_was_accepted_is_delivered_after_a_restart,
]


@pytest.mark.parametrize("check", CONTRACT, ids=lambda check: check.__name__)
def test_contract(check: Check, table: SqliteTable) -> None:
    check(table, LocalBus)


class TellsOnlyTheFirst(LocalBus):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._subscribers = self._subscribers[:1]


class GivesUp(LocalBus):
    def _taken(self, number: int, kind: str, detail: Mapping[str, Any]) -> bool:
        super()._taken(number, kind, detail)
        return True


class Forgets(LocalBus):
    def _take_up(self) -> None:
        pass


@pytest.mark.parametrize(
    ("broken", "check"),
    [
        (TellsOnlyTheFirst, every_subscriber_gets_every_event),
        (GivesUp, a_subscriber_that_fails_gets_the_event_again_and_the_others_do_not),
        (Forgets, what_was_accepted_is_delivered_after_a_restart),
    ],
    ids=lambda value: value.__name__,
)
def test_a_broken_bus_fails_its_contract(
    broken: type[LocalBus], check: Check, table: SqliteTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.ports.test_bus.PATIENCE", 1.0)
    with pytest.raises(AssertionError):
        check(table, broken)
