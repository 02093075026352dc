"""The summary that takes the place of what is old in a conversation: asked for before a step's own model call."""

from dataclasses import replace

from walkaway_core.agent import compaction, room
from walkaway_core.agent.compaction import Cut
from walkaway_core.doors.open_step import OpenStep, spend, under_way
from walkaway_core.engine import limits
from walkaway_core.log import log, transcript
from walkaway_core.log.transcript import Entry
from walkaway_core.ports.model import Answer, ModelFailed, ModelRefused
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_wire.events import TURN_COMPACTED

TRIES = 2
"""How often a summary is asked for, until the step is tried again as a whole."""


def summarise(services: Services, begun: OpenStep, entries: list[Entry], cut: Cut) -> OpenStep:
    """Let the model sum up what is old, and make that an entry. It costs what it costs, also if it is of no use.

    Raises ModelFailed, ModelRefused, LimitReached, Superseded; the conversation is then as it was.
    """
    for attempt in range(1, TRIES + 1):
        answer = _ask(services, begun, entries, cut)
        tx = Transaction(services.table)
        _, cost = spend(tx, begun, answer)
        begun = replace(begun.after(tx, cost), entries=())
        try:
            text = compaction.read(answer)
        except (ModelFailed, ModelRefused):
            tx.commit()
            if attempt == TRIES:
                raise
        else:
            return _kept(services, begun, tx, text, cut)
        limits.check_spent(begun.turn, begun.session, begun.settings)
    raise AssertionError


def _ask(services: Services, begun: OpenStep, entries: list[Entry], cut: Cut) -> Answer:
    tenant, bare = begun.turn.key.tenant, begun.remedies.bare
    call = services.model.call(compaction.request(services, entries, cut, tenant, begun.settings, bare=bare))
    with under_way(services, begun, call) as events:
        for _ in events:
            pass  # readers see the summary when it is there
    return call.answer()


def _kept(services: Services, begun: OpenStep, tx: Transaction, text: str, cut: Cut) -> OpenStep:
    key = begun.turn.key
    task = transcript.answer(services, key, 0)
    summary = compaction.text(text, cut, task, room.longest(services, begun.settings))
    tx.put(transcript.summary_entry(services, key, begun.step, (summary, cut.kept[0].id), begun.writer.nonce))
    told = [(TURN_COMPACTED, {"step": begun.step, "summary": summary})]
    return replace(begun, number=log.append(services, begun.writer, begun.number, told, *tx))
