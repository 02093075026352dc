"""Schedules that fire: what begins, what waits, what is passed over, and what is written of each."""

from dataclasses import replace
from typing import Any

import pytest

from tests.kit.engine import Engine
from walkaway_core.agent import agents
from walkaway_core.dialects import DIALECTS
from walkaway_core.doors.sweep import sweep
from walkaway_core.engine import deleting, ending
from walkaway_core.engine.ending import Ending, end_turn
from walkaway_core.errors import QuotaReached, ScheduleInvalid, ScheduleNotFound
from walkaway_core.http.dialect import extensions
from walkaway_core.log import transcript
from walkaway_core.ports.items import Change
from walkaway_core.schedules import by_hand, firing, firings, resource, rounds, schedules, ticking
from walkaway_core.schedules.firings import Firing
from walkaway_core.schedules.schedules import Schedule
from walkaway_core.store import keys, sessions, turns
from walkaway_core.store.keys import SessionKey, TurnKey

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0


def make(engine: Engine, **said: Any) -> Schedule:
    when = {} if {"cron", "at", "every"} & said.keys() else {"every": 3600}
    long = {"turn_timeout": 604_800}
    return resource.create(engine.services, "t", {"message": "go", "session": long, **when, **said})


def now(engine: Engine, schedule: Schedule) -> Schedule:
    found = schedules.load(engine.services, "t", schedule.id)
    assert found
    return found


def told(engine: Engine, schedule: Schedule) -> list[Firing]:
    """Its firings, the oldest first."""
    return firings.listing(engine.services, "t", schedule.id, limit=1000)[0][::-1]


def outcomes(engine: Engine, schedule: Schedule) -> list[str]:
    return [each.outcome for each in told(engine, schedule)]


def turn_of(firing: Firing) -> TurnKey:
    return TurnKey("t", firing.text("session"), firing.text("turn"))


def passes(engine: Engine, seconds: float) -> None:
    """Let time pass, with a sweep where something of schedules is due."""
    until = engine.clock.time + seconds
    while engine.clock.time < until:
        shards = (engine.table.query(f"SYS#DUE#{n:02}").items for n in range(keys.DUE_SHARDS))
        own = [item for items in shards for item in items if item.text("kind") in ("schedule", "firing")]
        coming = [(int(item.sk[:13]) / 1000 - engine.clock.set, item.text("kind") == "firing") for item in own]
        least = engine.clock.time
        engine.clock.time = min([until, *(max(at, least + (MINUTE if waits else 1)) for at, waits in coming)])
        sweep(engine.services)


def ends(engine: Engine, firing: Firing, status: Any = "completed") -> None:
    end_turn(engine.services, turn_of(firing), Ending(status, error="broken" if status == "failed" else ""))


def test_each_time_begins_a_turn_in_a_session_of_its_own(engine: Engine) -> None:
    agents.create(engine.services, "t", "writer", values={"model": "test-model"})
    made = make(engine, agent="writer", name="hourly", message="For {{scheduled_at}} by {{schedule}} {{firing}} {{x}}")
    for _ in range(2):
        passes(engine, HOUR)
        ends(engine, told(engine, made)[-1])
    one, two = told(engine, made)
    assert (one.outcome, two.outcome, one.trigger) == ("started", "started", "tick")
    assert one.text("session") != two.text("session")
    turn = turns.load(engine.services, turn_of(one))
    assert turn
    assert (turn.facts["schedule"], turn.facts["firing"]) == (made.id, one.id)
    said = transcript.text(transcript.entries(engine.services, turn.key.owner)[0].body["content"])
    assert said == f"For 2027-01-15T09:00:00+00:00 by hourly {one.id} {{{{x}}}}"
    session = sessions.get(engine.services, turn.key.owner)
    assert (session.options.persistent, session.options.ttl) == (True, 7 * 86_400)
    then = now(engine, made)
    assert (then.number("started"), then.text("last"), then.text("turn")) == (2, two.id, two.text("turn"))
    kinds = [kind for kind, detail in engine.told if detail.get("schedule_id") == made.id]
    assert kinds == ["schedule.fired"] * 2


def test_a_message_can_name_the_time_before(engine: Engine) -> None:
    made = make(engine, message="From {{previous_at}} to {{scheduled_at}}", timezone="Europe/Berlin", overlap="allow")
    passes(engine, 2 * HOUR)
    said = [
        transcript.text(transcript.entries(engine.services, turn_of(each).owner)[0].body["content"])
        for each in told(engine, made)
    ]
    times = ["2027-01-15T10:00:00+01:00", "2027-01-15T11:00:00+01:00"]
    assert said == [f"From  to {times[0]}", f"From {times[0]} to {times[1]}"]


