"""Events from a client to its session: read as a whole, kept as a whole, and shown as they are kept (contract E.9)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from walkaway_core.dialects.managed import echo, ids, sent_answers, sent_calls, sent_wire
from walkaway_core.dialects.managed.content import Reader
from walkaway_core.dialects.managed.problems import Refusal, invalid, unknown
from walkaway_core.dialects.managed.sent_answers import Answer
from walkaway_core.dialects.managed.sent_wire import Confirmation, CustomToolResult, Interrupt, UserMessage
from walkaway_core.dialects.managed.session_record import ManagedSession
from walkaway_core.engine import telling
from walkaway_core.engine.starting import Message
from walkaway_core.engine.stopping import Told
from walkaway_core.engine.telling import Several, Waits
from walkaway_core.errors import (
    AlreadyAnswered,
    BodyTooLarge,
    NotWaiting,
    SessionNotFound,
    ToolCallNotFound,
    WalkawayError,
)
from walkaway_core.log.said import Said
from walkaway_core.ports.items import TooLarge
from walkaway_core.store.idempotency import Once
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction

Object = dict[str, Any]
NOTHING_RAN: Final = "i"
"""The letter of an interrupt that came with a message, while nothing ran: its id is otherwise the message's."""


def send(
    services: Services, session: ManagedSession, events: Sequence[Object], once: Once | None = None
) -> list[Object]:
    """Take events, all or none; give them as they were taken. A request that was carried out has its answer again.

    Raises Refusal, Invalid, BodyTooLarge, SessionNotFound, IdempotencyMismatch, Unavailable.
    """
    try:
        read = _read(services, session, events)
        told = _tell(services, session, read, once)
    except WalkawayError:
        kept = once.made(services) if once else None
        if kept is None:  # else this was carried out, by the same request: what stands against it now came later
            raise
        return _read(services, session, events, done=True).shown(kept.split(","))
    if told:
        return read.shown(read.names(told))
    kept = once.made(services) if once else None
    return read.shown((kept or "").split(","))


def _tell(services: Services, session: ManagedSession, read: "_Read", once: Once | None) -> Told | None:
    """Carry it out; None where that has been done."""
    record = _Record(services, once, read) if once else None
    try:
        return telling.tell(services, session.key, read.several, record)
    except Waits as waits:
        raise _waits(services, session, waits) from None
    except AlreadyAnswered as error:
        what = "its events have that one; send no other, or user.interrupt and a message that says better"
        raise invalid(f"{read.in_events(str(error))}: {what}") from None
    except (ToolCallNotFound, NotWaiting):
        answered = ", ".join(event.event for event in read.events if isinstance(event, Answer))
        raise invalid(sent_calls.not_waiting(services, session.key, answered)) from None
    except TooLarge:
        raise BodyTooLarge("These events say too much for one request; send them one after the other") from None
    except SessionNotFound:
        raise unknown("session", session.id) from None


def initial(services: Services, tenant: str, events: Sequence[Object], where: str = "initial_events") -> Message:
    """Make the message of the turn with which a session begins. Raises Refusal, BodyTooLarge, Unavailable."""
    reader, said = Reader(services, tenant), list[Said]()
    for number, event in enumerate(events):
        place = f"{where}[{number}]"
        sent = sent_wire.read(event, place)
        if not isinstance(sent, UserMessage):
            raise invalid("a session begins with events of the type user.message", f"{place}.type")
        said.append(reader.message(sent.content, f"{place}.content"))
    return telling.message(said)


