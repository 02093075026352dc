"""A message comes: it starts a turn, or waits, or steers the turn that runs, or takes its place, or is refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from walkaway_core.agent import attachments, turn_settings
from walkaway_core.agent.attachments import Attachment
from walkaway_core.agent.turn_settings import Own
from walkaway_core.engine import executions, queueing, starting, steering
from walkaway_core.engine.ending import Ending, end_turn
from walkaway_core.engine.open_calls import Answer, Approval
from walkaway_core.engine.starting import NOTHING, Along, Message
from walkaway_core.errors import Invalid, SessionBusy
from walkaway_core.ports.items import Fact
from walkaway_core.store import sessions, starts, turns
from walkaway_core.store.idempotency import Once, Outcome
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turn_webhook import TurnWebhook
from walkaway_core.store.turns import Turn
from walkaway_wire.settings import ToolSettings

OnBusy = Literal["reject", "enqueue", "steer", "interrupt"]


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of a message: the turn that has it, from its event `at` on.

    `again`: the same request has been carried out before, and this is what came of it then.
    """

    turn: Turn
    outcome: Outcome
    at: int = 0
    again: bool = False


def send(
    services: Services,
    key: SessionKey,
    message: str,
    once: Once | None = None,
    attached: Sequence[Attachment] = (),
    *,
    on_busy: OnBusy = "reject",
    webhook: TurnWebhook | None = None,
    timeout: int = 0,
    facts: Mapping[str, Fact] = NOTHING,
    along: Along | None = None,
    settings: ToolSettings | None = None,
    blocks: Sequence[Mapping[str, Any]] = (),
    ends_with_calls: bool = False,
    answers: Sequence[Answer | Approval] = (),
) -> Sent:
    """Give a message to a session, or find what came of it by its idempotency key.

    `settings` are those of its own turn alone, of which the session's are what is not said: a message that steers has
    no turn of its own, and may say none. `along` writes what else belongs to the message's own turn, as in `Message`;
    what it raises ends the sending. `blocks`, in the shape of the Messages API, stand before the `message`, which may
    be empty beside them and beside `answers`; for these and `ends_with_calls` see `Message`.

    The key is looked up before every look at the session, so that a repeated request never sees its own turn as busy.
    Raises Invalid (SessionArchived), BodyTooLarge, SessionNotFound, SessionBusy, QueueFull, IdempotencyMismatch, and
    what attachments do.
    """
    if not (message.strip() or blocks or answers):
        raise Invalid("The message is empty; say what the agent is to do")
    content: list[dict[str, Any]] = []
    while True:
        session = sessions.get(services, key)
        if once and (earlier := once.earlier(services)):
            return Sent(executions.get(services, earlier.turn), earlier.outcome, earlier.at, again=True)
        sessions.check(session)
        sessions.check_open(session)
        if session.busy and on_busy == "reject":
            raise SessionBusy(
                session.turn,
                f"The session is busy with {session.turn}: wait for its end (GET /v1/sessions/{key.session}), or "
                'cancel it, then send again; or say what is to happen: "on_busy": "enqueue", "steer" or "interrupt"',
            )
        own = turn_settings.read(services, session, settings)
        content = content or [*attachments.blocks(services, session, attached), *map(dict, blocks), *_text(message)]
        seconds = timeout or own.said.get("turn_timeout", 0)
        made = Message(content, webhook, seconds, facts, along, own, ends_with_calls, answers)
        if sent := _try(services, session, made, once, on_busy):
            return sent
        _check(services, session)


def _text(message: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": message}] if message.strip() else []


def _try(services: Services, session: Session, message: Message, once: Once | None, on_busy: OnBusy) -> Sent | None:
    """Do what is to be done with the session as it was read; None when it has changed meanwhile."""
    if on_busy != "steer":  # which looks at the turn itself, and comes back when there is none
        _check(services, session)
    if session.busy and message.answers:
        raise Invalid(
            f"The session is busy with {session.turn}: what its calls have brought can be sent once it is over"
        )
    if session.busy and on_busy == "enqueue":
        waiting = queueing.enqueue(services, session, message, once)
        return Sent(waiting, "queued") if waiting else None
    if session.busy and on_busy == "steer":
        _check_unsaid(message.own)
        steered = steering.steer(services, session, [message.said], once)
        return Sent(steered.turn, "steered", steered.at) if steered else None
    if session.busy:
        turn = _interrupt(services, session, message, once)
    else:
        turn = starting.claim(services, session, message, once)
        if turn:
            starts.begin(services, turn)
    return Sent(turn, "started") if turn else None


def _check(services: Services, session: Session) -> None:
    """Raise Invalid for a session whose turn nobody will ever end, so that nothing waits for that."""
    if session.busy and turns.lost(services, session):
        raise Invalid(f"The turn {session.turn} of this session cannot be read; delete the session, and make a new one")


def _check_unsaid(own: Own) -> None:
    """Raise Invalid for settings of a message that steers, by the first one's name."""
    for name in own.said:
        raise Invalid(
            f"{name}: the turn that this message would steer goes on with the settings that it began with; leave it "
            'out, or say "on_busy": "enqueue" or "interrupt"'
        )


class _Again(Exception):
    """The request has been carried out by somebody else meanwhile."""


def _interrupt(services: Services, session: Session, message: Message, once: Once | None) -> Turn | None:
    """End the turn that runs as cancelled and begin a new one in its place, before any that wait."""

    def successor(tx: Transaction, now: Session) -> Turn:
        if once and once.earlier(services):
            raise _Again
        return starting.fresh(services, tx, now, message, once)

    try:
        ended = end_turn(services, session.key.turn(session.turn), Ending("cancelled"), successor)
    except _Again:
        return None
    services.machine.stop(ended.turn.execution_name)
    return ended.next
