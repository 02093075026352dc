"""The caller's answers to calls: each is kept once, and the last one lets the turn go on."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from walkaway_core.engine import executions
from walkaway_core.engine.pause import asking, parking
from walkaway_core.engine.pause.asking import PendingCall
from walkaway_core.errors import AlreadyAnswered, AnsweredTwice, Invalid, NotWaiting, ToolCallNotFound
from walkaway_core.log import log, transcript
from walkaway_core.log.log import Draft, Superseded, Writer
from walkaway_core.ports.items import Absent, Fact, Item, Lacks, Refused
from walkaway_core.store import due, sessions, turns
from walkaway_core.store.keys import SessionKey, TurnKey
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turns import Turn
from walkaway_wire import jsontext
from walkaway_wire.events import TOOL_CALL_APPROVED, TOOL_RESULT

DENIED = "The user does not allow this call."
UNANSWERED = "Nobody answered this call in time; go on without it, or say what is missing."
TRIES = 100
"""More than there are calls whose answers can come at once; behind that, what is stored contradicts itself."""


@dataclass(frozen=True, slots=True)
class CallAnswer:
    """What came for a call: an output, or a yes or no (`approve`), with its reason."""

    output: str = ""
    is_error: bool = False
    approve: bool | None = None
    reason: str = ""

    @property
    def digest(self) -> str:
        """Tells this answer from others."""
        content = (self.output, self.is_error, self.approve, self.reason)
        return hashlib.sha256(jsontext.dump_bytes(content)).hexdigest()

    @property
    def result(self) -> tuple[str, bool]:
        """What the model is told, and whether that is an error."""
        if self.approve is None:
            return self.output, self.is_error
        return f"{DENIED} {self.reason}".strip(), True


def take(services: Services, owner: SessionKey, answers: Sequence[tuple[str, CallAnswer]]) -> Turn:
    """Keep answers, by the ids of their calls; give the turn that they are for, as it then is.

    The same answers may come again. All are looked at before one is kept.
    Raises SessionNotFound, ToolCallNotFound, Invalid, AlreadyAnswered, NotWaiting.
    """
    sessions.get(services, owner)
    requests = asking.find(services, owner, [call for call, _ in answers])
    _check(requests, answers)
    turn = _turn(services, requests)
    try:
        _keep(services, turn, requests, answers)
    finally:
        parking.go_on(services, turn.key)  # also where this was refused: whoever kept the answers may have died
    return executions.get(services, turn.key)


def _keep(
    services: Services, turn: Turn, requests: Mapping[str, PendingCall], answers: Sequence[tuple[str, CallAnswer]]
) -> None:
    for call, answer in answers:
        request = requests[call]
        if request.answer:
            _same(request, answer)
        elif not (turn.parked and turn.pause.step == request.step):
            raise NotWaiting(f"{turn.key.turn} does not wait for {call!r}: it is {turn.status}")
    for call, answer in answers:
        if not requests[call].answer and not give(services, requests[call], answer):
            _same(asking.find(services, turn.key.owner, [call])[call], answer)


def give(services: Services, request: PendingCall, answer: CallAnswer, *, late: bool = False) -> bool:
    """Keep one answer; False when the call has one already. `late`: it is the end of the waiting.

    Whoever keeps it may die before the turn goes on, and nobody may ever ask again: so the turn's due item comes soon,
    in the same transaction. Raises NotWaiting when the turn is over, or has gone on.
    """
    key, nonce = request.turn, services.ids.new("answer_")
    writer = Writer(key, log.tools_era(request.step), nonce)
    facts: dict[str, Fact] = {"answer": answer.digest}
    if answer.approve:
        facts["approved"] = True
        event: Draft = TOOL_CALL_APPROVED, {"call_id": request.id}
        result: Item | None = None
    else:
        content, is_error = answer.result
        body = {"type": "tool_result", "tool_use_id": request.id, "content": content, "is_error": is_error}
        journal = key.call(request.step, request.index)
        result = transcript.result_entry(services, key, journal, body, nonce)
        event = TOOL_RESULT, {"id": request.id, "content": content, "is_error": is_error}
    if late:
        facts["late"] = True
    for _ in range(TRIES):
        turn, asked = turns.load(services, key), services.table.get(request.item.key)[0]
        if asked is None or "answer" in asked.facts:
            return False
        if turn is None or not (turn.parked and turn.pause.step == request.step):
            raise NotWaiting(f"{key.turn} does not wait for {request.id!r} any more")
        tx = Transaction(services.table)
        tx.change(request.item.key, Lacks("answer"), set=facts)  # of two answers the first one stands
        later = turns.move_due(services, tx, turn, services.clock.now() + due.START_WITHIN)
        tx.change(key.item, *turns.unchanged(turn), set={"due": later.due})  # whoever moved it has not seen this answer
        if result:
            tx.put(result, Absent())
            services.extensions.projections.call_ended(services, tx, turn, request.id)
        try:
            number = log.open_end(services, key, writer.era).number
            log.append(services, writer, number, [event], *tx)
        except (Refused, Superseded):
            continue
        return True
    raise NotWaiting(f"{key.turn} takes no answer: what is stored of its log cannot be read")


def expire(services: Services, turn: Turn) -> None:
    """End the waiting for calls whose time is over; what comes for them later is refused."""
    now = services.clock.now()
    for request in asking.pending(services, turn):
        if request.expires_at <= now:
            try:
                give(services, request, CallAnswer(UNANSWERED, is_error=True), late=True)
            except NotWaiting:
                return
    parking.wait_on(services, turn.key)


def _check(requests: dict[str, PendingCall], answers: Sequence[tuple[str, CallAnswer]]) -> None:
    if unknown := [call for call, _ in answers if call not in requests]:
        raise ToolCallNotFound(f"Nobody was asked to answer {unknown[0][:200]!r} in this session")
    ids = [call for call, _ in answers]
    if len(set(ids)) < len(ids):
        twice = next(call for call in ids if ids.count(call) > 1)
        raise AnsweredTwice(f"{twice[:200]!r} is answered twice in one request; send one answer for each call")
    for call, answer in answers:
        if requests[call].needs == "approval" and answer.approve is None:
            raise Invalid(f'{call[:200]!r} needs a yes or no: send "approve": true or false')
        if requests[call].needs == "output" and answer.approve is not None:
            raise Invalid(f'{call[:200]!r} needs an output: send "output", and "is_error" if the tool failed')


def _turn(services: Services, requests: dict[str, PendingCall]) -> Turn:
    keys = {request.turn.turn: request.turn for request in requests.values()}
    if len(keys) > 1:
        raise Invalid("These calls are of several turns; send the answers for each turn by themselves")
    key: TurnKey = next(iter(keys.values()))
    return executions.get(services, key)


def _same(request: PendingCall, answer: CallAnswer) -> None:
    if request.late:
        raise AlreadyAnswered(f"The time for {request.id!r} was over: the model has been told that nobody answered")
    if request.answer != answer.digest:
        raise AlreadyAnswered(f"{request.id!r} has had another answer already, which stands")
