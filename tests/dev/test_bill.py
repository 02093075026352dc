"""What is billed: units against operations that were counted by hand, prices, and the bill that they make."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from dev.bill import bill, page, prices, tab, units
from dev.bill.meter import Meter, wait
from dev.calls import Call, heard
from dev.template import Stack
from tests.kit.moto_services import ACCOUNT, BUCKET, TABLE, account
from walkaway_core.aws import table, workspace
from walkaway_core.aws.sandbox import STAGING
from walkaway_core.ports.clock import SystemClock
from walkaway_core.ports.items import Absent, Change, Delete, Item, Put, Refused

COUNTS: dict[str, Any] = {
    "moves": {"CallModel": 2, "Over": 1},
    "invocations": {
        "call_model": {"count": 1, "cpu": 2.0, "waited": 1.0},
        "run_tool": {"count": 4, "cpu": 0, "waited": 0},
    },
    "used": {"call_model": {"write units": 10, "read units": 4, "s3 puts": 2, "s3 gets": 1, "events": 2}},
    "calls": {"call_model": {"Query": 3, "TransactWriteItems": 4, "HeadObject": 9}, "stream": {"Query": 7}},
    "deltas": {"calls": 41, "write units": 82, "seconds": 8.0},
    "looks": {"read units": 1.0},
    "sandbox_seconds": 20.0,
    "messages": 2,
    "requests": 2,
    "bytes": 1000,
    "sweep": {"count": 1, "cpu": 0.02, "waited": 0.08, "read units": 16},
}
MEMORY = {"call_model": 512, "run_tool": 1024, "sandbox": 2048, "stream": 512, "sweep": 512}


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({"pk": {"S": "ü"}}, 2 + 2),
        ({"n": {"N": "-1234567"}}, 1 + 5),
        ({"n": {"N": "100"}}, 1 + 2),
        ({"b": {"B": b"1234"}}, 1 + 4),
        ({"t": {"BOOL": True}, "none": {"NULL": True}}, 2 + 5),
        ({"l": {"L": [{"S": "ab"}, {"S": "c"}]}}, 1 + 3 + 3 + 2),
        ({"m": {"M": {"k": {"S": "ab"}}}}, 1 + 3 + 1 + 1 + 2),
    ],
)
def test_an_item_has_the_size_that_dynamodb_says(item: dict[str, Any], size: int) -> None:
    assert units.size(item) == size


def query(*sizes: int) -> int:
    items = [{"b": {"B": b"x" * (size - 1)}} for size in sizes]
    return units.read(Call("api", "dynamodb", "Query", {}), {"Items": items})


def test_a_query_is_billed_for_all_that_it_reads_together() -> None:
    assert [query(), query(1), query(2048, 2048), query(2048, 2049), query(*[100] * 100)] == [1, 1, 1, 2, 3]


class Told:
    """A function's clients in an emulated account, and the meter that hears them."""

    def __init__(self) -> None:
        self.meter = Meter()
        with heard("api", [self.meter]):
            self.table = table.DynamoTable(table.connect(**ACCOUNT), TABLE, SystemClock())
            self.files = workspace.S3Workspace(workspace.connect(**ACCOUNT), BUCKET)
            self.s3 = boto3.client("s3", **ACCOUNT)

    def used(self) -> dict[str, int]:
        found = {unit: number for (_, unit), number in self.meter.counts.used.items() if number}
        self.meter.counts.used.clear()
        return found


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", ACCOUNT["region_name"])
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    with account() as made:
        made.table()
        made.bucket()
        yield Told()


def put(sk: str, size: int = 10) -> Put:
    return Put(Item("p", sk, {}, b"x" * size), (Absent(),))


def test_writes_are_billed_by_size_and_twice_in_a_transaction(told: Told) -> None:
    told.table.write(put("1"))
    assert told.used() == {"write units": 1}
    told.table.write(put("2", 2500))
    assert told.used() == {"write units": 3}
    told.table.write(put("3"), put("4", 1500))
    assert told.used() == {"write units": 2 * (1 + 2)}
    told.table.write(Change("p", "2", set={"n": 1}))
    assert told.used() == {"write units": 3}, "all of the item, whatever is changed"
    told.table.write(Delete("p", "4"))
    assert told.used() == {"write units": 2}, "what was there"
    with pytest.raises(Refused):
        told.table.write(put("1"))
    assert told.used() == {"write units": 1}, "a refusal, too"


def test_reads_are_billed_by_size_and_for_what_is_not_there(told: Told) -> None:
    told.table.write(put("1"), put("2", 5000))
    told.used()
    told.table.get(("p", "1"), ("p", "2"), ("p", "3"))
    assert told.used() == {"read units": 1 + 2 + 1}
    told.table.query("p")
    told.table.query("q")
    assert told.used() == {"read units": 2 + 1}


def test_requests_to_the_bucket_are_billed_by_their_kind(told: Told) -> None:
    told.s3.put_object(Bucket=BUCKET, Key="a", Body=io.BytesIO(b"x"))
    told.s3.list_objects_v2(Bucket=BUCKET)
    told.s3.head_object(Bucket=BUCKET, Key="a")
    told.s3.get_object(Bucket=BUCKET, Key="a")
    told.s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "a"})
    told.s3.delete_object(Bucket=BUCKET, Key="a")
    assert told.used() == {"s3 puts": 2, "s3 gets": 3}
    assert told.meter.counts.calls["api", "DeleteObject"] == 1
    told.s3.delete_objects(
        Bucket=BUCKET, Delete={"Objects": [{"Key": f"{STAGING}/{name}"} for name in ("files.json", "1", "2")]}
    )
    assert told.used() == {"s3 puts": 2}, "which a sandbox has posted"


