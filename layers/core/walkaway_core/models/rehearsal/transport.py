"""An httpx2 transport that answers `POST /v1/messages` as the service would, streamed, at a pace."""

import hashlib
import threading
from collections.abc import Iterator
from typing import Any

import httpx2

from walkaway_core.models.rehearsal.refusing import complaint, tokens
from walkaway_core.models.rehearsal.script import pace, reply
from walkaway_core.models.rehearsal.stream import events
from walkaway_wire import jsontext

REMEMBERED = 1_000
"""Requests that were to fail, and have: most of them come again, and are forgotten then."""
HEADERS = {"request-id": "rehearsal"}


class RehearsalTransport(httpx2.BaseTransport):
    """Answers model calls; waits `delay` seconds before each delta."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._failed: dict[str, int] = {}
        self._lock = threading.Lock()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one call."""
        read = request.read()
        body = jsontext.loads(read)
        counting = request.url.path.endswith("/count_tokens")
        if wrong := complaint(body, counting=counting):
            error = {"type": "error", "error": {"type": "invalid_request_error", "message": wrong}}
            return httpx2.Response(400, headers=HEADERS, json=error)
        if counting:
            return httpx2.Response(200, headers=HEADERS, json={"input_tokens": tokens(body)})
        made = reply(body)
        answer = events(body, made, fails=self._fails(read, made.fails))
        headers = {"content-type": "text/event-stream", **HEADERS}
        return httpx2.Response(200, headers=headers, stream=_PacedStream(answer, pace(body, self._delay)))

    def _fails(self, request: bytes, times: int) -> bool:
        """Whether this request is to fail once more."""
        if not times:
            return False
        name = hashlib.sha256(request).hexdigest()
        with self._lock:
            failed = self._failed.pop(name, 0)
            if failed == times:
                return False
            self._failed[name] = failed + 1
            if len(self._failed) > REMEMBERED:
                del self._failed[next(iter(self._failed))]
        return True


class _PacedStream(httpx2.SyncByteStream):
    """The bytes of an answer; closing it from any thread breaks the answer off."""

    def __init__(self, events: Iterator[dict[str, Any]], delay: float) -> None:
        self._events = events
        self._delay = delay
        self._closed = threading.Event()

    def __iter__(self) -> Iterator[bytes]:
        for event in self._events:
            if event["type"] == "content_block_delta" and self._delay:
                self._closed.wait(self._delay)
            if self._closed.is_set():
                raise httpx2.ReadError("the stream was closed")
            yield f"event: {event['type']}\ndata: {jsontext.dumps(event)}\n\n".encode()

    def close(self) -> None:
        self._closed.set()
