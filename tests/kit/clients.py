"""The client for tests: it waits moments where it would wait seconds, and its HTTP may be a function of the test's."""

import asyncio
import dataclasses
import itertools
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import httpx2

from walkaway import AsyncWalkaway, Call, Walkaway, tool
from walkaway_wire.events import Event

Handler = Callable[[httpx2.Request], httpx2.Response]
SOON = 0.002
BROKEN = httpx2.ReadError("it broke")


def quick(url: str, key: str | None = "alpha-key", **options: Any) -> Walkaway:
    """Make a client of a server."""
    client = Walkaway(url=url, key=key, **options)
    _hurry(client, SOON)
    return client


def async_quick(url: str, key: str | None = "alpha-key", **options: Any) -> AsyncWalkaway:
    """Make the same for asyncio."""
    client = AsyncWalkaway(url=url, key=key, **options)
    _hurry(client, SOON)
    return client


def scripted(handler: Handler, first_wait: float = 0, **options: Any) -> Walkaway:
    """Make a client whose server is a function. `first_wait`: seconds before a request is sent again at first."""
    http = httpx2.Client(transport=httpx2.MockTransport(handler))
    client = Walkaway(url="http://walkaway.test", key="alpha-key", http=http, **options)
    _hurry(client, first_wait)
    return client


def async_scripted(handler: Handler, first_wait: float = 0, **options: Any) -> AsyncWalkaway:
    """Make the same for asyncio."""

    async def handle(request: httpx2.Request) -> httpx2.Response:
        return handler(request)

    http = httpx2.AsyncClient(transport=httpx2.MockTransport(handle))
    client = AsyncWalkaway(url="http://walkaway.test", key="alpha-key", http=http, **options)
    _hurry(client, first_wait)
    return client


def _hurry(client: Walkaway | AsyncWalkaway, first_wait: float) -> None:
    transport = client._transport
    transport.options = dataclasses.replace(transport.options, first_wait=first_wait)


class Body(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    """A body that comes in pieces, and then ends, or breaks."""

    def __init__(self, pieces: Iterable[bytes], error: Exception | None = None) -> None:
        self._pieces, self._error = pieces, error

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces
        if self._error:
            raise self._error

    async def __aiter__(self) -> Any:
        for piece in self:
            yield piece


class Endless(Body):
    """A body that never ends; `closed` when its reader has gone."""

    def __init__(self, closed: threading.Event) -> None:
        super().__init__(itertools.chain([sse(STORY[:3])], itertools.repeat(b": heartbeat\n\n")))
        self._closed = closed

    def close(self) -> None:
        self._closed.set()

    async def aclose(self) -> None:
        self._closed.set()


def said(body: Any, status: int = 200, **headers: str) -> httpx2.Response:
    """Answer with JSON, as Walkaway does."""
    headers = {"x_request_id": "req_1"} | headers
    return httpx2.Response(status, json=body, headers={name.replace("_", "-"): each for name, each in headers.items()})


def no(status: int, code: str = "", message: str = "no", **headers: str) -> httpx2.Response:
    """Answer with an error."""
    return said({"error": code, "message": message}, status, **headers)


def log(*events: tuple[str, dict[str, Any]]) -> list[Event]:
    """Number events."""
    return [Event.make(number, type_, data) for number, (type_, data) in enumerate(events)]


def sse(events: Sequence[Event], after: int = -1) -> bytes:
    """Write the events behind a number, with heartbeats between them."""
    return b": heartbeat\n\n" + b"".join(event.sse().encode() for event in events[after + 1 :])


STORY = log(
    ("message.created", {"id": "msg_1", "session_id": "sess_1", "status": "in_progress"}),
    ("step.started", {"step": 1, "attempt": 1}),
    ("text.start", {}),
    ("text.delta", {"content": "Half a senten"}),
    ("step.retrying", {"step": 1, "attempt": 1, "error": "overloaded", "wait": 0.5}),
    ("step.started", {"step": 1, "attempt": 2}),
    ("text.start", {}),
    ("text.delta", {"content": "Ein Schiff, "}),
    ("text.delta", {"content": '\u2028 \U0001f6a2 und\n\n"mehr"'}),
    ("text.stop", {}),
    ("harbour.opened", {"of": "a newer server", "content": "kept"}),
    ("step.completed", {"step": 1, "stop_reason": "end_turn", "usage": {"output_tokens": 7}}),
    ("message.completed", {"id": "msg_1", "status": "completed", "usage": {"output_tokens": 7}}),
)
"""A log with an attempt that was withdrawn, with letters of several bytes, and with an event that nobody knows."""
TEXT = 'Ein Schiff, \u2028 \U0001f6a2 und\n\n"mehr"'
RECORD = {
    "id": "msg_1",
    "session_id": "sess_1",
    "status": "completed",
    "output_text": TEXT,
    "usage": {"output_tokens": 7},
    "steps": 1,
    "cost_usd": 0.5,
    "error": None,
    "pending_tool_calls": [],
    "created_at": 1.0,
    "started_at": 1.0,
    "ended_at": 2.0,
}


def telling(connection: Callable[[int], httpx2.Response]) -> Handler:
    """Serve STORY: each connection as `connection` says, which is given the reader's place; -1: the beginning."""

    def handle(request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("/events"):
            return connection(int(request.headers.get("last-event-id", "-1")))
        return no(404, "not_found") if request.url.path == "/v1/me" else said(RECORD)

    return handle


def events(pieces: Iterable[bytes], error: Exception | None = None) -> httpx2.Response:
    """Answer with a stream."""
    return httpx2.Response(200, headers={"content-type": "text/event-stream"}, stream=Body(pieces, error))


@tool(description="Looks something up")
async def look_up(call: Call, what: str) -> str:
    await asyncio.sleep(0)
    return f"{what} for {call.call_id} of {call.turn[:4]}{call.session[:5]}"


async def decided_later(call: Call) -> bool:
    """Say yes to one tool."""
    await asyncio.sleep(0)
    return call.name == "list_files"
