"""The Table on DynamoDB when DynamoDB is in trouble."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.kit.clock import HeldClock
from tests.kit.dynamo import Trouble
from tests.kit.moto_services import ACCOUNT, TABLE, account
from walkaway_core.aws.table import HASTY, DynamoTable, connect
from walkaway_core.errors import Unavailable
from walkaway_core.ports import patience
from walkaway_core.ports.items import Absent, Change, Item, Put, Refused, TooLarge, Unknown, Write

CANCELLED = "TransactionCanceledException"


@pytest.fixture
def dynamo(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[DynamoTable, Trouble]]:
    monkeypatch.setattr(patience, "FIRST", 0.001)
    with account() as aws:
        client = aws.table()
        made = DynamoTable(client, TABLE, HeldClock())
        yield made, Trouble(client._client)  # type: ignore[attr-defined]
        made.close()


ONE: tuple[Write, ...] = (Put(Item("p", "a", {"n": 1}), (Absent(),)),)
TWO: tuple[Write, ...] = (*ONE, Put(Item("p", "b"), (Absent(),)))
KINDS = pytest.mark.parametrize("writes", [ONE, TWO], ids=["one", "transaction"])


def trouble(troubles: Trouble, name: str, times: int) -> None:
    reasons = {
        "conflict": "TransactionConflict",
        "throttled transaction": "ThrottlingError",
        "exceeded transaction": "ProvisionedThroughputExceeded",
    }
    if name in reasons:
        found = [{"Code": "None"}, {"Code": reasons[name], "Message": "injected"}]
        troubles.answers(400, CANCELLED, times, CancellationReasons=found)
    elif name == "unreachable":
        troubles.unreachable(times)
    else:
        troubles.answers(400, name, times)


@KINDS
@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize(
    "name",
    [
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "TransactionConflictException",
        "conflict",
        "throttled transaction",
        "exceeded transaction",
        "unreachable",
    ],
)
def test_what_had_no_effect_is_repeated(
    dynamo: tuple[DynamoTable, Trouble], writes: tuple[Write, ...], name: str, times: int
) -> None:
    table, troubles = dynamo
    trouble(troubles, name, times)
    table.write(*writes)
    assert table.get(("p", "a"))[0]
    assert troubles.sent == times + 2


@KINDS
def test_a_time_out_after_the_effect_is_unknown_and_not_repeated(
    dynamo: tuple[DynamoTable, Trouble], writes: tuple[Write, ...]
) -> None:
    table, troubles = dynamo
    troubles.times_out_after_effect()
    with pytest.raises(Unknown):
        table.write(*writes)
    assert troubles.sent == 1
    assert table.get(("p", "a"))[0]


@KINDS
def test_a_failure_of_the_service_is_unknown_and_not_repeated(
    dynamo: tuple[DynamoTable, Trouble], writes: tuple[Write, ...]
) -> None:
    table, troubles = dynamo
    troubles.answers(500, "InternalServerError")
    with pytest.raises(Unknown):
        table.write(*writes)
    assert troubles.sent == 1
    assert table.get(("p", "a")) == [None]


@KINDS
def test_a_throttle_that_does_not_end_is_told_in_the_end(
    dynamo: tuple[DynamoTable, Trouble], writes: tuple[Write, ...]
) -> None:
    table, troubles = dynamo
    trouble(troubles, "ThrottlingException", 99)
    with patience.within(0.2), pytest.raises(Unavailable, match="takes no more requests") as told:
        table.write(*writes)
    assert not told.value.changed
    assert 3 <= troubles.sent < 20, "pauses grow"
    assert "takes no more requests" in table.trouble()


def test_reads_give_up_as_writes_do(dynamo: tuple[DynamoTable, Trouble]) -> None:
    table, troubles = dynamo
    trouble(troubles, "ThrottlingException", 99)
    with patience.within(0.1), pytest.raises(Unavailable):
        table.get(("p", "a"))
    with patience.within(0.1), pytest.raises(Unavailable):
        table.query("p")
    assert table.trouble() == ""


@pytest.mark.parametrize("status", [500, 503])
def test_reads_are_repeated_when_the_service_fails(dynamo: tuple[DynamoTable, Trouble], status: int) -> None:
    table, troubles = dynamo
    table.write(*ONE)
    troubles.answers(status, "InternalServerError", 2, ResponseMetadata={"HTTPStatusCode": status})
    assert table.get(("p", "a"))[0]
    troubles.times_out_after_effect()
    assert table.query("p").items


def test_an_error_of_the_request_itself_is_not_repeated(dynamo: tuple[DynamoTable, Trouble]) -> None:
    table, troubles = dynamo
    troubles.answers(400, "SerializationException", ResponseMetadata={"HTTPStatusCode": 400})
    with pytest.raises(ClientError):
        table.get(("p", "a"))
    assert troubles.sent == 1


def test_writes_work_again_and_the_table_says_so(dynamo: tuple[DynamoTable, Trouble]) -> None:
    table, troubles = dynamo
    trouble(troubles, "ThrottlingException", 1)
    with patience.within(0), pytest.raises(Unavailable):
        table.write(*ONE)
    assert table.trouble()
    table.write(*ONE)
    assert table.trouble() == ""


def test_a_refusal_among_conflicts_is_a_refusal(dynamo: tuple[DynamoTable, Trouble]) -> None:
    table, troubles = dynamo
    found = [{"Code": "TransactionConflict"}, {"Code": "ConditionalCheckFailed"}]
    troubles.answers(400, CANCELLED, CancellationReasons=found)
    with pytest.raises(Refused) as refusal:
        table.write(*TWO)
    assert (refusal.value.key, refusal.value.item, troubles.sent) == (TWO[1].key, None, 1)


def test_reads_are_repeated_too(dynamo: tuple[DynamoTable, Trouble]) -> None:
    table, troubles = dynamo
    table.write(*TWO)
    trouble(troubles, "ThrottlingException", 2)
    assert len(table.query("p").items) == 2
    trouble(troubles, "unreachable", 2)
    assert None not in table.get(("p", "a"), ("p", "b"))


def test_one_write_alone_is_no_transaction(dynamo: tuple[DynamoTable, Trouble]) -> None:
    table, _ = dynamo
    client: Any = table._client
    client._client.transact_write_items = lambda **_: pytest.fail("a transaction costs twice as much")
    table.write(*ONE)
    table.write(Change("p", "a", add={"n": 1}))
    assert table.get(("p", "a"))[0] == Item("p", "a", {"n": 2})


CLOSED = {
    "AccessDeniedException": "no right",
    "ResourceNotFoundException": "not there",
    "ExpiredTokenException": "credentials",
    "UnrecognizedClientException": "credentials",
}


@pytest.mark.parametrize(("name", "why"), CLOSED.items())
def test_a_table_that_is_closed_is_said_to_be_and_asked_again(
    dynamo: tuple[DynamoTable, Trouble], name: str, why: str
) -> None:
    table, troubles = dynamo
    for asked in (lambda: table.get(("p", "a")), lambda: table.query("p"), lambda: table.write(*ONE)):
        troubles.answers(400, name, 99)
        with patience.within(0.05), pytest.raises(Unavailable, match=why) as told:
            asked()
        assert not told.value.changed
        troubles.clear()
        asked()


def test_a_table_that_never_answers_is_given_up_within_seconds() -> None:
    """A socket that takes connections and never answers: what a broken network looks like from within."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as silent:
        client = connect(HASTY, endpoint_url=f"http://127.0.0.1:{silent.getsockname()[1]}", **ACCOUNT)
        table = DynamoTable(client, TABLE, HeldClock())
        for asked in (lambda: table.get(("p", "a")), lambda: table.query("p")):
            began = time.monotonic()
            with patience.within(patience.REQUEST), pytest.raises(Unavailable, match="does not answer"):
                asked()
            assert time.monotonic() - began < 3
        began = time.monotonic()
        with patience.within(patience.REQUEST), pytest.raises((Unavailable, Unknown)):
            table.write(*ONE)
        assert time.monotonic() - began < 3
        table.close()


