"""Durations as people write them: `90s`, `45m`, `1h30m`."""

import re

from walkaway_core.errors import Invalid

_FORM = re.compile(r"(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?", re.ASCII)


def seconds(text: str) -> int:
    """Read a duration: hours, minutes and seconds, in this order, each at most once. Raises Invalid."""
    match = _FORM.fullmatch(text)
    if not text or not match:
        raise Invalid(f"{text[:40]!r} is not a duration; write it like 90s, 45m or 1h30m")
    hours, minutes, rest = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + rest
