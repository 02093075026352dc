"""A client that costs next to nothing: raw sockets, so that what is measured is the server."""

import asyncio
import json
import re
import time
from dataclasses import dataclass, field


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


def _request(method: str, path: str, body: object) -> bytes:
    data = json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n"
    return f"{head}content-length: {len(data)}\r\n\r\n".encode() + data


async def create(port: int) -> str:
    """Create a session; give its id."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(_request("POST", "/v1/sessions", {}))
    answer = await reader.read()
    writer.close()
    found = re.search(rb'"id": ?"([^"]+)"', answer)
    assert found, answer
    return found[1].decode()


async def turn(port: int, session: str) -> Turn:
    """Send a message and read its stream to the terminal event."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    seen = Turn()
    begin = time.perf_counter()
    writer.write(_request("POST", f"/v1/sessions/{session}/messages", {"message": "go"}))
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


async def alone(port: int, count: int) -> list[Turn]:
    """Run turns one after the other."""
    return [await turn(port, await create(port)) for _ in range(count)]


async def together(port: int, count: int) -> list[Turn]:
    """Run turns at the same time."""
    sessions = [await create(port) for _ in range(count)]
    return await asyncio.gather(*(turn(port, session) for session in sessions))


async def stopped(port: int, model_port: int, count: int, *, cancel: bool) -> list[float]:
    """Stop turns whose model is silent, by a cancel or by hanging up; give the seconds until its call was closed."""
    found: list[float] = []
    for _ in range(count):
        session = await create(port)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(_request("POST", f"/v1/sessions/{session}/messages", {"message": "go"}))
        response = ""
        while not (line := await reader.readline()).startswith(b"event: text.delta"):
            response = response or "".join(re.findall(r'"id": ?"(msg_[^"]+)"', line.decode()))
        begin = time.perf_counter_ns()
        if cancel:
            await _ask(port, _request("POST", f"/v1/sessions/{session}/responses/{response}/cancel", {}))
        else:
            writer.close()
        hung_up: list[int] = []
        while len(hung_up) <= len(found):
            hung_up = json.loads(await _ask(model_port, b"GET /hung-up HTTP/1.1\r\n\r\n"))
        found.append((hung_up[-1] - begin) / 1e9)
        writer.close()
    return found


async def _ask(port: int, request: bytes) -> bytes:
    """Send a request; give the answer's body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    return answer.partition(b"\r\n\r\n")[2]
