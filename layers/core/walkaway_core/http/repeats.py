"""Requests that can be repeated: by their Idempotency-Key, which is read here for every dialect (contract A.9)."""

from starlette.requests import Request

from walkaway_core.errors import Invalid
from walkaway_core.http.fields import single

HEADER = "Idempotency-Key"
LONGEST = 255
"""Characters of a key."""


def key(request: Request, beside: str | None = None, *, counts: bool = True) -> str | None:
    """Read the key of a request, that of its header before the one `beside` it; None if it has none. Raises Invalid.

    A route that reads it carries the request out once, where the key `counts`: what goes wrong from here on is said to
    be safe to repeat (`errors.repeating`).
    """
    sent = single(request, HEADER.lower())
    for name, given in ((HEADER, sent), ("idempotency_key", beside)):
        if given is not None and not (0 < len(given) <= LONGEST and given.isprintable()):
            raise Invalid(f"{name} must have 1 to {LONGEST} printable characters; leave it out, or make one up")
    named = beside if sent is None else sent
    if named is None or not counts:
        return None
    request.state.once = True
    return named


def safe(request: Request) -> bool:
    """Say whether a request has had its key read: the same one again has what came of this one."""
    return getattr(request.state, "once", False)
