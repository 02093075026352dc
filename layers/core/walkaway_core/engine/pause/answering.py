"""The caller's answers to calls: each is kept once, and the last one lets the turn go on."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from walkaway_core.engine import executions, steering
from walkaway_core.engine.pause import asking, parking
from walkaway_core.engine.pause.asking import PendingCall
from walkaway_core.errors import AlreadyAnswered, AnsweredTwice, Invalid, NotWaiting, ToolCallNotFound
from walkaway_core.log import log, transcript
from walkaway_core.log.log import Draft, Superseded, Writer
from walkaway_core.log.said import Said
from walkaway_core.ports.items import Absent, Fact, Lacks, Refused, Unknown
from walkaway_core.store import due, sessions, turns
from walkaway_core.store.idempotency import Keeps
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
    """What came for a call: an output, or a yes or no (`approve`), with its reason.

    An output is a text, or `blocks` in the shape of the Messages API, with `shown`, as its sender is to see them again.
    """

    output: str = ""
    is_error: bool = False
    approve: bool | None = None
    reason: str = ""
    blocks: list[dict[str, Any]] = field(default_factory=list)
    shown: list[dict[str, Any]] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """Tells this answer from others."""
        content = (self.output, self.is_error, self.approve, self.reason, *([self.blocks] if self.blocks else []))
        return hashlib.sha256(jsontext.dump_bytes(content)).hexdigest()

    @property
    def result(self) -> tuple[str | list[dict[str, Any]], bool]:
        """What the model is told, and whether that is an error."""
        if self.approve is None:
            return self.blocks or self.output, self.is_error
        return f"{DENIED} {self.reason}".strip(), True

    def told(self, call: str) -> dict[str, Any]:
        """What the turn's events say of it: of blocks their text, and of a no its reason, too."""
        content, is_error = self.result
        text = content if isinstance(content, str) else transcript.text(content)
        denied = {"denied": self.reason} if self.approve is False else {}
        return {"id": call, "content": text, "is_error": is_error, **denied}

    def entry(self, call: str) -> dict[str, Any]:
        """What the conversation has of it."""
        content, is_error = self.result
        body = {"type": "tool_result", "tool_use_id": call, "content": content, "is_error": is_error}
        return {**body, "shown": self.shown} if self.shown else body


Given = tuple[PendingCall, CallAnswer]


def take(services: Services, owner: SessionKey, answers: Sequence[tuple[str, CallAnswer]]) -> Turn:
    """Keep answers, by the ids of their calls; give the turn that they are for, as it then is.

    The same answers may come again. All are looked at before one is kept.
    Raises SessionNotFound, ToolCallNotFound, Invalid, AlreadyAnswered, NotWaiting.
    """
    sessions.get(services, owner)
    requests = asking.find(services, owner, [call for call, _ in answers])
    turn = turn_of(services, requests, answers)
    try:
        _keep(services, turn, requests, answers)
    finally:
        parking.go_on(services, turn.key)  # also where this was refused: whoever kept the answers may have died
    return executions.get(services, turn.key)


def checked(
    services: Services, turn: Turn, requests: dict[str, PendingCall], answers: Sequence[tuple[str, CallAnswer]]
) -> dict[str, PendingCall]:
    """Give the calls as they are when their turn has been read: behind them, so they may have been answered meanwhile.

    Raises AlreadyAnswered for an answer that is not the one a call has, NotWaiting where the turn waits for none.
    """
    if not all(requests[call].answer or _waits(turn, requests[call]) for call, _ in answers):
        requests = asking.find(services, turn.key.owner, [call for call, _ in answers])
    for call, answer in answers:
        request = requests[call]
        if request.answer:
            _same(request, answer)
        elif not _waits(turn, request):
            raise NotWaiting(f"{turn.key.turn} does not wait for {call!r}: it is {turn.status}")
    return requests


def _waits(turn: Turn, request: PendingCall) -> bool:
    return turn.parked and turn.pause.step == request.step


