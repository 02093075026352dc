"""Parts of a file by the header Range (RFC 9110, 14)."""

import re

from fastapi import Request

from walkaway_core.errors import RangeInvalid
from walkaway_core.http.conditions import date_of
from walkaway_core.http.fields import listed

_RANGE = re.compile(r"(\d*)-(\d*)", re.ASCII)
MOST = 10**18


def asked_for(request: Request, size: int, tag: str, modified: float) -> tuple[int, int, int]:
    """Read which bytes are asked for: the first one, the one behind the last, the status. Raises RangeInvalid.

    Several ranges at once may be ignored, and are. So are units other than bytes, and a range of another version than
    If-Range names.
    """
    header = listed(request, "range")
    unit, _, range_ = header.partition("=")
    if unit.strip().lower() != "bytes" or "," in header or not _same(request, tag, modified):
        return 0, size, 200
    match = _RANGE.fullmatch(range_.replace(" ", ""))
    if not match or match[1] == match[2] == "":
        problem = f"{header[:60]!r} is no range of bytes; write it like bytes=0-499, bytes=500- or bytes=-500"
        raise RangeInvalid(problem, size)
    if match[1]:
        start, end = _number(match[1]), min(_number(match[2]) + 1, size) if match[2] else size
    else:
        start, end = max(0, size - _number(match[2])), size
    if start >= end:
        raise RangeInvalid(f"The file has {size} bytes; {header[:60]!r} asks for none of them", size)
    return start, end, 206


def _same(request: Request, tag: str, modified: float) -> bool:
    """Say whether a range is of the version that its beginning was (RFC 9110, 13.1.5), which can be one alone."""
    named = listed(request, "if-range")
    return "if-range" not in request.headers or named == tag or date_of(named) == int(modified)


def _number(digits: str) -> int:
    digits = digits.lstrip("0")
    return int(digits or "0") if len(digits) < len(str(MOST)) else MOST
