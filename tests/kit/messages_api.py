"""A model service for tests: speaks the Messages API over a socket, says what it is told to, and is strict."""

import base64
import json
import socket
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from tests.kit.strict import problems, signed
from walkaway_core.models.rehearsal import binding

if TYPE_CHECKING:
    from tests.kit.prompt_cache import PromptCache

Block = dict[str, Any]

CALLS = ("tool_use", "server_tool_use")
WRITTEN = {"text": ("text",), "thinking": ("thinking", "signature")}
"""Which fields of a block are empty when it begins, the first of them written piece by piece."""
DELTAS = {
    "text": ("text_delta", "text"),
    "thinking": ("thinking_delta", "thinking"),
    **dict.fromkeys(CALLS, ("input_json_delta", "partial_json")),
}
BEDROCK = "/model/"
EVENT_STREAM = "application/vnd.amazon.eventstream"


@dataclass
class Reply:
    """One answer: its blocks, or an HTTP error. `pieces` cuts texts and arguments, `pause` is the time between two.

    In the middle, after the first piece of block number `middle`, `gate` is waited for, and `then` happens: "end",
    "reset" (the connection breaks), "stall" (no more comes) or "error". `usage` is what the end says of it;
    `retry_after` goes with an HTTP error. Both kinds of error have the type `kind`, `details` and `headers`, as far as
    they are given; `body` stands for an HTTP error's. `raw` is streamed instead of blocks: events, texts as they are,
    and numbers, which are seconds of silence.
    """

    blocks: Sequence[Block] = ()
    status: int = 200
    error: str = ""
    pieces: int = 7
    pause: float = 0.0
    gate: threading.Event | None = None
    middle: int = 0
    then: str = "end"
    stop_reason: str = ""
    usage: dict[str, Any] = field(default_factory=dict)
    retry_after: str = "0"
    kind: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    raw: Sequence[dict[str, Any] | str | float] | None = None
    reached: threading.Event = field(default_factory=threading.Event)


def text(said: str) -> Block:
    return {"type": "text", "text": said}


def call(name: str, call_id: str = "toolu_1", **arguments: Any) -> Block:
    return {"type": "tool_use", "id": call_id, "name": name, "input": arguments}


def size(body: dict[str, Any]) -> int:
    """A request's tokens: one is four characters here."""
    return len(json.dumps([body.get("tools"), body["system"], body["messages"]])) // 4