def _keep(
    services: Services, turn: Turn, requests: dict[str, PendingCall], answers: Sequence[tuple[str, CallAnswer]]
) -> None:
    requests = checked(services, turn, requests, answers)
    for call, answer in answers:
        if not requests[call].answer and not give(services, [(requests[call], answer)]):
            _same(asking.find(services, turn.key.owner, [call])[call], answer)


def give(
    services: Services,
    given: Sequence[Given],
    said: Sequence[Said] = (),
    once: Keeps | None = None,
    *,
    late: bool = False,
    more: bool = False,
) -> int:
    """Keep answers to calls of one step, all or none; give the number of the first one's event.

    0 where a call of them has an answer already. `said`: what the user says behind them, for the step that follows.
    `late`: it is the end of the waiting. `more`: others follow them at once, as each but the last says of itself.

    Whoever keeps them may die before the turn goes on, and nobody may ever ask again: so the turn's due item comes
    soon, in the same transaction. Raises NotWaiting when the turn is over, or has gone on.
    """
    first, nonce = given[0][0], services.ids.new("answer_")
    key, writer = first.turn, Writer(first.turn, log.tools_era(first.step), nonce)
    for _ in range(TRIES):
        turn = turns.load(services, key)
        asked = services.table.get(*(request.item.key for request, _ in given))
        if any(item is None or "answer" in item.facts for item in asked):
            return 0
        if turn is None or not (turn.parked and turn.pause.step == first.step):
            raise NotWaiting(f"{key.turn} does not wait for {first.id!r} any more")
        tx = Transaction(services.table)
        drafts = [_write(services, tx, turn, request, answer, nonce, late=late) for request, answer in given]
        for _, told in drafts if more else drafts[:-1]:
            told["more"] = True
        drafts += steering.tell(services, tx, turn, said, nonce) if said else []
        later = turns.move_due(services, tx, turn, services.clock.now() + due.START_WITHIN)
        tx.change(key.item, *turns.unchanged(turn), set={"due": later.due})  # whoever moved it has not seen this answer
        try:
            number = log.open_end(services, key, writer.era).number
            event = log.item(services, writer, number, drafts)
            tx.put(event, Absent())
            if once:
                once.keep(tx, services, key, "steered", number)
            tx.commit()
        except (Refused, Superseded):
            continue
        except Unknown:
            if not log.is_mine(services, event):
                continue
        return number
    raise NotWaiting(f"{key.turn} takes no answer: what is stored of its log cannot be read")


def _write(  # noqa: PLR0917 - what is answered, and where that is written
    services: Services, tx: Transaction, turn: Turn, request: PendingCall, answer: CallAnswer, nonce: str, *, late: bool
) -> Draft:
    """Write one answer into a transaction; give its event, which the caller writes there, too."""
    facts: dict[str, Fact] = {"answer": answer.digest}
    if answer.approve:
        facts["approved"] = True
    if late:
        facts["late"] = True
    tx.change(request.item.key, Lacks("answer"), set=facts)  # of two answers the first one stands
    if answer.approve:
        return TOOL_CALL_APPROVED, {"call_id": request.id}
    journal = request.turn.call(request.step, request.index)
    result = transcript.result_entry(services, request.turn, journal, answer.entry(request.id), nonce)
    tx.put(result, Absent())
    services.extensions.projections.call_ended(services, tx, turn, request.id)
    return TOOL_RESULT, answer.told(request.id)


def expire(services: Services, turn: Turn) -> None:
    """End the waiting for calls whose time is over; what comes for them later is refused."""
    now = services.clock.now()
    for request in asking.pending(services, turn):
        if request.expires_at and request.expires_at <= now:
            try:
                give(services, [(request, CallAnswer(UNANSWERED, is_error=True))], late=True)
            except NotWaiting:
                return
    parking.wait_on(services, turn.key)


def _check(requests: Mapping[str, PendingCall], answers: Sequence[tuple[str, CallAnswer]]) -> None:
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


def turn_of(services: Services, requests: Mapping[str, PendingCall], answers: Sequence[tuple[str, CallAnswer]]) -> Turn:
    """Give the turn whose calls are answered. Raises ToolCallNotFound, AnsweredTwice, Invalid, ResponseNotFound."""
    _check(requests, answers)
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
