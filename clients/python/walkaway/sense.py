"""What makes sense of what a server says: JSON whose numbers there are, and numbers and moments, or none. No I/O."""

import re
from datetime import UTC, datetime
from typing import Any, Final

from walkaway_wire import jsontext

MOST: Final = 2**63
"""No number of ours is greater; beyond it they are no times, no sizes and no counts."""
_HUGE: Final = (re.compile(r"[eE]\+?[0-9]{3}|[0-9]{300}"), re.compile(rb"[eE]\+?[0-9]{3}|[0-9]{300}"))
"""What a number has that may be greater than all that there are, such as 1e999: in text, and in bytes."""


def decoded(text: str | bytes) -> Any:
    """Decode JSON. Raises ValueError for what is none, and for a number that nobody can write down again."""
    found = jsontext.loads(text)
    if (_HUGE[0].search(text) if isinstance(text, str) else _HUGE[1].search(text)) and not encoded(found):
        raise ValueError("a number in it is greater than all that there are")
    return found


def encoded(value: Any) -> str:
    """Encode what was decoded; empty: it cannot be, since it is too deep, or has a number that is none."""
    try:
        return jsontext.dumps(value)
    except (ValueError, RecursionError):
        return ""


def number(value: object) -> float | None:
    """Give a number as it is; None: it is none, or one that makes no sense."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if abs(value) < MOST else None  # which NaN is not, either


def moment(said: object) -> float:
    """Read a moment as ISO 8601 writes it, in UTC where it names no zone, in seconds since the epoch; 0: it is none."""
    try:
        found = datetime.fromisoformat(str(said))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0
