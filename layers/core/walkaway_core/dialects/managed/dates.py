"""Times as this dialect writes them: RFC 3339, in UTC with a `Z`, to the millisecond; always text, never a number."""

import re
from datetime import UTC, datetime
from typing import Final

from walkaway_core.dialects.managed.problems import invalid

_FORM: Final = re.compile(r"\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?([Zz]|[+ -]\d\d:?\d\d)?)?", re.ASCII)
_OFFSET: Final = re.compile(r" (\d\d:?\d\d)$", re.ASCII)
"""An offset whose plus sign has become a blank, as it does in a query that is not encoded."""


def shown(seconds: float) -> str:
    """Write a time, given in seconds since the epoch."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def perhaps(seconds: float | None) -> str | None:
    """Write a time, if there is one."""
    return None if seconds is None else shown(seconds)


def seconds(text: str, field: str) -> float:
    """Read a time, in seconds since the epoch; UTC where it has no offset. Raises Refusal, naming the field."""
    if _FORM.fullmatch(text):
        cut = re.sub(r"([.,]\d{6})\d+", r"\1", _OFFSET.sub(r"+\1", text).upper())
        try:
            at = datetime.fromisoformat(cut)
            return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            pass
    raise invalid(f"{text[:40]!r} is no time; write it like 2026-11-25T09:00:00Z", field)
