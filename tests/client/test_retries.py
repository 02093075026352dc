"""The rules of trying again, row by row."""

import time
from email.utils import formatdate

import pytest

from walkaway import retries
from walkaway.retries import Deadline, Outcome, Pacing, Safe


@pytest.mark.parametrize(
    ("safe", "what", "again"),
    [
        (Safe.YES, Outcome.NOT_SENT, True),
        (Safe.YES, Outcome.NO_ANSWER, True),
        (Safe.YES, Outcome.LATER, True),
        (Safe.YES, Outcome.BROKEN, True),
        (Safe.NO, Outcome.NOT_SENT, True),
        (Safe.NO, Outcome.NO_ANSWER, False),
        (Safe.NO, Outcome.LATER, True),
        (Safe.NO, Outcome.BROKEN, False),
    ],
)
def test_what_is_sent_again(safe: Safe, what: Outcome, again: bool) -> None:
    assert retries.again(safe, what) is again


@pytest.mark.parametrize(
    ("header", "seconds"), [("5", 5), (" 7 ", 7), ("86400", 60), ("", 0), ("soon", 0), ("-3", 0), ("1e9", 0)]
)
def test_retry_after_is_seconds_up_to_a_minute(header: str, seconds: float) -> None:
    assert retries.asked(header) == seconds


def test_retry_after_may_be_a_date() -> None:
    assert 20 < retries.asked(formatdate(time.time() + 30, usegmt=True)) <= 30
    assert retries.asked(formatdate(time.time() - 30, usegmt=True)) == 0


def test_waits_grow_to_ten_seconds_and_are_spread() -> None:
    for tries, most in enumerate([0.5, 1, 2, 4, 8, 10, 10]):
        found = [retries.wait(tries) for _ in range(50)]
        assert most / 2 <= min(found) < max(found) <= most
    assert retries.wait(10**6) <= 10


def test_an_event_begins_the_waits_anew() -> None:
    pacing = Pacing(600, 1)
    waits = [pacing.next() or 0 for _ in range(4)]
    assert waits[3] >= 4
    pacing.received()
    assert 0.5 <= (pacing.next() or 0) <= 1


def test_retry_after_is_kept_to() -> None:
    assert Pacing(600, 0).next(7) == 7


def test_a_stream_that_has_lived_is_come_back_to_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("walkaway.retries.time.monotonic", lambda: now[0])
    pacing = Pacing(600)
    pacing.connected()
    now[0] += 5
    assert pacing.next() == 0
    pacing.connected()
    now[0] += 4.9
    assert pacing.next() != 0


def test_patience_counts_from_the_last_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("walkaway.retries.time.monotonic", lambda: now[0])
    pacing = Pacing(10)
    now[0] += 9
    assert pacing.next() is not None
    pacing.connected()
    now[0] += 500
    assert pacing.next() is not None
    now[0] += 11
    assert pacing.next() is None


def test_a_deadline_is_a_moment() -> None:
    assert not Deadline(None).over
    assert Deadline(None).left(25) == 25
    assert Deadline(0).over
    assert 0 < Deadline(5).left(25) <= 5
