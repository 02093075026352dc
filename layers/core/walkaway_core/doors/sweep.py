"""Looks at what is due (rule R4): schedules, late starts, lost steps, sessions at their end, what the bus was not told.

Everything here may be repeated and may run beside live traffic: each act is conditional on what was read.
"""

import itertools
import logging
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

from walkaway_core.doors import waiting
from walkaway_core.doors.finish_turn import STOPPED, finish_turn
from walkaway_core.engine import deleting, keeping, limits
from walkaway_core.engine.ending import Ending, end_turn
from walkaway_core.engine.executions import next_execution
from walkaway_core.engine.pause import answering, parking
from walkaway_core.notify import deliveries
from walkaway_core.ports import patience, subject
from walkaway_core.ports.items import Delete, Item, Key
from walkaway_core.ports.metrics import DUE_LATENESS
from walkaway_core.schedules import by_hand, pruning, rounds, ticking
from walkaway_core.store import bodies, due, identified, keys, outbox, parted, sessions, starts, turns
from walkaway_core.store.extensions import Act
from walkaway_core.store.keys import SessionKey, TurnKey
from walkaway_core.store.services import Services
from walkaway_wire import gate, jsontext

MOST = 1000
"""How many due items one run looks at; the next run goes on."""
AT_ONCE = 16
"""How many schedules and firings are looked at at a time."""
SECONDS = 100.0
"""How long one run goes on to look at more: well within the time of its function."""

NEW_NAME_AFTER = 60.0
"""Seconds after which a turn that never began gets a new execution: starting the old name again did not help."""


Overdue = Callable[[Services, float], Iterator[Item]]
"""Where due items come from: all of which the time, in epoch seconds, has come."""


def sweep(services: Services, overdue: Overdue = due.overdue) -> int:
    """Act on what is due now, up to `MOST` items and for `SECONDS`; give how many items were looked at.

    What is left, the next run takes up. The deleting of many sessions, and contents of deleted ones, come last.
    """
    now, until = services.clock.now(), services.clock.monotonic() + SECONDS
    acts = {**ACTS, **services.extensions.acts}
    due_now = list(itertools.islice(_known(acts, overdue(services, now)), MOST))
    due_now.sort(key=lambda item: item.text("kind") in LAST)
    if times := list(filter(None, (keys.due_at(item.sk) for item in due_now))):
        services.metrics.record({DUE_LATENESS: now - min(times)})
    timed = [item for item in due_now if item.text("kind") in TIMED]
    if timed:
        rounds.begin(services, now)
        _side_by_side(timed, lambda item: _act(services, acts, item, until))
    rest = [item for item in due_now if item.text("kind") not in TIMED]
    for count, item in enumerate(rest):
        if services.clock.monotonic() >= until:
            return len(timed) + count
        _act(services, acts, item, until)
    return len(due_now)


def _act(services: Services, acts: Mapping[Any, Act], item: Item, until: float) -> None:
    """Do what a due item asks for, unless the time is over; what goes wrong is logged, and comes again."""
    if services.clock.monotonic() >= until:
        return
    detail = jsontext.loads(item.body)
    with subject.about(session=detail.get("session", ""), turn=detail.get("turn", "")):
        try:
            acts[item.text("kind")](services, item.key, detail, until)
        except Exception as error:
            if trouble := patience.reason(error):
                waiting.tell(services.clock.monotonic(), item.text("kind"), trouble)
            else:
                logging.getLogger(__name__).exception("due item %s", item.key)


def _side_by_side(items: list[Item], act: Callable[[Item], None]) -> None:
    """Act on several at once: at full hours there are many of them."""
    if len(items) == 1:
        act(items[0])
        return
    with ThreadPoolExecutor(min(AT_ONCE, len(items)), thread_name_prefix="firing") as pool:
        for future in [pool.submit(copy_context().run, act, item) for item in items]:
            future.result()


def _known(acts: Mapping[Any, Act], items: Iterator[Item]) -> Iterator[Item]:
    """Leave alone what this release does not know: a newer one may have written it, and will be back for it.

    So is what nobody can read: it would fail each time, and take the place of what can be done.
    """
    for item in items:
        stored = item.facts.get("kind")
        kind = stored if isinstance(stored, str) else None
        if kind in acts and gate.UNREADABLE not in gate.stored_object(item.body):
            yield item
        elif (left := item.sk if kind in acts else kind) not in _unknown:
            _unknown.add(left)
            logging.getLogger(__name__).warning("left alone: due items of the kind %r, such as %s", kind, item.key)


