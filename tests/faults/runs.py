"""A run is submitted, and something goes wrong: it is made once, and listed and counted as its turn is."""

from collections import Counter
from collections.abc import Callable, Sequence

from tests.faults.campaign import Arm, Fault, Life
from tests.faults.violations import Found, of_log, of_record
from tests.faults.world import World
from walkaway_core.dialects.runs import index, keys, runs
from walkaway_core.dialects.runs.index import Run
from walkaway_core.dialects.runs.runs import RunRequest
from walkaway_core.log import log
from walkaway_core.store import turns
from walkaway_core.store.keys import SessionKey, TurnKey

WISH = RunRequest("go", "", {}, "label", 3600, "", "key", "global")


def submitted(world: World) -> TurnKey:
    """Submit as a client that repeats what it has no answer to; delete the run when it is over."""
    turn = world.survive(lambda: runs.submit(world.services, "t", WISH))
    world.finish()
    return turn.key


def deleted(world: World) -> TurnKey:
    """Submit, and delete."""
    key = submitted(world)
    turn = turns.load(world.services, key)
    assert turn
    run = Run.read(turn.facts)
    assert run
    name = run.id

    def delete() -> None:
        if world.place.table.get(keys.run("t", name))[0]:
            runs.delete(world.services, "t", name)

    world.survive(delete)
    return key


def listed(world: World, key: TurnKey, *ends: str) -> list[str]:
    """What must hold of a run that is over."""
    found, table = Found(), world.place.table
    events = log.events(world.services, key, table.query(key.log).items)
    found += of_log(events) + of_record(world.services, key, events)
    found.must(events[-1].type in (ends or ("message.completed",)), f"it ended as {events[-1].type}: {events[-1].text}")
    turn = turns.load(world.services, key)
    state = index.state(turn) if turn else ""
    entries = table.query(keys.run_entry("t", "")[0]).items
    found.must([item.facts["state"] for item in entries] == [state], f"the list has {entries}, the run is {state}")
    for label in ("", "label"):
        counts = +index.counts(world.services, "t", label)
        found.must(counts == Counter({state: 1}), f"the counters of {label!r} say {counts}, the run is {state}")
    sessions = table.query("T#t", after="SESSION#", upto="SESSION#~").items
    found.must(len(sessions) == 2, f"{len(sessions)} sessions, with the world's own")
    found.must(world.due() == ["session", "session"], f"due items are left: {world.due()}")
    return found


def unlisted(world: World, key: TurnKey, *_: str) -> list[str]:
    """What must hold when a run has been deleted."""
    found, table = Found(), world.place.table
    found.must(not table.query(keys.run_entry("t", "")[0]).items, "it is on the list")
    for label in ("", "label"):
        counts = +index.counts(world.services, "t", label)
        found.must(not counts, f"the counters of {label!r} say {counts}")
    turn = turns.load(world.services, key)
    found.must(not (turn and Run.read(turn.facts)), "the turn is a run")
    session = SessionKey(key.tenant, key.session)
    item = table.get(session.item)[0]
    found.must(item is None or "deleted" in item.facts or turn is not None, "nothing is left of it but a session")
    return found


def faults(each: Callable[[str], Callable[[Counter[str]], Sequence[int]]], at: Callable[..., Arm]) -> list[Fault]:
    """What may befall runs."""
    run, gone = Life(submitted, listed), Life(deleted, unlisted)
    return [
        Fault("a run; a write has no effect, unseen", each("write"), at("write", "lost"), life=run),
        Fault("a run; a write takes effect, unseen", each("write"), at("write", "after effect"), life=run),
        Fault("a run; somebody dies before a write", each("write"), at("write", "crash before"), life=run),
        Fault("a run; somebody dies after a write", each("write"), at("write", "crash after"), life=run),
        Fault("a run that is deleted; somebody dies", each("write"), at("write", "crash after"), life=gone),
    ]
