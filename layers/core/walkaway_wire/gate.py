"""The gate for JSON from anywhere: what comes in is taken, refused by name, or made whole; what goes out always can.

Callers are told what is wrong, since they can mend it (contract A.1). What models, pages and commands say is mended,
since nobody is there who could. Nothing that is taken here fails later: no encoding refuses its text, no reader its
numbers, and no writer of JSON its depth.
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, Never

from walkaway_wire import jsontext, pieces

DEPTH: Final = 64
"""Objects and arrays that may stand in each other. Writers and readers of JSON give up from about 100 on."""
UNREADABLE: Final = "unreadable"
NAMED: Final = 100_000
"""Values that are looked at to name the one that is wrong: with more, it is only said that one is."""

TOO_DEEP: Final = f"is nested deeper than {DEPTH} levels"
NOT_FINITE: Final = "holds a number that JSON does not have, such as NaN or infinity"
NO_TEXT: Final = "holds half of a surrogate pair, which is no text"

Where = tuple[str | int, ...]


class Flawed(ValueError):
    """JSON that is not taken. `where` are the names and numbers that lead to what is wrong; `why` goes on from them."""

    def __init__(self, where: Where, why: str) -> None:
        self.where = where
        self.why = why
        place = ".".join(map(str, where))
        super().__init__(f"`{place[:200]}` {why}" if place else why)


class _NotFinite(ValueError):
    """A number beyond all that there are."""


def decoded(text: str | bytes) -> Any:
    """Decode JSON that is to be taken. Raises json.JSONDecodeError for what is no JSON, Flawed for what is wrong."""
    try:
        value = _read(text, _STRICT.decode)
    except _NotFinite:
        return taken(_read(text, json.loads))
    return taken(value) if _suspicious(text) else value


def decoded_in_pieces(text: bytes) -> Any:
    """Decode as `decoded` does what may be large, and let other threads have their turns meanwhile."""
    value = _read(text, pieces.decoded)
    if pieces.sound(value, DEPTH):
        return value
    raise _first(value)


def plain(text: bytes) -> bool:
    """Whether JSON text holds nothing that could be refused: told by what it has at all, far quicker than decoding."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    large = _EXPONENT.search(text) or _LONG in text.translate(_DIGITS)
    return not (large or b"NaN" in text or b"Infinity" in text or _suspicious(text))


def taken(value: Any) -> Any:
    """Give a value back that has come as JSON. Raises Flawed for the first thing in it that cannot go out again."""
    if _sound(value):
        return value
    raise _first(value)


def mended(value: Any) -> Any:
    """Give a value as JSON carries it everywhere: U+FFFD for half a character, null for NaN and infinity.

    What is nested deeper than DEPTH is left out, and a text says so.
    """
    return value if _sound(value) else json.loads(_readable(_cut(value, DEPTH)))


def stored(text: str | bytes) -> Any:
    """Decode JSON as it is stored, which may be older than this gate: whole, finite, and as deep as it is.

    What is no JSON is an object that says so, under the name UNREADABLE.
    """
    try:
        decoded = text if isinstance(text, str) else jsontext.decoded(text)
        value = _STRICT.decode(decoded)
        escaped = "\\u" in decoded or not decoded.isascii()  # only then can it hold half a character
        return json.loads(_readable(value)) if escaped and not jsontext.is_unicode(value) else value
    except (ValueError, RecursionError):
        pass
    try:
        return json.loads(_readable(json.loads(text)))
    except (ValueError, RecursionError) as error:
        return {UNREADABLE: f"what is stored here is no JSON{_from(error)}"}


def _from(error: Exception) -> str:
    """Say where text stops being JSON, if that is known."""
    return f" from character {error.pos + 1} on" if isinstance(error, json.JSONDecodeError) else ""


def stored_object(text: str | bytes, *needs: str) -> dict[str, Any]:
    """Decode what is stored as an object with certain names; anything else is one that says so, under UNREADABLE."""
    value = stored(text)
    if not isinstance(value, dict):
        return {UNREADABLE: "what is stored here is no object"}
    missing = [name for name in needs if name not in value and UNREADABLE not in value]
    return {UNREADABLE: f"what is stored here has no `{missing[0]}`"} if missing else value


def stored_list(text: str | bytes) -> list[dict[str, Any]]:
    """Decode what is stored as a list of objects, without what is none."""
    value = stored(text)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def written(value: Any) -> bytes:
    """Write what could not be written as it is, also deeper than DEPTH: something stored may be older than this gate.

    Objects that JSON does not know, such as models, are written as their fields.
    """
    try:
        return _readable(value).encode()
    except RecursionError:
        return _readable(_cut(value, DEPTH)).encode()


