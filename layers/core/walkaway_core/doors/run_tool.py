"""RunTool: one tool call of a step that needs an invocation of its own: it takes long, or leaves the machine."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

from walkaway_core.agent.tools.tool import Result
from walkaway_core.doors.call_words import UNKNOWN
from walkaway_core.doors.tool_call import ToolCall
from walkaway_core.engine import executions
from walkaway_core.engine.pause import asking
from walkaway_core.log import late_results, transcript
from walkaway_core.log.log import NotApproved, Superseded
from walkaway_core.ports.items import Item
from walkaway_core.store.services import Services
from walkaway_core.store.ticket import Ticket

WAIT = 0.2
"""Seconds between two looks at a call that somebody else carries out."""
LONGEST = 905.0
"""Seconds of a function, and a few more."""


def run_tool(services: Services, data: Mapping[str, Any]) -> dict[str, Any]:
    """Carry out the call that the ticket names; its result stands in the conversation afterwards.

    Raises NoPlace when the tenant has as many under way as it may.
    """
    ticket = Ticket.read(data)
    try:
        call, journal = _call(services, ticket)
        with _place(services, ticket, call):
            _take(services, call, journal)
    except Superseded:
        return replace(ticket.go("over"), waits=ticket.waits).json()
    return replace(ticket.go("call_model"), waits=ticket.waits, number=call.number).json()


def _call(services: Services, ticket: Ticket) -> tuple[ToolCall, Item | None]:
    """Read the call, and its journal.

    Raises Superseded, and NotApproved for one that waits for the caller: only a yes makes it ours.
    """
    assert ticket.call is not None
    place = ticket.step, ticket.call
    current, (said, journal) = executions.current_with(
        services, ticket, lambda key: (key.entry(ticket.step), key.call(*place))
    )
    if said is None:
        raise Superseded
    answer = late_results.carried_out(transcript.unpack(services, ticket.tenant, said))
    call = ToolCall(services, current, answer, place, services.ids.new("tool_"), ticket.number)
    asks = ticket.step > 0  # what a message begins with has its yes there
    if asks and asking.needs(current.settings, call.block["name"], whole=call.whole) is not None:
        id_, turn = call.block["id"], current.turn.key
        request = asking.find(services, turn.owner, [id_]).get(id_)
        if request is None or request.turn != turn or not request.approved:
            raise NotApproved
    return call, journal


def _place(services: Services, ticket: Ticket, call: ToolCall) -> AbstractContextManager[None]:
    """Give the call a place of its tenant's, for as long as it may wait for another invocation and then take itself.

    It has one before it claims the call, whose time begins with that. States that would fail
    for want of one do without.
    """
    if not ticket.line:
        return nullcontext()
    return services.shares.tools.place(ticket.tenant, min(2 * call.lease, LONGEST))


def _take(services: Services, call: ToolCall, journal: Item | None) -> None:
    """Carry the call out, wait for whoever does, or find that it has been done; `journal` is what it was just now."""
    state = call.claim_as(journal)
    while state == "wait":
        services.clock.sleep(WAIT)
        state = call.claim()
    if state == "mine":
        call.finish(call.carry_out())
    elif state == "unknown":
        call.finish(Result(UNKNOWN, is_error=True))
