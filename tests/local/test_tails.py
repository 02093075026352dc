"""Waiting for what the writer commits: who looks at the table, when, and how timers are kept."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kit.clock import HeldClock
from walkaway_core.errors import Unavailable
from walkaway_core.ports.items import Item, Put
from walkaway_local import tails
from walkaway_local.table import SqliteTable


@pytest.fixture
def table(tmp_path: Path) -> Iterator[SqliteTable]:
    made = SqliteTable(tmp_path / "table.db", HeldClock())
    yield made
    made.close()


@pytest.fixture
def looks(table: SqliteTable, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Name what tails look at."""
    seen: list[str] = []
    query = table.query

    def looked(pk: str, **range_: Any) -> Any:
        seen.append(pk)
        return query(pk, **range_)

    monkeypatch.setattr(table, "query", looked)
    return seen


def test_who_is_told_nothing_looks_once(table: SqliteTable, looks: list[str]) -> None:
    async def main() -> None:
        with table.tail() as tail:
            for _ in range(20):
                assert not (await tail.read("p", "", timeout=0.002)).items
            await asyncio.to_thread(table.write, Put(Item("other", "1")))
            assert not (await tail.read("p", "", timeout=0)).items

    asyncio.run(main())
    assert looks == ["p"]


def test_who_has_read_what_came_does_not_look_for_more(table: SqliteTable, looks: list[str]) -> None:
    async def main() -> None:
        with table.tail() as tail:
            for number in range(1, 5):
                reading = asyncio.create_task(tail.read("p", str(number - 1), timeout=20))
                await asyncio.sleep(0)
                await asyncio.to_thread(table.write, Put(Item("p", str(number))))
                assert len((await reading).items) == 1

    asyncio.run(main())
    assert len(looks) == 5, "once at first, and once for each thing that came"


def test_who_is_woken_for_what_it_has_looked_at_waits_on(table: SqliteTable) -> None:
    async def main() -> list[str]:
        with table.tail() as tail:
            table.write(Put(Item("p", "1")))
            assert len((await tail.read("p", "", timeout=0)).items) == 1
            reading = asyncio.create_task(tail.read("p", "1", timeout=20))
            await asyncio.sleep(0)
            tail.wake()  # the writer's thread was held up between saying that there is news and this
            for _ in range(5):
                await asyncio.sleep(0)
            assert not reading.done()
            await asyncio.to_thread(table.write, Put(Item("p", "2")))
            return [item.sk for item in (await reading).items]

    assert asyncio.run(main()) == ["2"]


def test_who_could_not_look_looks_again(table: SqliteTable, monkeypatch: pytest.MonkeyPatch) -> None:
    query = table.query
    failures = [Unavailable("ill", changed=False)]

    def fails(*range_: Any, **limits: Any) -> Any:
        if failures:
            raise failures.pop()
        return query(*range_, **limits)

    monkeypatch.setattr(table, "query", fails)
    table.write(Put(Item("p", "1")))

    async def main() -> int:
        with table.tail() as tail:
            with pytest.raises(Unavailable):
                await tail.read("p", "", timeout=0)
            return len((await tail.read("p", "", timeout=0)).items)

    assert asyncio.run(main()) == 1


def test_who_was_not_told_of_a_commit_finds_it_in_a_minute(table: SqliteTable, monkeypatch: pytest.MonkeyPatch) -> None:
    """As of one of which nobody knows what came: the writer tells nobody."""
    monkeypatch.setattr(table._writer, "_tell", lambda _: None)

    async def main() -> list[int]:
        with table.tail() as tail:
            await tail.read("p", "", timeout=0)
            await asyncio.to_thread(table.write, Put(Item("p", "1")))
            found = [len((await tail.read("p", "", timeout=0.001)).items)]
            tail._again -= tails.AGAIN
            return [*found, len((await tail.read("p", "", timeout=0.001)).items)]

    assert asyncio.run(main()) == [0, 1]


@pytest.mark.parametrize("given_up", [0.05, 0.3, 20.0])
@pytest.mark.parametrize("wait", [0.01, 0.2])
def test_a_wait_is_as_long_as_it_should_be_though_the_timer_is_that_of_another(
    table: SqliteTable, given_up: float, wait: float
) -> None:
    async def main() -> float:
        with table.tail() as tail:
            reading = asyncio.create_task(tail.read("p", "", timeout=given_up))
            await asyncio.sleep(0)
            reading.cancel()
            await asyncio.wait({reading})
            begun = tail.loop.time()
            assert not (await tail.read("p", "", timeout=wait)).items
            return tail.loop.time() - begun

    assert wait - 2 * tails.SOON <= asyncio.run(main()) < wait + 10


def test_who_goes_is_told_no_more_and_leaves_no_timer(table: SqliteTable) -> None:
    async def main() -> Any:
        with table.tail() as tail:
            await tail.read("p", "", timeout=0.01)
            reading = asyncio.create_task(tail.read("q", "", timeout=60))
            await asyncio.sleep(0)
            assert list(table._tails._listeners) == ["q"]
            reading.cancel()
            await asyncio.wait({reading})
        assert not table._tails._listeners
        return tail._alarm

    assert asyncio.run(main()).cancelled()


def test_those_of_a_loop_that_is_gone_keep_nobody_from_being_told(table: SqliteTable) -> None:
    async def left_behind() -> Any:
        entered = table.tail()
        tail = entered.__enter__()
        await tail.read("p", "", timeout=0)
        return entered

    kept = asyncio.run(left_behind())

    async def main() -> int:
        with table.tail() as tail:
            reading = asyncio.create_task(tail.read("p", "", timeout=20))
            await asyncio.sleep(0)
            await asyncio.to_thread(table.write, Put(Item("p", "1")))
            return len((await reading).items)

    assert asyncio.run(main()) == 1
    kept.__exit__(None, None, None)