def test_what_is_waited_for_is_declared(told: Told) -> None:
    told.table.query("p")
    told.table.write(put("1"))
    told.table.submit(put("2")).result()
    told.table.close()
    assert told.meter.counts.waited == {"api": pytest.approx(0.005 + 0.01)}, "nobody waits for the pool"
    assert wait(Call("api", "lambda", "Invoke", {})) == 0.02


def test_prices_are_per_unit_and_have_sources() -> None:
    assert prices.dollars("transitions", 40) == pytest.approx(0.001)
    assert prices.total({"write units": 2_000_000, "read units": 8}) == pytest.approx(1.25 + 0.000001)
    with pytest.raises(KeyError):
        prices.dollars("good wishes", 1)
    assert {price["source"] for price in prices.table()["prices"].values()} == set(prices.table()["sources"])
    assert all(other["source"].startswith("https://") for other in prices.table()["managed"])


def test_a_function_takes_longer_with_less_memory() -> None:
    about = {"cpu": 1.0, "waited": 0.5}
    assert bill.run_time(about, 1024, 2.0) == pytest.approx(2.0 + 0.5 + 1.7)
    assert bill.run_time(about, 512) == pytest.approx(0.5 + 3.4)


def test_the_bill_of_a_turn_is_what_was_counted_by_its_prices() -> None:
    lines = {line.what: line for line in bill.turn(COUNTS, MEMORY)}
    numbers = {what: line.number for what, line in lines.items()}
    assert numbers["state transitions"] == 3
    assert numbers["`call_model`: 387.8 s with 512 MB"] == pytest.approx((380 + 1 + 2 * 3.4) / 2)
    assert numbers["`run_tool`: 20.0 s with 1024 MB"] == 20.0
    assert numbers["`sandbox`: 20.0 s with 2048 MB"] == 40.0
    assert numbers["`stream`: 400.0 s with 512 MB"] == 200.0
    assert numbers["invocations"] == 1 + 4 + 4 + 1
    assert numbers["deltas, written"] == pytest.approx((1 + 5 * 7.5) * 2 * 20), "five a second, in 20 steps"
    assert numbers["messages: sent, received, deleted"] == 6
    assert lines["state transitions"].dollars == pytest.approx(0.000075)
    assert page.trips(COUNTS) == 7 / 20


def test_a_queue_with_a_maximum_of_concurrency_is_asked_more_often() -> None:
    lines = {line.what: line.number for line in bill.idle(COUNTS, MEMORY, Stack())}
    assert lines["Lambda's polls for `DeliverWebhookFunctionMessages`, 5 at a time"] == 5 * 3 * 730 * 60
    assert lines["Lambda's polls for `SweepFunctionFailures`, 2 at a time"] == 2 * 3 * 730 * 60
    assert lines["its looks at what is due"] == 16 * 730 * 60


def test_the_bills_are_what_could_be_reached() -> None:
    """By what was counted last, with the memory that the template says."""
    counts, stack = bill.counted(), Stack()
    memory = bill.memories(stack)
    assert sum(line.dollars for line in bill.turn(counts, memory)) <= bill.TARGETS["turn"]
    assert sum(line.dollars for line in bill.idle(counts, memory, stack)) <= bill.TARGETS["idle"]


def test_an_hour_of_a_tab_is_polls_back_to_back_and_a_stream_beside_them() -> None:
    counts = {
        "tab": {
            "poll": 25.0,
            "look": 1.0,
            "beats": 0.4,
            "api": {"count": 2, "cpu": 0.02, "waited": 0.02, "read units": 4},
        }
    }
    memory = {"stream": 512, "api": 1024}
    feed = {line.what: line.number for line in tab.feed(counts, memory)}
    assert feed["the feed: connections of 25 s"] == feed["requests"] == 144
    assert feed["`stream`: 3600 s with 512 MB"] == 1800
    assert feed["its looks for news"] == pytest.approx(3600 / bill.LOOK_SECONDS)
    session = {line.what: line.number for line in tab.session(counts, memory)}
    assert session["the session: connections of 600 s"] == 6
    assert session["its looks for news"] == pytest.approx(3600 / bill.LOOK_SECONDS + 0.4 * 3600)
    asked = {line.what: line.number for line in tab.asked(counts, memory, 720)}
    assert asked["`api`"] == pytest.approx(720 * (0.01 + 0.01 * 1.7))
    assert asked["what they read"] == 1440
    sums = {what: sum(line.dollars for line in lines) for what, lines in tab.tabs(counts, memory)}
    assert sums["any page, unseen"] == pytest.approx(sums["a session, seen"] / 12), "five minutes of it"
    assert sums["unseen, and to tell on the desktop"] == sums["the inbox, seen"]


def test_what_is_assumed_of_a_tab_is_what_it_does() -> None:
    seen = (Path(__file__).parents[2] / "console/src/state/seen.ts").read_text()
    assert f"UNSEEN = {tab.UNSEEN / 60:.0f} * 60_000" in seen
    stream = Stack().resolved("StreamFunction")["Environment"]["Variables"]
    assert stream["WALKAWAY_STREAM_SECONDS"] == str(tab.STREAM_SECONDS)
