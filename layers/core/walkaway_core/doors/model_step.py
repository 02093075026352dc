"""The answer to a step that has begun: streamed into the log, and made part of the conversation once (rule R3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from walkaway_core.agent import compaction, prompt, step_settings
from walkaway_core.agent.prompt import Prompt
from walkaway_core.doors import light, refused, way
from walkaway_core.doors.open_step import OpenStep, spend, under_way
from walkaway_core.doors.summary import summarise
from walkaway_core.doors.tool_call import ToolCall
from walkaway_core.doors.way import Way
from walkaway_core.engine import ending, limits
from walkaway_core.engine.ending import Ending
from walkaway_core.log import log, transcript
from walkaway_core.log.deltas import DeltaWriter
from walkaway_core.log.log import Draft, Superseded
from walkaway_core.log.transcript import Entry
from walkaway_core.ports.items import Absent, Fact, Refused
from walkaway_core.ports.metrics import DELTA_LAG, MODEL_TIME
from walkaway_core.ports.model import Answer, ContentRefused, ModelFailed, ModelRefused, TooLong
from walkaway_core.store import due, turn_facts, turns
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_wire.events import STEP_COMPLETED, THINKING_STOP


@dataclass(frozen=True, slots=True)
class Committed:
    """A step whose answer stands in the conversation, and where the turn goes from there.

    `step` is how this invocation left it, and `calls` what it has claimed of its calls; None when somebody else has
    committed it. `over`: the turn has ended with it.
    """

    way: Way
    step: OpenStep | None = None
    calls: Sequence[ToolCall] = ()
    over: bool = False


def answer(services: Services, begun: OpenStep) -> Committed:
    """Get an answer and commit it.

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
            limits.check_spent(begun.turn, begun.session, settings)
            sent = entries = _entries(services, begun)
        of_step = step_settings.of_step(settings, begun.turn, begun.step)
        asked = prompt.prompt(services, entries, tenant, of_step, bare=remedies.bare)
        begun, made = _stream(services, replace(begun, entries=entries), asked)
    except ContentRefused as refusal:
        if isinstance(refusal, TooLong) and _can_be_shorter(services, begun, entries):
            raise
        refused.leave_out(services, begun, sent, refusal)
        raise ContentRefused(str(refusal)) from refusal
    return _commit(services, begun, made, asked)


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
    entries = transcript.entries(services, key.owner, key.entry(begun.step)[1], begun.entries, begun.session.parent)
    last = entries[-1]
    if (last.turn, last.step, last.body.get("role")) == (key.turn, begun.step, "assistant"):
        raise Superseded
    refused.check(last, begun)
    return entries


def _stream(services: Services, begun: OpenStep, asked: Prompt) -> tuple[OpenStep, Answer]:
    """Stream the model call into the log; give the step then, with its last events unsent, and the answer."""
    out = DeltaWriter(services, begun.writer, begun.number)
    call = services.model.call(replace(asked.request, signed=begun.turn.signed))
    since = services.clock.monotonic()
    try:
        with under_way(services, begun, call, lambda: out.heard) as events:
            for type_, data in events:
                out.push(type_, _bound(begun, asked, data) if type_ == THINKING_STOP else data)
        took = services.clock.monotonic() - since
        number, unsent = out.close()
    except (ModelFailed, ModelRefused):
        out.flush()  # one nonce, one append at a time: what comes next must not be taken for what is under way
        raise
    finally:
        out.drop()
    measured = {MODEL_TIME: took, DELTA_LAG: out.lag}
    return replace(begun, number=number, unsent=unsent, measured=measured), call.answer()


def _bound(begun: OpenStep, asked: Prompt, data: dict[str, Any]) -> dict[str, Any]:
    """Say beside a signature what its thinking is bound to, as the answer's entry does."""
    about = {"prefix": asked.prefix, "bare": begun.remedies.bare} if "signature" in data else {}
    return data | {name: value for name, value in about.items() if value}


def _commit(services: Services, begun: OpenStep, made: Answer, asked: Prompt) -> Committed:
    """Make the answer part of the conversation, once: with the turn's end, or with the claims of its light calls."""
    body = {"content": made.content, "stop_reason": made.stop_reason, "broken": made.broken, "refusal": made.refusal}
    behind = way.behind(services, begun.turn, begun.step, begun.settings, body)
    if begun.free and behind.ends and _ended(services, begun, made, asked, behind):
        return Committed(behind, over=True)
    calls = light.pick(services, begun, body, behind.now) if begun.free else []
    tx = Transaction(services.table)
    later = turns.move_due(services, tx, begun.turn, services.clock.now() + due.STEP_WITHIN)
    step, done = _write(services, tx, begun, made, asked, turn_facts.committed(begun.step, later.due, behind.open))
    drafts = [*begun.unsent, done, *light.claim(tx, calls)]
    try:
        number = log.append(services, begun.writer, begun.number, drafts, *tx)
    except Refused:
        return _by_another(services, begun)
    services.metrics.record(begun.measured)
    return Committed(behind, replace(step, number=number, unsent=()), calls)


def _ended(services: Services, begun: OpenStep, made: Answer, asked: Prompt, behind: Way) -> bool:
    """End the turn with its last answer; False when somebody waits for its end, or has said something meanwhile."""
    if begun.session.queued or begun.turn.steered > begun.step:
        return False
    tx = Transaction(services.table)
    facts = turn_facts.committed(begun.step, begun.turn.due, behind.open)
    step, done = _write(services, tx, begun, made, asked, facts)
    end = Ending("completed", execution=step.turn.execution)
    written = ending.write(services, tx, step.turn, step.session, end)
    try:
        log.append(services, begun.writer, begun.number, [*begun.unsent, done, written.terminal], *tx)
    except Refused:
        return False
    services.metrics.record(begun.measured)
    ending.announce(services, end, written)
    return True


def _write(  # noqa: PLR0917 - both ways to commit share it
    services: Services, tx: Transaction, begun: OpenStep, made: Answer, asked: Prompt, facts: Mapping[str, Fact]
) -> tuple[OpenStep, Draft]:
    """Write an answer, what it has used, and the step's end into a transaction; give the step then, and its event.

    `facts` are what the turn's record says of it.
    """
    turn, bare = begun.turn, begun.remedies.bare
    attempt = log.attempts(begun.writer.era, begun.step)
    entry = transcript.answer_entry(
        services, turn.key, begun.step, made, begun.writer.nonce, attempt, prefix=asked.prefix, bare=bare
    )
    tx.put(entry, Absent())
    tx.change(turn.key.item, *turns.unchanged(turn), set=facts)
    usage, cost = spend(tx, begun, made)
    done = {"step": begun.step, "stop_reason": made.stop_reason, "usage": usage}
    return begun.after(tx, cost), (STEP_COMPLETED, done)


def _by_another(services: Services, begun: OpenStep) -> Committed:
    """Say what comes behind the answer that somebody else has committed. Raises Superseded when nobody has."""
    stored = transcript.answer(services, begun.turn.key, begun.step)
    if stored is None:
        raise Superseded
    return Committed(way.behind(services, begun.turn, begun.step, begun.settings, stored.body))
