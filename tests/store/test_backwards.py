"""What is listed is read from the end, and no more of it than is shown: on both adapters, however much is stored."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from tests.kit.clock import HeldClock
from tests.kit.counting import CountingTable
from tests.kit.engine import Engine
from tests.kit.moto_services import TABLE, account
from walkaway_core.aws.table import DynamoTable
from walkaway_core.dialects import DIALECTS
from walkaway_core.dialects.native import records
from walkaway_core.dialects.native.sessions import record as shown
from walkaway_core.dialects.runs import index, reading, runs
from walkaway_core.engine import deleting, executions
from walkaway_core.engine.ending import Ending, end_turn
from walkaway_core.http.dialect import extensions
from walkaway_core.log import readers
from walkaway_core.log.session_readers import SessionReader
from walkaway_core.ports.items import Item, Put
from walkaway_core.store import backwards, sessions, turns
from walkaway_core.store.keys import END
from walkaway_local.table import SqliteTable

PK = "T#t"


@pytest.fixture(params=["sqlite", "dynamo"])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CountingTable]:
    clock = HeldClock()
    if request.param == "sqlite":
        stored = SqliteTable(tmp_path / "table.db", clock)
        yield CountingTable(stored)
        stored.close()
        return
    with account() as aws:
        deployed = DynamoTable(aws.table(), TABLE, clock)
        yield CountingTable(deployed)
        deployed.close()


@pytest.fixture
def counted(engine: Engine) -> CountingTable:
    """The engine's table, which from now on counts what is read."""
    table = CountingTable(engine.table)
    engine.services = replace(engine.services, table=table)
    return table


def put(table: CountingTable, count: int) -> list[str]:
    names = [f"A#{n:05}" for n in range(count)]
    for start in range(0, count, 100):
        table.write(*(Put(Item(PK, name)) for name in names[start : start + 100]))
    return names[::-1]


def read(services: Any, count: int, upto: str = f"A#{END}", first: int = 20) -> list[str]:
    return [item.sk for item in islice(backwards.items(services, PK, upto, after="A#", first=first), count)]


def test_as_much_is_read_as_is_taken(table: CountingTable, engine: Engine) -> None:
    services = replace(engine.services, table=table)
    for count in (30, 300):
        names = put(table, count)
        table.forget()
        assert read(services, 20) == names[:20]
        assert (table.looks, table.items) == (1, 21)


def test_nothing_is_missed_or_given_twice_whatever_is_asked_for(table: CountingTable, engine: Engine) -> None:
    services = replace(engine.services, table=table)
    names = put(table, 30)
    table.write(Put(Item(PK, "B")), Put(Item(PK, "0")))
    for first in (1, 2, 7, 29, 30, 31):
        assert read(services, 99, first=first) == names
        for upto in (3, 29):
            assert read(services, 99, names[upto], first=first) == names[upto + 1 :]


def test_what_cannot_be_used_is_passed_over_in_few_looks(table: CountingTable, engine: Engine) -> None:
    services = replace(engine.services, table=table)
    put(table, 500)
    table.forget()
    assert not [item for item in backwards.items(services, PK, f"A#{END}", after="A#", first=5) if item.sk == "A#"]
    assert table.looks <= 8


def looked_at(counted: CountingTable, look: Any) -> int:
    counted.forget()
    look()
    return counted.items


def test_a_list_of_sessions_reads_no_more_when_more_are_stored(engine: Engine, counted: CountingTable) -> None:
    def listing() -> None:
        listed, more = sessions.listing(engine.services, "t", limit=20)
        assert [session.key.session for session in listed] == sorted(made)[:-21:-1]
        assert more == sorted(made)[-20]

    made = [engine.session().session for _ in range(30)]
    few = looked_at(counted, listing)
    made += [engine.session().session for _ in range(120)]
    assert looked_at(counted, listing) == few <= 23


