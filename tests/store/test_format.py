"""The format's number on DynamoDB: read once by a process that begins, written by the sweep, refused when newer."""

from collections.abc import Iterator

import pytest

from tests.kit.clock import HeldClock
from tests.kit.dynamo import Trouble
from tests.kit.moto_services import ACCOUNT, TABLE, account
from walkaway_core import deployed
from walkaway_core.aws.table import DynamoTable
from walkaway_core.ports import patience
from walkaway_core.ports.items import Item, Put
from walkaway_core.store import format as stored, keys
from walkaway_core.store.format import FORMAT, WrongFormat

PLACE = (keys.FORMAT, "-")


@pytest.fixture
def dynamo(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[DynamoTable, Trouble]]:
    for name, value in {"AWS_DEFAULT_REGION": ACCOUNT["region_name"], "WALKAWAY_TABLE": TABLE}.items():
        monkeypatch.setenv(name, value)
    with account() as aws, deployed.use({}):
        client = aws.table()
        made = DynamoTable(client, TABLE, HeldClock())
        yield made, Trouble(client._client)  # type: ignore[attr-defined]
        made.close()


def test_a_table_without_a_number_is_taken_and_the_sweep_gives_it_one(dynamo: tuple[DynamoTable, Trouble]) -> None:
    table, _ = dynamo
    deployed.services("api")
    assert table.get(PLACE) == [None]
    deployed.services("sweep")
    assert table.get(PLACE) == [Item(*PLACE, {"number": FORMAT})]


@pytest.mark.parametrize("function", ["api", "call_model", "sweep"])
def test_a_newer_table_is_refused_with_a_sentence(dynamo: tuple[DynamoTable, Trouble], function: str) -> None:
    table, _ = dynamo
    table.write(Put(Item(*PLACE, {"number": FORMAT + 1})))
    with pytest.raises(WrongFormat, match=f"newer version of Walkaway, in format {FORMAT + 1}"):
        deployed.services(function)
    assert table.get(PLACE) == [Item(*PLACE, {"number": FORMAT + 1})]


def test_it_is_read_once_in_the_life_of_a_process(dynamo: tuple[DynamoTable, Trouble]) -> None:
    table, _ = dynamo
    first = deployed.services("api")
    table.write(Put(Item(*PLACE, {"number": FORMAT + 1})))
    assert deployed.services("api") is first


def test_what_somebody_else_has_marked_stays(dynamo: tuple[DynamoTable, Trouble]) -> None:
    table, troubles = dynamo
    stored.mark_table(table)
    sent = troubles.sent
    stored.mark_table(table)
    assert troubles.sent == sent + 1, "a read alone"


def test_a_table_that_cannot_be_read_now_is_no_other_format(
    dynamo: tuple[DynamoTable, Trouble], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "REQUEST", 0.0)
    _, troubles = dynamo
    troubles.answers(400, "ThrottlingException", 99)
    monkeypatch.setattr("walkaway_core.aws.table.connect", lambda _: troubles.client)
    assert deployed.services("api")
