"""Repetitions without a key, on both tables: each original is handed to each count once, whoever dies in between."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.kit.clock import HeldClock
from tests.kit.faulty import Crashed, FaultyTable
from tests.kit.moto_services import TABLE, account
from walkaway_core.aws.table import DynamoTable
from walkaway_core.ports.clock import TimeIds
from walkaway_core.ports.items import Item, Put, Refused, Unknown
from walkaway_core.settings import Settings
from walkaway_core.store import idempotency, repetitions
from walkaway_core.store.keys import TurnKey
from walkaway_core.store.repetitions import KEPT, Repetition
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_local.table import SqliteTable

BODY = {"input": "Say hello", "model": "gpt-5"}


@pytest.fixture(params=["sqlite", "dynamo"])
def services(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Services]:
    """No more of a process than what this needs."""
    clock = HeldClock()
    rest: Sequence[Any] = [None] * 4
    if request.param == "sqlite":
        table = SqliteTable(tmp_path / "table.db", clock)
        yield Services(table, *rest, clock, TimeIds(), Settings())  # type: ignore[call-arg]
        table.close()
        return
    with account() as aws:
        dynamo = DynamoTable(aws.table(), TABLE, clock)
        yield Services(dynamo, *rest, clock, TimeIds(), Settings())  # type: ignore[call-arg]
        dynamo.close()


def asked(services: Services, count: int, body: Any = BODY, credential: str = "key", tenant: str = "t") -> Repetition:
    services.clock.sleep(0.001)  # no two requests come at once here
    return Repetition.sent(services, tenant, credential, "response", body, count)


def begin(services: Services, sent: Repetition) -> str:
    """Do what a route does: look for the original, else begin a turn, until one of the two succeeds."""
    while True:
        if earlier := sent.earlier(services):
            return earlier.turn.turn
        turn = TurnKey(sent.tenant, services.ids.new("sess_"), services.ids.new("msg_"))
        tx = Transaction(services.table)
        sent.keep(tx, services, turn)
        try:
            tx.commit()
        except Refused:
            continue
        return turn.turn


def test_a_repetition_is_given_what_came_of_the_first(services: Services) -> None:
    first = begin(services, asked(services, 0))
    assert begin(services, asked(services, 1, dict(reversed(BODY.items())))) == first
    assert begin(services, asked(services, 2)) == first
    second = begin(services, asked(services, 1))
    sent = asked(services, 3)
    assert [begin(services, sent), begin(services, sent)] == [second, second]
    assert begin(services, asked(services, 3)) == first != second


def test_the_newest_is_given_first(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two equal requests the one that was answered long ago is not the one that comes again."""
    monkeypatch.setattr(repetitions, "PAGE", 2)
    firsts = [begin(services, asked(services, 0)) for _ in "12345"]
    assert [begin(services, asked(services, 1)) for _ in "12345"] == firsts[::-1]


def test_equal_first_requests_are_never_one(services: Services) -> None:
    firsts = [begin(services, asked(services, 0)) for _ in "123"]
    assert len(set(firsts)) == 3
    again = [begin(services, asked(services, 1)) for _ in "1234"]
    assert set(again[:3]) == set(firsts)
    assert again[3] not in firsts
    assert {begin(services, asked(services, 2)) for _ in "1234"} == set(again)


def test_a_request_whose_first_never_came_is_the_original_of_the_next(services: Services) -> None:
    first = begin(services, asked(services, 1))
    others = [begin(services, asked(services, count)) for count in (1, 0)]
    assert first not in others
    assert {begin(services, asked(services, 2)) for _ in "123"} == {first, *others}


@pytest.mark.parametrize(
    "other", [{"body": {**BODY, "model": "gpt-4"}}, {"credential": "another"}, {"tenant": "u"}], ids=str
)
def test_another_body_or_credential_is_another_request(services: Services, other: dict[str, Any]) -> None:
    first = begin(services, asked(services, 0))
    assert begin(services, asked(services, 1, **other)) != first
    assert begin(services, asked(services, 1)) == first


def test_after_a_quarter_of_an_hour_it_is_another_request(services: Services) -> None:
    first = begin(services, asked(services, 0))
    services.clock.sleep(KEPT - 1)
    assert begin(services, asked(services, 1)) == first
    services.clock.sleep(2)
    assert begin(services, asked(services, 2)) != first


def test_what_was_made_is_found_by_its_id(services: Services) -> None:
    def make(sent: Repetition) -> str:
        tx, id_ = Transaction(services.table), services.ids.new("file_")
        sent.keep_made(tx, services, id_)
        tx.commit()
        return id_

    def once(count: int) -> tuple[str, bool]:
        sent = asked(services, count)
        return idempotency.make(services, sent, lambda: make(sent), str)

    first, again = once(0)
    assert not again
    assert once(1) == (first, True)
    begin(services, asked(services, 0))  # another kind of thing than what is looked for here
    assert once(2) == (first, True)
    assert not once(1)[1]


def test_of_many_at_once_each_has_its_own(services: Services) -> None:
    firsts = {begin(services, asked(services, 0)) for _ in range(8)}
    together = threading.Barrier(8)

    def repeat(_: int) -> str:
        together.wait()
        return begin(services, asked(services, 1))

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(repeat, range(8))) == firsts


def test_what_is_damaged_is_passed_over(services: Services) -> None:
    sent = asked(services, 0)
    pk, sk = sent.place
    services.table.write(Put(Item(pk, f"{sk}-", {"count": "none", "session": 7})))
    services.table.write(Put(Item(pk, f"{sk}-+", {})))
    first = begin(services, asked(services, 0))
    assert begin(services, asked(services, 1)) == first
    assert begin(services, asked(services, 2)) == first


@pytest.mark.parametrize("fault", ["lost", "after effect", "crash before", "crash after"])
def test_whatever_goes_wrong_while_one_is_handed_the_next_count_has_it(services: Services, fault: str) -> None:
    """A client that gets no answer to a repetition sends another one, with the next count."""
    first = begin(services, asked(services, 0))
    faulty = FaultyTable(services.table)
    broken = replace(services, table=faulty)
    faulty.at(1, fault)
    with pytest.raises((Unknown, Crashed)):
        begin(broken, asked(services, 1))
    assert begin(services, asked(services, 2)) == first
    assert (begin(services, asked(services, 1)) == first) is (fault in ("lost", "crash before"))


@pytest.mark.parametrize("fault", ["lost", "after effect", "crash before", "crash after"])
def test_whatever_goes_wrong_while_it_begins_there_is_one(services: Services, fault: str) -> None:
    faulty = FaultyTable(services.table)
    faulty.at(1, fault)
    sent = asked(services, 0)
    with pytest.raises((Unknown, Crashed)):
        begin(replace(services, table=faulty), sent)
    begin(services, asked(services, 1))
    assert len(services.table.query(sent.place[0], after="#\uffff").items) == 1