def test_an_item_that_grows_too_large_in_a_transaction_is_told_from_what_nobody_knows(
    dynamo: tuple[DynamoTable, Trouble],
) -> None:
    """DynamoDB says so in a reason of the cancellation (seen on DynamoDB Local 3.3.0; moto answers otherwise)."""
    table, troubles = dynamo
    sentence = "Item size to update has exceeded the maximum allowed size"
    reasons = [{"Code": "None"}, {"Code": "ValidationError", "Message": sentence}]
    troubles.answers(400, CANCELLED, 1, CancellationReasons=reasons)
    with pytest.raises(TooLarge, match="exceeded"):
        table.write(*TWO)


def test_a_look_that_takes_long_keeps_nobody_waiting_who_reads_on(
    dynamo: tuple[DynamoTable, Trouble], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever follows a log has to say now and then that nothing happened."""
    table, _ = dynamo
    go, query = threading.Event(), table.query
    looks: list[bool] = []

    def slow(*range_: Any, **limits: Any) -> Any:
        looks.append(True)
        if len(looks) > 1:
            go.wait(20)
        return query(*range_, **limits)

    monkeypatch.setattr(table, "query", slow)

    async def main() -> list[list[str]]:
        with table.tail() as tail:
            pages = [await tail.read("p", "", timeout=wait) for wait in (0, 0.05, 0.05)]
            begun = len(looks)
            await asyncio.to_thread(table.write, Put(Item("p", "1")))
            go.set()
            pages.append(await tail.read("p", "", timeout=20))
            assert begun == 2, "it is one look that goes on"
        return [[item.sk for item in page.items] for page in pages]

    assert asyncio.run(main()) == [[], [], [], ["1"]]
