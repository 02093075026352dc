"""What a reader costs to whom nothing happens: a timer for each heartbeat, and next to no reads."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from tests.kit.counting import CountingTable
from tests.kit.engine import Engine
from walkaway_core.log import log, readers
from walkaway_core.log.log import Writer
from walkaway_core.log.readers import Cursor
from walkaway_core.log.session_readers import SessionReader
from walkaway_core.ports.items import Change, Fact, Page, ms
from walkaway_core.ports.shares import Share
from walkaway_core.store.services import Services
from walkaway_core.store.turns import Turn

BEAT = 0.002
FROM_THE_START = Cursor(-1, "", done=False)


@pytest.fixture
def table(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> CountingTable:
    """Count what is asked of it, and what its tails ask by themselves."""
    counting, query = CountingTable(engine.table), engine.table.query

    def looked(*range_: Any, **limits: Any) -> Page:
        counting.kinds.append("look")
        return query(*range_, **limits)

    monkeypatch.setattr(engine.table, "query", looked)
    return counting


@pytest.fixture
def services(engine: Engine, table: CountingTable) -> Services:
    return replace(engine.services, table=table)


def change(engine: Engine, turn: Turn, **facts: Fact) -> None:
    engine.table.write(Change(*turn.key.item, set=facts))


async def beats(stream: AsyncIterator[list[Any]], count: int, engine: Engine, seconds: float = 0) -> int:
    """Let heartbeats come, so many seconds apart; give how many came before the stream's end."""
    for number in range(count):
        engine.clock.sleep(seconds)
        if await anext(stream, None) is None:
            return number
    return count


def test_a_heartbeat_reads_nothing(engine: Engine, services: Services, table: CountingTable) -> None:
    turn = engine.turn()

    async def follow() -> list[str]:
        stream = readers.follow(services, turn.key, FROM_THE_START, beat=BEAT)
        async with aclosing(stream):  # type: ignore[type-var]
            assert await anext(stream)
            await beats(stream, 3, engine)
            table.forget()
            await beats(stream, 50, engine)
            seen = [*table.kinds]
            log.append(engine.services, Writer(turn.key, 1000, "w"), 1, [("step.started", {"step": 1, "attempt": 1})])
            assert [event.type for event in await anext(stream)] == ["step.started"]
        return seen

    assert asyncio.run(follow()) == []


def test_a_turn_that_has_not_begun_is_looked_at_again_and_again_and_one_that_has_once_more(
    engine: Engine, services: Services, table: CountingTable
) -> None:
    turn = engine.turn()

    async def follow() -> list[int]:
        looks = []
        stream = readers.follow(services, turn.key, FROM_THE_START, beat=BEAT)
        async with aclosing(stream):  # type: ignore[type-var]
            assert await anext(stream)
            await beats(stream, 3, engine)
            for _ in range(2):
                table.forget()
                await beats(stream, 40, engine, 2.5)
                looks.append(table.looks)
                change(engine, turn, started=True)
        return looks

    waiting, begun = asyncio.run(follow())
    assert 7 <= waiting <= 9, "every ten seconds or so"
    assert begun == 1


def test_who_has_seen_a_step_begin_knows_that_the_turn_has_begun(
    engine: Engine, services: Services, table: CountingTable
) -> None:
    turn = engine.turn()
    change(engine, turn, started=True)
    log.append(engine.services, Writer(turn.key, 1000, "w"), 1, [("step.started", {"step": 1, "attempt": 1})])

    async def follow() -> list[int]:
        stream = readers.follow(services, turn.key, FROM_THE_START, beat=BEAT)
        looks = []
        async with aclosing(stream):  # type: ignore[type-var]
            assert await anext(stream)
            for _ in range(2):
                table.forget()
                await beats(stream, 22, engine, 2.5)
                looks.append(table.looks)
        return looks

    assert asyncio.run(follow()) == [0, 1], "it looks after a minute"


def test_heartbeats_of_many_readers_fall_together(monkeypatch: pytest.MonkeyPatch) -> None:
    async def at(seconds: float, beat: float) -> float:
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: seconds)
        return seconds + readers.next_beat(beat)

    for beat in (2.5, 5.0, 10.0):
        ends = [asyncio.run(at(1000 + number / 97, beat)) for number in range(97)]
        assert all(beat - readers.SLOT <= end - (1000 + n / 97) <= beat + 1e-9 for n, end in enumerate(ends))
        assert len({round(end, 6) for end in ends}) <= 11


@pytest.mark.parametrize(
    ("limited", "patient", "left"), [(True, False, True), (True, True, False), (False, False, False)]
)
def test_a_reader_of_limited_time_leaves_a_minute_after_the_turn_began_to_wait_for_its_caller(
    engine: Engine, services: Services, *, limited: bool, patient: bool, left: bool
) -> None:
    turn = engine.turn()
    change(engine, turn, started=True)

    async def follow() -> int:
        stream = readers.follow(
            services, turn.key, FROM_THE_START, 3600 if limited else None, patient=patient, beat=BEAT
        )
        async with aclosing(stream):  # type: ignore[type-var]
            assert await anext(stream)
            await beats(stream, 30, engine, 2.5)
            change(engine, turn, asked=1, parked=ms(engine.clock.now()))
            log.append(engine.services, Writer(turn.key, 1000, "w"), 1, [("tool_call.requested", {"call_id": "a"})])
            assert await anext(stream)
            return await beats(stream, 100, engine, 2.5)

    went = asyncio.run(follow())
    assert went == 100 if not left else 23 <= went <= 26


def test_who_follows_a_session_only_asks_whether_it_lives(
    engine: Engine, services: Services, table: CountingTable
) -> None:
    turn = engine.turn()

    async def follow() -> list[str]:
        stream = SessionReader.open(services, turn.key.owner, "").follow(beat=BEAT)
        async with aclosing(stream):  # type: ignore[type-var]
            assert (await anext(stream))[-1].event.type == "turn.started"
            assert (await anext(stream))[-1].event.type == "message.created"
            await beats(stream, 3, engine)
            table.forget()
            await beats(stream, 20, engine)
            return table.kinds

    assert asyncio.run(follow()) == ["get"] * 20


@pytest.mark.parametrize("of", ["a turn", "a session"])
def test_who_waits_in_line_for_a_place_has_heartbeats_and_an_end(engine: Engine, services: Services, of: str) -> None:
    turn, taken = engine.turn(), Share(1)
    services = replace(services, shares=replace(services.shares, streams=taken))

    async def follow() -> int:
        async with taken.place(turn.key.tenant):
            if of == "a turn":
                stream: Any = readers.follow(services, turn.key, FROM_THE_START, 60, beat=BEAT)
            else:
                stream = SessionReader.open(services, turn.key.owner, "").follow(60, beat=BEAT)
            async with aclosing(stream):
                return await beats(stream, 100, engine, 2.5)

    assert asyncio.run(follow()) == 24, "one every 2.5 seconds, until the minute since the first one is over"
