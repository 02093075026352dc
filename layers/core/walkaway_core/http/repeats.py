"""Requests that can be repeated: by their Idempotency-Key, which is read here for every dialect (contract A.9)."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Header, Response
from starlette.requests import Request

from walkaway_core.errors import Invalid
from walkaway_core.http.fields import single
from walkaway_core.store.idempotency import Once

HEADER = "Idempotency-Key"
LONGEST = 255
"""Characters of a key."""
REPLAYED: Mapping[str, str] = {"Idempotent-Replayed": "true"}
"""Says that a request was a repetition."""
Key = Annotated[str | None, Header(description="names the request, so that it can be repeated")]
"""How a route says that it takes one; `key` reads it, in all its lines."""


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


def making(request: Request, tenant: str, kind: str, body: Mapping[str, Any]) -> Once | None:
    """Read the key of a request that makes something of a kind; None if it has none. Raises Invalid."""
    named = key(request)
    return None if named is None else Once.making(tenant, kind, named, body)


def say(response: Response, *, again: bool) -> None:
    """Say of an answer that it is an earlier request's."""
    if again:
        response.headers.update(REPLAYED)
