"""The Bus's contract, on every adapter, and on adapters that are broken on purpose.

On EventBridge a subscriber is a rule with a queue, and someone who reads the queue.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import boto3
import pytest

from tests.kit.moto_services import ACCOUNT, OneAtATime, account
from walkaway_core.aws.bus import EventBridgeBus, connect
from walkaway_core.ports.bus import Bus
from walkaway_core.ports.clock import SystemClock
from walkaway_core.ports.items import Item, Put
from walkaway_core.store import keys
from walkaway_local.bus import LocalBus, Rest, Subscriber
from walkaway_local.table import SqliteTable
from walkaway_wire import jsontext

PATIENCE = 20.0


class Inbox:
    """A subscriber that fails as often as it is told to, then takes everything."""

    def __init__(self, failures: int = 0) -> None:
        self.taken: list[tuple[str, dict[str, Any]]] = []
        self._failures = failures
        self._changed = threading.Condition()

    def __call__(self, kind: str, detail: Mapping[str, Any]) -> None:
        with self._changed:
            if self._failures:
                self._failures -= 1
                raise ConnectionError("not now")
            self.taken.append((kind, dict(detail)))
            self._changed.notify_all()

    def wait(self, count: int) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: len(self.taken) >= count, PATIENCE)


class Shape(Protocol):
    """A bus that outlives those who work for it."""

    def open(self, *subscribers: Subscriber) -> Bus:
        """Begin to deliver to these subscribers, the same in number each time."""
        ...

    def close(self) -> None:
        """Stop delivering, in the middle of whatever it is."""
        ...

    def left(self) -> int:
        """How many deliveries are still to be made."""
        ...


class Kept:
    """What whoever publishes keeps: events that not all have taken."""

    def __init__(self) -> None:
        self.events: dict[str, tuple[str, dict[str, Any]]] = {}
        self._changed = threading.Condition()

    def publish(self, bus: Bus, kind: str, **detail: Any) -> None:
        name = detail.setdefault("id", f"evt_{detail['n']}")
        self.events[name] = (kind, detail)
        bus.publish(kind, detail, lambda: self._taken(name))

    def again(self, bus: Bus) -> None:
        """Publish what is left, as a sweep does, or a process that takes over."""
        for kind, detail in list(self.events.values()):
            self.publish(bus, kind, **detail)

    def empty(self) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: not self.events, PATIENCE)

    def _taken(self, name: str) -> None:
        with self._changed:
            del self.events[name]  # once
            self._changed.notify_all()


class Local:
    def __init__(self, folder: Path, kind: type[LocalBus] = LocalBus) -> None:
        self.table = SqliteTable(folder / "table.db", SystemClock())
        self._kind = kind
        self._bus: LocalBus | None = None

    def open(self, *subscribers: Subscriber) -> Bus:
        self._bus = self._kind(self.table, subscribers, retry=0.01)
        return self._bus

    def close(self) -> None:
        if self._bus:
            self._bus.close()
        self._bus = None

    def left(self) -> int:
        return len(self.table.query(keys.BUS).items)

    def release(self) -> None:
        self.close()
        self.table.close()


class EventBridge:
    """Rules with queues, and a thread for each queue. A message that is not deleted comes again at once."""

    def __init__(self) -> None:
        self._events, self._sqs = connect(**ACCOUNT), OneAtATime(boto3.client("sqs", **ACCOUNT))
        self._events.create_event_bus(Name="walkaway")
        self._queues: list[str] = []
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []

    def open(self, *subscribers: Subscriber) -> Bus:
        self._closing = threading.Event()
        while len(self._queues) < len(subscribers):
            self._queues.append(self._rule(f"r{len(self._queues)}"))
        for queue, subscriber in zip(self._queues, subscribers, strict=True):
            thread = threading.Thread(target=self._read, args=(queue, subscriber, self._closing))
            thread.start()
            self._threads.append(thread)
        return EventBridgeBus(self._events, "walkaway")

    def close(self) -> None:
        self._closing.set()
        while self._threads:
            self._threads.pop().join()

    def left(self) -> int:
        wanted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = [self._sqs.get_queue_attributes(QueueUrl=q, AttributeNames=wanted)["Attributes"] for q in self._queues]
        return sum(int(value) for attributes in found for value in attributes.values())

    release = close

    def _rule(self, name: str) -> str:
        url: str = self._sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "0"})["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        self._events.put_rule(Name=name, EventBusName="walkaway", EventPattern='{"source": ["walkaway"]}')
        self._events.put_targets(Rule=name, EventBusName="walkaway", Targets=[{"Id": "q", "Arn": arn}])
        return url

    def _read(self, queue: str, subscriber: Subscriber, closing: threading.Event) -> None:
        while not closing.wait(0.01):
            for message in self._sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=1).get("Messages", []):
                event = json.loads(message["Body"])
                try:
                    subscriber(event["detail-type"], event["detail"])
                except ConnectionError:
                    continue
                self._sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])


@pytest.fixture
def local(tmp_path: Path) -> Iterator[Local]:
    shape = Local(tmp_path)
    yield shape
    shape.release()


@pytest.fixture
def eventbridge() -> Iterator[Shape]:
    with account():
        shape = EventBridge()
        yield shape
        shape.close()


Check = Callable[[Shape], None]


def ordered(taken: list[tuple[str, dict[str, Any]]]) -> list[tuple[str, int]]:
    return sorted((kind, detail["n"]) for kind, detail in taken)


def every_subscriber_gets_every_event(shape: Shape) -> None:
    one, two, kept = Inbox(), Inbox(), Kept()
    bus = shape.open(one, two)
    kept.publish(bus, "turn.completed", n=1)
    kept.publish(bus, "turn.failed", n=2)
    assert one.wait(2)
    assert two.wait(2)
    assert kept.empty()
    shape.close()
    assert ordered(one.taken) == ordered(two.taken) == [("turn.completed", 1), ("turn.failed", 2)]
    assert shape.left() == 0


def a_detail_arrives_as_it_was(shape: Shape) -> None:
    detail = {"n": 1, "id": "x", "text": 'é "\u2028\\ \U0001f600', "none": None, "nested": {"list": [1, 2.5, True]}}
    inbox, kept = Inbox(), Kept()
    kept.publish(shape.open(inbox), "x", **detail)
    assert inbox.wait(1)
    assert inbox.taken == [("x", detail)]


def a_subscriber_that_fails_gets_the_event_again_and_the_others_do_not(shape: Shape) -> None:
    flaky, steady, kept = Inbox(failures=3), Inbox(), Kept()
    kept.publish(shape.open(flaky, steady), "x", n=1)
    assert flaky.wait(1)
    assert kept.empty()
    shape.close()
    assert steady.taken == flaky.taken == [("x", {"n": 1, "id": "evt_1"})]


def what_not_all_have_taken_is_delivered_after_a_restart(shape: Shape) -> None:
    kept, first = Kept(), Inbox()
    bus = shape.open(first, Inbox(failures=10**9))
    for n in range(3):
        kept.publish(bus, "x", n=n)
    assert first.wait(3)
    shape.close()
    late = Inbox()
    kept.again(shape.open(first, late))
    assert late.wait(3)
    assert kept.empty()
    shape.close()
    assert ordered(late.taken) == [("x", 0), ("x", 1), ("x", 2)]


CONTRACT: list[Check] = [
    every_subscriber_gets_every_event,
    a_detail_arrives_as_it_was,
    a_subscriber_that_fails_gets_the_event_again_and_the_others_do_not,
    what_not_all_have_taken_is_delivered_after_a_restart,
]
"""That what is under way is not told once more is checked on the local bus alone: EventBridge takes each at once."""


@pytest.mark.parametrize("adapter", ["local", "eventbridge"])
@pytest.mark.parametrize("check", CONTRACT, ids=lambda check: check.__name__)
def test_contract(check: Check, adapter: str, request: pytest.FixtureRequest) -> None:
    check(request.getfixturevalue(adapter))


class TellsOnlyTheFirst(LocalBus):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._subscribers = self._subscribers[:1]


class Rounds(LocalBus):
    def publish(self, kind: str, detail: Mapping[str, Any], taken: Callable[[], None]) -> None:
        super().publish(kind, {**detail, "nested": None}, taken)


class GivesUp(LocalBus):
    def _put(self, event: Any) -> None:
        self._over(event)


class SaysTakenAtOnce(LocalBus):
    def publish(self, kind: str, detail: Mapping[str, Any], taken: Callable[[], None]) -> None:
        super().publish(kind, detail, lambda: None)
        taken()


class NeverSaysTaken(LocalBus):
    def publish(self, kind: str, detail: Mapping[str, Any], taken: Callable[[], None]) -> None:
        del taken
        super().publish(kind, detail, lambda: None)


@pytest.mark.parametrize(
    ("broken", "check"),
    [
        (TellsOnlyTheFirst, every_subscriber_gets_every_event),
        (NeverSaysTaken, every_subscriber_gets_every_event),
        (Rounds, a_detail_arrives_as_it_was),
        (GivesUp, a_subscriber_that_fails_gets_the_event_again_and_the_others_do_not),
        (SaysTakenAtOnce, what_not_all_have_taken_is_delivered_after_a_restart),
    ],
)
def test_a_broken_bus_fails_its_contract(
    broken: type[LocalBus], check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.ports.test_bus.PATIENCE", 1.0)
    shape = Local(tmp_path, broken)
    try:
        with pytest.raises(AssertionError):
            check(shape)
    finally:
        shape.release()


def test_what_is_under_way_is_not_told_once_more(local: Local) -> None:
    begun, go, taken = threading.Event(), threading.Event(), Inbox()

    def slow(kind: str, detail: Mapping[str, Any]) -> Rest:
        def rest() -> None:
            begun.set()
            go.wait(PATIENCE)
            taken(kind, detail)

        return rest

    bus, kept = local.open(slow), Kept()
    kept.publish(bus, "x", n=1)
    assert begun.wait(PATIENCE)
    kept.again(bus)
    go.set()
    assert kept.empty()
    kept.publish(bus, "x", n=1)  # after that it is one of its own again
    assert taken.wait(2)
    local.close()
    assert ordered(taken.taken) == [("x", 1), ("x", 1)]


def test_whoever_needs_no_more_than_a_look_is_told_where_it_is_published(local: Local) -> None:
    """A thread for each event would cost its turn more than the event itself."""
    threads: list[threading.Thread] = []
    bus, kept = local.open(lambda *_: threads.append(threading.current_thread())), Kept()
    kept.publish(bus, "x", n=1)
    assert (threads, kept.events) == ([threading.current_thread()], {})
    local.close()
    kept.publish(bus, "x", n=2)
    assert (len(threads), len(kept.events)) == (1, 1), "a bus that is closed tells nobody"


def test_what_a_subscriber_leaves_is_done_elsewhere_and_comes_again_where_it_fails(local: Local) -> None:
    threads: list[threading.Thread] = []
    taken, other, kept = Inbox(failures=2), Inbox(), Kept()

    def leaves(kind: str, detail: Mapping[str, Any]) -> Rest:
        def rest() -> None:
            threads.append(threading.current_thread())
            taken(kind, detail)

        return rest

    kept.publish(local.open(leaves, other), "x", n=1)
    assert kept.empty()
    local.close()
    assert taken.taken == other.taken == [("x", {"n": 1, "id": "evt_1"})]
    assert len(threads) == 3
    assert threading.current_thread() not in threads


def test_what_an_older_release_has_left_is_told_to_whom_it_left_to_tell(local: Local) -> None:
    stored = {"kind": "x", "detail": {"id": "evt_1", "n": 1}, "left": [1, 7]}
    local.table.write(Put(Item(keys.BUS, "bus_1", {}, jsontext.dump_bytes(stored))))
    had, wants = Inbox(), Inbox()
    local.open(had, wants)
    assert wants.wait(1)
    local.close()
    local.table.write(Put(Item("p", "later")))
    assert (had.taken, local.left()) == ([], 0)
