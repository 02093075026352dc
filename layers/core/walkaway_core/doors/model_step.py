"""The answer to a step that has begun: streamed into the log, and made part of the conversation once (rule R3)."""

from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from walkaway_core.agent import compaction, prices, prompt
from walkaway_core.agent.compaction import Cut
from walkaway_core.doors.watch import watched
from walkaway_core.engine import limits
from walkaway_core.log import log, transcript
from walkaway_core.log.deltas import DeltaWriter
from walkaway_core.log.log import Superseded, Writer
from walkaway_core.log.transcript import Entry
from walkaway_core.ports import pace
from walkaway_core.ports.items import Absent, Refused
from walkaway_core.ports.model import Answer, ModelCall, ModelFailed
from walkaway_core.store import due, turn_facts, turns
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turns import TOKENS, USAGE, Turn
from walkaway_wire.events import STEP_COMPLETED, TURN_COMPACTED


@dataclass(frozen=True, slots=True)
class OpenStep:
    """A step that this invocation has begun: it appends as `writer`, from `number` on, and has time up to `until`."""

    turn: Turn
    session: Session
    settings: AgentSettings
    step: int
    writer: Writer
    number: int
    until: float


def answer(services: Services, begun: OpenStep) -> Mapping[str, Any]:
    """Get an answer and commit it; give what the conversation has for this step.

    Raises ModelFailed, ModelRefused, LimitReached, Superseded.
    """
    said = _said(services, begun)
    if cut := compaction.needed(services, said, begun.turn.key.tenant, begun.settings):
        begun = _summarise(services, begun, said, cut)
        limits.check_cost(begun.turn, begun.session, begun.settings)
        said = _said(services, begun)
    return _commit(services, begun, *_stream(services, begun, said))


def _said(services: Services, begun: OpenStep) -> list[Entry]:
    """Read the conversation up to this step. Raises Superseded when somebody has gone on while this worker slept."""
    key = begun.turn.key
    said = transcript.entries(services, key.owner, upto=key.entry(begun.step)[1])
    last = said[-1]
    if (last.turn, last.step, last.body.get("role")) == (key.turn, begun.step, "assistant"):
        raise Superseded
    return said


def _summarise(services: Services, begun: OpenStep, said: list[Entry], cut: Cut) -> OpenStep:
    """Let the model sum up what is old, and make that an entry. It costs what it costs."""
    key = begun.turn.key
    call = services.model.call(compaction.request(services, said, cut, key.tenant, begun.settings))
    with _under_way(services, begun, call) as events:
        for _ in events:
            pass  # readers see the summary when it is there
    task = transcript.answer(services, key, 0)
    summary = compaction.text(transcript.text(call.answer().content), cut, task)
    entry = transcript.summary_entry(services, key, begun.step, (summary, cut.kept[0].id), begun.writer.nonce)
    told = [(TURN_COMPACTED, {"step": begun.step, "summary": summary})]
    tx = Transaction(services.table)
    tx.put(entry)
    _, added = _spend(tx, begun, call.answer())
    number = log.append(services, begun.writer, begun.number, told, *tx)
    turn, session = begun.turn, begun.session
    turn = replace(turn, cost=None if turn.cost is None else turn.cost + added["cost"])
    return replace(begun, turn=turn, session=replace(session, cost=session.cost + added["cost"]), number=number)


def _stream(services: Services, begun: OpenStep, said: list[Entry]) -> tuple[int, Answer]:
    """Stream the model call into the log; give the number of the next event, and the answer."""
    out = DeltaWriter(services, begun.writer, begun.number)
    call = services.model.call(prompt.request(services, said, begun.turn.key.tenant, begun.settings))
    try:
        with _under_way(services, begun, call) as events:
            for type_, data in events:
                out.push(type_, data)
    except ModelFailed:
        out.flush()  # one nonce, one append at a time: what comes next must not be taken for what is under way
        raise
    return out.flush(), call.answer()


@contextmanager
def _under_way(
    services: Services, begun: OpenStep, call: ModelCall
) -> Iterator[Generator[tuple[str, dict[str, Any]], None, None]]:
    """Open a call's events. It is closed behind them, or when the turn is over."""
    try:
        with watched(services, begun.turn, call, begun.until), closing(call.events()) as events:
            pace.waits()
            yield events
    finally:
        call.close()


def _commit(services: Services, begun: OpenStep, number: int, answer: Answer) -> Mapping[str, Any]:
    """Make the answer part of the conversation, once; give what the conversation has for this step."""
    turn, nonce = begun.turn, begun.writer.nonce
    tx = Transaction(services.table)
    tx.put(transcript.answer_entry(services, turn.key, begun.step, answer, nonce), Absent())
    later = turns.move_due(tx, turn, services.clock.now() + due.STEP_WITHIN)
    tx.change(turn.key.item, *turns.unchanged(turn), set=turn_facts.committed(begun.step, later.due))
    usage, _ = _spend(tx, begun, answer)
    done = {"step": begun.step, "stop_reason": answer.stop_reason, "usage": usage}
    try:
        log.append(services, begun.writer, number, [(STEP_COMPLETED, done)], *tx)
    except Refused:
        said = transcript.answer(services, turn.key, begun.step)
        if said is None:
            raise Superseded from None
        return said.body
    return {"content": answer.content, "stop_reason": answer.stop_reason, "broken": answer.broken}


def _spend(tx: Transaction, begun: OpenStep, answer: Answer) -> tuple[dict[str, int], dict[str, int]]:
    """Count what a call has used, on the turn and on its session; give the usage, and all that is counted."""
    usage = {name: answer.usage.get(name, 0) for name in USAGE if name in TOKENS or answer.usage.get(name)}
    cost = prices.cost(begun.settings.model, usage)
    added = usage | {"cost": cost or 0}
    tx.change(begun.turn.key.item, set={"unpriced": True} if cost is None else {}, add=added)
    if cost:
        tx.change(begun.turn.key.owner.item, add={"cost": cost})
    return usage, added
