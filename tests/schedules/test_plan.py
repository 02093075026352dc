"""When schedules fire. The oracle goes through each minute, and knows of clocks only what zoneinfo says."""

import functools
import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings, strategies as st

from walkaway_core.errors import Invalid
from walkaway_core.schedules import plan, zones
from walkaway_core.schedules.plan import Plan

BERLIN = "Europe/Berlin"
ZONES = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/Johannesburg",
    "Africa/Lagos",
    "America/Anchorage",
    "America/Argentina/Buenos_Aires",
    "America/Asuncion",
    "America/Caracas",
    "America/Chicago",
    "America/Denver",
    "America/Halifax",
    "America/Havana",
    "America/Los_Angeles",
    "America/Mexico_City",
    "America/Miquelon",
    "America/New_York",
    "America/Nuuk",
    "America/Phoenix",
    "America/Santiago",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Antarctica/Casey",
    "Antarctica/Troll",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Jerusalem",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Pyongyang",
    "Asia/Tehran",
    "Asia/Tokyo",
    "Atlantic/Azores",
    "Australia/Adelaide",
    "Australia/Eucla",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Europe/Berlin",
    "Europe/Chisinau",
    "Europe/Dublin",
    "Europe/Lisbon",
    "Europe/London",
    "Europe/Moscow",
    "Pacific/Apia",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Easter",
    "Pacific/Kiritimati",
    "Pacific/Norfolk",
    "UTC",
]


def at(text: str, zone: str = "UTC") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


def shown(ticks: list[int], zone: str) -> list[str]:
    return [f"{datetime.fromtimestamp(tick, ZoneInfo(zone)):%d %H:%M %z}" for tick in ticks]


def between(planned: Plan, begin: int, end: int) -> list[int]:
    return list(itertools.takewhile(lambda tick: tick <= end, planned.after(begin)))


@functools.cache
def numbers(text: str, low: int, high: int) -> set[int]:
    """Read a field: lists of numbers, ranges and stars, with steps."""
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        if span == "*":
            first, last = low, high
        elif "-" in span:
            first, last = map(int, span.split("-"))
        else:
            first = int(span)
            last = high if step else first
        found |= set(range(first, last + 1, int(step or 1)))
    return found


@functools.cache
def fits_day(day: date, of_month: str, month: str, of_week: str) -> bool:
    if day.month not in numbers(month, 1, 12):
        return False
    next_week, tomorrow = day + timedelta(days=7), day + timedelta(days=1)
    by_month = tomorrow.month != day.month if of_month == "L" else day.day in numbers(of_month, 1, 31)
    if of_week.endswith("L"):
        by_week = day.isoweekday() % 7 == int(of_week[:-1]) % 7 and next_week.month != day.month
    elif "#" in of_week:
        weekday, _, nth = of_week.partition("#")
        by_week = day.isoweekday() % 7 == int(weekday) % 7 and (day.day - 1) // 7 + 1 == int(nth)
    else:
        by_week = day.isoweekday() % 7 in {n % 7 for n in numbers(of_week, 0, 7)}
    if "*" in (of_month, of_week):
        return by_month and by_week
    return by_month or by_week


