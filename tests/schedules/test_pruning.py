"""Schedules that delete sessions: which of them go, how far it is written down, what stops it, what waits for it."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from tests.kit.engine import Engine
from walkaway_core.dialects import DIALECTS
from walkaway_core.doors.sweep import sweep
from walkaway_core.engine import deleting, sending
from walkaway_core.engine.ending import Ending, end_turn
from walkaway_core.errors import SessionNotFound
from walkaway_core.http.dialect import extensions
from walkaway_core.schedules import by_hand, firing, firings, lasts, pruning, resource, schedules
from walkaway_core.schedules.firings import Firing
from walkaway_core.schedules.schedules import Schedule
from walkaway_core.schedules.settling import Changed
from walkaway_core.store import sessions
from walkaway_core.store.keys import SessionKey

HOUR, DAY = 3600.0, 86_400.0
LONG = {"persistent": True, "ttl": 90 * 86_400, "turn_timeout": 604_800}


def make(engine: Engine, **said: Any) -> Schedule:
    asked = {"action": "prune", "prune": {"older_than": "720h"}, "cron": "0 3 * * *", **said}
    return resource.create(engine.services, "t", asked)


def fire(engine: Engine, schedule: Schedule, overlap: str | None = None) -> Firing:
    """Fire now; let a millisecond pass, so that no two due items are one."""
    engine.clock.time += 0.001
    found = schedules.load(engine.services, "t", schedule.id)
    assert found
    return now(engine, by_hand.run(engine.services, found, overlap=overlap, message=None))


def now(engine: Engine, fired: Firing) -> Firing:
    found = firings.load(engine.services, "t", fired.schedule, fired.id)
    assert found
    return found


def done(engine: Engine, fired: Firing) -> tuple[str, int]:
    found = now(engine, fired)
    return found.text("pruning"), found.number("pruned")


def old(engine: Engine, count: int) -> list[SessionKey]:
    """Make sessions that nobody has used for 31 days."""
    made = [engine.session(**LONG) for _ in range(count)]
    engine.clock.time += 31 * DAY
    return made


def left(engine: Engine) -> set[str]:
    return {each.key.session for each in sessions.scan(engine.services, "t")}


def looks(engine: Engine) -> None:
    """Let the sweep come once, a moment later."""
    engine.clock.time += 0.001
    sweep(engine.services)


@pytest.fixture
def one_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each look delete one session, and write down how far it is."""
    monkeypatch.setattr(pruning, "SECONDS", 0.0)


def test_what_is_idle_and_old_goes_and_nothing_else(engine: Engine) -> None:
    busy = engine.session(**LONG)
    engine.turn(busy)
    old(engine, 3)
    young = engine.session(**LONG)
    made = make(engine)
    fired = fire(engine, made)
    assert (fired.outcome, *done(engine, fired)) == ("started", "in_progress", 0)
    looks(engine)
    assert done(engine, fired) == ("completed", 3)
    assert left(engine) == {busy.session, young.session}
    assert not {"firing", "prune"} & set(engine.due())
    assert now(engine, fired).facts.keys().isdisjoint({"due", "cursor"})
    assert [kind for kind, _ in engine.told].count("session.deleted") == 3


def test_each_time_counts_from_itself(engine: Engine) -> None:
    """What was not old at its time stays, however late it begins."""
    made = make(engine, prune={"older_than": "1h"}, cron=None, at=int(engine.clock.now() + DAY))
    early = engine.session(**LONG)
    engine.clock.time += DAY
    late = engine.session(**LONG)
    engine.clock.time += 2 * HOUR
    for _ in range(2):
        looks(engine)
    assert left(engine) == {late.session}
    with pytest.raises(SessionNotFound):
        sessions.get(engine.services, early)
    assert schedules.find(engine.services, "t", made.id).number("started") == 1


