"""How a turn waits for the caller without anything running, and goes on (docs/architecture.md#pause).

Whoever keeps an answer looks for the token afterwards; whoever stores a token looks for the answers afterwards. So one
of them sees both, and resumes. If the execution does not take it up, the due item does.
"""

import logging
from dataclasses import replace
from typing import Any

from walkaway_core.agent import client_tools
from walkaway_core.engine.executions import Current
from walkaway_core.engine.pause import asking
from walkaway_core.engine.pause.asking import PendingCall
from walkaway_core.log import log, transcript
from walkaway_core.log.log import Draft, NothingToAsk, Writer
from walkaway_core.ports.items import Absent, Change, Is, Put, Refused, Unknown, ms
from walkaway_core.store import due, lifetimes, outbox, sessions, turn_facts, turns
from walkaway_core.store.keys import TurnKey
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.ticket import PAUSE_HISTORY, Ticket
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turns import Turn
from walkaway_wire import jsontext
from walkaway_wire.events import TOOL_CALL_REQUESTED

TOLD_BYTES = 64_000
"""EventBridge takes events of up to 256 KB."""


def park(services: Services, current: Current, ticket: Ticket, token: str) -> bool:
    """Put a step's calls to the caller, once, and let the turn wait with this token; False: look again.

    Raises Superseded when the turn is over or has gone on, NothingToAsk where the step has no such call.
    """
    turn, session, _ = current
    key, now = turn.key, services.clock.now()
    for request in _requests(services, current, ticket.step):
        _put(services, request)
    requests = asking.requested(services, turn, ticket.step)
    if not requests:
        raise NothingToAsk
    more = {"step": ticket.step, "tool_calls": _told(requests)}
    tx = Transaction(services.table)
    later = turns.move_due(
        services,
        tx,
        replace(turn, pause=replace(turn.pause, since=now)),
        min(request.look_at(now) for request in requests),
    )
    facts = turn_facts.parked(now, ticket.step, token, ticket.history, later.due)
    tx.change(key.item, *turns.unchanged(turn), set=facts)  # no other execution has it, nobody has ended or moved it
    notices = outbox.add(tx, services, key.owner, session, key.turn, outbox.AWAITING, more=more)
    turns.tell(services, tx, turn, facts)
    writer = Writer(key, log.tools_era(ticket.step), services.ids.new("ask_"))
    drafts: list[Draft] = [(TOOL_CALL_REQUESTED, request.shown) for request in requests]
    try:
        log.append(services, writer, log.open_end(services, key, writer.era).number, drafts, *tx)
    except Refused:
        return False
    outbox.send_now(services, notices)
    return True


def wait_with(services: Services, turn: Turn, token: str, history: int) -> bool:
    """Let a turn whose calls have been put to the caller wait with another token; False: look again."""
    change = Change(*turn.key.item, set=turn_facts.waiting(token, history), when=turns.unchanged(turn))
    try:
        services.table.write(change)
    except (Refused, Unknown):
        return False
    return True


def go_on(services: Services, key: TurnKey) -> bool:
    """Resume a turn that has all its answers, if it has; safe to repeat. Whether its execution took it up now."""
    while True:
        turn = turns.load(services, key)
        if turn is None or not (turn.parked or turn.resuming):
            return False
        requests = asking.requested(services, turn)
        if any(not request.answer for request in requests):
            return False
        if turn.parked and not _unpark(services, turn):
            continue
        try:
            return services.machine.resume(turn.pause.token, _ticket(turn, requests).json())
        except Exception:
            logging.getLogger(__name__).exception("could not resume %s", turn.execution_name)
            return False


def taken_up(services: Services, turn: Turn) -> bool:
    """Whether an execution is at work on what was approved; the due item then waits for that."""
    approved = [request.index for request in asking.requested(services, turn) if request.approved]
    journals = [turn.key.call(turn.pause.step, index) for index in approved]
    return any(services.table.get(*journals[:100])) if journals else False