def brute_force(expression: str, zone: str, begin: int, end: int) -> list[int]:
    """All ticks behind `begin` and up to `end`, minute by minute, from a day and a half before."""
    minute, hour, *days = expression.split()
    fixed = not (minute.startswith("*") or hour.startswith("*"))
    minutes, hours = numbers(minute, 0, 59), numbers(hour, 0, 23)
    ticks: set[int] = set()
    highest = None  # what the clock has shown at the latest
    for instant in range(begin // 60 * 60 - 36 * 3600, end + 1, 60):
        now = datetime.fromtimestamp(instant, ZoneInfo(zone)).replace(tzinfo=None, fold=0)
        if fixed:
            # Whatever it shows for the first time, together with what it has just been set past.
            time = now if highest is None else highest + timedelta(minutes=1)
            while time <= now:
                if time.minute in minutes and time.hour in hours and fits_day(time.date(), *days):
                    ticks.add(instant)
                time += timedelta(minutes=1)
            highest = now if highest is None else max(highest, now)
        elif now.minute in minutes and now.hour in hours and fits_day(now.date(), *days):
            ticks.add(instant)
    return sorted(tick for tick in ticks if begin < tick <= end)


def changes(zone: str, begin: datetime, end: datetime) -> list[int]:
    """Hours in which the clock of a zone is set."""
    hours = range(int(begin.timestamp()), int(end.timestamp()), 3600)
    offsets = [datetime.fromtimestamp(hour, ZoneInfo(zone)).utcoffset() for hour in hours]
    return [hour for hour, (before, after) in zip(hours, itertools.pairwise(offsets), strict=False) if before != after]


CHANGES = {
    zone: changes(zone, datetime(2022, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC))
    + changes(zone, datetime(2011, 12, 20, tzinfo=UTC), datetime(2012, 1, 10, tzinfo=UTC))
    for zone in ZONES
}

minutes = st.sampled_from(["*", "*/7", "*/30", "0", "15", "30", "0,30", "5-20/5", "59", "0-59", "10/20"])
hours = st.sampled_from(["*", "*/2", "*/5", "0", "1", "2", "3", "1,2", "0-3", "23", "0-23/6", "2,3", "8", "22/1"])
days_of_month = st.sampled_from(["*", "1", "L", "1-31", "25-31", "*/2", "8,9,10", "29"])
months = st.sampled_from(["*", "3", "3,4,9,10,11", "*/2", "12", "1-12"])
days_of_week = st.sampled_from(["*", "0", "7", "1-5", "6", "0L", "5L", "0#2", "7#1", "0#5", "*/2"])


@st.composite
def moments(draw: st.DrawFn) -> tuple[str, int]:
    zone = draw(st.sampled_from(ZONES))
    around = draw(st.sampled_from(CHANGES[zone] or [at("2026-03-29T01:00:00")]))
    return zone, around + draw(st.integers(-2 * 86_400, 86_400))


@st.composite
def expressions(draw: st.DrawFn) -> str:
    fields = [draw(each) for each in (minutes, hours, days_of_month, months, days_of_week)]
    if fields[2] == "*/2" and fields[4] != "*":
        fields[2] = "1-31/2"
    if fields[4] == "*/2" and fields[2] != "*":
        fields[4] = "0-6/2"
    return " ".join(fields)


def agrees(expression: str, zone: str, begin: int) -> None:
    end = begin + 2 * 86_400
    expected = brute_force(expression, zone, begin, end)
    planned = Plan(cron=expression, timezone=zone)
    assert shown(between(planned, begin, end), zone) == shown(expected, zone)
    assert planned._cron.count(begin, end) == len(expected)
    assert planned._cron.newest(begin, end) == max(expected, default=None)


@settings(max_examples=25, deadline=None)
@given(expressions(), moments())
@example("*/10 3 * * *", ("Australia/Lord_Howe", at("2026-10-03T10:00:00")))
@example("*/10 2 * * *", ("Australia/Lord_Howe", at("2026-04-04T10:00:00")))
@example("*/30 1 * * *", ("Europe/London", at("2026-10-25T00:40:00")))
@example("30 1 * * *", ("Europe/London", at("2026-10-25T00:40:00")))
@example("30 12 * * *", ("Pacific/Apia", at("2011-12-29T22:00:00")))
def test_ticks_are_those_that_a_loop_over_minutes_finds(expression: str, moment: tuple[str, int]) -> None:
    agrees(expression, *moment)


@pytest.mark.deep
@settings(max_examples=15, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("zone", ZONES)
def test_ticks_are_those_that_a_loop_finds_in_each_zone(zone: str, data: st.DataObject) -> None:
    around = data.draw(st.sampled_from(CHANGES[zone] or [at("2026-03-29T01:00:00")]))
    agrees(data.draw(expressions()), zone, around + data.draw(st.integers(-2 * 86_400, 86_400)))


def test_there_are_forty_zones_and_most_of_them_set_their_clocks() -> None:
    assert len(ZONES) >= 40
    assert sum(bool(CHANGES[zone]) for zone in ZONES) >= 30


class TestClockChanges:
    def test_a_time_that_does_not_exist_comes_when_the_clock_has_been_set(self) -> None:
        ticks = between(Plan(cron="30 2 * * *", timezone=BERLIN), at("2026-03-28T00:00"), at("2026-03-30T22:00"))
        assert shown(ticks, BERLIN) == ["28 02:30 +0100", "29 03:00 +0200", "30 02:30 +0200"]

    def test_a_time_that_comes_twice_fires_once(self) -> None:
        ticks = between(
            Plan(cron="30 1 * * *", timezone="Europe/London"), at("2026-10-24T12:00"), at("2026-10-26T12:00")
        )
        assert shown(ticks, "Europe/London") == ["25 01:30 +0100", "26 01:30 +0000"]

    def test_what_comes_each_half_hour_comes_in_both_hours(self) -> None:
        ticks = between(
            Plan(cron="*/30 1 * * *", timezone="Europe/London"), at("2026-10-24T12:00"), at("2026-10-25T12:00")
        )
        assert shown(ticks, "Europe/London") == [
            "25 01:00 +0100",
            "25 01:30 +0100",
            "25 01:00 +0000",
            "25 01:30 +0000",
        ]

    def test_times_that_a_gap_moves_to_one_instant_are_one_tick(self) -> None:
        ticks = between(Plan(cron="0,30 2,3 * * *", timezone=BERLIN), at("2026-03-28T12:00"), at("2026-03-29T12:00"))
        assert shown(ticks, BERLIN) == ["29 03:00 +0200", "29 03:30 +0200"]


class TestEvery:
    def test_comes_each_so_many_seconds_from_its_creation_on(self) -> None:
        planned = Plan(every=3600, timezone=BERLIN, created_at=at("2026-03-28T23:10"))
        assert list(itertools.islice(planned.after(0), 2)) == [at("2026-03-29T00:10"), at("2026-03-29T01:10")]
        assert next(planned.after(at("2026-03-29T01:10"))) == at("2026-03-29T02:10")
        assert next(planned.after(at("2026-03-29T01:10") - 0.5)) == at("2026-03-29T01:10")

    def test_comes_first_when_it_starts_and_not_behind_its_end(self) -> None:
        planned = Plan(every=60, starts_at=1000, ends_at=1120, created_at=7)
        assert list(planned.after(0)) == [1000, 1060, 1120]


class TestPassed:
    def test_counts_few(self) -> None:
        assert Plan(every=60, created_at=0).passed(60, 245) == (3, 240)
        assert Plan(cron="0 8 * * *").passed(at("2026-01-01T00:00"), at("2026-01-01T07:59")) == (0, None)

    def test_counts_what_a_year_asleep_has_missed(self) -> None:
        begin, end = at("2026-01-01T00:00", BERLIN) - 1, at("2027-01-01T00:00", BERLIN) - 1
        assert Plan(cron="* * * * *", timezone=BERLIN).passed(begin, end) == (365 * 1440, end - 59)
        assert (
            Plan(cron="*/5 2 * * *", timezone=BERLIN).passed(begin, end)[0] == 12 * 365
        )  # no 2 in March, 2 of them in October
        assert Plan(cron="*/30 8-17 * * 1-5", timezone=BERLIN).passed(begin, end)[0] == 261 * 20
        assert Plan(every=60, created_at=begin - 30).passed(begin, end) == (365 * 1440, end - 30)

    def test_walks_through_no_more_than_it_says(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """What is behind that is one step for each day, but on days on which a clock is set."""
        asked = 0
        instants = zones.each

        def counted(shown: datetime, zone: ZoneInfo) -> list[int]:
            nonlocal asked
            asked += 1
            return instants(shown, zone)

        monkeypatch.setattr(zones, "each", counted)
        begin = at("2026-01-01T00:00", BERLIN) - 1
        Plan(cron="* * * * *", timezone=BERLIN).passed(begin, begin + 365 * 86_400)
        assert asked < plan.WALKED + 6 * 1500

    def test_ends_with_its_end(self) -> None:
        assert Plan(every=60, ends_at=125).passed(0, 10**9) == (2, 120)
        assert Plan(cron="* * * * *", ends_at=2000 * 60).passed(0, 10**9) == (2000, 2000 * 60)


class TestJitter:
    def test_is_the_same_each_time_and_differs_by_name_and_tick(self) -> None:
        planned = Plan(cron="0 8 * * *")
        ticks = list(itertools.islice(planned.after(0), 50))
        late = [planned.late("sch_1", tick, 600) for tick in ticks]
        assert late == [planned.late("sch_1", tick, 600) for tick in ticks]
        assert late != [planned.late("sch_2", tick, 600) for tick in ticks]
        assert all(0 <= seconds <= 600 for seconds in late)
        assert len(set(late)) > 40

    def test_stays_in_front_of_the_next_tick(self) -> None:
        planned = Plan(every=60)
        late = [planned.late("sch_1", 60 * n, 3600) for n in range(1, 500)]
        assert max(late) == 59


@pytest.mark.parametrize(
    ("planned", "words"),
    [
        (Plan(cron="0 8 * * 1-5"), "At 08:00 on Monday through Friday"),
        (Plan(cron="@daily"), "At 00:00 every day"),
        (Plan(every=60), "Every minute"),
        (Plan(every=5400), "Every 90 minutes"),
        (Plan(every=86_400), "Every day"),
        (Plan(every=61), "Every 61 seconds"),
        (Plan(at=1_777_309_397, timezone=BERLIN), "Once, at 19:03 on Monday, 27 April 2026"),
    ],
)
def test_it_can_be_said_in_words(planned: Plan, words: str) -> None:
    planned.check()
    assert planned.words == words


@pytest.mark.parametrize(
    ("planned", "says"),
    [
        (Plan(), ["`cron`, `every` or `at`", "just one"]),
        (Plan(cron="0 8 * * *", every=60), ["just one", "`cron` and `every`"]),
        (Plan(cron="60 8 * * *"), ["`cron`", "minute `60`", "0-59"]),
        (Plan(cron="0 24 * * *"), ["`cron`", "hour `24`", "0-23"]),
        (Plan(cron="0 0 32 * *"), ["`cron`", "day-of-month `32`", "1-31"]),
        (Plan(cron="0 0 * 13 *"), ["`cron`", "month `13`", "JAN-DEC"]),
        (Plan(cron="0 0 * * 8"), ["`cron`", "day-of-week `8`", "SUN-SAT"]),
        (Plan(cron="*/0 * * * *"), ["`cron`", "minute `*/0`"]),
        (Plan(cron="5,,6 * * * *"), ["`cron`", "minute `5,,6`"]),
        (Plan(cron="٣ * * * *"), ["`cron`", "minute"]),
        (Plan(cron="9" * 150 + " * * * *"), ["`cron`", "minute"]),
        (Plan(cron="? ? ? ? ?"), ["`cron`", "minute `?`"]),
        (Plan(cron="0 0 8 * * *"), ["`cron` has 6 fields", "five", "no seconds"]),
        (Plan(cron="0 8"), ["`cron` has 2 fields", "five"]),
        (Plan(cron=" "), ["`cron` has 0 fields"]),
        (Plan(cron="@reboot"), ["`cron`", "'@reboot'", "@daily"]),
        (Plan(cron="1," * 200), ["`cron` has more than 200 characters"]),
        (Plan(cron="0 0 30 2 *"), ["`cron`", "never comes"]),
        (Plan(cron="0 0 31 4,6 *"), ["`cron`", "never comes"]),
        (Plan(cron="0 0 */2 * 1"), ["`cron`", "day-of-month `*/2`", "1-31/2"]),
        (Plan(cron="0 0 1 * */2"), ["`cron`", "day-of-week `*/2`"]),
        (Plan(cron="0 8 * * *", timezone="Europe/Berln"), ["`timezone`", "Europe/Berln", "Europe/Berlin", "IANA"]),
        (Plan(cron="0 8 * * *", timezone="../../etc/passwd"), ["`timezone`"]),
        (Plan(cron="0 8 * * *", timezone=""), ["`timezone`"]),
        (Plan(every=59), ["`every`", "60 to"]),
        (Plan(every=-1), ["`every`", "60 to"]),
        (Plan(every=10**10), ["`every`", "60 to"]),
        (Plan(at=10**15), ["`at`", "out of range"]),
        (Plan(at=-5), ["`at`", "out of range"]),
        (Plan(every=60, starts_at=-5), ["`starts_at`", "out of range"]),
        (Plan(at=5, ends_at=7), ["`ends_at`", "not allowed beside `at`"]),
        (Plan(every=60, starts_at=9, ends_at=7), ["`ends_at` is before `starts_at`"]),
        (Plan(cron="0 8 * * *", starts_at=1, ends_at=7), ["`ends_at` is before the first time"]),
    ],
)
def test_what_is_wrong_is_refused_by_its_field(planned: Plan, says: list[str]) -> None:
    with pytest.raises(Invalid) as refused:
        planned.check()
    assert all(part in str(refused.value) for part in says), str(refused.value)
    assert len(str(refused.value)) < 1000


def test_two_days_mean_either() -> None:
    ticks = between(Plan(cron="0 0 13 * 5"), at("2026-11-01T00:00"), at("2026-11-21T00:00"))
    assert [datetime.fromtimestamp(tick, UTC).day for tick in ticks] == [6, 13, 20]


def test_the_shorthands_are_expressions() -> None:
    assert next(Plan(cron="@Weekly").after(at("2026-11-25T00:00"))) == at("2026-11-29T00:00")
