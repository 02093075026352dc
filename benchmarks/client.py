"""A client that costs next to nothing: raw sockets, so that what is measured is the server."""

import asyncio
import contextlib
import itertools
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

from benchmarks.model import SHORT

ASYNC = "prefer: respond-async\r\n"


@dataclass
class Turn:
    """One turn as a client saw it, in seconds."""

    total: float = 0.0
    first_event: float = 0.0
    model: float = 0.0
    """From the model's first delta to its last, by the model's clock."""
    lags: list[float] = field(default_factory=list)

    @property
    def overhead(self) -> float:
        """What the turn took beyond the model's own time."""
        return self.total - self.model


@dataclass(frozen=True)
class Answer:
    """An answer, and the seconds until it was there."""

    seconds: float
    body: bytes


def request(method: str, path: str, body: object = None, headers: str = "") -> bytes:
    """Write a request."""
    data = b"" if body is None else json.dumps(body).encode()
    about = f"content-type: application/json\r\ncontent-length: {len(data)}\r\n" if data else ""
    return f"{method} {path} HTTP/1.1\r\nhost: localhost\r\n{headers}{about}\r\n".encode() + data


class _Asker(asyncio.Protocol):
    """Sends requests over one connection, each after the answer to the one before."""

    def __init__(self, requests: Iterator[bytes], answers: list[Answer], over: "asyncio.Future[None]") -> None:
        self._requests, self._answers, self.over = requests, answers, over

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def connection_lost(self, _: Exception | None) -> None:
        if not self.over.done():
            self.over.set_exception(ConnectionError("the server hung up"))

    def _send(self) -> None:
        following = next(self._requests, None)
        if following is None:
            self.over.set_result(None)
            self._transport.close()
            return
        self._come = b""
        self._begun = time.perf_counter()
        self._transport.write(following)

    def data_received(self, data: bytes) -> None:
        self._come += data
        head, _, body = self._come.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        if length and len(body) == int(length[1]):
            if not head.startswith(b"HTTP/1.1 2"):
                self.over.set_exception(ValueError(self._come.decode()))
                self._transport.close()
                return
            self._answers.append(Answer(time.perf_counter() - self._begun, body))
            self._send()


async def ask(port: int, requests: Iterable[bytes], clients: int = 1) -> list[Answer]:
    """Send requests over so many connections, which stay open; give the answers as they came."""
    loop, rest = asyncio.get_running_loop(), iter(requests)
    answers: list[Answer] = []
    askers = [_Asker(rest, answers, loop.create_future()) for _ in range(clients)]
    for asker in askers:
        await loop.create_connection(lambda asker=asker: asker, "127.0.0.1", port)  # type: ignore[misc]
    await asyncio.gather(*(asker.over for asker in askers))
    return answers


async def create(port: int, count: int = 1, model: str = SHORT) -> list[str]:
    """Create sessions; give their ids."""
    clients = min(count, 8)
    answers = await ask(port, itertools.repeat(request("POST", "/v1/sessions", {"model": model}), count), clients)
    return [json.loads(answer.body)["id"] for answer in answers]


def submission(session: str) -> bytes:
    """Write the request that sends a message without waiting for its end."""
    return request("POST", f"/v1/sessions/{session}/messages", {"message": "go"}, ASYNC)


def status(submitted: bytes) -> bytes:
    """Write the request that asks for a turn, from the answer to its submission."""
    about = json.loads(submitted)
    return request("GET", f"/v1/sessions/{about['session_id']}/responses/{about['response_id']}")


@contextlib.asynccontextmanager
async def asker(port: int) -> AsyncIterator[Callable[[bytes], Awaitable[Answer]]]:
    """Give what sends a request over one connection, which stays open, and gives its answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def answered(one: bytes) -> Answer:
        begun = time.perf_counter()
        writer.write(one)
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        assert length, head
        body = await reader.readexactly(int(length[1]))
        assert head.startswith(b"HTTP/1.1 2"), body
        return Answer(time.perf_counter() - begun, body)

    try:
        yield answered
    finally:
        writer.close()


async def ended(port: int, submitted: Iterable[bytes], every: float = 0.01) -> None:
    """Wait until turns are over, the last one first, so that few questions are asked."""
    async with asker(port) as answered:
        for one in reversed([status(body) for body in submitted]):
            while b'"completed"' not in (body := (await answered(one)).body):
                assert b'"in_progress"' in body, body
                await asyncio.sleep(every)


async def turn(port: int, session: str) -> Turn:
    """Send a message and read its stream to the terminal event."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    seen = Turn()
    begin = time.perf_counter()
    writer.write(request("POST", f"/v1/sessions/{session}/messages", {"message": "go"}, "connection: close\r\n"))
    stamps: list[int] = []
    event = ""
    while line := await reader.readline():
        if line.startswith(b"event: "):
            event = line[7:].strip().decode()
            seen.first_event = seen.first_event or time.perf_counter() - begin
        elif line.startswith(b"data: ") and event == "text.delta":
            now = time.perf_counter_ns()
            stamps += [int(stamp) for stamp in json.loads(line[6:])["content"].split()]
            seen.lags.append((now - stamps[-1]) / 1e9)
        elif line.startswith(b"data: ") and event.startswith("message.") and event != "message.created":
            assert event == "message.completed", line
            break
    assert event == "message.completed", f"the stream ended after {event!r}"
    seen.total = time.perf_counter() - begin
    seen.model = (stamps[-1] - stamps[0]) / 1e9
    writer.close()
    return seen


async def alone(port: int, count: int, model: str = SHORT) -> list[Turn]:
    """Run turns one after the other."""
    return [await turn(port, session) for session in await create(port, count, model)]


async def together(port: int, sessions: Iterable[str]) -> list[Turn]:
    """Run a turn in each session at the same time."""
    return await asyncio.gather(*(turn(port, session) for session in sessions))


async def steady(port: int, sessions: Sequence[str], streams: int, seconds: float) -> list[Turn]:
    """Run a turn in each session, so many at a time, whose starts are spread over a turn's seconds."""

    async def one(number: int) -> list[Turn]:
        await asyncio.sleep(number * seconds / streams)
        return [await turn(port, session) for session in sessions[number::streams]]

    return list(itertools.chain(*await asyncio.gather(*map(one, range(streams)))))


async def stopped(port: int, model_port: int, count: int, model: str, *, cancel: bool) -> list[float]:
    """Stop turns whose model is silent, by a cancel or by hanging up; give the seconds until its call was closed."""
    seconds: list[float] = []
    before = len(await _hung_up(model_port))
    for session in await create(port, count, model):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request("POST", f"/v1/sessions/{session}/messages", {"message": "go"}, "connection: close\r\n"))
        response = ""
        while not (line := await reader.readline()).startswith(b"event: text.delta"):
            response = response or "".join(re.findall(r'"id": ?"(msg_[^"]+)"', line.decode()))
        begin = time.perf_counter_ns()
        if cancel:
            await ask(port, [request("POST", f"/v1/sessions/{session}/responses/{response}/cancel", {})])
        else:
            writer.close()
        while len(closed := await _hung_up(model_port)) <= before + len(seconds):
            pass
        seconds.append((closed[-1] - begin) / 1e9)
        writer.close()
    return seconds


async def _hung_up(model_port: int) -> list[int]:
    """Ask the model when callers hung up on it."""
    (answer,) = await ask(model_port, [request("GET", "/hung-up")])
    closed: list[int] = json.loads(answer.body)
    return closed
