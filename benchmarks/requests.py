"""Measures requests: a message handed in, a turn asked for, a list, and whole runs that nobody reads."""

import itertools
import json
import time

from benchmarks.client import ask, asker, create, ended, request, status, submission
from benchmarks.scale import Scale, p50
from benchmarks.servers import Server

AT_ONCE = "pace-3-0"
CLIENTS, LISTED, FEW = 32, 20, 100
GOALS = {
    "submit, alone, p50, ms": "≤ 1.7",
    f"submits/s, {CLIENTS} clients": "≥ 1000",
    f"whole runs/s, {CLIENTS} clients": "≥ 400",
    "status poll, alone, p50, ms": "≤ 0.2",
    "status polls/s, 8 clients": "≥ 8000",
    f"list of {LISTED} sessions, {FEW} stored, p50, ms": "",
    f"list of {LISTED} sessions, 10000 stored, p50, ms": "≤ 1.5",
}


async def few_stored(server: Server, scale: Scale) -> dict[str, float]:
    """List sessions of a server that is new."""
    await create(server.port, FEW)
    return {f"list of {LISTED} sessions, {FEW} stored, p50, ms": await _listed(server, scale)}


async def many_stored(server: Server, scale: Scale) -> dict[str, float]:
    """List sessions, when there are many."""
    await create(server.port, scale.stored)
    return {f"list of {LISTED} sessions, {scale.stored} stored, p50, ms": await _listed(server, scale)}


async def _listed(server: Server, scale: Scale) -> float:
    listing = request("GET", f"/v1/sessions?limit={LISTED}")
    answers = await ask(server.port, itertools.repeat(listing, scale.lists))
    assert len(json.loads(answers[-1].body)) == LISTED
    return p50([answer.seconds for answer in answers])


async def submits(server: Server, scale: Scale) -> dict[str, float]:
    """Hand in messages, each after the turn before it has ended; then with many clients, to the end of all turns."""
    seconds = []
    async with asker(server.port) as answered:
        for session in await create(server.port, scale.alone, AT_ONCE):
            answer = await answered(submission(session))
            await ended(server.port, [answer.body], every=0.002)
            seconds.append(answer.seconds)
    messages = [submission(session) for session in await create(server.port, scale.runs, AT_ONCE)]
    begun = time.perf_counter()
    answers = await ask(server.port, messages, CLIENTS)
    submitted = time.perf_counter() - begun
    await ended(server.port, [answer.body for answer in answers])
    whole = time.perf_counter() - begun
    return {
        "submit, alone, p50, ms": p50(seconds),
        f"submits/s, {CLIENTS} clients": scale.runs / submitted,
        f"whole runs/s, {CLIENTS} clients": scale.runs / whole,
    }


async def polls(server: Server, scale: Scale) -> dict[str, float]:
    """Ask for a turn that has ended: one client, and eight."""
    (session,) = await create(server.port, model=AT_ONCE)
    (answer,) = await ask(server.port, [submission(session)])
    await ended(server.port, [answer.body])
    poll = status(answer.body)
    alone = await ask(server.port, itertools.repeat(poll, scale.polls // 4))
    begun = time.perf_counter()
    await ask(server.port, itertools.repeat(poll, scale.polls), 8)
    return {
        "status poll, alone, p50, ms": p50([answer.seconds for answer in alone]),
        "status polls/s, 8 clients": scale.polls / (time.perf_counter() - begun),
    }
