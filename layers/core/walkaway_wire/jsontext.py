"""JSON as it is stored and sent: one line, compact, UTF-8."""

import json
from typing import Any

_BREAKS = {code: f"\\u{code:04x}" for code in (0x85, 0x2028, 0x2029)}
"""Python's splitlines, and with it httpx's iter_lines, ends a line at these too; JSON may carry them escaped."""

_COMPACT = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":"))
"""Made once: json.dumps makes one at each call that has options, which takes longer than a small text itself."""


def dumps(value: Any) -> str:
    """Encode `value` on one line, for every reader's idea of a line.

    A lone surrogate (legal in a JSON escape, impossible in UTF-8) makes the whole text fall back to ASCII escapes,
    so that what came in as JSON can always go out as JSON. Raises ValueError for NaN and infinities, which JSON lacks.
    """
    text = _COMPACT.encode(value)
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, allow_nan=False, separators=(",", ":"))
    return text.translate(_BREAKS)


def dump_bytes(value: Any) -> bytes:
    """Encode `value` as `dumps` does, to bytes."""
    return dumps(value).encode()


def dump_whole(value: Any) -> bytes:
    """Encode `value` for a reader of whole characters. Raises UnicodeEncodeError for half a surrogate pair."""
    return _COMPACT.encode(value).encode()


def is_unicode(value: Any) -> bool:
    """Whether all text in it is: JSON escapes can spell half of a surrogate pair, which no encoding carries."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def whole(text: str) -> str:
    """Join surrogate pairs that came in halves; put U+FFFD for a half that stays alone."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if not is_unicode(text) else text


def loads(text: str | bytes) -> Any:
    """Decode JSON text. Raises ValueError, also for the NaN and infinities that Python alone would take, and depth."""
    try:
        return _DECODER.decode(text if isinstance(text, str) else decoded(text))
    except RecursionError:
        raise ValueError("it is nested too deeply to be read") from None


def value_at(text: str, start: int) -> tuple[Any, int]:
    """Decode the value that begins at `start`, whatever follows it; say where it ends. Raises ValueError."""
    return _DECODER.raw_decode(text, start)


def decoded(text: bytes) -> str:
    """Decode the bytes of a JSON text, of whichever encoding (RFC 4627, 3). Raises UnicodeError."""
    encoding = "utf-8" if text.startswith(b'{"') else json.detect_encoding(text)  # as all that is stored begins
    return text.decode(encoding, "surrogatepass")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_no_constant)
"""Made once: `json.loads` with an option makes one at each call, which takes as long as a short text."""
