"""Time zones: IANA's names, and the instants of times on a clock there.

A clock may be set forward, so that a time does not exist, or back, so that it comes twice (PEP 495: `fold`).
"""

import difflib
import functools
from datetime import UTC, datetime, timedelta
from importlib import resources
from zoneinfo import ZoneInfo

from walkaway_core.errors import Invalid

NOTHING = timedelta(0)


@functools.cache
def names() -> frozenset[str]:
    """Which there are: those of the package tzdata, whatever the machine has."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text(encoding="ascii").split())


def find(name: str) -> ZoneInfo:
    """Find a zone by its name. Raises Invalid."""
    if name not in names():
        short = name[:64]
        near = difflib.get_close_matches(short, names(), 3, 0.7)
        meant = f"; is one of these meant: {', '.join(near)}?" if near else ""
        raise Invalid(
            f"`timezone`: {short!r} is no time zone; a name of the IANA database is allowed, "
            f"such as `Europe/Berlin` or `UTC`{meant}"
        )
    return ZoneInfo(name)


def local(at: float, zone: ZoneInfo) -> datetime:
    """What a clock in the zone shows at an instant (seconds since the epoch); its `fold` says which of two it is."""
    return datetime.fromtimestamp(at, zone)


def first(shown: datetime, zone: ZoneInfo) -> int:
    """When a clock in the zone shows a time for the first time, or has just been set past it.

    It never sinks as `shown`, which has no zone, rises.
    """
    at = _instant(shown, zone, fold=0)
    if exists(at, shown, zone):
        return at
    # By the offset from before the gap it lies behind its end, by the one from after in front of it.
    low, high = _instant(shown, zone, fold=1), at
    offset = local(low, zone).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if local(middle, zone).utcoffset() == offset else (low, middle)
    return high


def each(shown: datetime, zone: ZoneInfo) -> list[int]:
    """When a clock in the zone shows a time: once, twice, or never."""
    instants = sorted({_instant(shown, zone, fold=0), _instant(shown, zone, fold=1)})
    return [at for at in instants if exists(at, shown, zone)]


def repeated(at: datetime) -> timedelta:
    """How much of what a clock shows from now on it will show once more, when it shows it for the first time."""
    offsets = [at.replace(fold=fold).utcoffset() or NOTHING for fold in (0, 1)]
    return max(NOTHING, offsets[0] - offsets[1]) if not at.fold else NOTHING


def exists(at: int, shown: datetime, zone: ZoneInfo) -> bool:
    """Whether the clock shows this then."""
    return local(at, zone).replace(tzinfo=None, fold=0) == shown


def _instant(shown: datetime, zone: ZoneInfo, fold: int) -> int:
    return int(shown.replace(tzinfo=zone, fold=fold).astimezone(UTC).timestamp())
