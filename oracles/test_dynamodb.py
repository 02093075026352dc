"""The Table on DynamoDB Local, which is AWS's own code: its contract, and races that moto cannot show."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dev import dynamodb_local
from tests.kit.clock import HeldClock
from tests.kit.engine import Engine, by_hand
from tests.kit.moto_services import ACCOUNT, TABLE, make_table
from tests.kit.servers import free_port
from tests.ports import table_contract as contract
from walkaway_core.aws.table import DynamoTable, connect
from walkaway_core.engine import sending
from walkaway_core.engine.sending import OnBusy
from walkaway_core.errors import QueueFull, SessionBusy
from walkaway_core.ports.items import Absent, Change, Is, Item, Put, Refused
from walkaway_core.store import sessions
from walkaway_core.store.idempotency import Once

CROWD = 50
NOBODY = "http://127.0.0.1:9"
"""The address of a model that is never asked."""


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    try:
        with dynamodb_local.serving(free_port()) as url:
            yield url
    except dynamodb_local.Missing as missing:
        pytest.fail(f"run `make oracle-dynamodb`: {missing}")


names = itertools.count()


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def table(address: str, clock: HeldClock) -> Iterator[DynamoTable]:
    """An empty table, for any number of threads."""
    client, name = connect(endpoint_url=address, **ACCOUNT), f"{TABLE}-{next(names)}"
    make_table(client, name)
    made = DynamoTable(client, name, clock)
    yield made
    made.close()


@pytest.mark.parametrize("check", contract.CONTRACT, ids=lambda check: check.__name__)
def test_contract(check: contract.ContractCheck, table: DynamoTable, clock: HeldClock) -> None:
    check(table, clock)


def crowd(race: Callable[[int], Any]) -> list[Any]:
    """Let as many threads as a crowd has do something at once; give what they say."""
    with ThreadPoolExecutor(CROWD) as pool:
        return list(pool.map(race, range(CROWD)))


def test_of_fifty_threads_one_writes_an_item_and_the_others_are_refused(table: DynamoTable) -> None:
    def race(number: int) -> str:
        try:
            table.write(Put(Item("p", "prize", {"winner": number}), (Absent(),)))
        except Refused as refused:
            return "refused" if refused.item else "refused by nothing"
        return "won"

    assert Counter(crowd(race)) == {"won": 1, "refused": CROWD - 1}


@pytest.mark.parametrize("how", ["alone", "in a transaction"])
def test_five_hundred_increments_by_fifty_threads_are_all_counted(table: DynamoTable, how: str) -> None:
    table.write(Put(Item("p", "counter", {"n": 0})))

    def race(number: int) -> None:
        for turn in range(10):
            beside = [Put(Item("w", f"{number}#{turn}"), (Absent(),))] if how != "alone" else []
            table.write(Change("p", "counter", add={"n": 1}), *beside)

    crowd(race)
    assert table.get(("p", "counter")) == [Item("p", "counter", {"n": 500})]
    assert len(table.query("w").items) == (500 if how != "alone" else 0)


def test_five_hundred_conditional_increments_are_counted_as_often_as_they_were_carried_out(table: DynamoTable) -> None:
    table.write(Put(Item("p", "counter", {"n": 0})))

    def race(_: int) -> int:
        written = 0
        for _ in range(10):
            (now,) = table.get(("p", "counter"))
            assert now
            before = now.facts["n"]
            assert isinstance(before, int)
            try:
                table.write(Change("p", "counter", set={"n": before + 1}, when=(Is("n", before),)))
            except Refused:
                continue
            written += 1
        return written

    written = sum(crowd(race))
    assert table.get(("p", "counter")) == [Item("p", "counter", {"n": written})]
    assert 10 <= written <= 500


class Started:
    """Machine: keeps the names of what it starts."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def claims(self, *_: Any) -> tuple[()]:
        return ()

    def start(self, name: str, _: Any) -> None:
        self.names.append(name)

    def attending(self) -> Any:
        return nullcontext()


@pytest.fixture
def machine() -> Started:
    return Started()


@pytest.fixture
def engine(table: DynamoTable, machine: Started, tmp_path: Path) -> Iterator[Engine]:
    """The engine on that table."""
    with by_hand(tmp_path, NOBODY) as found:
        found.services = replace(found.services, table=table, machine=machine)  # type: ignore[arg-type]
        yield found


def send_all(engine: Engine, on_busy: OnBusy = "reject", key: str = "") -> list[tuple[str, str]]:
    """Send fifty messages to one session at once; give what came of each, and its turn."""
    session = engine.session()

    def race(number: int) -> tuple[str, str]:
        message = "go" if key else f"go {number}"
        once = Once.of(session, key, {"message": message}) if key else None
        try:
            sent = sending.send(engine.services, session, message, once, on_busy=on_busy)
        except (SessionBusy, QueueFull) as refused:
            return type(refused).__name__, ""
        return ("again" if sent.again else sent.outcome), sent.turn.key.turn

    done = crowd(race)
    assert sessions.get(engine.services, session).busy
    return done


def test_of_fifty_senders_to_one_session_one_begins_a_turn(engine: Engine, machine: Started) -> None:
    done = send_all(engine)
    assert Counter(what for what, _ in done) == {"started": 1, "SessionBusy": CROWD - 1}
    assert machine.names == [turn for _, turn in done if turn]


def test_fifty_messages_that_may_wait_are_in_a_turn_in_the_queue_or_refused(engine: Engine, machine: Started) -> None:
    done = send_all(engine, "enqueue")
    limit = engine.services.settings.queue_limit
    assert Counter(what for what, _ in done) == {"started": 1, "queued": limit, "QueueFull": CROWD - 1 - limit}
    assert len({turn for _, turn in done if turn}) == 1 + limit
    assert machine.names == [turn for what, turn in done if what == "started"]


def test_a_request_that_is_sent_fifty_times_at_once_is_one_turn(engine: Engine, machine: Started) -> None:
    done = send_all(engine, key="k")
    assert Counter(what for what, _ in done) == {"started": 1, "again": CROWD - 1}
    (turn,) = {turn for _, turn in done}
    assert set(machine.names) == {turn}, "whoever comes again may start it again, by its name"
