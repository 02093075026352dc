"""The connections of the server on one machine: uvicorn's, over httptools, with what it leaves out (decision 0020)."""

from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from walkaway_core.http import errors

MOST_HEAD_BYTES = 65_536
"""How much may come that is neither body nor the end of a head: the size of h11's buffer, and far above AWS's 10 KB."""
MOST_HEAD = f"The request's line and headers are larger than {MOST_HEAD_BYTES} bytes"
NO_REQUEST = "This is no HTTP request that can be read; send HTTP/1.1"
STOPPING = "The server is being stopped, and does not know what became of this request; ask again in a moment"
LAST_WORD_SECONDS = 0.7
"""How long after the order to stop whoever waits is still waited for: uvicorn gives all of them a second."""
LAST_CHUNK = b"0\r\n\r\n"


class HeadTooLarge(Exception):
    """Raised out of the parser, so that it reads no further."""


class Connection(HttpToolsProtocol):
    """One connection. What is asked on the hot path is counted and compared, and nothing more.

    - A head that is too large is refused (431) before anything is kept of it or looks for a key.
    - HTTP/1.0 is answered without chunks: the end of the connection is the end of the answer (RFC 9112, 6.1 and 6.3).
    - Who has shut its sending side behind a request gets its answer (RFC 9112, 9.6).
    - When the server stops, streams get their last chunk, and whoever still waits is told to come again.
    - An answer to what broke says `Connection: close`, as uvicorn hangs up behind it.
    """

    _unfinished = 0
    _too_large = False

    def data_received(self, data: bytes) -> None:
        """Read what came, unless it is more of a head than anybody needs."""
        self._unfinished += len(data)
        super().data_received(data)
        if self._unfinished > MOST_HEAD_BYTES and not self.transport.is_closing():
            self._too_large = True
            self.send_400_response(MOST_HEAD)

    def on_message_begin(self) -> None:
        """Say in the scope that the server hangs up behind what broke."""
        super().on_message_begin()
        self.scope["extensions"] = errors.HANGS_UP

    def on_headers_complete(self) -> None:
        """Begin the request; one whose head came in a single large piece is looked at more closely."""
        if self._unfinished > MOST_HEAD_BYTES:
            size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
            self._too_large = size > MOST_HEAD_BYTES
            if self._too_large:
                raise HeadTooLarge
        self._unfinished = 0
        super().on_headers_complete()

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
        old = cycle.scope["http_version"] == "1.0"
        super()._start_asgi_task(cycle, _without_chunks(cycle, app) if old else app)

    def _turn_away(self, cycle: RequestResponseCycle) -> None:
        if not cycle.response_started and not self.transport.is_closing():
            self._answer(503, "unavailable", STOPPING, "retry-after: 1\r\n")
            self._over(cycle)

    def _over(self, cycle: RequestResponseCycle, last: bytes = b"") -> None:
        """Let an answer be over; what the app still says of it goes nowhere, and it hears that nobody listens."""
        self.transport.write(last)
        self.transport.close()
        cycle.disconnected = True
        cycle.message_event.set()

    def _answer(self, status: int, code: str, message: str, headers: str = "") -> None:
        """Write a whole answer in the native shape (contract A.14), and hang up."""
        body = bytes(errors.body(status, code, message).body)
        about = f"content-type: application/json\r\ncontent-length: {len(body)}\r\n{headers}connection: close\r\n\r\n"
        self.transport.write(f"HTTP/1.1 {status} \r\n{about}".encode() + body)
        self.transport.close()


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
