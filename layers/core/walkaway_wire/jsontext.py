"""JSON as it is stored and sent: one line, compact, UTF-8."""

import json
from typing import Any


def dumps(value: Any) -> str:
    """Encode `value` on one line.

    A lone surrogate (legal in a JSON escape, impossible in UTF-8) makes the whole text fall back to ASCII escapes,
    so that what came in as JSON can always go out as JSON. Raises ValueError for NaN and infinities, which JSON lacks.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, allow_nan=False, separators=(",", ":"))
    return text


def dump_bytes(value: Any) -> bytes:
    """Encode `value` as `dumps` does, to bytes."""
    return dumps(value).encode()


def loads(text: str | bytes) -> Any:
    """Decode JSON text. Raises ValueError, also for the NaN and infinities that Python alone would take."""
    return json.loads(text, parse_constant=_no_constant)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
