"""The answer to a step that has begun: streamed into the log, and made part of the conversation once (rule R3)."""

from collections.abc import Mapping
from typing import Any

from walkaway_core.agent import compaction, prompt
from walkaway_core.agent.prompt import Prompt
from walkaway_core.doors import refused
from walkaway_core.doors.open_step import OpenStep, spend, under_way
from walkaway_core.doors.summary import summarise
from walkaway_core.engine import limits
from walkaway_core.log import log, transcript
from walkaway_core.log.deltas import DeltaWriter
from walkaway_core.log.log import Superseded
from walkaway_core.log.transcript import Entry
from walkaway_core.ports.items import Absent, Refused
from walkaway_core.ports.model import Answer, ContentRefused, ModelFailed, ModelRefused, TooLong
from walkaway_core.store import due, turn_facts, turns
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_wire.events import STEP_COMPLETED


def answer(services: Services, begun: OpenStep) -> Mapping[str, Any]:
    """Get an answer and commit it; give what the conversation has for this step.

    Raises ModelFailed, ModelRefused, LimitReached, Superseded. TooLong and ThinkingRefused have a remedy, which the
    caller tries; what else the service refuses to read is left out from the next turn on.
    """
    entries = _entries(services, begun)
    tenant, settings, remedies = begun.turn.key.tenant, begun.settings, begun.remedies
    sent = entries
    try:
        if cut := compaction.needed(services, entries, tenant, settings, forced=remedies.shorter):
            sent = cut.before(entries)
            begun = summarise(services, begun, entries, cut)
            limits.check_cost(begun.turn, begun.session, settings)
            sent = entries = _entries(services, begun)
        asked = prompt.prompt(services, entries, tenant, settings, bare=remedies.bare)
        number, made = _stream(services, begun, asked)
    except ContentRefused as refusal:
        if isinstance(refusal, TooLong) and _can_be_shorter(services, begun, entries):
            raise
        refused.leave_out(services, begun, sent, refusal)
        raise ContentRefused(str(refusal)) from refusal
    return _commit(services, begun, number, made, asked)


def _can_be_shorter(services: Services, begun: OpenStep, entries: list[Entry]) -> bool:
    """Whether a summary would make room, and has not been tried."""
    if begun.remedies.shorter:
        return False
    return compaction.needed(services, entries, begun.turn.key.tenant, begun.settings, forced=True) is not None


def _entries(services: Services, begun: OpenStep) -> list[Entry]:
    """Read the conversation up to this step.

    Raises Superseded when somebody has gone on while this worker slept, ModelRefused when the step was refused before.
    """
    key = begun.turn.key
    entries = transcript.entries(services, key.owner, upto=key.entry(begun.step)[1])
    last = entries[-1]
    if (last.turn, last.step, last.body.get("role")) == (key.turn, begun.step, "assistant"):
        raise Superseded
    refused.check(last, begun)
    return entries


def _stream(services: Services, begun: OpenStep, asked: Prompt) -> tuple[int, Answer]:
    """Stream the model call into the log; give the number of the next event, and the answer."""
    out = DeltaWriter(services, begun.writer, begun.number)
    call = services.model.call(asked.request)
    try:
        with under_way(services, begun, call) as events:
            for type_, data in events:
                out.push(type_, data)
    except (ModelFailed, ModelRefused):
        out.flush()  # one nonce, one append at a time: what comes next must not be taken for what is under way
        raise
    return out.flush(), call.answer()


def _commit(services: Services, begun: OpenStep, number: int, made: Answer, asked: Prompt) -> Mapping[str, Any]:
    """Make the answer part of the conversation, once; give what the conversation has for this step."""
    turn, nonce = begun.turn, begun.writer.nonce
    entry = transcript.answer_entry(
        services, turn.key, begun.step, made, nonce, prefix=asked.prefix, bare=begun.remedies.bare
    )
    tx = Transaction(services.table)
    tx.put(entry, Absent())
    later = turns.move_due(tx, turn, services.clock.now() + due.STEP_WITHIN)
    tx.change(turn.key.item, *turns.unchanged(turn), set=turn_facts.committed(begun.step, later.due))
    usage, _ = spend(tx, begun, made)
    done = {"step": begun.step, "stop_reason": made.stop_reason, "usage": usage}
    try:
        log.append(services, begun.writer, number, [(STEP_COMPLETED, done)], *tx)
    except Refused:
        stored = transcript.answer(services, turn.key, begun.step)
        if stored is None:
            raise Superseded from None
        return stored.body
    return {"content": made.content, "stop_reason": made.stop_reason, "broken": made.broken, "refusal": made.refusal}
