"""When a schedule is to fire: its ticks, by a cron expression, an interval, or once."""

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

from walkaway_core.errors import Invalid
from walkaway_core.schedules import zones
from walkaway_core.schedules.cron import Cron, parse

SHORTEST, LONGEST = 60, 366 * 86_400
"""Seconds of an interval."""
JITTER = 3600
"""Seconds by which ticks are spread at the most."""
LAST = 253_402_214_400
"""The last time that can be named, in seconds since the epoch: the end of the year 9999, less a day for zones."""
WALKED = 1000
"""Ticks that are walked through one by one; what is more is counted by arithmetic."""
UNITS = {86_400: "day", 3600: "hour", 60: "minute", 1: "second"}


@dataclass(frozen=True)
class Plan:
    """When to fire. All times are whole seconds since the epoch; just one of `cron`, `every` and `at` is said.

    `cron` is in `timezone`. `every` many seconds pass from tick to tick, however long a day is: the first one is
    at `starts_at`, or as long behind `created_at`. No tick is before `starts_at` or behind `ends_at`.
    """

    cron: str = ""
    every: int = 0
    at: int | None = None
    timezone: str = "UTC"
    starts_at: int | None = None
    ends_at: int | None = None
    created_at: int = 0

    def check(self) -> None:
        """Raise Invalid, which names the field, unless it can be followed and fires at least once."""
        said = [name for name, value in (("cron", self.cron), ("every", self.every)) if value]
        said += ["at"] if self.at is not None else []
        if len(said) != 1:
            raise Invalid(
                f"just one of `cron`, `every` and `at` is allowed; said are {' and '.join(f'`{n}`' for n in said)}"
                if said
                else "`cron`, `every` or `at` must say when; just one of them is allowed"
            )
        zones.find(self.timezone)
        if self.every and not SHORTEST <= self.every <= LONGEST:
            raise Invalid(f"`every` is {self.every}; {SHORTEST} to {LONGEST} seconds are allowed")
        for name in ("at", "starts_at", "ends_at"):
            if not 0 <= (getattr(self, name) or 0) <= LAST:
                raise Invalid(f"`{name}` is out of range; seconds since the epoch, 0 to {LAST}, are allowed")
        if self.at is not None and (self.starts_at is not None or self.ends_at is not None):
            raise Invalid("`starts_at` and `ends_at` are not allowed beside `at`, which comes once")
        if None not in (self.starts_at, self.ends_at) and (self.ends_at or 0) < (self.starts_at or 0):
            raise Invalid("`ends_at` is before `starts_at`; a time behind it is allowed")
        if self.cron:
            parse(self.cron, self.zone)
        if next(self.after(-1), None) is None:
            raise Invalid("`ends_at` is before the first time at which it would fire; a time behind that is allowed")

    @cached_property
    def zone(self) -> ZoneInfo:
        """Its time zone."""
        return zones.find(self.timezone)

    def after(self, at: float) -> Iterator[int]:
        """Give the ticks behind `at`, in order, for as long as somebody asks."""
        begin = max(at, self._begin)
        if self.at is not None:
            ticks: Iterator[int] = iter((self.at,) if self.at > at else ())
        elif self.every:
            ticks = itertools.count(self._anchor + self._number(begin + self.every) * self.every, self.every)
        else:
            ticks = self._cron.after(begin)
        last = LAST if self.ends_at is None else self.ends_at
        return itertools.takewhile(lambda tick: tick <= last, ticks)

    def passed(self, after: float, upto: float) -> tuple[int, int | None]:
        """Say how many ticks are behind `after` and up to `upto`, and which is the last of them, if any.

        Up to WALKED ticks are walked through; what is more costs no more than a step for each day.
        """
        if self.ends_at is not None:
            upto = min(upto, self.ends_at)
        ticks = list(itertools.islice(itertools.takewhile(lambda tick: tick <= upto, self.after(after)), WALKED))
        if len(ticks) < WALKED:
            return len(ticks), ticks[-1] if ticks else None
        last = ticks[-1]
        if self.every:
            more = (int(upto) - last) // self.every
            return WALKED + more, last + more * self.every
        newest = self._cron.newest(last, upto)
        return WALKED + self._cron.count(last, upto), last if newest is None else newest

    @property
    def words(self) -> str:
        """It in English."""
        if self.at is not None:
            return f"Once, at {zones.local(self.at, self.zone):%H:%M on %A, %d %B %Y}"
        if self.every:
            unit = next(unit for unit in UNITS if self.every % unit == 0)
            number = self.every // unit
            return f"Every {UNITS[unit]}" if number == 1 else f"Every {number} {UNITS[unit]}s"
        return self._cron.words

    def late(self, name: str, tick: int, jitter: int) -> int:
        """Say how many seconds behind its tick the schedule `name` acts: up to `jitter`, and before the next tick.

        It is the same whenever and wherever it is asked for.
        """
        following = next(self.after(tick), None)
        most = jitter if following is None else min(jitter, following - tick - 1)
        return int.from_bytes(hashlib.sha256(f"{name}#{tick}".encode()).digest()[:8]) % (most + 1)

    @cached_property
    def _cron(self) -> Cron:
        return parse(self.cron, self.zone)

    @property
    def _begin(self) -> float:
        return -1 if self.starts_at is None else self.starts_at - 1

    @property
    def _anchor(self) -> int:
        return self.created_at if self.starts_at is None else self.starts_at

    def _number(self, at: float) -> int:
        first = 1 if self.starts_at is None else 0
        return max(first, int((at - self._anchor) // self.every))
