"""The connections of the server on one machine: uvicorn's, over httptools, with what it leaves out (decision 0020)."""

import asyncio
from asyncio import BaseTransport
from typing import Any, ClassVar, cast

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from walkaway_core.http import errors, request_ids
from walkaway_local.crowd import BODY_SECONDS, HEAD_SECONDS, Crowd

MOST_HEAD_BYTES = 65_536
"""How much may come that is neither body nor the end of a head: the size of h11's buffer, and far above AWS's 10 KB."""
MOST_HEAD = f"The request's line and headers are larger than {MOST_HEAD_BYTES} bytes"
NO_REQUEST = "This is no HTTP request that can be read; send HTTP/1.1, one Host, no Transfer-Encoding but chunked"
TOO_MANY = "There are too many connections from this address on which no API key was accepted; close some"
SLOW_HEAD = f"The request's line and headers have not come within {HEAD_SECONDS:.0f} seconds"
SLOW_BODY = f"The request's body has stood still for {BODY_SECONDS:.0f} seconds; send it again"
STOPPING = "The server is being stopped, and does not know what became of this request; ask again in a moment"
LAST_WORD_SECONDS = 0.7
"""How long after the order to stop whoever waits is still waited for: uvicorn gives all of them a second."""
READING = ("GET", "HEAD")
LAST_CHUNK = b"0\r\n\r\n"


class Unread(Exception):
    """Raised out of the parser, so that it reads no further."""


