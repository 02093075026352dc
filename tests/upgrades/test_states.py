"""Executions that began with the states of an older release: the doors of now bring them to their end."""

from collections.abc import Iterator

import pytest

from tests.faults import machine, pauses, waits
from tests.faults.campaign import Ground, ground
from tests.faults.violations import violations
from tests.faults.world import World
from tests.upgrades.opened import VERSIONS
from walkaway_local.machine import asl

FILE = "agent_turn.asl.json"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with ground("one machine", tmp_path_factory.mktemp("states")) as made:
        yield made


@pytest.fixture(params=VERSIONS, ids=lambda version: version.name)
def world(request: pytest.FixtureRequest, here: Ground, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A world whose executions have the states of an older release, as on AWS those do that began with it."""
    monkeypatch.setattr(machine, "DEFINITION", asl.load(request.param / FILE))
    made = here.world()
    yield made
    made.place.close()


def invoked(world: World, function: str) -> list[object]:
    return [payload.get("ways") for name, payload in world.machine.invoked if name == function]


def test_a_turn_is_done(world: World) -> None:
    key = world.run()
    assert violations(world, key) == []


def test_a_busy_service_is_not_the_end_of_a_turn(world: World) -> None:
    """These states have no way to wait: they would take it for the end, and the turn for completed."""
    key = waits.waited(world)
    assert violations(world, key) == []
    assert world.machine.waited == 0
    assert len(invoked(world, "FinishTurn")) == 1
    assert set(invoked(world, "CallModel")) == {None}


def test_a_turn_that_waits_for_its_caller_goes_on(world: World) -> None:
    key = pauses.paused(world)
    assert pauses.sound(world, key) == []
    assert set(invoked(world, "CallModel")) == {None}


def test_the_states_of_now_say_that_they_know_how_to_wait_also_behind_a_pause(here: Ground) -> None:
    world = here.world()
    pauses.paused(world)
    assert invoked(world, "RequestClientTools") != []
    assert set(invoked(world, "CallModel")) == {3}
    world.place.close()
