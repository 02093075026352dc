"""A container's record: one works in it at a time, and what they have made counts only while they do."""

from dataclasses import replace

import pytest

from tests.kit.engine import Engine
from walkaway_core.engine import deleting, ending
from walkaway_core.ports.items import Absent, Check, Item, Present, Put, Refused
from walkaway_core.ports.sandbox import NoSandbox
from walkaway_core.store import containers
from walkaway_core.store.containers import Holder
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.transaction import Transaction

FIRST, SECOND = Holder("first", "ENTRY#1", "msg_1", 60.0), Holder("second", "ENTRY#2", "msg_1", 60.0)


@pytest.fixture
def key(engine: Engine) -> SessionKey:
    return engine.session(toolset="container")


def settle(engine: Engine, key: SessionKey, nonce: str, generation: str) -> None:
    tx = Transaction(engine.services.table)
    state = replace(containers.open_(engine.services, key), generation=generation, outputs={"a": ["digest", "file"]})
    containers.settle(tx, key, nonce, state)
    tx.commit()


def test_one_works_in_it_and_the_next_one_finds_what_they_left(engine: Engine, key: SessionKey) -> None:
    services = engine.services
    taken = containers.take(services, key, FIRST)
    assert taken
    assert (taken.generation, taken.spare) == ("", False)
    assert containers.take(services, key, SECOND) is None
    assert containers.take(services, key, FIRST)
    settle(engine, key, "first", "g1")
    state = containers.open_(services, key)
    assert (state.generation, state.holder, dict(state.outputs)) == ("g1", "", {"a": ["digest", "file"]})
    taken = containers.take(services, key, SECOND)
    assert taken
    assert (taken.generation, taken.spare) == ("g1", True)
    containers.release(services, key, "second", spare=False)
    taken = containers.take(services, key, replace(FIRST, keeps=False))
    assert taken
    assert not taken.spare
    containers.release(services, key, "first", spare=False)
    assert not containers.open_(services, key).spare


@pytest.mark.parametrize("why", ["its time is over", "its process has ended", "somebody has seen that it is lost"])
def test_of_who_is_lost_nothing_counts(engine: Engine, key: SessionKey, why: str) -> None:
    services = engine.services
    assert containers.take(services, key, FIRST)
    if why == "its time is over":
        engine.clock.time += 60.1
    elif why == "its process has ended":
        services = replace(services, process="another")
    lost = "first" if why.startswith("somebody") else ""
    taken = containers.take(services, key, SECOND, lost=lost)
    assert taken
    assert taken.spare
    with pytest.raises(Refused):
        settle(engine, key, "first", "g1")
    containers.release(services, key, "first", spare=False)
    state = containers.open_(services, key)
    assert (state.generation, state.holder, state.spare) == ("", "second", True)


def test_it_is_taken_under_the_fence_of_the_call(engine: Engine, key: SessionKey) -> None:
    with pytest.raises(Refused) as refused:
        containers.take(engine.services, key, FIRST, (Check(*key.item, (Absent(),)),))
    assert refused.value.key == key.item
    assert containers.take(engine.services, key, FIRST, (Check(*key.item, (Present(),)),))


@pytest.mark.parametrize("over", ["it is cancelled", "the call is done", "another one has the call"])
def test_whose_call_is_over_is_known_though_they_have_not_let_go(engine: Engine, key: SessionKey, over: str) -> None:
    services, turn = engine.services, engine.turn(key).key
    journal = turn.call(1, 0)
    services.table.write(Put(Item(*journal, {"nonce": "first", "state": "started"})))
    assert containers.is_over(services, key) == ""
    assert containers.take(services, key, Holder("first", journal[1], turn.turn, 60.0))
    assert containers.is_over(services, key) == ""
    if over == "it is cancelled":
        ending.cancel(services, turn)
    elif over == "the call is done":
        services.table.write(Put(Item(*journal, {"nonce": "first", "state": "done"})))
    else:
        services.table.write(Put(Item(*journal, {"nonce": "second", "state": "started"})))
    assert containers.is_over(services, key) == "first"


@pytest.mark.parametrize("fault", ["lost", "after effect"])
def test_whatever_comes_of_the_write_it_is_known_who_has_it(engine: Engine, key: SessionKey, fault: str) -> None:
    engine.table.at(1, fault)
    if not containers.take(engine.services, key, FIRST):
        assert containers.take(engine.services, key, FIRST)
    assert containers.open_(engine.services, key).holder == "first"


def test_with_the_session_it_goes_for_good(engine: Engine, key: SessionKey, monkeypatch: pytest.MonkeyPatch) -> None:
    discarded: list[tuple[str, str]] = []
    monkeypatch.setattr(NoSandbox, "discard", lambda _, root, keep: discarded.append((root, keep)))
    assert containers.take(engine.services, key, FIRST)
    settle(engine, key, "first", "g1")
    deleting.delete(engine.services, key)
    watch = (key.partition, "watch")
    deleting.purge(engine.services, key, watch, float("inf"))
    assert discarded == []  # a worker that sleeps may still work in it
    engine.clock.time += 20 * 60
    deleting.purge(engine.services, key, watch, float("inf"))
    assert discarded == [(f"t/containers/{key.session}", "")]
    assert not engine.services.table.query(key.partition).items