class Connection(HttpToolsProtocol):
    """One connection. What is asked on the hot path is counted and compared, and nothing more.

    - A head that is too large is refused (431) before anything is kept of it or looks for a key.
    - HTTP/1.0 is answered without chunks: the end of the connection is the end of the answer (RFC 9112, 6.1 and 6.3).
    - Who has shut its sending side behind a request gets its answer (RFC 9112, 9.6).
    - When the server stops, streams get their last chunk, and whoever still waits is told to come again.
    - An answer to what broke says `Connection: close`, as uvicorn hangs up behind it.
    - Who lets a head or a body stand still is told so (408), and one too many of an address without a key (429).
    """

    crowd: ClassVar[Crowd] = Crowd()
    _unfinished = 0
    _too_large = False
    _shut = False
    """Whether the other side sends no more: it may still read, or have gone."""
    _answered: RequestResponseCycle | None = None
    """The request that is being answered, or was answered last."""
    _counted: str | None = None
    """Under what name it counts as unknown, while it does."""
    _heard = _began = 0.0
    """When anything came last, and when the head began that is not whole; by the loop's clock."""
    _told: dict[str, dict[object, object]]
    _answering: tuple[RequestResponseCycle, asyncio.Task[Any] | None] | None = None
    """The request that is answered, or was last, and what answers it."""

    def connection_made(self, transport: BaseTransport) -> None:
        """Take it in, unless its address has enough."""
        super().connection_made(cast("Any", transport))
        self._heard = self._began = self.loop.time()
        self._told = {**errors.HANGS_UP, errors.ACCEPTED: {"tell": self._accepted}}
        self._told[errors.READER] = {"listens": lambda: not self._shut}
        self._counted = self.crowd.enter(self, self.client[0] if self.client else "", self.loop)
        if self._counted is None:
            self._answer(429, "too_many_connections", TOO_MANY, "retry-after: 5\r\n")

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of it."""
        self._accepted()
        self.crowd.leave(self)
        super().connection_lost(exc)
        if self._answered is not None:  # uvicorn tells the last request alone, which may be waiting behind this one
            self._answered.disconnected = True
            self._answered.message_event.set()

    def _accepted(self) -> None:
        """Count no more among those that nobody knows."""
        if self._counted is not None:
            name, self._counted = self._counted, None
            self.crowd.known(name)

    def overdue(self, now: float) -> None:
        """Answer 408 to a head that takes too long (RFC 9110, 15.5.9) or a body that stands still, and hang up."""
        if self.transport.is_closing():
            return
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            begun = self._unfinished or cycle is None  # behind an answer uvicorn hangs up by itself
            if begun and now > self._began + HEAD_SECONDS:
                self._answer(408, "timeout", SLOW_HEAD)
            elif not begun and cycle and cycle.more_body and now > self._heard + BODY_SECONDS:
                self.transport.close()  # it has its answer, and still owes the body
        elif cycle.more_body and now > self._heard + BODY_SECONDS and not self._held(cycle):
            if not cycle.response_started:
                self._answer(408, "timeout", SLOW_BODY, cycle=cycle)
            self._over(cycle)

    def _held(self, cycle: RequestResponseCycle) -> bool:
        """Whether it is the app that lets a body stand still: it has enough for now, or has not asked for it."""
        return self.flow.read_paused or cycle.waiting_for_100_continue

    def data_received(self, data: bytes) -> None:
        """Read what came, unless it is more of a head than anybody needs."""
        self._heard = self.loop.time()
        if not self._unfinished:
            self._began = self._heard
        self._unfinished += len(data)
        super().data_received(data)
        if self._unfinished > MOST_HEAD_BYTES and not self.transport.is_closing():
            self._too_large = True
            self.send_400_response(MOST_HEAD)

    def on_message_begin(self) -> None:
        """Say in the scope what `errors` has of servers: that this one hangs up behind what broke, and what else."""
        super().on_message_begin()
        self.scope["extensions"] = self._told

    def on_headers_complete(self) -> None:
        """Begin the request; one whose head came in a single large piece is looked at more closely."""
        if self._unfinished > MOST_HEAD_BYTES:
            size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
            self._too_large = size > MOST_HEAD_BYTES
            if self._too_large:
                raise Unread
        if self._unclear():
            raise Unread
        self._unfinished = 0
        super().on_headers_complete()

    def _unclear(self) -> bool:
        """Whether it is not said once for whom a request is (RFC 9112, 3.2), or how its body is to be read (6.1)."""
        names = [name for name, _ in self.headers]
        hosts = names.count(b"host")
        if hosts != 1 and (hosts or self.parser.get_http_version() != "1.0"):
            return True
        if b"transfer-encoding" not in names:
            return False
        return [value.lower() for name, value in self.headers if name == b"transfer-encoding"] != [b"chunked"]

    def on_body(self, body: bytes) -> None:
        """Take some of the body."""
        self._unfinished = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Take the end of the request."""
        self._unfinished = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request, or too much of one, and hang up."""
        if self.transport.is_closing():
            return
        if self._too_large:
            self._answer(431, "too_large", MOST_HEAD)
        else:
            del msg
            self._answer(400, "invalid_request", NO_REQUEST)

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio takes the answer; uvicorn never gives one
        """Keep a connection open for the answers to whole requests that are still to come, and hang up behind them."""
        self._shut = True
        if self.cycle is None or self.cycle.response_complete or self.cycle.more_body:
            return False
        self.cycle.keep_alive = False
        return True

    def shutdown(self) -> None:
        """End what the server's end would cut: an event stream with its last chunk, a wait with an answer."""
        cycle = self.cycle
        super().shutdown()
        if cycle is None or cycle.response_complete:
            return
        if cycle.chunked_encoding:  # only event streams are: files have a length
            self._over(cycle, LAST_CHUNK)
        elif not cycle.response_started:
            self.loop.call_later(LAST_WORD_SECONDS, self._turn_away, cycle)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answered = cycle
        old = cycle.scope["http_version"] == "1.0"
        super()._start_asgi_task(cycle, self._stoppable(cycle, _without_chunks(cycle, app) if old else app))

    def _stoppable(self, cycle: RequestResponseCycle, app: Any) -> Any:
        """Let an app end in good order, and without a word in the log, when nobody listens any more."""

        async def run(scope: Scope, receive: Receive, send: Send) -> None:
            self._answering = cycle, asyncio.current_task()
            try:
                await app(scope, receive, send)
            except asyncio.CancelledError:
                if not cycle.disconnected:
                    raise

        return run

    def _stop_reading(self, cycle: RequestResponseCycle) -> None:
        """End a read whose reader was sent away, such as a long poll; what writes goes on for as long as it can."""
        answered, task = self._answering or (None, None)
        if task and answered is cycle and cycle.scope["method"] in READING:
            task.cancel()

    def _turn_away(self, cycle: RequestResponseCycle) -> None:
        if not cycle.response_started and not self.transport.is_closing():
            self._answer(503, "unavailable", STOPPING, "retry-after: 1\r\n", cycle)
            self._over(cycle)
            self._stop_reading(cycle)

    def _over(self, cycle: RequestResponseCycle, last: bytes = b"") -> None:
        """Let an answer be over; what the app still says of it goes nowhere, and it hears that nobody listens."""
        self.transport.write(last)
        self.transport.close()
        cycle.disconnected = True
        cycle.message_event.set()

    def _answer(
        self, status: int, code: str, message: str, headers: str = "", cycle: RequestResponseCycle | None = None
    ) -> None:
        """Write a whole answer in the native shape (contract A.14), and hang up. `cycle`: the request, if it is one."""
        headers += f"x-request-id: {(cycle and cycle.scope.get(request_ids.NAMED)) or request_ids.new()}\r\n"
        body = bytes(errors.body(status, code, message).body)
        about = f"content-type: application/json\r\ncontent-length: {len(body)}\r\n{headers}connection: close\r\n\r\n"
        self.transport.write(f"HTTP/1.1 {status} \r\n{about}".encode() + body)
        self.transport.close()


def within(crowd: Crowd) -> type[Connection]:
    """Give the kind of connections that belong to one crowd: that of one server."""
    return type("Connection", (Connection,), {"crowd": crowd})


def _without_chunks(cycle: RequestResponseCycle, app: ASGIApp) -> Any:
    """Let an answer without a length end with its connection."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        framed = True

        async def plain(message: Message) -> None:
            nonlocal framed
            if message["type"] == "http.response.start":
                framed = any(name.lower() == b"content-length" for name, _ in message["headers"])
                cycle.chunked_encoding = None if framed else False
            elif not framed:
                cycle.expected_content_length = len(message.get("body", b""))
            await send(message)

        await app(scope, receive, plain)

    return answer
