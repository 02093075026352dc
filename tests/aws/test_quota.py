"""The count of a tenant's files in the table: never too low, whoever writes at once or is lost; and how it is told."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from tests.kit import sse
from tests.kit.clock import HeldClock
from tests.kit.dynamo import Trouble
from tests.kit.messages_api import MessagesApi, Reply, call, messages_api, text
from tests.kit.moto_services import BUCKET, TABLE, account
from tests.kit.shapes import MODEL, Deployed, deployed
from walkaway_core.aws import quota
from walkaway_core.aws.quota import BucketQuota
from walkaway_core.aws.table import DynamoTable
from walkaway_core.errors import Unavailable
from walkaway_core.ports import patience
from walkaway_core.ports.items import Unknown
from walkaway_core.ports.workspace import Changed, Full
from walkaway_core.settings import MEGABYTE
from walkaway_core.store import keys

ROOT, MOST = "alice/files", 1000


class World:
    """A bucket, a table, and a count."""

    def __init__(self, bucket: Any, table: Any) -> None:
        self.s3, self.clock = bucket, HeldClock()
        self.table = DynamoTable(table, TABLE, self.clock)
        self.trouble = Trouble(table._client)
        self.files = BucketQuota(bucket, BUCKET, self.table, self.clock, keys.stored, MOST)

    @property
    def counted(self) -> int:
        item = self.table.get(keys.stored("alice"))[0]
        return item.number("bytes") if item else -1

    @property
    def there(self) -> int:
        page = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{ROOT}/")
        return sum(item["Size"] for item in page.get("Contents", ()))

    def once(self, event: str, act: Any) -> None:
        """Do something at the next request of this kind, in front of it or behind it."""
        events = self.s3._client.meta.events

        def acts(**_: Any) -> Any:
            events.unregister(event, acts)
            return act()

        events.register_first(event, acts)


@pytest.fixture
def world() -> Iterator[World]:
    with account() as aws:
        made = World(aws.bucket(), aws.table())
        yield made
        made.table.close()


def test_writes_and_deletions_at_once_are_each_counted_once(world: World) -> None:
    """Of one path and of several, over any version: what each adds is what it really replaced."""
    world.files.write(ROOT, "p0", [b"x" * 100])
    begin = threading.Barrier(12)

    def work(number: int) -> None:
        begin.wait(60)
        for turn in range(3):
            if number % 3 == 2:
                world.files.delete(ROOT, f"p{turn % 2}")
            else:
                world.files.write(ROOT, f"p{turn % 2}", [b"%d" % number * (1 + 7 * number)])

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, range(12)))
    assert world.counted == world.there


def test_whoever_replaces_what_was_just_replaced_counts_that(world: World) -> None:
    world.files.write(ROOT, "a", [b"x" * 500])
    other = BucketQuota(world.s3._client, BUCKET, world.table, world.clock, keys.stored, MOST)
    world.once("before-call.s3.PutObject", lambda: other.write(ROOT, "a", [b"y"]) and None)
    world.files.write(ROOT, "a", [b"z"])
    assert (world.counted, world.there) == (1, 1)


def test_a_version_of_ones_own_is_not_given_up_for_it(world: World) -> None:
    mine = world.files.write(ROOT, "a", [b"x" * 500])
    other = BucketQuota(world.s3._client, BUCKET, world.table, world.clock, keys.stored, MOST)
    world.once("before-call.s3.PutObject", lambda: other.write(ROOT, "a", [b"y"]) and None)
    with pytest.raises(Changed):
        world.files.write(ROOT, "a", [b"z" * 600], version=mine.version)
    assert (world.counted, world.there) == (1, 1)


class TestLost:
    """Between the count and the object."""

    def test_a_write_that_surely_failed_is_not_counted(self, world: World) -> None:
        def unreachable() -> None:
            raise EndpointConnectionError(endpoint_url="https://injected")

        world.files.write(ROOT, "a", [b"x"])
        world.once("before-call.s3.PutObject", unreachable)
        with pytest.raises(Unknown):
            world.files.write(ROOT, "b", [b"x" * 500])
        assert (world.counted, world.there) == (1, 1)

    def test_one_that_may_have_happened_is(self, world: World) -> None:
        def lost() -> None:
            raise ReadTimeoutError(endpoint_url="https://injected")

        world.files.write(ROOT, "a", [b"x"])
        world.once("after-call.s3.PutObject", lost)
        with pytest.raises(Unknown):
            world.files.write(ROOT, "b", [b"x" * 500])
        assert (world.counted, world.there) == (501, 501)

    def test_a_worker_that_dies_leaves_too_much_and_never_too_little(self, world: World) -> None:
        world.files.write(ROOT, "a", [b"x" * 500])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(BucketQuota, "_less", lambda *_: None)
            world.files.write(ROOT, "a", [b"x"])
            world.files.delete(ROOT, "a")
        assert (world.counted, world.there) == (500, 0)

    def test_nothing_is_written_that_cannot_be_counted(self, world: World) -> None:
        world.files.write(ROOT, "a", [b"x"])
        world.trouble.unreachable(1000)
        with pytest.raises(Unavailable), patience.within(0):
            world.files.write(ROOT, "b", [b"x"])
        assert world.there == 1
        world.files.delete(ROOT, "a")
        assert world.there == 0, "what makes room needs no table"


class TestCountedAnew:
    def test_what_somebody_deletes_by_hand_is_seen_after_a_while(self, world: World) -> None:
        world.files.write(ROOT, "a", [b"x" * MOST])
        world.s3.delete_object(Bucket=BUCKET, Key=f"{ROOT}/a")
        with pytest.raises(Full):
            world.files.write(ROOT, "b", [b"x"])
        world.clock.sleep(quota.COUNT_AGAIN)
        world.files.write(ROOT, "b", [b"x"])
        assert (world.counted, world.there) == (1, 1)

    def test_it_is_looked_for_once_in_that_time(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        looks: list[str] = []
        real = BucketQuota._bytes

        def looked(files: BucketQuota, root: str) -> tuple[int, bool]:
            looks.append(root)
            return real(files, root)

        monkeypatch.setattr(BucketQuota, "_bytes", looked)
        world.files.write(ROOT, "a", [b"x" * MOST])
        world.clock.sleep(quota.COUNT_AGAIN)
        for _ in range(3):
            with pytest.raises(Full):
                world.files.write(ROOT, "b", [b"x"])
        assert looks == [ROOT] * 2, "at the first write, and at the first refusal"

    def test_more_than_can_be_listed_is_not_taken_for_less(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(quota, "PAGES", 1)
        real = world.files._client.get_paginator

        def small(name: str) -> Any:
            paginator = real(name)  # type: ignore[call-overload]
            pages = paginator.paginate
            monkeypatch.setattr(paginator, "paginate", lambda **asked: pages(**asked, PaginationConfig={"PageSize": 1}))
            return paginator

        world.files.write(ROOT, "a", [b"x" * 500])
        world.files.write(ROOT, "b", [b"x" * 500])
        world.clock.sleep(quota.COUNT_AGAIN)
        monkeypatch.setattr(world.files._client, "get_paginator", small, raising=False)
        with pytest.raises(Full):
            world.files.write(ROOT, "c", [b"x"])
        assert world.counted == MOST


def test_a_file_costs_the_table_one_write(world: World) -> None:
    world.files.write(ROOT, "a", [b"x"])
    for act in (
        lambda: world.files.write(ROOT, "b", [b"xx"]),
        lambda: world.files.write(ROOT, "b", [b"x"]),
        lambda: world.files.delete(ROOT, "b"),
    ):
        before = world.trouble.sent
        act()
        assert world.trouble.sent - before == 1


@pytest.fixture(scope="module")
def model() -> Iterator[MessagesApi]:
    with messages_api() as service:
        yield service


@pytest.fixture(scope="module")
def shape(model: MessagesApi) -> Iterator[Deployed]:
    with deployed(model.url) as made:
        for name in ("api", "stream", "call_model", "run_tool"):
            files: Any = made.deployment.services[name].workspace
            assert files._most == 50_000 * MEGABYTE, name
            files._most = MEGABYTE
        yield made


class TestTold:
    """On the deployed stack, as on one machine: by the same code, status and sentence."""

    def test_uploads_tools_commands_and_forms_are_told(self, shape: Deployed, model: MessagesApi) -> None:
        with shape.client() as client:
            session = sse.new(client, model=MODEL, persistent=True)
            files = f"/v1/sessions/{session}/files"
            assert client.put(f"{files}/a.txt", content=b"x" * 900_000).is_success
            refused = client.put(f"{files}/b.txt", content=b"x" * 200_000)
            assert (refused.status_code, refused.json()["error"]) == (409, "limit_reached")
            assert "all files together may have 1000000 bytes, and have 900000" in refused.json()["message"]
            form = {"file_1": ("f.txt", b"x" * 200_000)}
            assert client.post("/api/workflow/upload-run-input", files=form).status_code == 409
            model.replies = [
                Reply([call("write_file", path="c.txt", content="x" * 200_000)]),
                Reply([call("bash", command="head -c 200000 /dev/zero > d.bin")]),
                Reply([text("Done.")]),
            ]
            turn = sse.send(client, session, "go")
            results = [str(event.data["content"]) for event in turn if event.event == "tool_result"]
            assert len(results) == 2
            assert all("may have 1000000 bytes" in result for result in results), results
            assert client.delete(f"{files}/a.txt").is_success
            assert client.put(f"{files}/b.txt", content=b"x" * 200_000).is_success

    def test_another_tenant_has_its_own(self, shape: Deployed) -> None:
        with shape.client("beta") as client:
            session = sse.new(client)
            assert client.put(f"/v1/sessions/{session}/files/a.txt", content=b"x" * 900_000).is_success
