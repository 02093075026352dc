"""What is done when a schedule is due: each time that has come gets its firing, once, and the next one is watched."""

from collections.abc import Mapping
from typing import Any

from walkaway_core.ports.items import Delete, Fact, Is, Key, Refused
from walkaway_core.schedules import firing, firings, places, rounds, schedules, telling, watching
from walkaway_core.schedules.firings import Firing
from walkaway_core.schedules.schedules import Schedule
from walkaway_core.schedules.ticks import PUNCTUAL, Tick, come
from walkaway_core.store import keys, outbox
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction


def act(services: Services, key: Key, detail: Mapping[str, Any], until: float) -> None:
    """Look after a schedule whose time has come, until no more has, or `until` (monotonic)."""
    while True:
        schedule = schedules.load(services, detail["tenant"], detail["schedule"])
        if schedule is None or schedule.due != key[1]:
            services.table.write(Delete(*key))  # left behind by what moved it
            return
        if schedule.state == "ended":
            _forget(services, schedule)
            return
        fired, sk = _fire(services, schedule)
        for each in fired:
            firing.carry_out(services, each)
        if sk is None or services.clock.monotonic() >= until or _at(sk) > services.clock.now():
            return
        key = (key[0], sk)


def up_to_now(services: Services, schedule: Schedule) -> Schedule:
    """Let each time that has come have its firing, as who changes a schedule must; give the schedule as it is then.

    A sweep may be a minute away, and what is paused, or has other times, looks back no more. Raises ScheduleNotFound.
    """
    while schedule.readable and schedule.state == "active" and _at(schedule.due) <= services.clock.now():
        key = keys.due_shard(schedule.id), schedule.due
        act(services, key, schedule.detail, services.clock.monotonic())
        schedule = schedules.find(services, schedule.tenant, schedule.id)
    return schedule


def _at(sk: str) -> float:
    return keys.due_at(sk) or 0.0


def _fire(services: Services, schedule: Schedule) -> tuple[list[Firing], str | None]:
    """Write the firings of what has come, and move on, in one transaction; who loses the race has nothing to do.

    Gives those that are to be acted on, and where the schedule is watched then.
    """
    now = services.clock.now()
    late = now - _at(schedule.due) > PUNCTUAL
    ticks = come(schedule.plan, schedule.policy, schedule.passed, now, rounds.since(services) if late else now)
    passed = ticks[-1].at if ticks else schedule.passed
    ticks = _new(services, schedule, ticks) if ticks else []
    tx = Transaction(services.table)
    moved = watching.watch(services, tx, schedule, passed)
    facts: dict[str, Fact] = {**moved, "passed": passed}
    written: list[Firing] = []
    previous = schedule.facts.get("previous")
    for tick in ticks:
        written.append(_write(services, tx, schedule, tick, previous))
        previous = tick.at
    if written:
        facts |= {"previous": written[-1].scheduled, "last": written[-1].id}
    lost = [each for each in written if each.outcome == "missed"]
    tx.change(
        places.schedule(schedule.tenant, schedule.id),
        Is("version", schedule.version),  # of two sweeps at once one fires; a change a moment earlier wins
        set=facts,
        add={"version": 1, **({"missed": sum(each.count for each in lost)} if lost else {})},
    )
    notices = [telling.of_firing(services, tx, schedule, each, outbox.SKIPPED) for each in lost]
    try:
        tx.commit()
    except Refused:
        return [], None
    outbox.send_now(services, notices)
    return [each for each in written if each.outcome == "queued"], str(facts["due"])


def _new(services: Services, schedule: Schedule, ticks: list[Tick]) -> list[Tick]:
    """Leave out those that have had their firing, as where a clock was set back behind a change: each has but one."""
    names = [(schedule.tenant, schedule.id, firings.name(schedule.id, tick.at)) for tick in ticks]
    found = firings.load_all(services, names)
    return [tick for tick, there in zip(ticks, found, strict=True) if there is None]


def _write(services: Services, tx: Transaction, schedule: Schedule, tick: Tick, previous: Fact | None) -> Firing:
    facts: dict[str, Fact] = {
        "trigger": tick.trigger,
        "scheduled": tick.at,
        "outcome": "missed" if tick.missed else "queued",
        "count": tick.count,
    }
    if previous is not None:
        facts["previous"] = previous
    if tick.trigger == "catch_up" and schedule.asked["catch_up"] == "all":
        facts["overlap"] = "enqueue_all"
    return firings.put(services, tx, firings.name(schedule.id, tick.at), schedule.detail, facts)


def _forget(services: Services, schedule: Schedule) -> None:
    tx = Transaction(services.table)
    watching.remove(tx, schedule)
    try:
        tx.commit()
    except Refused:  # somebody has changed it meanwhile: it may live
        return