def execution_failed(services: Services, detail: Mapping[str, Any]) -> None:
    """End the turn of an execution that failed, timed out or was aborted, if it still names that execution (rule R5).

    `detail` is that of an Execution Status Change event (Step Functions developer guide, EventBridge). An event without
    its input tells nothing: the turn's due item ends what it is about.
    """
    if not detail.get("input"):
        logging.getLogger(__name__).error("no input in the event about %s", detail.get("executionArn"))
        return
    ticket = jsontext.loads(detail["input"])
    status, cause = detail["status"], detail.get("cause") or ""
    # What stops an execution for us has ended its turn first, or given it another one: this was done by hand.
    error = {"Error": STOPPED if status == STOPPED else detail.get("error") or status, "Cause": cause}
    with subject.about(session=ticket["session"], turn=ticket["turn"]):
        logging.getLogger(__name__).error("an execution of %s failed: %s", ticket["turn"], error)
        finish_turn(services, {**ticket, "error": error})


def _tell(services: Services, key: Key, _: Mapping[str, Any], __: float) -> None:
    item = services.table.get(key)[0]
    if item:
        outbox.send(services, item)


def _deliver(services: Services, key: Key, detail: Mapping[str, Any], _: float) -> None:
    deliveries.retry_due(services, key, detail)


def _forget(services: Services, key: Key, detail: Mapping[str, Any], _: float) -> None:
    services.workspace.delete(bodies.root(detail["tenant"]), detail["path"])
    services.table.write(Delete(*key))


def _purge(services: Services, key: Key, detail: Mapping[str, Any], until: float) -> None:
    deleting.purge(services, SessionKey(detail["tenant"], detail["session"]), key, until)


def _turn(services: Services, key: Key, detail: Mapping[str, Any], _: float) -> None:
    turn_key = TurnKey(detail["tenant"], detail["session"], detail["turn"])
    turn = turns.load(services, turn_key)
    if turn is None or turn.status != "running" or turn.due != key[1]:
        services.table.write(Delete(*key))  # left behind by what moved it
    elif turn.parked:
        answering.expire(services, turn)
    elif turn.resuming:
        _resuming(services, turn)
    elif turns.left(services, turn) <= 0:
        end_turn(services, turn_key, Ending("failed", limits.timeout_sentence(turn), "timeout"))
    elif turn.started or services.clock.lived(turn.began_at) > NEW_NAME_AFTER:
        next_execution(services, turn_key, turn.execution)
    else:
        starts.begin(services, turn)


def _resuming(services: Services, turn: turns.Turn) -> None:
    """Look after a turn that has all its answers: resume it again, or give it to a new execution."""
    now = services.clock.now()
    if parking.taken_up(services, turn):
        parking.look_again(services, turn, now + due.STEP_WITHIN)
    elif parking.go_on(services, turn.key):
        parking.look_again(services, turn, now + due.START_WITHIN)
    else:
        next_execution(services, turn.key, turn.execution)
        later = turns.load(services, turn.key)
        if later and later.execution > turn.execution:
            services.machine.stop(turn.execution_name)  # it may still wait, with a token that nobody has


def _session(services: Services, key: Key, detail: Mapping[str, Any], _: float) -> None:
    session_key = SessionKey(detail["tenant"], detail["session"])
    item = services.table.get(session_key.item)[0]
    if item is None or item.facts.get("due") != key[1]:
        services.table.write(Delete(*key))
        return
    session = sessions.unpack(session_key, item)
    if keeping.live_on(services, session):
        return
    if services.clock.now() < session.expires_at:
        return
    if not session.readable or (session.busy and turns.lost(services, session)):
        deleting.delete_unreadable(services, session)
    elif session.busy:
        turn = TurnKey(session_key.tenant, session_key.session, session.turn)
        end_turn(services, turn, Ending("cancelled", delete=True, expired=True))
    else:
        deleting.delete_free(services, session, expired=True)


TIMED = {"schedule", "firing"}
"""Kinds that come first and AT_ONCE at a time: people see by the clock when those are late."""
LAST = {"prune", "purge"}
"""Kinds that come last: nobody waits for sessions to go."""
ACTS: Mapping[Any, Act] = {
    "turn": _turn,
    "session": _session,
    "purge": _purge,
    "outbox": _tell,
    "delivery": _deliver,
    "forget": _forget,
    "schedule": ticking.act,
    "firing": by_hand.act,
    "wake": by_hand.wake,
    "prune": pruning.act,
    "file": identified.act,
    "upload": parted.act,
}
"""What is done with each kind of due item, besides those that dialects bring; any other kind is left alone."""
_unknown: set[Any] = set()
"""The kinds, and the items that cannot be read, that this process has said it leaves alone."""
