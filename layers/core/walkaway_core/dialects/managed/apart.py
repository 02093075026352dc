"""Requests that may wait for other servers, which keep nobody else waiting (contract E.9)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import anyio
from fastapi import Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from walkaway_core.http.access import Caller


async def carried_out(caller: Caller, events: Sequence[Mapping[str, Any]], act: Callable[[], BaseModel]) -> Response:
    """Do what a request with these events asks for, and answer; what fetches waits in its tenant's line of uploads.

    It then has a thread for as long as it likes, which no other request could want.
    """

    def answered() -> Response:
        return Response(act().model_dump_json(), media_type="application/json")

    if not any(_fetches(event) for event in events):
        return await run_in_threadpool(answered)
    async with caller.services.shares.uploads.place(caller.tenant):
        return await anyio.to_thread.run_sync(answered, limiter=anyio.CapacityLimiter(1))


def _fetches(event: Mapping[str, Any]) -> bool:
    """Whether some content of an event, of which nothing is known yet, is named by an address."""
    content = event.get("content")
    sources = [block.get("source") for block in content if isinstance(block, dict)] if isinstance(content, list) else []
    return any(isinstance(source, dict) and source.get("type") == "url" for source in sources)
