"""Schedules as somebody asks for them: made, changed, deleted."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from walkaway_core.engine.asked import as_asked
from walkaway_core.errors import BodyTooLarge, Invalid, QuotaReached, ScheduleInvalid
from walkaway_core.log.metadata import check_metadata
from walkaway_core.notify import endpoint_checks
from walkaway_core.ports.items import Absent, Fact, Is, Item, Refused, ms
from walkaway_core.schedules import places, schedules, settling, telling, ticking, unused, watching, words
from walkaway_core.schedules.plan import Plan
from walkaway_core.schedules.schedules import Schedule
from walkaway_core.store import outbox, rewritten, sessions
from walkaway_core.store.idempotency import Once
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_wire import jsontext
from walkaway_wire.resources import SessionCreate

MOST = 1000
"""How many schedules a tenant may have."""
BYTES = 200_000
"""What one may say, as JSON."""
TIMES = frozenset({"cron", "every", "at", "timezone", "starts_at", "ends_at"})
"""What says when it fires: a change of it looks ahead from now on."""
WHICH = frozenset({"cron", "every", "at"})
OF_TURNS = ("message", "attachments", "webhook_url", "agent", "session")
"""What is for turns alone."""
SHOWN = 5
"""Coming times that a record shows."""
BY_HAND = "by_hand"
KNOWN = ("reason", "previous")
"""Facts whose absence says something."""


def create(services: Services, tenant: str, said: Mapping[str, Any], once: Once | None = None) -> Schedule:
    """Make a schedule. `said`: what was asked for, by name, `status` and `note` included.

    Raises ScheduleInvalid, ScheduleNameTaken, QuotaReached, AgentNotFound, SessionNotFound, Invalid, BodyTooLarge, and
    Refused where the key of `once` is taken.
    """
    asked = {**schedules.NOTHING, **{name: value for name, value in said.items() if name in schedules.NOTHING}}
    now = services.clock.now()
    passed = _begins(asked, said, now)
    _check(services, tenant, asked)
    if schedules.count(services, tenant, MOST) >= MOST:
        raise QuotaReached(f"There are {MOST} schedules already, as many as there may be; delete one first")
    id_ = services.ids.new("sch_")
    tx = Transaction(services.table)
    if asked["name"]:
        schedules.take_name(services, tx, tenant, asked["name"], id_)
    facts: dict[str, Fact] = {
        "state": "active",
        "version": 1,
        "created": ms(now),
        "updated": ms(now),
        "anchor": int(now),
        "passed": passed,
        "due": "",
    }
    item = schedules.item(tenant, id_, asked, facts)
    made = schedules.unpack(tenant, item)
    if said.get("status") == "paused":
        more = settling.pause(services, tx, made, _reason(said))
    else:
        more = watching.watch(services, tx, made, passed)
    tx.put(schedules.item(tenant, id_, asked, {**facts, **more}), Absent())
    if once:
        once.keep_made(tx, services, id_)
    _commit(tx, asked, once)
    return schedules.find(services, tenant, id_)


def change(services: Services, tenant: str, called: str, said: Mapping[str, Any]) -> Schedule:
    """Change what is said; new times count from now on, and the turn that runs goes on as it began.

    Raises what `create` does, and ScheduleNotFound.
    """
    while True:
        old = ticking.up_to_now(services, schedules.find(services, tenant, called))
        if not old.readable:
            raise Invalid(f"What is stored of the schedule {old.id} cannot be read; delete it, and make another one")
        tx = Transaction(services.table)
        notices = _change(services, tx, old, said)
        try:
            tx.commit()
        except Refused as refusal:
            if refusal.key == places.schedule_name(tenant, str(said.get("name"))):
                raise schedules.taken(str(said["name"])) from None
            continue
        outbox.send_now(services, notices)
        return schedules.find(services, tenant, old.id)


def _change(services: Services, tx: Transaction, old: Schedule, said: Mapping[str, Any]) -> list[Item]:
    """Write a change of what was read; give what the bus is to hear."""
    now = services.clock.now()
    notices: list[Item] = []
    known = {name: value for name, value in said.items() if name in schedules.NOTHING}
    if any(said.get(name) is not None for name in WHICH):
        known = {**dict.fromkeys(WHICH), **known}
    asked = {**old.asked, **known}
    retimed = bool(TIMES & known.keys())
    facts: dict[str, Fact] = {**old.facts, "version": old.version + 1, "updated": ms(now)}
    active = old.state == "active" or (old.state == "ended" and retimed)
    goes = active if "status" not in said else said["status"] == "active"
    if retimed:
        facts |= {"anchor": int(now), "passed": _begins(asked, said, now)}
    elif goes and old.state != "active":
        facts["passed"] = int(now)  # what came while it was paused is not made up for
    _check(services, old.tenant, asked)
    new = schedules.unpack(old.tenant, schedules.item(old.tenant, old.id, asked, facts))
    if goes:
        facts |= _active(services, tx, old, new)
        facts.pop("reason", None)
    elif old.state == "active" or "note" in said:
        reason = _reason(said)
        facts |= settling.pause(services, tx, old, reason)
        notices.append(telling.of_pause(services, tx, new, reason))
    _rename(services, tx, old, asked["name"])
    item = rewritten.over(old.item, schedules.item(old.tenant, old.id, asked, facts), *KNOWN)
    tx.put(item, Is("version", old.version))  # of two changes at once none is lost, and no firing
    return notices


def _active(services: Services, tx: Transaction, old: Schedule, new: Schedule) -> dict[str, Fact]:
    """Watch a schedule that is active from now on. Raises ScheduleInvalid for one that would never fire again."""
    moved = watching.watch(services, tx, new, new.passed)
    if old.state == "active":
        return {"state": "active", **moved}
    most, kept = new.asked["max_firings"], old.number("kept")
    if most and kept >= most:
        raise ScheduleInvalid(f"It has fired {kept} times; `max_firings` must be more for it to go on")
    if "state" in moved:
        raise ScheduleInvalid("It never fires again: say other times as well, such as a later `ends_at`")
    return {"state": "active", "failures": 0, **moved}


def _rename(services: Services, tx: Transaction, old: Schedule, name: str) -> None:
    if name == old.name:
        return
    if name:
        schedules.take_name(services, tx, old.tenant, name, old.id)
    if old.name:
        tx.delete(places.schedule_name(old.tenant, old.name))


def delete(services: Services, tenant: str, called: str) -> None:
    """Delete a schedule: nothing fires any more. Firings and sessions stay. Raises ScheduleNotFound."""
    while True:
        schedule = schedules.find(services, tenant, called)
        tx = Transaction(services.table)
        watching.remove(tx, schedule)
        try:
            tx.commit()
        except Refused:
            continue
        return


def checked(asked: Mapping[str, Any], now: float) -> Plan:
    """Make a plan of what says when to fire. Raises ScheduleInvalid."""
    plan = schedules.plan(asked, int(now))
    try:
        plan.check()
    except Invalid as error:
        raise ScheduleInvalid(str(error)) from None
    return plan


def _begins(asked: Mapping[str, Any], said: Mapping[str, Any], now: float) -> int:
    """Say behind which time it fires. Raises ScheduleInvalid for times that have all passed.

    A single one that has passed fires, or is missed, if `catch_up` says in the same breath what is to become of it.
    """
    plan = checked(asked, now)
    if next(plan.after(now), None) is not None:
        return int(now)
    if plan.at is None:
        raise ScheduleInvalid("`ends_at`: all times at which it would fire have passed")
    if "catch_up" not in said:
        raise ScheduleInvalid(
            "`at` has passed; name a time to come, or say by `catch_up` in the same request what is to become of it"
        )
    return plan.at - 1


def _check(services: Services, tenant: str, asked: Mapping[str, Any]) -> None:
    session = asked["session"]
    if asked["action"] == "prune":
        _check_prune(asked)
    elif asked["prune"] is not None:
        raise ScheduleInvalid("`prune` goes with `action`: prune; leave it out")
    elif not asked["message"].strip():
        raise ScheduleInvalid("`message` is empty; say what the agent is to do")
    if isinstance(session, str):
        if asked["overlap"] == "allow":
            raise ScheduleInvalid("`overlap`: a session that goes on has one turn at a time, so `allow` is not allowed")
        if asked["agent"]:
            raise ScheduleInvalid("`agent`: a session that goes on has the agent that it was made with; leave it out")
        sessions.get(services, SessionKey(tenant, session))
    elif isinstance(session, dict) and session.get("agent") not in (None, "", asked["agent"]) and asked["agent"]:
        raise ScheduleInvalid("`agent` and `session.agent` are not the same; leave one of them out")
    else:
        wanted = SessionCreate.model_validate(words.session(asked))
        as_asked(services, tenant, "", wanted)
        check_metadata(wanted.metadata)
    if asked["webhook_url"]:
        endpoint_checks.url(services, asked["webhook_url"], "webhook_url")
    check_metadata(asked["metadata"])
    if (size := len(jsontext.dump_bytes(dict(asked)))) > BYTES:
        raise BodyTooLarge(
            f"The schedule has {size} bytes of JSON; the most is {BYTES}. What is larger can stand in a file that the "
            "message names"
        )


def _check_prune(asked: Mapping[str, Any]) -> None:
    for name in OF_TURNS:
        if asked[name]:
            raise ScheduleInvalid(f"`{name}`: a schedule that deletes sessions begins no turns; leave it out")
    try:
        unused.seconds(asked)
    except Invalid as error:
        raise ScheduleInvalid(str(error)) from None


def _reason(said: Mapping[str, Any]) -> dict[str, str]:
    return {"code": BY_HAND, "message": said.get("note") or "Somebody has paused it"}


def _commit(tx: Transaction, asked: Mapping[str, Any], once: Once | None) -> None:
    try:
        tx.commit()
    except Refused as refusal:
        if once and refusal.key == once.place:
            raise
        raise schedules.taken(asked["name"]) from None


def expected(schedule: Schedule, now: float) -> list[int]:
    """Give the next times at which it fires."""
    ticks = schedule.plan.after(max(now, schedule.passed)) if schedule.state == "active" else iter(())
    return list(islice(ticks, SHOWN))
