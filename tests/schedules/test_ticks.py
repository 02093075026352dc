"""Which times have come, and what becomes of those that were missed."""

from hypothesis import given, strategies as st

from walkaway_core.schedules.plan import Plan
from walkaway_core.schedules.ticks import AT_ONCE, CAUGHT_UP, PUNCTUAL, Policy, Tick, come

HOUR, DAY = 3600, 86_400
EIGHT = 1_800_000_000 - 1_800_000_000 % DAY + 8 * HOUR
HOURLY = Plan("0 * * * *")


def policy(catch_up: str = "latest", window: int = DAY, jitter: int = 0) -> Policy:
    return Policy("sch_1", jitter, catch_up, window)


def all_of(plan: Plan, kept: Policy, passed: int, now: float, since: float) -> list[Tick]:
    """Look again and again, as sweeps do, until nothing more has come."""
    found: list[Tick] = []
    while ticks := come(plan, kept, passed, now, since):
        found += ticks
        passed = ticks[-1].at
    return found


def test_a_time_fires_when_it_has_come_and_not_before() -> None:
    assert come(HOURLY, policy(), EIGHT - 1, EIGHT - 0.1, EIGHT - 0.1) == []
    assert come(HOURLY, policy(), EIGHT - 1, EIGHT, EIGHT) == [Tick(EIGHT, "tick")]
    assert come(HOURLY, policy(), EIGHT, EIGHT + 1, EIGHT + 1) == []


def test_it_is_missed_where_no_sweep_has_begun_within_ninety_seconds() -> None:
    late = EIGHT + PUNCTUAL
    assert come(HOURLY, policy("none"), EIGHT - 1, late, late) == [Tick(EIGHT, "tick")]
    assert come(HOURLY, policy("none"), EIGHT - 1, late + 1, late + 1) == [Tick(EIGHT, "tick", missed=True)]


def test_a_burst_that_takes_minutes_misses_nothing() -> None:
    assert come(HOURLY, policy("none"), EIGHT - 1, EIGHT + 600, EIGHT + 30) == [Tick(EIGHT, "tick")]


def test_after_a_week_the_newest_fires_and_the_others_are_told_as_one() -> None:
    now = EIGHT + 7 * DAY + 300
    assert all_of(HOURLY, policy("latest"), EIGHT - 1, now, now) == [
        Tick(EIGHT + 7 * DAY - HOUR, "tick", missed=True, count=7 * 24),
        Tick(EIGHT + 7 * DAY, "catch_up"),
    ]
    assert all_of(HOURLY, policy("none"), EIGHT - 1, now, now) == [
        Tick(EIGHT + 7 * DAY, "tick", missed=True, count=7 * 24 + 1)
    ]


def test_after_a_week_all_within_the_window_fire_and_a_hundred_at_the_most() -> None:
    now = EIGHT + 7 * DAY + 300
    day = all_of(HOURLY, policy("all", DAY), EIGHT - 1, now, now)
    assert day[0] == Tick(day[1].at - HOUR, "tick", missed=True, count=6 * 24 + 1)
    assert [tick.at for tick in day[1:]] == [EIGHT + 6 * DAY + n * HOUR for n in range(1, 25)]
    week = all_of(HOURLY, policy("all", 30 * DAY), EIGHT - 1, now, now)
    assert week[0].count == 7 * 24 + 1 - CAUGHT_UP
    assert [tick.at for tick in week[1:]] == [EIGHT + 7 * DAY - n * HOUR for n in range(CAUGHT_UP - 1, -1, -1)]


def test_outside_the_window_nothing_fires() -> None:
    now = EIGHT + 2 * HOUR - 60
    assert come(HOURLY, policy("latest", HOUR - 120), EIGHT - 1, now, now) == [
        Tick(EIGHT + HOUR, "tick", missed=True, count=2)
    ]


def test_a_time_that_is_late_by_its_jitter_is_not_missed_for_that() -> None:
    jitter = policy("none", jitter=1800)
    late = HOURLY.late("sch_1", EIGHT, 1800)
    assert late > PUNCTUAL
    at = EIGHT + late
    assert come(HOURLY, jitter, EIGHT - 1, at - 1, at - 1) == []
    assert come(HOURLY, jitter, EIGHT - 1, at + 1, at + 1) == [Tick(EIGHT, "tick")]
    assert come(HOURLY, jitter, EIGHT - 1, at + PUNCTUAL + 1, at + PUNCTUAL + 1)[0].missed


@given(
    every=st.integers(60, 5000),
    passed=st.integers(0, 4 * DAY),
    slept=st.integers(0, 4 * DAY),
    awake=st.integers(0, 4 * HOUR),
    catch_up=st.sampled_from(["latest", "all", "none"]),
    window=st.integers(0, 5 * DAY),
    jitter=st.integers(0, 600),
)
def test_each_time_is_told_of_once(
    every: int, passed: int, slept: int, awake: int, catch_up: str, window: int, jitter: int
) -> None:
    plan, kept = Plan(every=every), policy(catch_up, window, jitter)
    since = passed + slept
    now = since + awake
    found = all_of(plan, kept, passed, now, since)
    due = [n for n in range(every, now + 1, every) if n > passed and n + plan.late("sch_1", n, jitter) <= now]
    assert sum(tick.count for tick in found) == len(due)
    assert [tick.at for tick in found] == sorted({tick.at for tick in found})
    assert {tick.at for tick in found} <= set(due)
    missed = [n for n in due if n + plan.late("sch_1", n, jitter) < since - PUNCTUAL]
    assert [tick.at for tick in found if tick.trigger == "tick" and not tick.missed] == [
        n for n in due if n not in missed
    ]
    assert len(come(plan, kept, passed, now, since)) <= AT_ONCE
