"""Measures what grows and what is always there: a session's turns, memory, readers that wait, the start."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

from benchmarks.client import alone, ask, create, ended, request, submission, turn
from benchmarks.scale import Scale, p50
from benchmarks.servers import Server

TEXT, AT_ONCE = "pace-40-1", "pace-3-0"
"""TEXT has 40 stamps of 16 characters: 125 KB in 200 turns."""
AROUND = 20
READERS, CLIENTS, EARLY = 500, 32, 1_000
GOALS = {
    "memory, idle, MB": "≤ 80",
    "memory, behind a turn, MB": "",
    "the last 20 of 200 turns in a session, beside the first": "≤ 1.2",
    "memory for 200 turns of a session, MB": "≤ 2",
    "memory for 200 turns of the next session, MB": "≤ 2",
    "500 idle readers, % of a core": "",
    "memory from turn 1,000 to 10,000, MB": "",
}


async def idle(server: Server, scale: Scale) -> dict[str, float]:
    """Look at a server that nobody has asked anything yet, and again when it has had a turn."""
    await asyncio.sleep(scale.quiet)
    before = server.resident()
    await alone(server.port, 1, TEXT)
    return {"memory, idle, MB": before, "memory, behind a turn, MB": server.resident()}


async def session(server: Server, scale: Scale) -> dict[str, float]:
    """Run turns in one session: the last ones beside the first; what memory has grown by, and by another session."""
    await alone(server.port, AROUND, TEXT)
    (one,) = await create(server.port, model=TEXT)
    before = server.resident()
    turns = [(await turn(server.port, one)).overhead for _ in range(scale.turns)]
    late, early = p50(turns[-AROUND:]), p50(turns[:AROUND])
    between = server.resident()
    (other,) = await create(server.port, model=TEXT)
    for _ in range(scale.turns):
        await turn(server.port, other)
    return {
        f"the last 20 of {scale.turns} turns in a session, beside the first": late / early,
        f"memory for {scale.turns} turns of a session, MB": between - before,
        f"memory for {scale.turns} turns of the next session, MB": server.resident() - between,
    }


async def readers(server: Server, scale: Scale) -> dict[str, float]:
    """Let many read a turn whose model is silent."""
    (one,) = await create(server.port, model="pace-1-hold")
    (answer,) = await ask(server.port, [submission(one)])
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(READERS):
            await stack.enter_async_context(_reading(server.port, answer.body))
        before = server.cpu()
        await asyncio.sleep(scale.quiet)
        taken = server.cpu() - before
    return {f"{READERS} idle readers, % of a core": taken / scale.quiet * 100}


@contextlib.asynccontextmanager
async def _reading(port: int, submitted: bytes) -> AsyncIterator[None]:
    """Read a turn's events up to its first delta, and stay."""
    about = json.loads(submitted)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request("GET", f"/v1/sessions/{about['session_id']}/responses/{about['response_id']}/events"))
    while not (line := await reader.readline()).startswith(b"event: text.delta"):
        assert line
    yield
    writer.close()


async def turns(server: Server, scale: Scale) -> dict[str, float]:
    """Run thousands of turns, each in a session of its own, by many clients."""
    await _run(server.port, EARLY)
    before = server.resident()
    for _ in range(scale.long // EARLY - 1):
        await _run(server.port, EARLY)
    return {"memory from turn 1,000 to 10,000, MB": server.resident() - before}


async def _run(port: int, count: int) -> None:
    messages = [submission(session) for session in await create(port, count, AT_ONCE)]
    await ended(port, [answer.body for answer in await ask(port, messages, CLIENTS)])