def test_a_firing_can_be_looked_at_for_ninety_days(engine: Engine) -> None:
    made = make(engine)
    passes(engine, HOUR)
    item = engine.table.get(told(engine, made)[0].key)[0]
    assert item
    assert item.expires == int(engine.clock.now()) + 90 * DAY


def test_a_tenant_has_so_many_and_no_more(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert resource.MOST == 1000
    monkeypatch.setattr(resource, "MOST", 2)
    one, _ = make(engine), make(engine)
    with pytest.raises(QuotaReached, match="delete one first"):
        make(engine)
    resource.delete(engine.services, "t", one.id)
    make(engine)


def test_a_time_while_the_last_turn_goes_on_is_skipped(engine: Engine) -> None:
    made = make(engine)
    passes(engine, 2 * HOUR)
    one, two = told(engine, made)
    assert (one.outcome, two.outcome, two.text("code")) == ("started", "skipped", "schedule.busy")
    assert one.text("turn") in two.text("error")
    ends(engine, one)
    passes(engine, HOUR)
    assert outcomes(engine, made) == ["started", "skipped", "started"]
    assert "schedule.skipped" in [kind for kind, _ in engine.told]


def test_of_those_that_are_enqueued_one_waits_and_begins_when_the_turn_has_ended(engine: Engine) -> None:
    made = make(engine, overlap="enqueue")
    passes(engine, 3 * HOUR)
    assert outcomes(engine, made) == ["started", "queued", "skipped"]
    ends(engine, told(engine, made)[0])
    passes(engine, 2 * MINUTE)
    assert outcomes(engine, made) == ["started", "started", "skipped"]
    assert "firing" not in engine.due()


def test_all_that_are_enqueued_begin_in_their_order(engine: Engine) -> None:
    made = make(engine, overlap="enqueue_all")
    passes(engine, 4 * HOUR)
    assert outcomes(engine, made) == ["started", "queued", "queued", "queued"]
    for n in range(4):
        assert outcomes(engine, made)[: n + 2] == (["started"] * (n + 1) + ["queued"])[: min(n + 2, 4)]
        ends(engine, told(engine, made)[n])
        passes(engine, 2 * MINUTE)
    begun = [turn_of(each).turn for each in told(engine, made)]
    assert begun == sorted(begun)


def test_one_that_interrupts_cancels_the_turn_that_runs(engine: Engine) -> None:
    made = make(engine, overlap="interrupt")
    passes(engine, 2 * HOUR)
    one, two = told(engine, made)
    before, after = (turns.load(engine.services, turn_of(each)) for each in (one, two))
    assert before
    assert after
    assert (before.status, after.status) == ("cancelled", "running")


def test_those_that_are_allowed_run_side_by_side(engine: Engine) -> None:
    made = make(engine, overlap="allow")
    passes(engine, 3 * HOUR)
    assert outcomes(engine, made) == ["started"] * 3
    running = [turns.load(engine.services, turn_of(each)) for each in told(engine, made)]
    assert [turn.status for turn in running if turn] == ["running"] * 3


@pytest.mark.parametrize(
    ("overlap", "expected", "queued"),
    [
        ("skip", ["skipped", "skipped", "skipped"], 0),
        ("enqueue", ["started", "skipped", "skipped"], 1),
        ("enqueue_all", ["started"] * 3, 3),
        ("interrupt", ["started"] * 3, 0),
    ],
)
def test_in_a_session_that_goes_on_it_is_as_for_a_message(
    engine: Engine, overlap: str, expected: list[str], queued: int
) -> None:
    session = engine.session(persistent=True, ttl=30 * 86_400, turn_timeout=604_800)
    engine.turn(session)
    made = make(engine, session=session.session, overlap=overlap)
    passes(engine, 3 * HOUR - 10)
    engine.clock.time += 10
    sweep(engine.services)
    assert outcomes(engine, made) == expected
    assert sessions.get(engine.services, session).queued == queued


def test_what_has_failed_once_more_than_is_borne_pauses_it(engine: Engine) -> None:
    made = make(engine, pause_after_failures=2)
    for _ in range(2):
        passes(engine, HOUR)
        ends(engine, told(engine, made)[-1], "failed")
    passes(engine, 2 * HOUR)
    then = now(engine, made)
    assert outcomes(engine, made) == ["started", "started", "skipped"]
    assert then.state == "paused"
    assert then.reason
    assert then.reason["code"] == "schedule.failures"
    assert then.due == ""
    assert "schedule" not in engine.due()


def test_a_turn_that_was_completed_forgets_failures(engine: Engine) -> None:
    made = make(engine, pause_after_failures=2)
    for status in ("failed", "completed", "failed", "completed"):
        passes(engine, HOUR)
        ends(engine, told(engine, made)[-1], status)
    assert now(engine, made).state == "active"


def test_trouble_that_will_not_pass_pauses_it_and_says_why(engine: Engine) -> None:
    agent = agents.create(engine.services, "t", "writer", values={"model": "test-model"})
    made = make(engine, agent="writer")
    agents.delete(engine.services, "t", agent.id)
    passes(engine, 3 * HOUR)
    then = now(engine, made)
    assert (then.state, then.number("failed"), outcomes(engine, made)) == ("paused", 1, ["failed"])
    assert then.reason
    assert then.reason["code"] == "agent.not_found"
    kinds = dict.fromkeys(kind for kind, _ in engine.told if kind.startswith("schedule."))
    assert list(kinds) == ["schedule.failed", "schedule.paused"]


UNKNOWN = Ending("failed", error="The model service does not know 'gone'", code="model_unknown")


def test_a_model_that_its_service_does_not_know_pauses_it_at_once(engine: Engine) -> None:
    engine.services = replace(engine.services, extensions=extensions(DIALECTS))
    made = make(engine)
    passes(engine, HOUR)
    end_turn(engine.services, turn_of(told(engine, made)[0]), UNKNOWN)
    sweep(engine.services)
    then = now(engine, made)
    assert (then.state, then.due) == ("paused", "")
    assert then.reason
    assert (then.reason["code"], then.reason["message"]) == ("model_unknown", UNKNOWN.error)
    assert [detail["reason"]["code"] for kind, detail in engine.told if kind == "schedule.paused"] == ["model_unknown"]
    passes(engine, 3 * HOUR)
    assert outcomes(engine, made) == ["started"]
    assert not {"wake", "schedule"} & set(engine.due())


def test_what_was_changed_since_the_turn_began_is_not_paused(engine: Engine) -> None:
    engine.services = replace(engine.services, extensions=extensions(DIALECTS))
    made = make(engine)
    passes(engine, HOUR)
    engine.clock.time += 1
    resource.change(engine.services, "t", made.id, {"session": {"model": "another-model"}})
    end_turn(engine.services, turn_of(told(engine, made)[0]), UNKNOWN)
    sweep(engine.services)
    assert now(engine, made).state == "active"


def test_a_session_that_is_gone_or_has_spent_its_money_pauses_it(engine: Engine) -> None:
    gone, spent = (
        engine.session(persistent=True),
        engine.session(persistent=True, ttl=10 * 86_400, max_cost_usd=0.5, model="claude-haiku-4-5"),
    )
    schedules_ = [make(engine, session=key.session) for key in (gone, spent)]
    deleting.delete(engine.services, gone)
    engine.table.write(Change(*spent.item, add={"cost": 500_000}))
    passes(engine, HOUR)
    reasons = [now(engine, each).reason for each in schedules_]
    assert [reason["code"] for reason in reasons if reason] == ["session.not_found", "invalid_request"]


def test_trouble_that_may_pass_is_borne_for_ten_minutes(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: Any, **__: Any) -> None:
        raise ConnectionError("a service did not answer")

    made = make(engine)
    with monkeypatch.context() as patch:
        patch.setattr(firing, "as_asked", breaks)
        passes(engine, HOUR + 5 * MINUTE)
        assert outcomes(engine, made) == ["queued"]
    passes(engine, MINUTE)
    assert outcomes(engine, made) == ["started"]
    ends(engine, told(engine, made)[0])
    monkeypatch.setattr(firing, "as_asked", breaks)
    passes(engine, HOUR + 12 * MINUTE)
    assert outcomes(engine, made) == ["started", "failed"]
    assert now(engine, made).state == "active"


def test_it_ends_where_its_times_do_or_when_it_has_fired_often_enough(engine: Engine) -> None:
    at = int(engine.clock.time + HOUR)
    once, until = make(engine, at=at), make(engine, ends_at=int(engine.clock.time + 2.5 * HOUR), overlap="allow")
    twice = make(engine, max_firings=2, overlap="allow")
    passes(engine, 4 * HOUR)
    assert [now(engine, each).state for each in (once, until, twice)] == ["ended"] * 3
    assert [len(told(engine, each)) for each in (once, until, twice)] == [1, 2, 2]
    by_hand.run(engine.services, now(engine, once), overlap="allow", message=None)
    passes(engine, MINUTE)
    engine.clock.time += 31 * DAY
    sweep(engine.services)
    for each in (once, until, twice):
        with pytest.raises(ScheduleNotFound):
            schedules.find(engine.services, "t", each.id)


def test_while_it_is_paused_nothing_is_kept_and_nothing_is_made_up_for(engine: Engine) -> None:
    made = make(engine, catch_up="all")
    resource.change(engine.services, "t", made.id, {"status": "paused", "note": "holidays"})
    passes(engine, 5 * HOUR)
    assert told(engine, made) == []
    by_hand.run(engine.services, now(engine, made), overlap=None, message="by hand")
    assert [(each.outcome, each.trigger) for each in told(engine, made)] == [("started", "manual")]
    ends(engine, told(engine, made)[0])
    resource.change(engine.services, "t", made.id, {"status": "active"})
    passes(engine, HOUR)
    assert [each.trigger for each in told(engine, made)] == ["manual", "tick"]


@pytest.mark.parametrize("change", [{"status": "paused"}, {"every": 7200}, {"starts_at": 2_000_000_000}])
def test_what_has_come_fires_before_a_change_looks_back_no_more(engine: Engine, change: dict[str, Any]) -> None:
    made = make(engine)
    engine.clock.time += HOUR + 20
    resource.change(engine.services, "t", made.id, change)
    assert outcomes(engine, made) == ["started"]
    passes(engine, HOUR)
    assert outcomes(engine, made) == ["started"]


def test_new_times_count_from_now_on(engine: Engine) -> None:
    made = make(engine, every=3600)
    passes(engine, 30 * MINUTE)
    changed = resource.change(engine.services, "t", made.id, {"every": 7200, "message": "other"})
    assert resource.expected(changed, engine.clock.now())[0] == int(engine.clock.now()) + 7200
    passes(engine, 2 * HOUR)
    assert len(told(engine, made)) == 1


def test_the_past_is_made_up_for_in_its_order(engine: Engine) -> None:
    made = make(engine, cron="0 * * * *")
    begin = int(engine.clock.now() - 80 * HOUR)
    batch = by_hand.backfill(engine.services, made, begin, int(engine.clock.now()), overlap="enqueue")
    found = by_hand.of_backfill(engine.services, made, batch, begin, int(engine.clock.now()))
    assert [each.outcome for each in found] == ["started"] + ["queued"] * 80
    for number in range(3):
        ends(engine, told(engine, made)[number])
        passes(engine, 2 * MINUTE)
    assert outcomes(engine, made)[:5] == ["started"] * 4 + ["queued"]
    with pytest.raises(ScheduleInvalid, match="more than 100"):
        by_hand.backfill(engine.services, made, begin - int(DAY), int(engine.clock.now()), overlap="enqueue")


def test_deleting_it_leaves_its_turns_and_what_waits_begins_no_more(engine: Engine) -> None:
    made = make(engine, overlap="enqueue")
    passes(engine, 2 * HOUR)
    one = told(engine, made)[0]
    resource.delete(engine.services, "t", made.id)
    ends(engine, one)
    passes(engine, 3 * HOUR)
    assert outcomes(engine, made) == ["started", "skipped"]
    assert not {"schedule", "firing"} & set(engine.due())


def test_a_clock_that_is_set_back_fires_nothing_twice(engine: Engine) -> None:
    made = make(engine, cron="0 * * * *", overlap="allow")
    passes(engine, 3 * HOUR)
    engine.clock.set = -2 * HOUR
    passes(engine, HOUR)
    resource.change(engine.services, "t", made.id, {"cron": "0 * * * *"})
    passes(engine, 3 * HOUR)
    times = [each.scheduled for each in told(engine, made)]
    assert times == sorted(set(times))
    assert len(times) == 5


def test_a_change_of_the_turns_owner_is_no_matter(engine: Engine) -> None:
    made = make(engine)
    passes(engine, HOUR)
    deleting.delete(engine.services, SessionKey("t", told(engine, made)[0].text("session")))
    passes(engine, HOUR)
    assert outcomes(engine, made) == ["started", "started"]
    assert ending.cancel(engine.services, turn_of(told(engine, made)[1]))


def test_a_burst_of_minutes_misses_nothing(engine: Engine) -> None:
    """A sweep begins in time, and comes to this one minutes later."""
    made = make(engine, catch_up="none", every=7200)
    engine.clock.time += 7200
    rounds.begin(engine.services, engine.clock.now())
    engine.clock.time += 4 * MINUTE
    at = now(engine, made).due
    ticking.act(engine.services, (keys.due_shard(made.id), at), made.detail, engine.clock.monotonic() + MINUTE)
    assert outcomes(engine, made) == ["started"]


def test_many_at_a_full_hour_begin_side_by_side_each_once(engine: Engine) -> None:
    made = [make(engine, cron="0 * * * *") for _ in range(40)]
    passes(engine, HOUR)
    assert [outcomes(engine, each) for each in made] == [["started"]] * 40
