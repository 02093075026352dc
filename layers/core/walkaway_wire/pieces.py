"""Reads JSON in pieces, so that other threads get their turns meanwhile: for texts that may hold a million values.

Python's reader and writer of JSON are each one call in C, which keeps every other thread waiting to its end: a quarter
of a second for four megabytes of short names. Here objects and arrays are gone through by Python, and C reads what
stands in them: five to ten times the work where there are many values, none where there are few, however long.
"""

import json
import math
from collections.abc import Callable, Sequence
from json import decoder
from typing import Any

_object, _array = (vars(decoder)[name] for name in ("JSONObject", "JSONArray"))
_in_c: Callable[[str, int], tuple[Any, int]] = vars(json.JSONDecoder())["scan_once"]
_CONTAINERS = (dict, list)


def decoded(text: str) -> Any:
    """Decode JSON as Python does, with NaN, infinities and whatever escapes can spell.

    Raises json.JSONDecodeError, ValueError for a number with too many digits, and RecursionError.
    """
    return _Pieces().decode(text)


def sound(value: Any, depth: int) -> bool:
    """Whether decoded JSON is whole and finite, and has no more than `depth` objects and arrays in each other."""
    level = [value]
    for _ in range(depth + 1):
        if not (_finite(level) and _whole(level)):
            return False
        outer = [one for one in level if isinstance(one, _CONTAINERS)]
        if not outer:
            return True
        level = [each for one in outer for each in (one.values() if isinstance(one, dict) else one)]
    return False


class _Pieces(json.JSONDecoder):
    """Made for each text: the names that it has met are kept once, as C does."""

    def __init__(self) -> None:
        super().__init__()
        self._names: dict[str, str] = {}

    def raw_decode(self, s: str, idx: int = 0) -> tuple[Any, int]:
        """Read the value that begins at a place; give it, and the place behind it."""
        try:
            return self._next(s, idx)
        except StopIteration as end:
            raise json.JSONDecodeError("Expecting value", s, end.value) from None

    def _next(self, text: str, at: int) -> tuple[Any, int]:
        begin = text[at : at + 1]
        if begin == "[":
            read: tuple[Any, int] = _array((text, at + 1), self._next)
        elif begin == "{":
            read = _object((text, at + 1), self.strict, self._next, None, _named, self._names)
        else:
            read = _in_c(text, at)
        return read


def _named(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of its fields, of which there may be half a million: `dict` is one call in C, too."""
    return {name: value for name, value in pairs}  # noqa: C416


def _finite(level: Sequence[Any]) -> bool:
    return all(math.isfinite(each) for each in level if isinstance(each, float))


def _whole(level: Sequence[Any]) -> bool:
    names = [name for one in level if isinstance(one, dict) for name in one]
    try:
        "".join(names).encode()
        "".join([each for each in level if isinstance(each, str)]).encode()
    except UnicodeEncodeError:
        return False
    return True
