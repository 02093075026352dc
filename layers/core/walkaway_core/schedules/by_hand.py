"""Firings that somebody asks for: one now, or those of the past."""

from collections.abc import Mapping
from contextlib import suppress
from itertools import islice, takewhile
from typing import Any

from walkaway_core.errors import Invalid, ScheduleInvalid, ScheduleNotFound
from walkaway_core.ports.items import Delete, Fact, Item, Key, Present, Refused
from walkaway_core.schedules import firing, firings, places, schedules, settling, ticking
from walkaway_core.schedules.firings import Firing
from walkaway_core.schedules.schedules import Schedule
from walkaway_core.schedules.ticks import AT_ONCE, CAUGHT_UP
from walkaway_core.store import due, keys
from walkaway_core.store.idempotency import Once
from walkaway_core.store.keys import END, TurnKey
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction

GO_ON = 10.0
"""Seconds that whoever asks for the past has for writing its firings; then the sweep does."""


def run(
    services: Services, schedule: Schedule, *, overlap: str | None, message: str | None, once: Once | None = None
) -> Firing:
    """Fire now; the next time stays as it is. Raises Invalid, ScheduleInvalid, ScheduleNotFound, Refused."""
    _usable(schedule)
    if message and schedule.asked["action"] == "prune":
        raise ScheduleInvalid("`message`: a schedule that deletes sessions sends none; leave it out")
    id_ = services.ids.new("fire_")
    facts: dict[str, Fact] = {"trigger": "manual", "scheduled": int(services.clock.now()), "outcome": "queued"}
    said: dict[str, Fact] = {"overlap": overlap or "", "message": message or ""}
    tx = Transaction(services.table)
    tx.check(places.schedule(schedule.tenant, schedule.id), Present())  # it may be deleted meanwhile
    made = firings.put(services, tx, id_, schedule.detail, facts | {n: v for n, v in said.items() if v})
    if once:
        once.keep_made(tx, services, id_)
    _commit(tx, once)
    firing.carry_out(services, made)
    return made


def backfill(
    services: Services, schedule: Schedule, begin: int, to: int, *, overlap: str, once: Once | None = None
) -> str:
    """Fire for each time from `begin` to `to`; give the id of the backfill. Raises ScheduleInvalid, Invalid, Refused.

    What has been asked for goes on by itself: an item of the due queue holds the times that have no firing yet.
    """
    _usable(schedule)
    if to < begin:
        raise ScheduleInvalid("`to` is before `from`")
    if to > services.clock.now():
        raise ScheduleInvalid("`to` is still to come; only times that have passed can be made up for")
    ticks = list(islice(takewhile(lambda tick: tick <= to, schedule.plan.after(begin - 1)), CAUGHT_UP + 1))
    if not ticks:
        raise ScheduleInvalid("It had no time to fire from `from` to `to`")
    if len(ticks) > CAUGHT_UP:
        raise ScheduleInvalid(f"It had more than {CAUGHT_UP} times to fire from `from` to `to`; ask for a shorter part")
    batch = services.ids.new("fill_")
    detail = {**schedule.detail, "batch": batch, "ticks": ticks, "overlap": overlap}
    tx = Transaction(services.table)
    tx.check(places.schedule(schedule.tenant, schedule.id), Present())
    sk = due.watch(tx, services.clock.now() + GO_ON, "firing", _left(batch, ticks), detail)
    if once:
        once.keep_made(tx, services, batch)
    _commit(tx, once)
    go_on(services, (keys.due_shard(_left(batch, ticks)), sk), detail)
    return batch


def act(services: Services, key: Key, detail: Mapping[str, Any], until: float) -> None:
    """Act on a due item of firings: one of them, or a backfill that has still some to write."""
    if "batch" in detail:
        go_on(services, key, detail)
    else:
        firing.act(services, key, detail, until)


def wake(services: Services, key: Key, detail: Mapping[str, Any], _: float) -> None:
    """Act on the end of what a schedule has begun: the firing that has waited longest for it begins, if it can.

    Where the turn is named, the next one would end just so, and the schedule is paused.
    """
    if "turn" in detail:
        with suppress(ScheduleNotFound):
            ticking.up_to_now(services, schedules.find(services, detail["tenant"], detail["schedule"]))
        turn = TurnKey(detail["tenant"], detail["session"], detail["turn"])
        settling.pause_behind(services, detail["schedule"], turn)
    if waits := firings.waiting(services, detail["tenant"], detail["schedule"]):
        firing.carry_out(services, waits)
    services.table.write(Delete(*key))


def go_on(services: Services, key: Key, detail: Mapping[str, Any]) -> None:
    """Write the firings of a backfill, some at a time, and act on them; who loses the race has nothing to do."""
    ticks, detail = list(detail["ticks"]), dict(detail)
    written: list[Firing] = []
    while ticks:
        now, ticks = ticks[:AT_ONCE], ticks[AT_ONCE:]
        tx = Transaction(services.table)
        tx.delete(key, Present())  # of two at once one writes them
        batch = str(detail["batch"])
        written += [_write(services, tx, detail, at) for at in now]
        if ticks:
            name = _left(batch, ticks)
            sk = due.watch(tx, services.clock.now() + GO_ON, "firing", name, {**detail, "ticks": ticks})
            key = (keys.due_shard(name), sk)
        try:
            tx.commit()
        except Refused:
            return
    for each in written[:AT_ONCE]:  # the sweep acts on the others: who asks does not wait for a hundred
        firing.carry_out(services, each)


def of_backfill(services: Services, schedule: Schedule, batch: str, begin: int, to: int) -> list[Firing]:
    """Read the firings of a backfill, in the order of their times."""
    pk, first = places.firing(schedule.tenant, schedule.id, f"fire_{max(0, begin) * 1000:012x}")
    last = f"fire_{to * 1000:012x}{END}"
    found: list[Item] = []
    more, after = True, first
    while more:
        page = services.table.query(pk, after=after, upto=last)
        found += [item for item in page.items if item.facts.get("batch") == batch]
        more, after = page.more, page.items[-1].sk if page.items else after
    return [firings.unpack(schedule.tenant, schedule.id, item) for item in found]


def _write(services: Services, tx: Transaction, detail: Mapping[str, Any], at: int) -> Firing:
    overlap = detail["overlap"]
    facts: dict[str, Fact] = {
        "trigger": "backfill",
        "scheduled": at,
        "outcome": "queued",
        "overlap": "enqueue_all" if overlap == "enqueue" else overlap,
        "batch": detail["batch"],
    }
    about = {"tenant": detail["tenant"], "schedule": detail["schedule"]}
    return firings.put(services, tx, firings.name(detail["schedule"], at, detail["batch"]), about, facts)


def _left(batch: str, ticks: list[int]) -> str:
    """Name the due item of a backfill that has so many to write."""
    return f"{batch}.{len(ticks)}"


def _commit(tx: Transaction, once: Once | None) -> None:
    try:
        tx.commit()
    except Refused as refusal:
        if once and refusal.key == once.place:
            raise
        raise ScheduleNotFound from None


def _usable(schedule: Schedule) -> None:
    if not schedule.readable:
        raise Invalid(f"What is stored of the schedule {schedule.id} cannot be read; delete it, and make another one")