class _Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    service: "MessagesApi"
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else what follows the first piece waits 40 ms for a kernel to acknowledge that

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.service.keys.append(self.headers.get("authorization", "").removeprefix("Bearer "))
        if self.path.startswith("/v1/messages/count_tokens"):
            self.service.counted += 1
            if misfit := self.service._misfit(body):
                self._refuse(Reply(status=400, error=misfit))
                return
            self._answer(200, json.dumps({"input_tokens": self.service.counts(body)}), {})
            return
        if self.path.startswith(BEDROCK):  # the model stands in the address there, and so does that it streams
            name, _, call = self.path.removeprefix(BEDROCK).partition("/")
            body = {"model": unquote(name), **body}
            path = "/v1/messages" if call == "invoke-with-response-stream" else self.path
        else:
            path = self.path
        version = body.get("anthropic_version") or self.headers.get("anthropic-version", "")
        reply = self.service._take(path, body, version)
        if reply.status != 200:
            self._refuse(reply)
            return
        bedrock = self.path.startswith(BEDROCK)
        self.send_response(200)
        self.send_header("content-type", EVENT_STREAM if bedrock else "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        reads = self.service.cache.read(body) if self.service.cache else {}
        events = _events(reply, body, self._alive, reads) if reply.raw is None else iter(reply.raw)
        try:
            for event in events:
                if isinstance(event, int | float):
                    time.sleep(event)
                    continue
                data = event.encode() if isinstance(event, str) else _frame(event) if bedrock else _lines(event)
                self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")
        except ConnectionResetError:
            self.close_connection = True
        except OSError:
            self.service.hung_up.set()
            self.close_connection = True

    def _alive(self) -> bool:
        try:
            return bool(self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT))
        except BlockingIOError:
            return True

    def _refuse(self, reply: Reply) -> None:
        body = (
            json.dumps(_error(reply, "invalid_request_error" if reply.status == 400 else "api_error"))
            if reply.body is None
            else reply.body
        )
        self._answer(reply.status, body, {"retry-after": reply.retry_after, **reply.headers})

    def _answer(self, status: int, said: str, headers: dict[str, str]) -> None:
        body = said.encode()
        self.send_response(status)
        for name, value in {"content-type": "application/json", "content-length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    """Takes it quietly when a caller has gone."""

    def handle_error(self, *_: object) -> None:
        pass


class MessagesApi:
    """The service. `replies` are given in order; the last one is given for ever. `requests` holds what was asked.

    `respond`, if there is one, chooses the reply to a request instead. `unbound` has the refusals of thinking that does
    not belong where it stands, as `check` finds them; a thinking block of a reply that says no signature gets one.
    """

    def __init__(self) -> None:
        self.replies: list[Reply] = [Reply([text("Hello.")])]
        self.respond: Callable[[dict[str, Any]], Reply] | None = None
        self.requests: list[dict[str, Any]] = []
        self.problems: list[str] = []
        self.unbound: list[str] = []
        self.check = binding.misfit
        self.keys: list[str] = []
        self.hung_up = threading.Event()
        self.cache: PromptCache | None = None
        self.counted = 0
        self.counts: Callable[[dict[str, Any]], object] = size
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"service": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _misfit(self, body: dict[str, Any]) -> str | None:
        misfit = self.check(body)
        self.unbound += [misfit] if misfit else []
        return misfit

    def _take(self, path: str, body: dict[str, Any], version: str) -> Reply:
        with self._lock:
            self.requests.append(body)
            self.problems += problems(path, body, version)
            if self.problems:
                return Reply(status=400, error=self.problems[-1])
            if misfit := self._misfit(body):
                return Reply(status=400, error=misfit)
            if self.respond:
                return self.respond(body)
            return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


def _lines(event: dict[str, Any]) -> bytes:
    """An event as Server-Sent Events have it."""
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


def _frame(event: dict[str, Any]) -> bytes:
    """An event as Amazon's event stream encoding has it (Amazon Transcribe developer guide, event stream encoding)."""
    error = event.get("error")
    named = {":exception-type": error["type"]} if error else {":event-type": "chunk"}
    named |= {":content-type": "application/json", ":message-type": "exception" if error else "event"}
    headers = b""
    for name, value in named.items():
        headers += bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
    chunk = {"message": error["message"]} if error else {"bytes": base64.b64encode(json.dumps(event).encode()).decode()}
    payload = json.dumps(chunk).encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + payload
    return message + struct.pack(">I", zlib.crc32(message))


def _events(
    reply: Reply, body: dict[str, Any], alive: Callable[[], bool], reads: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    usage = {"output_tokens": 1, **(reads or {"input_tokens": 10})}
    message: dict[str, Any] = {
        "id": "msg_test",
        "type": "message",
        "role": "assistant",
        "model": body.get("model"),
        "content": [],
    }
    yield {"type": "message_start", "message": {**message, "stop_reason": None, "stop_sequence": None, "usage": usage}}
    for index, block in enumerate(signed(reply.blocks, body)):
        yield from _block(index, block, reply, alive)
    calls = any(block["type"] == "tool_use" for block in reply.blocks)
    reason = reply.stop_reason or ("tool_use" if calls else "end_turn")
    yield {
        "type": "message_delta",
        "delta": {"stop_reason": reason, "stop_sequence": None},
        "usage": {"output_tokens": 5, **reply.usage},
    }
    yield {"type": "message_stop"}


def _block(index: int, block: Block, reply: Reply, alive: Callable[[], bool]) -> Iterator[dict[str, Any]]:
    kind = block["type"]
    empty: Block = dict.fromkeys(WRITTEN.get(kind, ()), "") | ({"input": {}} if kind in CALLS else {})
    hidden = {"raw", "citations", *WRITTEN.get(kind, ())}
    yield {
        "type": "content_block_start",
        "index": index,
        "content_block": {name: value for name, value in block.items() if name not in hidden} | empty,
    }
    content = _written(block)
    delta, name = DELTAS.get(kind, ("", ""))
    for at in range(0, len(content), reply.pieces):
        time.sleep(reply.pause)
        yield {
            "type": "content_block_delta",
            "index": index,
            "delta": {"type": delta, name: content[at : at + reply.pieces]},
        }
        if at == 0 and index == reply.middle:
            yield from _middle(reply, alive)
            if reply.then == "error":
                return
    if kind == "thinking":
        signature = {"type": "signature_delta", "signature": block["signature"]}
        yield {"type": "content_block_delta", "index": index, "delta": signature}
    for citation in block.get("citations", ()):
        yield {
            "type": "content_block_delta",
            "index": index,
            "delta": {"type": "citations_delta", "citation": citation},
        }
    yield {"type": "content_block_stop", "index": index}


def _middle(reply: Reply, alive: Callable[[], bool]) -> Iterator[dict[str, Any]]:
    """Do what the reply says is done after its first piece."""
    reply.reached.set()
    while reply.then == "stall" or (reply.gate and not reply.gate.wait(0.02)):
        time.sleep(0.02)
        if not alive():
            raise BrokenPipeError
    if reply.then == "reset":
        raise ConnectionResetError
    if reply.then == "error":
        yield _error(reply, "overloaded_error")


def _error(reply: Reply, kind: str) -> dict[str, Any]:
    """What the service says of its trouble, with the status or in the middle of an answer."""
    details = {"details": reply.details} if reply.details else {}
    return {"type": "error", "error": {"type": reply.kind or kind, "message": reply.error or "too many", **details}}


def _written(block: Block) -> str:
    """What of a block comes piece by piece."""
    if block["type"] in CALLS:
        return str(block.get("raw", json.dumps(block.get("input"))))
    return "".join(block[name] for name in WRITTEN.get(block["type"], ())[:1])


@contextmanager
def messages_api() -> Iterator[MessagesApi]:
    service = MessagesApi()
    try:
        yield service
    finally:
        service.close()
