"""What is done with a firing: it begins a turn, waits, is passed over, or fails. Its outcome is written with the turn.

A firing may be acted on by several at once, and again after a crash: the transaction that begins its turn requires the
schedule as it was read and closes the firing, so one of them begins it.
"""

import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from walkaway_core.agent import prices, showing
from walkaway_core.engine import sending, starting
from walkaway_core.engine.asked import as_asked
from walkaway_core.engine.sending import OnBusy
from walkaway_core.engine.starting import Message
from walkaway_core.errors import (
    AgentNotFound,
    BodyTooLarge,
    Invalid,
    QueueFull,
    SessionBusy,
    SessionNotFound,
    Unavailable,
    WalkawayError,
)
from walkaway_core.ports.items import Delete, Is, Key, Refused, Unknown, ms
from walkaway_core.schedules import firings, lasts, places, pruning, schedules, settling, words
from walkaway_core.schedules.firings import Firing
from walkaway_core.schedules.lasts import Last
from walkaway_core.schedules.schedules import Schedule
from walkaway_core.schedules.settling import Changed, Outcome
from walkaway_core.store import due, sessions, starts
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_wire.resources import SessionCreate

TRIES = 100
"""How often one look begins anew where others have changed what it has seen."""
PASSES = 600.0
"""Seconds for which trouble that may pass is borne."""
AGAIN, SELDOM = 5.0, 60.0
"""Seconds until a firing that waits is looked at again: the least, and the most."""
MOST_WAIT = 100
"""How many firings of a schedule may wait."""
PERMANENT = (AgentNotFound, SessionNotFound, Invalid, BodyTooLarge)
"""What will be no better at the next time: the schedule is paused."""
ON_BUSY: Mapping[str, OnBusy] = {
    "skip": "reject",
    "enqueue": "enqueue",
    "enqueue_all": "enqueue",
    "interrupt": "interrupt",
}
"""What a schedule's policy is for the session that goes on."""


class _Waits(Exception):
    """It is not to begin yet."""


def act(services: Services, key: Key, detail: Mapping[str, Any], _: float) -> None:
    """Act on a firing that is due."""
    found = firings.load(services, detail["tenant"], detail["schedule"], detail["firing"])
    if found is None or found.outcome != "queued":
        services.table.write(
            Delete(*key), Delete(*places.open_firing(detail["tenant"], detail["schedule"], detail["firing"]))
        )
    elif found.due != key[1]:
        services.table.write(Delete(*key))  # left behind by what moved it
    else:
        carry_out(services, found)


def carry_out(services: Services, firing: Firing) -> None:
    """Let a firing have its effect; then the one that waits behind it, if that can begin."""
    following: Firing | None = firing
    while following and following.outcome == "queued" and _closed(services, following):
        following = firings.waiting(services, firing.tenant, firing.schedule)


def _closed(services: Services, firing: Firing) -> bool:
    """Act on a firing; False when it waits on, for a turn's end or for trouble to pass."""
    for _ in range(TRIES):
        now = firings.load(services, firing.tenant, firing.schedule, firing.id)
        if now is None or now.outcome != "queued":
            return True
        try:
            _attempt(services, now)
        except Changed:
            continue
        except _Waits:
            _look_again(services, now, _pause(services, now))
            return False
        except (Unavailable, Unknown):
            raise  # nothing can be written now: its due item brings it back
        except Exception as error:
            logging.getLogger(__name__).exception("firing %s of %s", now.id, now.schedule)
            if not _gave_up(services, now, error):
                return False
    return False


def _attempt(services: Services, firing: Firing) -> None:
    """Begin what it is to begin, or say why not. Raises Changed, _Waits, and what may pass."""
    schedule = schedules.load(services, firing.tenant, firing.schedule)
    last = lasts.load(services, schedule) if schedule else None
    if schedule is None:
        settling.orphan(services, firing)
        return
    if last and last.by == firing.id:
        raise Changed  # another has begun it since it was read, and what it began is not in its own way
    if reason := settling.worn_out(schedule, firing, last):
        settling.settle(services, schedule, firing, reason, last)
        return
    overlap = firing.text("overlap") or str(schedule.asked["overlap"])
    try:
        if overlap in ("enqueue", "enqueue_all"):
            _stand_in_line(services, firing, overlap)
        if isinstance(schedule.asked["session"], str):
            _send(services, schedule, firing, overlap, last)
        else:
            _make_room(services, overlap, last)
            begun = settling.Begun(services, schedule, firing, last)
            if schedule.asked["action"] == "prune":
                pruning.begin(services, begun, schedule, firing)
            else:
                _start(services, schedule, firing, begun)
    except _Passed as passed:
        settling.settle(services, schedule, firing, Outcome("skipped", "schedule.busy", str(passed)), last)
    except (Changed, Unavailable):
        raise
    except WalkawayError as error:
        lasting = isinstance(error, PERMANENT)
        settling.settle(services, schedule, firing, Outcome("failed", error.code, str(error), pauses=lasting), last)


