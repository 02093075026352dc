"""Places that the table keeps, on both tables: so many for a tenant, and none that is lost for ever."""

import random
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.kit.clock import HeldClock
from tests.kit.dynamo import Trouble
from tests.kit.moto_services import TABLE, account
from walkaway_core.aws.table import DynamoTable
from walkaway_core.ports.items import Item
from walkaway_core.ports.shares import NoPlace, Places, Unshared
from walkaway_core.ports.table import Table
from walkaway_core.store import keys
from walkaway_core.store.places import TablePlaces
from walkaway_local.table import SqliteTable

MOST, SECONDS = 3, 60.0


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def dynamo(clock: HeldClock) -> Iterator[DynamoTable]:
    with account() as aws:
        made = DynamoTable(aws.table(), TABLE, clock)
        yield made
        made.close()


@pytest.fixture
def trouble(dynamo: DynamoTable) -> Trouble:
    return Trouble(dynamo._client._client)  # type: ignore[attr-defined]


@pytest.fixture(params=["sqlite", "dynamo"])
def table(request: pytest.FixtureRequest, tmp_path: Path, clock: HeldClock) -> Iterator[Table]:
    if request.param == "dynamo":
        yield request.getfixturevalue("dynamo")
        return
    made = SqliteTable(tmp_path / "table.db", clock)
    yield made
    made.close()


@pytest.fixture
def shared(table: Table, clock: HeldClock) -> TablePlaces:
    return TablePlaces(table, clock, MOST)


def stored(table: Table, tenant: str = "alice") -> tuple[Item, ...]:
    return table.query(keys.places(tenant)).items


def fill(shared: Places, stack: ExitStack, count: int = MOST, tenant: str = "alice") -> None:
    for _ in range(count):
        stack.enter_context(shared.place(tenant, SECONDS))


def full(shared: Places, tenant: str = "alice") -> bool:
    try:
        with shared.place(tenant, SECONDS):
            return False
    except NoPlace:
        return True


def test_each_tenant_has_so_many(shared: TablePlaces, table: Table) -> None:
    with ExitStack() as stack:
        fill(shared, stack)
        assert full(shared)
        assert not full(shared, "bob"), "he has his own"
        assert len(stored(table)) == MOST
    assert not full(shared)
    assert stored(table) == (), "each is given back with its block"


def test_one_that_fails_gives_its_place_back(shared: TablePlaces, table: Table) -> None:
    with pytest.raises(ZeroDivisionError), shared.place("alice", SECONDS):
        _ = 1 // 0
    assert stored(table) == ()


def test_a_place_whose_holder_was_lost_is_free_when_its_time_is_over(
    shared: TablePlaces, clock: HeldClock, table: Table
) -> None:
    lost = ExitStack()
    fill(shared, lost)
    clock.sleep(SECONDS - 1)
    assert full(shared)
    clock.sleep(2)
    assert not full(shared)
    with ExitStack() as stack:
        fill(shared, stack)
        lost.close()  # whoever was taken for lost comes back
        assert len(stored(table)) == MOST, "they are somebody else's"
        assert full(shared)


def test_many_at_once_are_never_more(shared: TablePlaces) -> None:
    """Which of them get one is chance; that more do than there are places is not."""
    inside, most, lock = 0, 0, threading.Lock()
    begin, got = threading.Barrier(20), []

    def work() -> None:
        nonlocal inside, most
        begin.wait(30)
        try:
            with shared.place("alice", SECONDS):
                with lock:
                    inside += 1
                    most = max(most, inside)
                threading.Event().wait(0.2)
                with lock:
                    inside -= 1
            got.append(True)
        except NoPlace:
            got.append(False)

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (len(got), most) == (20, MOST)


class TestTrips:
    """What it costs in requests to DynamoDB."""

    @pytest.fixture
    def shared(self, dynamo: DynamoTable, clock: HeldClock) -> TablePlaces:
        return TablePlaces(dynamo, clock, MOST)

    def test_a_place_costs_two(self, shared: TablePlaces, trouble: Trouble) -> None:
        with shared.place("alice", SECONDS):
            pass
        assert trouble.sent == 2

    def test_that_there_is_none_costs_two(self, shared: TablePlaces, trouble: Trouble) -> None:
        with ExitStack() as stack:
            fill(shared, stack)
            before = trouble.sent
            assert full(shared)
            assert trouble.sent - before == 2

    def test_a_crowded_one_costs_four(
        self, shared: TablePlaces, trouble: Trouble, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(random, "randrange", lambda _: 0)
        with shared.place("alice", SECONDS):
            before = trouble.sent
            with shared.place("alice", SECONDS):
                pass
            assert trouble.sent - before == 4

    def test_one_whose_taking_was_never_answered_is_had_once(
        self, shared: TablePlaces, trouble: Trouble, dynamo: DynamoTable
    ) -> None:
        trouble.times_out_after_effect()
        with shared.place("alice", SECONDS):
            assert len(stored(dynamo)) == 1
        assert stored(dynamo) == ()

    def test_one_that_cannot_be_given_back_hides_nothing(self, shared: TablePlaces, trouble: Trouble) -> None:
        def work() -> None:
            with shared.place("alice", SECONDS):
                trouble.unreachable(1000)
                _ = 1 // 0

        with pytest.raises(ZeroDivisionError):
            work()


def test_where_lines_are_kept_elsewhere_all_have_a_place() -> None:
    with ExitStack() as stack:
        fill(Unshared(), stack, 100)
        assert not full(Unshared())
