"""Cron expressions: which are allowed, what they mean in words, and at which instants they come.

cronsim (pypi.org/project/cronsim) reads them and walks through the calendar; of zones it is told nothing, since it
passes by minutes where a clock is set by half an hour. Two kinds of expressions differ (as in Debian's cron(8)):

- *fixed* ones, of which neither minute nor hour begins with `*`. Each time of a day comes exactly once: one that a
  clock is set past comes when it has been set, and one that it shows twice comes the first time. Several times that
  are moved to one instant so are one.
- any others, which come as often as a clock shows what fits.
"""

import heapq
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from walkaway_core.errors import Invalid
from walkaway_core.schedules import zones

LONGEST = 200
"""Characters of an expression."""
SHORTHANDS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
FIELDS = {
    "minute": "0-59",
    "hour": "0-23",
    "day-of-month": "1-31, `L` for the last day, `LW` for the last weekday",
    "month": "1-12 or JAN-DEC",
    "day-of-week": "0-7 or SUN-SAT (0 and 7 are Sunday), `5L` for the last Friday, `MON#2` for the second Monday",
}
"""What each field may have, besides `*`, lists, ranges and steps."""
DAY = 86_400
LOOKS_BACK = (3600, DAY, 32 * DAY, 367 * DAY, 9 * 367 * DAY, 60 * 367 * DAY)
"""Seconds within which the newest is looked for, one after the other: each walk is short for what comes as often."""
ANY_DAY = datetime(2024, 1, 1)  # noqa: DTZ001 - a time on a clock somewhere


@dataclass(frozen=True)
class Cron:
    """An expression that is allowed, as `parse` gives it."""

    text: str
    zone: ZoneInfo = field(compare=False)

    @cached_property
    def fixed(self) -> bool:
        """Whether its times are fixed ones."""
        minute, hour = self.text.split()[:2]
        return not minute.startswith("*") and not hour.startswith("*")

    def after(self, at: float) -> Iterator[int]:
        """Give the instants behind `at` (all in seconds since the epoch), in order."""
        return self._fixed(at) if self.fixed else self._each(at)

    def count(self, after: float, upto: float) -> int:
        """Say how many come behind `after` and up to `upto`; days on which no clock is set are not walked through."""
        day, total, begin, plain = zones.local(after, self.zone).date(), 0, after, False
        while begin < upto:
            end = zones.first(datetime.combine(day + timedelta(days=1), time()), self.zone) - 1
            whole = end - begin == DAY
            if plain and whole and end <= upto:
                total += self._a_day if self._on(day) else 0
            else:
                total += sum(1 for _ in self._within(begin, min(end, upto)))
            # What was set in the night may have moved something into the next day; the first one may be half a day.
            day, begin, plain = day + timedelta(days=1), max(begin, end), whole
        return total

    def newest(self, after: float, upto: float) -> int | None:
        """Give the last one behind `after` and up to `upto`."""
        for back in LOOKS_BACK:
            begin = max(after, upto - back)
            if (last := max(self._within(begin, upto), default=None)) is not None or begin == after:
                return last
        return None

    def _within(self, begin: float, upto: float) -> Iterator[int]:
        return itertools.takewhile(lambda at: at <= upto, self.after(begin))

    def _on(self, day: date) -> bool:
        return day.month in self._sim.months and self._sim.match_day(day)

    @cached_property
    def _a_day(self) -> int:
        return len(self._sim.minutes) * len(self._sim.hours)

    @property
    def words(self) -> str:
        """It in English."""
        return self._sim.explain()

    @cached_property
    def _sim(self) -> CronSim:
        return CronSim(self.text, ANY_DAY)

    def _fixed(self, at: float) -> Iterator[int]:
        last = at
        for shown in _shown(self.text, zones.local(at, self.zone).replace(tzinfo=None, fold=0)):
            if (instant := zones.first(shown, self.zone)) > last:
                last = instant
                yield instant

    def _each(self, at: float) -> Iterator[int]:
        now = zones.local(at, self.zone)
        begin = now.replace(tzinfo=None, fold=0) - zones.repeated(now)
        coming: list[int] = []
        for shown in _shown(self.text, begin):
            instants = zones.each(shown, self.zone)
            for instant in instants:
                heapq.heappush(coming, instant)
            while coming and instants and coming[0] <= instants[0]:  # what is shown later comes later than this
                if (instant := heapq.heappop(coming)) > at:
                    yield instant
        yield from (instant for instant in sorted(coming) if instant > at)


def _shown(text: str, begin: datetime) -> Iterator[datetime]:
    """Walk through what a clock must show, from behind `begin` on; it ends where nothing comes for 50 years."""
    try:
        yield from CronSim(text, begin)
    except (ValueError, OverflowError):  # the calendar ends with the year 9999
        return


def parse(text: str, zone: ZoneInfo) -> Cron:
    """Read an expression. Raises Invalid."""
    parts = SHORTHANDS.get(text.strip().lower(), text[: LONGEST + 1].upper()).split()
    if len(text) > LONGEST:
        raise Invalid(f"`cron` has more than {LONGEST} characters")
    if parts and parts[0].startswith("@"):
        raise Invalid(f"`cron`: {text!r} is not known; these are allowed: {', '.join(SHORTHANDS)}")
    if len(parts) != len(FIELDS):
        raise Invalid(
            f"`cron` has {len(parts)} fields, where five are allowed: {', '.join(FIELDS)}, such as `0 8 * * 1-5`; "
            "there are no seconds"
        )
    _days(parts[2], parts[4])
    try:
        CronSim(" ".join(parts), ANY_DAY)
    except CronSimError as error:
        raise _wrong(str(error), dict(zip(FIELDS, parts, strict=True))) from None
    cron = Cron(" ".join(parts), zone)
    if next(_shown(cron.text, ANY_DAY), None) is None:
        raise _never(cron.text)
    return cron


def _days(of_month: str, of_week: str) -> None:
    """Refuse what would mean both days at once, since two day fields mean either everywhere else."""
    for name, one, other in (("day-of-month", of_month, of_week), ("day-of-week", of_week, of_month)):
        if one.startswith("*") and one != "*" and other != "*":
            raise Invalid(
                f"`cron`: {name} `{one}` begins with `*` beside another day field, which some read as both and some "
                "as either; write days as a range, such as `1-31/2`: then a day that fits either field is meant"
            )


def _wrong(said: str, parts: dict[str, str]) -> Invalid:
    name = said.removeprefix("Bad ")
    if name == "day-of-month" and _reads(parts[name]):
        return _never(" ".join(parts.values()))
    return Invalid(
        f"`cron`: {name} `{parts[name]}` is not allowed; allowed are {FIELDS[name]}, `*`, lists such as `1,2`, "
        "ranges such as `1-5` and steps such as `*/2`"
    )


def _reads(days: str) -> bool:
    try:
        CronSim(f"0 0 {days} 1 *", ANY_DAY)
    except CronSimError:
        return False
    return True


def _never(text: str) -> Invalid:
    return Invalid(f"`cron`: `{text}` never comes: no month that is named has such a day")
