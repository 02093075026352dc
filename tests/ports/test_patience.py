"""How often a write is tried again, and when it is given up."""

import time
from contextlib import suppress

import pytest

from walkaway_core.errors import Unavailable
from walkaway_core.ports import patience
from walkaway_core.ports.items import Refused, Unknown
from walkaway_core.ports.patience import NotWritten


class Attempts:
    """Fails as often as it is told, and counts."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.count = 0

    def __call__(self) -> int:
        self.count += 1
        if self.failures:
            raise self.failures.pop(0)
        return self.count


def full(times: int) -> list[Exception]:
    return [NotWritten("The disk is full")] * times


def test_what_surely_has_not_happened_is_tried_until_it_is_taken() -> None:
    assert patience.keep_trying(Attempts(*full(4))) == 5


def test_pauses_grow_up_to_the_longest() -> None:
    lengths = [patience.length(tries) for tries in range(1, 2000)]
    for tries, length in enumerate(lengths, 1):
        most = min(patience.LONGEST, patience.FIRST * 2 ** (min(tries, 30) - 1))
        assert most / 2 <= length <= most


def test_whoever_bears_nothing_tries_once_and_is_told_why() -> None:
    attempts = Attempts(*full(2))
    with patience.within(0), pytest.raises(Unavailable, match="The disk is full") as told:
        patience.keep_trying(attempts)
    assert attempts.count == 1
    assert not told.value.changed


def test_a_request_gives_up_in_its_time() -> None:
    began, attempts = time.monotonic(), Attempts(*full(1000))
    with patience.within(0.3), pytest.raises(Unavailable):
        patience.keep_trying(attempts)
    assert time.monotonic() - began >= 0.3
    assert attempts.count < 100


def test_a_request_does_not_wait_for_a_store_that_others_have_waited_for() -> None:
    attempts = Attempts(*full(2))
    long_ago = time.monotonic() - 10
    with patience.within(5), pytest.raises(Unavailable):
        patience.keep_trying(attempts, ill_since=lambda: long_ago)
    assert attempts.count == 1


def test_the_first_unknown_outcome_is_told_at_once_and_the_next_ones_after_pauses() -> None:
    looped = Attempts(*[Unknown("a time-out")] * 1000)

    def loop() -> None:
        for _ in range(1000):
            with suppress(Unknown):
                patience.keep_trying(looped)

    with patience.within(0.3), pytest.raises(Unavailable) as told:
        loop()
    assert told.value.changed
    assert looped.count < 20


@pytest.mark.parametrize(
    "error", [Refused(("p", "s"), None), ValueError("two writes of one key"), RuntimeError("closed")]
)
def test_what_is_no_trouble_is_not_tried_again(error: Exception) -> None:
    attempts = Attempts(error)
    with pytest.raises(type(error)):
        patience.keep_trying(attempts)
    assert attempts.count == 1


def test_a_limit_holds_in_its_block_alone() -> None:
    with patience.within(0), pytest.raises(Unavailable):
        patience.keep_trying(Attempts(*full(1)))
    assert patience.keep_trying(Attempts(*full(1))) == 2


@pytest.mark.parametrize("code", sorted(patience.REASONS))
def test_a_disk_that_takes_nothing_is_told_in_a_sentence(code: int) -> None:
    assert patience.reason(OSError(code, "x"))


def test_other_errors_of_files_are_none_of_a_disk() -> None:
    assert patience.reason(FileNotFoundError(2, "x")) is None


def test_long_after_the_last_failure_it_is_new_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    mine = patience.Patience(5)
    mine.count(now)
    now += 100
    mine.count(now)
    mine.pause(NotWritten("x"), ill_since=None, most=None)
    assert mine.tries == 1
