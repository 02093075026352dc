"""How a step begins: announced in the log, watched, and written with the results of the calls before it."""

from dataclasses import replace

from walkaway_core.agent import prompt
from walkaway_core.doors.light import Results
from walkaway_core.doors.open_step import OpenStep, Remedies
from walkaway_core.engine.executions import Current
from walkaway_core.log import log
from walkaway_core.log.log import Draft, Writer
from walkaway_core.ports.items import Absent, Is, Item, Refused, Unknown
from walkaway_core.ports.metrics import MESSAGE_WAIT
from walkaway_core.store import due, outbox, turn_facts, turns
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_wire.events import STEP_ADJUSTED, STEP_STARTED


def begin(
    services: Services, current: Current, step: int, nonce: str, *, until: float, number: int | None = None
) -> OpenStep | None:
    """Begin the next attempt at a step; None when something has changed: look again.

    `number` is where the log ended behind the step before, if that is known: no attempt has been made then, unless it
    has gone on. Raises Superseded when the turn is over.
    """
    key, tx = current.turn.key, Transaction(services.table)
    last = log.open_end(services, key) if number is None else log.End(number, log.tools_era(step - 1), over=False)
    attempt = log.attempts(last.era, step) + 1
    begun = OpenStep(*current, step, Writer(key, log.era(step, attempt), nonce), last.number, until)
    drafts = _drafts(services, begun, attempt)
    after, notices = _write(services, tx, begun, attempt)
    tx.put(log.item(services, begun.writer, begun.number, drafts), Absent())  # one attempt at a time
    try:
        tx.commit()
    except (Refused, Unknown):
        return None
    if not current.turn.started:
        services.metrics.record({MESSAGE_WAIT: services.clock.lived(current.turn.created_at)})
    outbox.send_now(services, notices)
    return replace(after, number=begun.number + len(drafts))


def behind(services: Services, results: Results) -> OpenStep | None:
    """Begin the step behind one that this invocation has committed, and write what came of that one's calls.

    None when the turn or a call is not as this invocation left it: nothing has been written then. Raises Superseded
    when the turn is over, or somebody else has begun a step.
    """
    before, tx = results.step, Transaction(services.table)
    step = before.step + 1
    begun = replace(before, step=step, writer=replace(before.writer, era=log.era(step, 1)), remedies=Remedies())
    drafts = [*results.write(tx), *_drafts(services, begun, 1)]
    after, _ = _write(services, tx, begun, 1)
    tx.change(before.turn.key.item, Is("begun", before.step))  # nobody has begun it: events may have come meanwhile
    try:
        return replace(after, number=log.append(services, begun.writer, begun.number, drafts, *tx))
    except Refused:
        return None


def _drafts(services: Services, step: OpenStep, attempt: int) -> list[Draft]:
    """Announce an attempt; once in a turn also what its settings ask for and its model does not take."""
    drafts: list[Draft] = [(STEP_STARTED, {"step": step.step, "attempt": attempt})]
    dropped = prompt.dropped(services, step.settings) if (step.step, attempt) == (1, 1) else []
    if dropped:
        reason = f"{step.settings.model} does not take this"
        drafts.append((STEP_ADJUSTED, {"step": 1, "left_out": dropped, "reason": reason}))
    return drafts


def _write(services: Services, tx: Transaction, step: OpenStep, attempt: int) -> tuple[OpenStep, list[Item]]:
    """Write that a step has begun into a transaction, and watch it; give the step then, and what the bus is to hear."""
    turn, session = step.turn, step.session
    tx.check(turn.key.entry(step.step), Absent())  # the step has not been committed meanwhile
    later = turns.move_due(services, tx, turn, services.clock.now() + due.STEP_WITHIN)
    facts = turn_facts.stepping(step.step, later.due)
    past = turn_facts.RETRIED if attempt == 1 else ()
    tx.change(turn.key.item, *turns.unchanged(turn), set=facts, drop=past)
    first = [] if turn.started else [outbox.STARTED]
    notices = outbox.add(tx, services, turn.key.owner, session, turn.key.turn, *first)
    if first:
        turns.tell(services, tx, turn, facts)
    session = replace(session, told=session.told + len(notices))
    return replace(step, turn=turns.after(tx, turn), session=session), notices