class _Passed(Exception):
    """What it began last goes on, and this time is passed over; the message says so."""


def _stand_in_line(services: Services, firing: Firing, overlap: str) -> None:
    """Let those before it begin first; of `enqueue` only one waits."""
    before = firings.place(services, firing, MOST_WAIT)
    if before and overlap == "enqueue":
        raise _Passed("One firing waits already")
    if before >= MOST_WAIT:
        raise _Passed(f"{MOST_WAIT} firings wait already")
    if before:
        raise _Waits


def _make_room(services: Services, overlap: str, last: Last | None) -> None:
    """See that the next one can begin beside what was begun last, or stop that."""
    if last is None or last.over:
        return
    if overlap == "skip":
        raise _Passed(f"{last.called} that it began goes on")
    if overlap in ("enqueue", "enqueue_all"):
        raise _Waits
    if overlap == "interrupt":
        last.stop(services)


def _start(services: Services, schedule: Schedule, firing: Firing, begun: settling.Begun) -> None:
    """Begin a turn in a session of its own."""
    tenant, name = schedule.tenant, services.ids.new("sess_")
    wanted = SessionCreate.model_validate(words.session(schedule.asked))
    options, tools = as_asked(services, tenant, name, wanted)
    content = words.content(services, SessionKey(tenant, name), options, schedule, firing)
    tx = Transaction(services.table)
    tools.keep(tx)
    message = Message(content, words.webhook(schedule), facts=begun.facts, along=begun.write)
    turn = starting.with_session(services, tenant, options, message, None, tx=tx, metadata=wanted.metadata, name=name)
    if turn is None:
        raise Changed
    starts.begin(services, turn)
    begun.tell()


def _send(services: Services, schedule: Schedule, firing: Firing, overlap: str, last: Last | None) -> None:
    """Send the message to the session that goes on."""
    if overlap == "enqueue" and last and last.waits:
        raise _Passed(f"{last.called} that it began waits already")
    key = SessionKey(schedule.tenant, str(schedule.asked["session"]))
    _afford(services, key)
    begun = settling.Begun(services, schedule, firing, last)
    try:
        sending.send(
            services,
            key,
            words.fill(schedule, firing),
            None,
            words.attached(schedule),
            on_busy=ON_BUSY.get(overlap, "reject"),
            webhook=words.webhook(schedule),
            facts=begun.facts,
            along=begun.write,
        )
    except QueueFull as full:
        if overlap == "enqueue_all":
            raise _Waits from None
        raise _Passed(str(full)) from None
    except SessionBusy as busy:
        raise _Passed(f"The session is busy with {busy.turn}") from None
    begun.tell()


def _afford(services: Services, key: SessionKey) -> None:
    """Raise Invalid for a session that has spent what it may: no turn of it will ever take a step again."""
    session = sessions.get(services, key)
    most = showing.settings_now(services, session).max_cost_usd
    if most is not None and session.cost >= most * prices.MICRO:
        raise Invalid(f"The session has cost all of the {most:g} US dollars allowed (max_cost_usd)")


def _pause(services: Services, firing: Firing) -> float:
    """Say how long one that waits is left alone: the next one to begin as long as is little of what it has waited."""
    if firings.place(services, firing, 1):
        return SELDOM
    return min(SELDOM, max(AGAIN, services.clock.lived(firing.fired_at) / 10))


def _look_again(services: Services, firing: Firing, pause: float, *, trouble: bool = False) -> None:
    """Have somebody look at a firing later; whoever moves it first has it."""
    tx = Transaction(services.table)
    at = services.clock.now() + pause
    facts = {"due": due.move(tx, firing.due, at, "firing", firing.id, firing.detail)}
    since = {"trouble": firing.number("trouble") or ms(services.clock.now())} if trouble else {}
    tx.change(firing.key, Is("due", firing.due), set={**facts, **since})
    with suppress(Refused):
        tx.commit()


def _gave_up(services: Services, firing: Firing, error: Exception) -> bool:
    """Say of trouble that may pass that it has not, once it has lasted; else look again soon."""
    since = firing.number("trouble") / 1000
    if not since or services.clock.now() - since < PASSES:
        _look_again(services, firing, firings.ACT_WITHIN, trouble=True)
        return False
    schedule = schedules.load(services, firing.tenant, firing.schedule)
    if schedule is not None:
        said = f"It could not begin for {PASSES:.0f} seconds: {type(error).__name__}"
        with suppress(Changed):
            settling.settle(
                services, schedule, firing, Outcome("failed", "trouble", said), lasts.load(services, schedule)
            )
    return True
