"""Times, durations, sizes and sums as people write and read them."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import click

from walkaway.sense import moment, number

_PARTS = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?", re.IGNORECASE | re.ASCII)
_UNITS = (86_400, 3_600, 60, 1)
LONGEST = 100 * 366 * 86_400
"""Seconds. Timers and clocks of systems end somewhere beyond."""
LATEST = 253_402_300_799
"""The last second of the year 9999, in seconds since the epoch."""
UNKNOWN = "?"
"""What stands for a number that makes no sense."""


class Duration(click.ParamType[float]):
    """Seconds, as `90`, `90s`, `1h30m` or `2d` say them."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read one."""
        if isinstance(value, int | float):
            return float(value)
        found = _PARTS.fullmatch(str(value).strip())
        if not found or not any(found.groups()):
            self.fail(f"{str(value)[:50]!r} is no duration; write 90s, 15m, 1h30m or 2d", param, ctx)
        seconds = sum(float(part) * unit for part, unit in zip(found.groups(), _UNITS, strict=True) if part)
        if not seconds <= LONGEST:
            self.fail(f"{str(value)[:50]!r} is longer than a hundred years", param, ctx)
        return seconds


class Whole(click.ParamType[int]):
    """Whole seconds, as a `Duration` says them: where a part of one would be dropped, it would mean something else."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read them."""
        seconds = Duration().convert(value, param, ctx)
        if seconds != int(seconds):
            self.fail(f"{str(value)[:50]!r} has a part of a second; say whole seconds, such as 90s or 30d", param, ctx)
        return int(seconds)


class Moment(click.ParamType[int]):
    """Seconds since the epoch, as they are, or as `2026-12-24 08:00` says them: local, or with `Z` or an offset.

    Where a command has a `--timezone` that is said (it is eager), a moment without an offset is in that zone.
    """

    name = "moment"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read one."""
        said = str(value).strip()
        try:
            zone = ctx.params.get("timezone") if ctx else None
            seconds = int(said) if said.isdecimal() else int(_of_zone(datetime.fromisoformat(said), zone).timestamp())
        except KeyError:  # ZoneInfoNotFoundError is one
            self.fail(
                f"{said[:50]!r} is in no zone that this machine knows; write it with an offset, +01:00", param, ctx
            )
        except (ValueError, OverflowError, OSError):
            seconds = LATEST + 1
        if seconds > LATEST:
            self.fail(f"{said[:50]!r} is no moment; write 2026-12-24T08:00, or with an offset, +01:00", param, ctx)
        return seconds


class Amount(click.ParamType[float]):
    """What something may cost: dollars, more than none, and as many as there are."""

    name = "amount"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read one."""
        try:
            found = number(float(str(value)))
        except ValueError:
            found = None
        if found is None or found <= 0:
            self.fail(f"{str(value)[:50]!r} is no amount of dollars; write 2 or 0.50", param, ctx)
        return found


def point(seconds: object, *, utc: bool) -> str:
    """Show a moment: local, or in UTC; nothing where there is none."""
    if not seconds:
        return ""
    if (found := number(seconds)) is None:
        return UNKNOWN
    try:
        at = datetime.fromtimestamp(found, UTC)
        return f"{at:%Y-%m-%d %H:%MZ}" if utc else f"{at.astimezone():%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError, OSError):  # beyond all calendars
        return UNKNOWN


def elsewhere(seconds: object, zone: object, *, utc: bool) -> str:
    """Show a moment as `point` does, and name this machine's zone where clocks of another one show something else."""
    from zoneinfo import ZoneInfo

    shown = point(seconds, utc=utc)
    if utc or shown in {"", UNKNOWN} or not isinstance(zone, str):
        return shown
    try:
        at = datetime.fromtimestamp(number(seconds) or 0, UTC)
        here, there = at.astimezone(), at.astimezone(ZoneInfo(zone))
    except (ValueError, OverflowError, OSError, KeyError):
        return shown
    return shown if here.utcoffset() == there.utcoffset() else f"{shown} {here:%Z}"


def _of_zone(said: datetime, zone: object) -> datetime:
    from zoneinfo import ZoneInfo

    if not isinstance(zone, str) or not zone or said.tzinfo:  # click has an object of its own for what is not said
        return said
    return said.replace(tzinfo=ZoneInfo(zone))


def between(begun: object, ended: object) -> str:
    """Show how long something took, by its two moments."""
    first, last = number(begun), number(ended)
    return spell(last - first) if first and last else ""


def read(said: str | None, *, utc: bool) -> str:
    """Show a moment that an API says as text, as `point` does; what is none is shown as it is."""
    return point(moment(said), utc=utc) or said or ""


def written(seconds: int, *, days: bool = True) -> str:
    """Write whole seconds as a `Duration` is written: `30d`, or `720h` without days."""
    return "".join(f"{count}{unit[0]}" for count, unit in _parts(seconds, days=days)) or "0s"


def worded(seconds: int) -> str:
    """Write whole seconds in words: `30 days`, `1 hour 30 minutes`."""
    return " ".join(many(count, unit) for count, unit in _parts(seconds)) or "0 seconds"


def _parts(seconds: int, *, days: bool = True) -> Iterator[tuple[int, str]]:
    for length, unit in zip(_UNITS, ("day", "hour", "minute", "second"), strict=True):
        if unit != "day" or days:
            count, seconds = divmod(seconds, length)
            if count:
                yield count, unit


def spell(seconds: float) -> str:
    """Show how long something took."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} m {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} m" if hours < 48 else f"{hours // 24} d {hours % 24} h"


def size(said: object) -> str:
    """Show a number of bytes."""
    if said is None or (count := number(said)) is None:
        return "" if said is None else UNKNOWN
    for unit in ("B", "KB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 100 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def money(said: object) -> str:
    """Show what something cost; nothing where nobody knows."""
    if said is None or (usd := number(said)) is None:
        return "" if said is None else UNKNOWN
    return f"${usd:.2f}" if usd >= 0.01 or not usd else f"${usd:.4f}"


def many(count: int, word: str) -> str:
    """Show how many there are."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def tokens(count: int) -> str:
    """Show a number of tokens."""
    return f"{count / 1000:.1f}k tokens" if count >= 1000 else f"{count} tokens"


def used(usage: Mapping[str, object]) -> int:
    """Count the tokens that were read and written."""
    return sum(int(number(usage.get(kind)) or 0) for kind in ("input_tokens", "output_tokens"))
