"""The Carrier's contract, on both adapters, and on one that is broken on purpose. On SQS somebody reads the queue."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

import boto3
import pytest

from tests.kit.clock import ShiftedClock
from tests.kit.moto_services import ACCOUNT, OneAtATime, account
from walkaway_core.aws.carrier import SqsCarrier, connect
from walkaway_core.ports.bus import Carrier
from walkaway_local.carrier import LocalCarrier
from walkaway_wire import jsontext

PATIENCE = 20.0
Take = Callable[[Mapping[str, str]], None]


class Shape(Protocol):
    """A carrier, and what brings its messages."""

    def open(self, take: Take) -> Carrier:
        """Begin to bring messages."""
        ...

    def close(self) -> None:
        """End it."""
        ...


class Local:
    def open(self, take: Take) -> Carrier:
        self._carrier = LocalCarrier(take, ShiftedClock(), threads=8, of_a_group=2)
        return self._carrier

    def close(self) -> None:
        self._carrier.close()


class Sqs:
    """A reader of the queue that takes each message in a thread of its own, as functions would."""

    def open(self, take: Take) -> Carrier:
        self._take = take
        self._over = threading.Event()
        self._context = account()
        self._context.__enter__()
        client = boto3.client("sqs", **ACCOUNT)
        url = client.create_queue(QueueName="q")["QueueUrl"]
        self._client, self._url = OneAtATime(connect(**ACCOUNT)), url
        self._threads: list[threading.Thread] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        return SqsCarrier(self._client, url)  # type: ignore[arg-type]

    def _read(self) -> None:
        while not self._over.wait(0.02):
            found = self._client.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10)
            for message in found.get("Messages", ()):
                self._client.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
                thread = threading.Thread(target=self._take, args=(jsontext.loads(message["Body"]),))
                thread.start()
                self._threads.append(thread)

    def close(self) -> None:
        self._over.set()
        self._reader.join()
        for thread in self._threads:
            thread.join()
        self._context.__exit__(None, None, None)


@pytest.fixture(params=[Local, Sqs])
def shape(request: pytest.FixtureRequest) -> Iterator[Shape]:
    made: Shape = request.param()
    yield made
    made.close()


class Taker:
    """Takes messages; those that say so wait for `go`."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.go = threading.Event()
        self.changed = threading.Condition()

    def __call__(self, message: Mapping[str, str]) -> None:
        if message.get("slow"):
            self.go.wait(PATIENCE)
        with self.changed:
            self.taken.append(message["n"])
            self.changed.notify_all()

    def wait(self, count: int) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: len(self.taken) >= count, PATIENCE)


def test_messages_are_brought(shape: Shape) -> None:
    taker = Taker()
    carrier = shape.open(taker)
    for number in range(20):
        carrier.send({"n": str(number)}, group=f"example.com:{number % 3}/é")
    assert taker.wait(20)
    assert sorted(taker.taken, key=int) == [str(number) for number in range(20)]


def test_a_delay_is_kept(shape: Shape) -> None:
    taker = Taker()
    carrier = shape.open(taker)
    begun = time.monotonic()
    carrier.send({"n": "later"}, group="g", delay=2.0)
    carrier.send({"n": "now"}, group="g")
    assert taker.wait(2)
    assert taker.taken == ["now", "later"]
    assert time.monotonic() - begun >= 1.0, "SQS counts in whole seconds"


def test_a_slow_group_holds_no_other_up(shape: Shape) -> None:
    taker = Taker()
    carrier = shape.open(taker)
    for number in range(30):
        carrier.send({"n": f"slow {number}", "slow": "yes"}, group="slow")
    carrier.send({"n": "quick"}, group="quick")
    assert taker.wait(1)
    assert taker.taken == ["quick"]
    taker.go.set()
    assert taker.wait(31)


def test_one_that_breaks_keeps_no_other_waiting() -> None:
    taken: list[str] = []
    came = threading.Event()

    def take(message: Mapping[str, str]) -> None:
        if message["n"] == "broken":
            raise ConnectionError
        taken.append(message["n"])
        came.set()

    carrier = LocalCarrier(take, ShiftedClock(), threads=1, of_a_group=1)
    carrier.send({"n": "broken"}, group="g")
    carrier.send({"n": "whole"}, group="g")
    assert came.wait(PATIENCE)
    carrier.close()
    carrier.send({"n": "after"}, group="g")
    assert taken == ["whole"]


def test_a_carrier_without_groups_fails_the_contract() -> None:
    """Three threads for everyone: the slow ones take them all."""
    taker = Taker()
    carrier = LocalCarrier(taker, ShiftedClock(), threads=3, of_a_group=100)
    for number in range(30):
        carrier.send({"n": f"slow {number}", "slow": "yes"}, group="slow")
    carrier.send({"n": "quick"}, group="quick")
    with taker.changed:
        assert not taker.changed.wait_for(lambda: taker.taken, 0.5)
    taker.go.set()
    carrier.close()


def test_a_clock_that_is_set_back_keeps_no_message_on_this_machine() -> None:
    taken, clock = threading.Event(), ShiftedClock()
    carrier = LocalCarrier(lambda _: taken.set(), clock, threads=1, of_a_group=1)
    carrier.send({"n": "1"}, group="g", delay=0.2)
    clock.set = -3600
    assert taken.wait(PATIENCE)
    carrier.close()