@dataclass
class _Read:
    """The events of a request: what they say, and how each is shown."""

    services: Services
    session: ManagedSession
    done: bool = False
    """Whether they were taken before: they are read to be shown."""
    events: list[UserMessage | Interrupt | Answer] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._reader = Reader(self.services, self.session.key.tenant, known=self.done)

    @property
    def several(self) -> Several:
        """What is to be carried out."""
        answers = [(event.call, event.answer) for event in self.events if isinstance(event, Answer)]
        return Several(self.said, answers, any(isinstance(event, Interrupt) for event in self.events))

    def take(self, event: Object, where: str) -> None:
        """Read one more. Raises Refusal, BodyTooLarge, Unavailable."""
        sent = sent_wire.read(event, where)
        if isinstance(sent, UserMessage):
            if self.session.spent and not self.done:
                raise invalid("the session's budget is used up; raise it, or take it away, and send again", where)
            self.said.append(self._reader.message(sent.content, f"{where}.content"))
            self.events.append(sent)
        elif isinstance(sent, Interrupt):
            if sent.session_thread_id not in (None, ids.thread(self.session.key.session)):
                raise unknown("thread", str(sent.session_thread_id))
            if any(isinstance(each, Interrupt) for each in self.events):
                raise invalid("one interrupt is enough: it comes before all else in the request", where)
            self.events.append(sent)
        else:
            assert isinstance(sent, Confirmation | CustomToolResult)
            answer = sent_answers.read(self.services, self.session.key, sent, self._reader, where)
            if any(isinstance(each, Answer) and each.call == answer.call for each in self.events):
                raise invalid(f"{answer.event} is answered twice in this request", where)
            self.events.append(answer)

    def in_events(self, sentence: str) -> str:
        """Say a sentence about calls in the words of who sent this: by the events that it answers."""
        for each in self.events:
            if isinstance(each, Answer):
                sentence = sentence.replace(repr(each.call), each.event)
        return sentence

    def names(self, told: Told) -> list[str]:
        """Give the id of each, now that all are kept."""
        messages, named = 0, list[str]()
        for event in self.events:
            if isinstance(event, UserMessage):
                named.append(ids.event(told.turn.turn, told.at + messages))
                messages += 1
            elif isinstance(event, Answer):
                named.append(ids.event(event.turn, told.answers[event.call]))
            else:
                named.append(_interrupt(told, self.session.key.session))
        return named

    def shown(self, named: Sequence[str]) -> list[Object]:
        """Show them under their ids."""
        return [self._shown(event, id_) for event, id_ in zip(self.events, named, strict=False)]

    def _shown(self, event: "UserMessage | Interrupt | Answer", id_: str) -> Object:
        if isinstance(event, UserMessage):
            return echo.message(id_, event.content, None)
        kept = sent_calls.event(self.services, self.session.key, id_)
        at = kept.at if kept and kept.at else self.services.clock.now()
        if isinstance(event, Interrupt):
            return echo.interrupt(id_, at)
        return event.shown(id_, at)


def _read(services: Services, session: ManagedSession, events: Sequence[Object], *, done: bool = False) -> _Read:
    read = _Read(services, session, done)
    for number, event in enumerate(events):
        read.take(event, f"events[{number}]")
    return read


def _interrupt(told: Told, session: str) -> str:
    """Name an interrupt: by the end of what ran, or by what notes that nothing did."""
    if told.stopped is None:
        return ids.event(told.turn.turn, told.at, NOTHING_RAN)
    log, number = told.stopped
    return ids.event(session if log.turn.endswith("+") else log.turn, number)


@dataclass(frozen=True, slots=True)
class _Record:
    """Remembers the ids of what a request has brought."""

    services: Services
    once: Once
    read: _Read

    def known(self) -> bool:
        """Whether the request has been carried out."""
        return self.once.made(self.services) is not None

    def keep(self, tx: Transaction, services: Services, told: Told) -> None:
        """Write them down with it."""
        self.once.keep_made(tx, services, ",".join(self.read.names(told)))


def _waits(services: Services, session: ManagedSession, waits: Waits) -> Refusal:
    """Say which events are to be answered first; programs know the beginning of it."""
    named = sent_calls.named(sent_calls.shown(services, waits.turn, waits.calls))
    return invalid(
        f"The session {session.id} is waiting on responses to events {named}: answer "
        "each by user.tool_confirmation or user.custom_tool_result, or send user.interrupt with the message"
    )