def _read(text: str | bytes, decode: Callable[[str], Any]) -> Any:
    """Decode JSON text of whichever encoding. Raises json.JSONDecodeError, _NotFinite, Flawed."""
    try:
        return decode(text if isinstance(text, str) else jsontext.decoded(text))
    except (json.JSONDecodeError, _NotFinite):
        raise
    except RecursionError:
        raise Flawed((), TOO_DEEP) from None
    except UnicodeError:
        raise Flawed((), "is no text: send UTF-8, and nothing compressed") from None
    except ValueError:
        raise Flawed((), "holds a number with more digits than are read") from None


def _first(value: Any) -> Flawed:
    """Name the first thing that is wrong with a value."""
    return next(_flaws(value), Flawed((), f"{NOT_FINITE}, or half a character, or is nested too deeply"))


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise _NotFinite
    return number


def _refuse(_: str) -> Never:
    raise _NotFinite


_EXPONENT = re.compile(rb"[eE][+]?[0-9]{2}")
_LONG = b"0" * 300
_DIGITS = bytes(0x30 if 0x30 <= code <= 0x39 else 0x20 for code in range(256))
"""Makes every digit a 0. Numbers beyond all that there are have an exponent of two digits, or 300 digits in a row."""
_STRICT = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)
_WRITER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False)


def _suspicious(text: str | bytes) -> bool:
    """Whether JSON text could hold half a character or too much depth: told by what it has at all, which is quick."""
    if isinstance(text, str):
        text = text.encode(errors="surrogatepass")
    halves = b"\\u" in text or b"\xed" in text or b"\0" in text  # escaped, as bytes, or in UTF-16
    return halves or text.count(b"[") + text.count(b"{") > DEPTH


def _sound(value: Any) -> bool:
    try:
        _WRITER.encode(value).encode()
    except (ValueError, TypeError, RecursionError):
        return False
    return not _deep(value)


def _deep(value: Any) -> bool:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(DEPTH):
        inner = [each for one in level for each in (one.values() if isinstance(one, dict) else one)]
        level = [each for each in inner if isinstance(each, dict | list)]
        if not level:
            return False
    return True


def _flaws(value: Any) -> Iterator[Flawed]:
    """Look at NAMED values in their order, and give what is wrong with them."""
    left: list[tuple[Any, Where]] = [(value, ())]
    for _ in range(NAMED):
        if not left:
            return
        one, where = left.pop()
        inner: Iterable[tuple[str | int, Any]] = ()
        if isinstance(one, dict | list):
            inner = enumerate(one) if isinstance(one, list) else ((str(name), each) for name, each in one.items())
        yield from _flaws_of(one, where)
        left += [(each, (*where, name)) for name, each in inner][::-1]


def _flaws_of(one: Any, where: Where) -> Iterator[Flawed]:
    """Give what is wrong with a value itself: what stands in it is looked at after it."""
    if not isinstance(one, dict | list | str | int | float | None):
        yield Flawed(where, f"is a {type(one).__name__}, which JSON does not have")
    if isinstance(one, float) and not math.isfinite(one):
        yield Flawed(where, NOT_FINITE)
    if isinstance(one, str) and not jsontext.is_unicode(one):
        yield Flawed(where, NO_TEXT)
    if isinstance(one, dict) and not jsontext.is_unicode([str(name) for name in one]):
        yield Flawed(where, f"{NO_TEXT}, in a name")
    if isinstance(one, dict | list) and len(where) >= DEPTH:
        yield Flawed(where[:3], TOO_DEEP)


def _readable(value: Any) -> str:
    """Write a value, whole and finite."""
    text = jsontext.whole(json.dumps(value, ensure_ascii=False, default=dict))
    if "NaN" in text or "Infinity" in text:
        text = json.dumps(json.loads(text, parse_constant=lambda _: None), ensure_ascii=False)
    return text


def _cut(value: Any, left: int) -> Any:
    if not isinstance(value, dict | list | str | int | float | None):
        value = dict(value)
    if isinstance(value, dict | list) and not left:
        return f"[nested deeper than {DEPTH} levels]"
    if isinstance(value, dict):
        return {name: _cut(each, left - 1) for name, each in value.items()}
    return [_cut(each, left - 1) for each in value] if isinstance(value, list) else value
