"""Requests that are carried out once: by their key, else by how often their client says that it has sent them."""

import time
from collections.abc import Mapping
from typing import Any, Final

from fastapi import Request

from walkaway_core.http import access, repeats, request_ids
from walkaway_core.http.access import Caller
from walkaway_core.store import api_keys
from walkaway_core.store.idempotency import Once
from walkaway_core.store.repetitions import Repetition

COUNT: Final = "x-stainless-retry-count"
"""The SDKs that one generator has made send it with each request; 0 is the first."""
DIGITS: Final = 3


def once(caller: Caller, request: Request, kind: str, body: Mapping[str, Any]) -> Once | None:
    """Recognise a request for something of a kind. None where nothing says that it might be repeated. Raises Invalid.

    `body` is what is asked for, as it was understood: however it was written, it is the same request.
    """
    if (named := repeats.key(request)) is not None:
        return Once.making(caller.tenant, kind, named, body)
    count = _count(request)
    if count is None or not caller.services.settings.repetitions:
        return None
    request.state.counted = True
    credential = api_keys.digest(access.sent(request) or "")
    now = time.monotonic()
    ago = now - request.scope.get(request_ids.CAME, now)  # its body may have taken long to come, and to be read
    return Repetition.sent(caller.services, caller.tenant, credential, kind, body, count, ago=ago)


def again(request: Request) -> bool:
    """Whether the client says that it sends this once more."""
    return bool(_count(request))


def safe(request: Request) -> bool:
    """Say whether the same request, sent again by its client, has what came of this one."""
    return repeats.safe(request) or getattr(request.state, "counted", False)


def _count(request: Request) -> int | None:
    """Read how often a request was sent before; None where its client counts in no way that is known."""
    text = request.headers.get(COUNT, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= DIGITS else None