def test_a_list_of_sessions_leaves_out_the_deleted_and_what_is_over(engine: Engine) -> None:
    made = [engine.session(ttl=3600) for _ in range(5)]
    engine.clock.sleep(1800)
    made += [engine.session(ttl=3600) for _ in range(60)]
    for key in made[10:]:
        deleting.delete(engine.services, key)
    engine.clock.sleep(1800)
    living = sorted((key.session for key in made[5:10]), reverse=True)
    listed, more = sessions.listing(engine.services, "t", limit=3)
    assert ([session.key.session for session in listed], more) == (living[:3], living[2])
    rest, more = sessions.listing(engine.services, "t", limit=3, after=more)
    assert ([session.key.session for session in rest], more) == (living[3:], "")


def test_a_list_of_turns_reads_no_more_when_more_are_stored(engine: Engine, counted: CountingTable) -> None:
    session = engine.session(persistent=True)

    def say(times: int) -> None:
        for _ in range(times):
            made.append(turn := engine.turn(session))
            end_turn(engine.services, turn.key, Ending("cancelled"))

    def listing() -> None:
        listed, more = turns.listing(engine.services, session, limit=5)
        assert [turn.key for turn in listed] == [turn.key for turn in made[:-6:-1]]
        assert more == made[-5].key.turn

    made: list[Any] = []
    say(8)
    few = looked_at(counted, listing)
    say(30)
    assert looked_at(counted, listing) == few <= 8


def test_a_list_of_runs_reads_no_more_when_more_are_stored(
    engine: Engine, counted: CountingTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "SHARDS", 1)
    services = replace(engine.services, extensions=extensions(DIALECTS))
    made: list[tuple[str, str]] = []

    def submit(times: int, label: str = "") -> None:
        for _ in range(times):
            asked = runs.RunRequest("go", "", {}, label, 60, "", None, "none")
            turn = runs.submit(services, "t", asked)
            made.append((turn.key.turn, str(turn.facts["run"])))
        made.sort()

    def listing(skip: int = 0, label: str = "", state: str = "") -> tuple[list[str], int]:
        listed, total = reading.listing(services, "t", state=state, label=label, skip=skip, limit=5)
        return [one.run.id for one in listed], total

    submit(2, "rare")
    rare = [run for _, run in made][::-1]
    submit(60)
    newest = [run for _, run in made][::-1]
    assert [listing(skip) for skip in (0, 5, 60, 65)] == [(newest[skip : skip + 5], 62) for skip in (0, 5, 60, 65)]
    few = looked_at(counted, listing)
    assert listing(label="rare", state="queued") == (rare, 2)
    submit(60)
    assert looked_at(counted, listing) == few == 5 + 10 + 1 + 1
    assert listing() == ([run for _, run in made][:-6:-1], 122)
    assert looked_at(counted, lambda: listing(state="failed")) == 1, "the counters say that there is none"


def test_what_a_request_reads_does_not_grow_with_the_turns_of_its_session(
    engine: Engine, counted: CountingTable
) -> None:
    session = engine.session(persistent=True)

    def reads() -> list[tuple[int, int]]:
        """What it takes to read the session and its newest turn, to begin to follow it, and to send a message."""
        now, amounts = engine.now(engine.turn(session)), []
        end_turn(engine.services, now.key, Ending("cancelled"))
        for look in (
            lambda: shown(engine.services, sessions.get(engine.services, session)),
            lambda: records.responses(engine.services, [executions.get(engine.services, now.key)]),
            lambda: readers.cursor(engine.services, now.key, 0),
            lambda: asyncio.run(readers.read(engine.services, now.key, readers.Cursor(0, "", done=False), timeout=0)),
            lambda: SessionReader.open(engine.services, session, f"{now.key.turn}:0"),
            lambda: asyncio.run(SessionReader.open(engine.services, session, f"{now.key.turn}:0").read(timeout=0)),
            lambda: end_turn(engine.services, engine.turn(session).key, Ending("cancelled")),
        ):
            counted.forget()
            look()
            amounts.append((counted.looks, counted.items))
        return amounts

    few = reads()
    for _ in range(60):
        end_turn(engine.services, engine.turn(session).key, Ending("cancelled"))
    assert reads() == few
