"""Header fields: those that are lists may come in several lines, the others may not (RFC 9110, 5.3)."""

import re

from fastapi import Request

from walkaway_core.errors import Invalid

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_NOT = re.compile(r"q=0(\.0*)?")
"""The weight of what is not acceptable (RFC 9110, 12.4.2)."""


def listed(request: Request, name: str) -> str:
    """Read a list, whichever lines it stands in."""
    return ", ".join(request.headers.getlist(name))


def single(request: Request, name: str) -> str | None:
    """Read what can be said once; None if it is not. Raises Invalid when two values are there."""
    values = set(request.headers.getlist(name))
    if len(values) > 1:
        raise Invalid(f"The header {name} is there more than once, with different values; send one")
    return next(iter(values), None)


def packed(request: Request) -> bool:
    """Say whether a body was encoded for its way, as by gzip, and would have to be decoded (RFC 9110, 8.4)."""
    return not {part.strip().lower() for part in listed(request, "content-encoding").split(",")} <= {"", "identity"}


def accepts(accept: str, kind: str) -> bool:
    """Say whether a field Accept names a media type, in whatever case (RFC 9110, 8.3.1), as one to be sent.

    So does Accept-Encoding name a coding (RFC 9110, 12.5.3).
    """
    for part in accept.lower().split(","):
        name, *about = (word.strip() for word in part.split(";"))
        if name == kind and not any(map(_NOT.fullmatch, about)):
            return True
    return False


def prefers(request: Request, preference: str) -> bool:
    """Say whether a preference is among those of the request; others are ignored (RFC 7240, 2)."""
    words = _QUOTED.sub("", listed(request, "prefer")).lower().split(",")
    return preference in (re.split("[=;]", word, maxsplit=1)[0].strip() for word in words)
