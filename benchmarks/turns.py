"""Measures turns that somebody reads as they go: alone, started at once, and a steady many."""

import asyncio
import itertools

from benchmarks import client
from benchmarks.client import ask, create, ended, status, submission
from benchmarks.model import SHORT
from benchmarks.scale import Measure, Scale, p50, percentile
from benchmarks.servers import Server

LONG, BRIEF, SLOW, SLOW_SECONDS = "pace-200-40", "pace-20-50", "pace-20-100", 2.0
TOGETHER, WATCHED = 50, 40
AFTERWARDS = 0.5
"""Seconds in which a server may do what it does after a turn's last event: that counts as the turn's CPU, too."""
GOALS = {
    "overhead of a turn, alone, p50, ms": "≤ 4",
    "overhead of a turn, alone, p95, ms": "",
    "first SSE event, alone, p50, ms": "≤ 15",
    "lag of a delta, alone, p95, ms": "≤ 5",
    "lag of a delta, 50 streams, p95, ms": "≤ 20",
    "overhead of a turn, 50 long ones at once, p50, ms": "",
    "model closed after a cancel, p95, ms": "≤ 1000",
    "overhead, 50 at once, p50, ms": "≤ 80",
    "overhead, 50 at once, p95, ms": "≤ 160",
    "CPU of a turn, 50 at once, ms": "≤ 8",
    "overhead, 50 steady, p50, ms": "≤ 8",
    "overhead, 50 steady, p95, ms": "≤ 16",
    "lag of a delta, 50 steady, p50, ms": "≤ 1",
    "lag of a delta, 50 steady, p95, ms": "≤ 4",
    "CPU of a turn, 50 steady, ms": "≤ 8",
    "status while 40 stream, p50, ms": "≤ 0.5",
    "status while 40 stream, p95, ms": "≤ 5",
}


async def warm(server: Server, _: Scale) -> dict[str, float]:
    """Run a few turns, so that what is loaded for the first of all is not measured."""
    await client.alone(server.port, 3)
    return {}


async def alone(server: Server, scale: Scale) -> dict[str, float]:
    """Run turns one after the other."""
    turns = await client.alone(server.port, scale.alone, SHORT)
    return {
        "overhead of a turn, alone, p50, ms": p50([turn.overhead for turn in turns]),
        "overhead of a turn, alone, p95, ms": percentile([turn.overhead for turn in turns], 0.95),
        "first SSE event, alone, p50, ms": p50([turn.first_event for turn in turns]),
        "lag of a delta, alone, p95, ms": percentile(_lags(turns), 0.95),
    }


async def long(server: Server, _: Scale) -> dict[str, float]:
    """Start turns of 200 deltas at once."""
    turns = await client.together(server.port, await create(server.port, TOGETHER, LONG))
    return {
        "lag of a delta, 50 streams, p95, ms": percentile(_lags(turns), 0.95),
        "overhead of a turn, 50 long ones at once, p50, ms": p50([turn.overhead for turn in turns]),
    }


async def at_once(server: Server, _: Scale) -> dict[str, float]:
    """Start turns of 20 deltas at once."""
    sessions = await create(server.port, TOGETHER, BRIEF)
    before = server.cpu()
    turns = await client.together(server.port, sessions)
    await asyncio.sleep(AFTERWARDS)
    return {
        "overhead, 50 at once, p50, ms": p50([turn.overhead for turn in turns]),
        "overhead, 50 at once, p95, ms": percentile([turn.overhead for turn in turns], 0.95),
        "CPU of a turn, 50 at once, ms": (server.cpu() - before) * 1000 / len(turns),
    }


async def steady(server: Server, scale: Scale) -> dict[str, float]:
    """Keep turns of 20 deltas streaming, whose starts are spread evenly."""
    sessions = await create(server.port, TOGETHER * scale.each, SLOW)
    before = server.cpu()
    turns = await client.steady(server.port, sessions, TOGETHER, SLOW_SECONDS)
    await asyncio.sleep(AFTERWARDS)
    return {
        "overhead, 50 steady, p50, ms": p50([turn.overhead for turn in turns]),
        "overhead, 50 steady, p95, ms": percentile([turn.overhead for turn in turns], 0.95),
        "lag of a delta, 50 steady, p50, ms": p50(_lags(turns)),
        "lag of a delta, 50 steady, p95, ms": percentile(_lags(turns), 0.95),
        "CPU of a turn, 50 steady, ms": (server.cpu() - before) * 1000 / len(turns),
    }


async def watched(server: Server, scale: Scale) -> dict[str, float]:
    """Ask for a turn that has ended, a hundred times a second, while others stream."""
    (session,) = await create(server.port, model="pace-3-0")
    (answer,) = await ask(server.port, [submission(session)])
    await ended(server.port, [answer.body])
    poll = status(answer.body)
    sessions = await create(server.port, WATCHED * scale.each, SLOW)
    streams = asyncio.create_task(client.steady(server.port, sessions, WATCHED, SLOW_SECONDS))
    seconds = []
    while not streams.done():
        seconds += [asked.seconds for asked in await ask(server.port, [poll])]
        await asyncio.sleep(0.01)
    await streams
    return {
        "status while 40 stream, p50, ms": p50(seconds),
        "status while 40 stream, p95, ms": percentile(seconds, 0.95),
    }


def cancelled(model_port: int) -> Measure:
    """Make the measurement of how soon a model is hung up on: by a cancel, or by the control's caller who goes."""

    async def cancel(server: Server, scale: Scale) -> dict[str, float]:
        by_request = server.name != "control"
        closed = await client.stopped(server.port, model_port, scale.stopped, "pace-1-hold", cancel=by_request)
        return {"model closed after a cancel, p95, ms": percentile(closed, 0.95)}

    return cancel


def _lags(turns: list[client.Turn]) -> list[float]:
    return list(itertools.chain(*(turn.lags for turn in turns)))