def look_again(services: Services, turn: Turn, at: float) -> None:
    """Move the due item of a turn."""
    tx = Transaction(services.table)
    later = turns.move_due(services, tx, turn, at)
    tx.change(turn.key.item, *turns.unchanged(turn), set={"due": later.due})
    try:
        tx.commit()
    except (Refused, Unknown):
        return  # it has gone on


def wait_on(services: Services, key: TurnKey) -> None:
    """Let a turn wait for the calls that still have time, or go on when there are none."""
    turn = turns.load(services, key)
    if turn is None:
        return
    left = [request.look_at(services.clock.now()) for request in asking.pending(services, turn)]
    if left:
        look_again(services, turn, min(left))
    else:
        go_on(services, key)


def _requests(services: Services, current: Current, step: int) -> list[PendingCall]:
    """Say what the caller is to be asked, and how long each call waits: never past the session's end, if it has one."""
    turn, session, settings = current
    entry = transcript.answer(services, turn.key, step)
    if entry is None:
        return []
    now = services.clock.now()
    timeouts = {tool["name"]: tool["timeout"] for tool in client_tools.load(services, turn.key.tenant, settings)}
    calls = transcript.calls(entry.body["content"])
    requests = []
    for index, needs in asking.split(settings, entry.body)[1].items():
        call = calls[index]
        until = _until(session, now, timeouts.get(call["name"]) or settings.tool_timeout)
        requests.append(PendingCall(turn.key, step, index, call["id"], needs, until))
    return requests


def _until(session: Session, now: float, seconds: int) -> float:
    """Say when the waiting for a call ends that has so many seconds, or 0 for any number; 0: it does not."""
    ends = [now + seconds] if 0 < seconds < lifetimes.FOR_EVER else []
    if session.options.ttl < lifetimes.FOR_EVER:
        ends.append(session.created_at + session.options.ttl)
    return min(ends, default=0.0)


def _told(requests: list[PendingCall]) -> list[dict[str, Any]]:
    """Say to the bus what was asked; without the arguments where those are large, which the records have."""
    calls = [request.shown for request in requests]
    if len(jsontext.dumps(calls)) > TOLD_BYTES:
        calls = [{name: value for name, value in call.items() if name != "arguments"} for call in calls]
    return calls


def _put(services: Services, request: PendingCall) -> None:
    """Write a request, unless it is there: it may have an answer by now."""
    item = request.item
    while True:
        stored = services.table.get(item.key)[0]
        if stored and all(stored.facts.get(name) == item.facts[name] for name in ("turn", "step", "index")):
            return
        try:
            services.table.write(Put(item, (Is("expires", stored.number("expires")),) if stored else (Absent(),)))
        except (Refused, Unknown):
            continue
        return


def _unpark(services: Services, turn: Turn) -> bool:
    """Let the turn's time run again; False when somebody else has, or has changed it."""
    now = services.clock.now()
    gone = ms(services.clock.lived(turn.pause.since))
    tx = Transaction(services.table)
    later = turns.move_due(services, tx, turn, now + due.START_WITHIN)
    tx.change(
        turn.key.item,
        *turns.unchanged(turn),
        Is("parked", ms(turn.pause.since)),  # its time is given back once
        Is("token", turn.pause.token),  # whoever waits with another token now must be resumed with that one
        set={"due": later.due},
        add=turn_facts.given_back(gone),
        drop=("parked",),
    )
    turns.tell(services, tx, turn, {"due": later.due}, "parked")
    owner = services.table.get(turn.key.owner.item)[0]
    session = sessions.unpack(turn.key.owner, owner) if owner else None
    more = {"step": turn.pause.step}
    notices = outbox.add(tx, services, turn.key.owner, session, turn.key.turn, outbox.RESUMED, more=more)
    try:
        tx.commit()
    except (Refused, Unknown):
        return False
    outbox.send_now(services, notices)
    return True


def _ticket(turn: Turn, requests: list[PendingCall]) -> Ticket:
    """What the execution goes on with: the calls that were approved."""
    key, approved = turn.key, tuple(request.index for request in requests if request.approved)
    return Ticket(
        key.tenant,
        key.session,
        key.turn,
        turn.execution,
        turn.pause.step,
        turn.pause.history + PAUSE_HISTORY,
        "tools",
        approved,
    )