@pytest.mark.usefixtures("one_a_look")
def test_it_goes_on_where_it_was(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    young = old(engine, 3) and [engine.session(**LONG) for _ in range(2)]
    looked: list[str] = []
    scan = sessions.scan

    def scanned(*given: Any) -> Any:
        for each in scan(*given):
            looked.append(each.key.session)
            yield each

    monkeypatch.setattr(sessions, "scan", scanned)
    fired = fire(engine, make(engine))
    counts = []
    for _ in range(6):
        looks(engine)
        counts.append(done(engine, fired))
    statuses, numbers = zip(*counts, strict=True)
    assert statuses == ("in_progress",) * 5 + ("completed",)
    assert [after - before for before, after in pairwise((0, *numbers))].count(1) == numbers[-1] == 3
    assert len(looked) == 3 + len(young)


@pytest.mark.usefixtures("one_a_look")
@pytest.mark.parametrize(
    ("overlap", "outcome", "first", "second"),
    [
        ("skip", "skipped", ("completed", 4), ("", 0)),
        ("enqueue", "started", ("completed", 4), ("completed", 0)),
        ("interrupt", "started", ("cancelled", 1), ("completed", 3)),
        ("allow", "started", None, None),
    ],
)
def test_a_time_while_it_still_deletes(
    engine: Engine, overlap: str, outcome: str, first: tuple[str, int] | None, second: tuple[str, int] | None
) -> None:
    old(engine, 4)
    made = make(engine, overlap=overlap)
    one = fire(engine, made)
    looks(engine)
    two = fire(engine, made)
    if overlap == "skip":
        assert f"The deleting of {one.id} that it began goes on" in two.text("error")
    assert (two.outcome == "queued") == (overlap == "enqueue")
    for _ in range(12):
        looks(engine)
    assert now(engine, two).outcome == outcome
    counted = [done(engine, each) for each in (one, two)]
    assert sum(count for _, count in counted) == 4
    assert left(engine) == set()
    if first and second:
        assert counted == [first, second]


@pytest.mark.usefixtures("one_a_look")
def test_deleting_the_schedule_stops_it_and_pausing_does_not(engine: Engine) -> None:
    old(engine, 4)
    made = make(engine)
    fired = fire(engine, made)
    looks(engine)
    resource.change(engine.services, "t", made.id, {"status": "paused"})
    looks(engine)
    assert done(engine, fired) == ("in_progress", 2)
    resource.delete(engine.services, "t", made.id)
    looks(engine)
    assert (done(engine, fired), len(left(engine))) == (("cancelled", 2), 2)
    assert "prune" not in engine.due()


def in_front(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Let something happen in front of the first session that goes."""
    delete, acts = deleting.delete_free, [act]

    def slowly(*given: Any, **named: Any) -> bool:
        if acts:
            acts.pop()()
        return delete(*given, **named)

    monkeypatch.setattr(deleting, "delete_free", slowly)


def test_what_is_used_meanwhile_stays(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn comes and goes between a look at its session and the deletion of that."""
    (used,) = old(engine, 1)

    def uses() -> None:
        turn = sending.send(engine.services, used, "go").turn
        end_turn(engine.services, turn.key, Ending("completed"))

    fired = fire(engine, make(engine))
    in_front(monkeypatch, uses)
    looks(engine)
    assert done(engine, fired) == ("completed", 0)
    assert left(engine) == {used.session}


def test_what_is_stopped_deletes_nothing_more(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is stopped between a look at a session and the deletion of that; whoever comes late cannot end it anew."""
    old(engine, 2)
    fired = fire(engine, make(engine))
    in_front(monkeypatch, lambda: pruning.stop(engine.services, now(engine, fired)))
    looks(engine)
    assert (done(engine, fired), len(left(engine))) == (("cancelled", 0), 2)
    with pytest.raises(Changed):
        pruning._end(engine.services, fired, {"pruning": "completed"})
    assert done(engine, fired) == ("cancelled", 0)


@pytest.mark.usefixtures("one_a_look")
def test_whoever_comes_late_sets_nothing_back(engine: Engine) -> None:
    old(engine, 3)
    fired = fire(engine, make(engine))
    for _ in range(2):
        looks(engine)
    before = now(engine, fired)
    engine.clock.time += 1
    with pytest.raises(Changed):
        pruning._save(engine.services, fired, "")
    assert now(engine, fired) == before


def test_what_cannot_be_deleted_is_left_after_ten_minutes_and_said(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck = old(engine, 3)[1]
    made = make(engine, pause_after_failures=1)
    delete = deleting.delete_free

    def breaks(services: Any, session: Any, *when: Any, **named: Any) -> bool:
        if session.key == stuck:
            raise RuntimeError("what is stored is damaged")
        return delete(services, session, *when, **named)

    monkeypatch.setattr(deleting, "delete_free", breaks)
    fired = fire(engine, made)
    for _ in range(8):
        engine.clock.time += 60
        sweep(engine.services)
    assert done(engine, fired) == ("in_progress", 1)
    for _ in range(5):
        engine.clock.time += 60
        sweep(engine.services)
    assert done(engine, fired) == ("failed", 2)
    assert now(engine, fired).text("error").startswith("Sessions that could not be deleted: 1;")
    assert left(engine) == {stuck.session}
    engine.clock.time += DAY
    looks(engine)
    assert schedules.find(engine.services, "t", made.id).state == "paused"
    assert {"schedule.failed", "schedule.paused"} <= {kind for kind, _ in engine.told}


def test_a_schedule_may_come_to_delete_and_back(engine: Engine) -> None:
    """What it began last is what counts, whichever that is."""
    message = {"action": "message", "prune": None, "message": "go", "session": {"turn_timeout": 604_800}}
    made = make(engine, **message)
    turn = fire(engine, made)
    cleared = {"message": "", "session": None, "action": "prune", "prune": {"older_than": "0s"}}
    resource.change(engine.services, "t", made.id, cleared)
    assert fire(engine, made).text("code") == "schedule.busy"
    end_turn(engine.services, SessionKey("t", turn.text("session")).turn(turn.text("turn")), Ending("completed"))
    deletes = fire(engine, made)
    last = lasts.load(engine.services, schedules.find(engine.services, "t", made.id))
    assert last
    assert (last.id, last.over) == (deletes.id, False)
    looks(engine)
    resource.change(engine.services, "t", made.id, message)
    fire(engine, made)
    last = lasts.load(engine.services, schedules.find(engine.services, "t", made.id))
    assert last
    assert last.turn


@pytest.mark.parametrize("action", ["message", "prune"])
def test_one_that_interrupts_does_not_stop_what_it_has_begun_itself(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    """Another begins it between a look at the firing and a look at its schedule."""
    said = {"prune": None, "message": "go"} if action == "message" else {}
    made = make(engine, action=action, overlap="interrupt", **said)
    load, acts = schedules.load, [sweep]

    def slowly(*given: Any) -> Any:
        if acts and given[2] == made.id and firings.waiting(engine.services, "t", made.id):
            engine.clock.time += firings.ACT_WITHIN + 1
            acts.pop()(engine.services)
        return load(*given)

    monkeypatch.setattr(schedules, "load", slowly)
    fired = now(engine, by_hand.run(engine.services, made, overlap=None, message=None))
    assert acts == []
    last = lasts.load(engine.services, schedules.find(engine.services, "t", made.id))
    assert last
    assert (last.by, fired.outcome) == (fired.id, "started")
    assert action == "prune" or not last.over
    assert fired.text("pruning") != "cancelled"


def test_the_end_of_a_turn_wakes_what_waits_for_it(engine: Engine) -> None:
    engine.services = replace(engine.services, extensions=extensions(DIALECTS))
    made = make(engine, action="message", prune=None, message="go", overlap="enqueue")
    one, two = fire(engine, made), fire(engine, made)
    assert (one.outcome, two.outcome) == ("started", "queued")
    end_turn(engine.services, SessionKey("t", one.text("session")).turn(one.text("turn")), Ending("completed"))
    assert firing.AGAIN > 1
    looks(engine)
    assert now(engine, two).outcome == "started"
    assert not {"firing", "wake"} & set(engine.due())
