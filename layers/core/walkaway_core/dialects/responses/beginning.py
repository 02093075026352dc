"""Where a response takes its place: in a session of its own, or behind the response that it goes on from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from walkaway_core.agent import client_tools, settings as agent_settings, turn_settings
from walkaway_core.agent.turn_settings import Own
from walkaway_core.dialects.responses import (
    answering,
    answers,
    choosing,
    ids,
    problems,
    reading,
    refusing,
    settings,
    stored,
    thinking,
)
from walkaway_core.dialects.responses.asked import Asked
from walkaway_core.dialects.responses.named import Named
from walkaway_core.dialects.responses.problems import Refusal
from walkaway_core.dialects.responses.reading import Given
from walkaway_core.dialects.responses.settings import TurnSettings
from walkaway_core.dialects.responses.wire import ResponseCreate
from walkaway_core.engine import executions, importing, placing, starting
from walkaway_core.engine.open_calls import Answer, Approval, open_calls
from walkaway_core.engine.starting import LIFE, SAYS_NOTHING, Along, Message
from walkaway_core.errors import NotFound, SessionBusy
from walkaway_core.store import seals, starts
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.idempotency import Once
from walkaway_core.store.keys import TurnKey
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session, SessionOptions
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turns import Turn

UNKEPT: Final = 600
"""Seconds that a response is there behind its end which is not to be stored."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A response that is to begin: its turn's settings, its input, and what its turn keeps of the request."""

    settings: TurnSettings
    given: Given
    asked: Asked

    @property
    def content(self) -> list[dict[str, Any]]:
        """What the turn's own message says; it may be empty behind something that is to be answered."""
        given = self.given
        answers = given.outputs or given.approvals or (given.before and given.before[-1]["role"] == "user")
        return given.content if given.content or answers else [_text(SAYS_NOTHING)]

    def message(
        self,
        brought: Sequence[Answer | Approval],
        along: Along,
        own: Own = turn_settings.NOTHING,
        imported: Sequence[Mapping[str, Any]] = (),
    ) -> Message:
        """Make the message of its turn, which calls for the caller end."""
        facts = stored.facts(self.asked)
        return Message(
            self.content,
            facts=facts,
            along=along,
            own=own,
            ends_with_calls=True,
            answers=brought,
            imported=imported,
        )

    @property
    def options(self) -> SessionOptions:
        """What a session of such responses is like, its settings aside."""
        return SessionOptions(persistent=True, ttl=LIFE if self.asked.repeated["store"] else UNKEPT, chain=True)


Attempt = Callable[[], Turn | None]
"""Begins a response; None when something has changed meanwhile, so that it is to be tried again."""


def begin(services: Services, tenant: str, asked: ResponseCreate, once: Once | None = None) -> tuple[Turn, bool]:
    """Begin a response, or find the one that the same key has begun; say whether it was found.

    Raises Refusal, Invalid, BodyTooLarge, IdempotencyMismatch, Unavailable: then nothing has begun.
    """

    def prepare() -> Attempt:
        read = wanted(services, tenant, asked)

        def attempt() -> Turn | None:
            try:
                return _begin(services, tenant, read, asked.previous_response_id, once)
            except (NotFound, SessionBusy) as error:
                raise not_there(asked.previous_response_id or "", error) from None

        return attempt

    return begun(services, once, prepare)


def begun(services: Services, once: Once | None, prepare: Callable[[], Attempt]) -> tuple[Turn, bool]:
    """Begin what `prepare` reads, until it succeeds, or find what the same key has begun; say whether it was found.

    Raises Refusal for one that was begun and deleted since, and what `prepare` and its attempt raise.
    """
    attempt: Attempt | None = None
    while True:
        if once and (earlier := once.earlier(services)):
            return _again(services, earlier.turn), True
        attempt = attempt or prepare()
        if turn := attempt():
            if turn.status != "queued":
                starts.begin(services, turn)
            return turn, False


def _again(services: Services, key: TurnKey) -> Turn:
    """Find the response that a request has begun before. Raises Refusal for one that was deleted since."""
    try:
        return executions.get(services, key)
    except NotFound:
        raise problems.unknown_response(answers.names(key).response) from None


def wanted(services: Services, tenant: str, asked: ResponseCreate, *, standing: bool = False) -> Wanted:
    """Read what is asked for. `standing`: instructions in its input stay in the conversation.

    Raises Refusal, Invalid, BodyTooLarge, Unavailable.
    """
    refusing.check(asked)
    read = given(services, tenant, asked.input)
    if standing:
        read = stands(read)
    tools = choosing.read(asked.tools, asked.tool_choice)
    refusing.check_counted(asked, tools.ours)
    model = asked.model or services.settings.model
    seal = seals.key(services, tenant) if thinking.INCLUDE in (asked.include or ()) else ""
    kept = replace(settings.kept(asked, model, tools), seal=seal, notes=read.notes)
    return Wanted(settings.read(asked, read.told, tools), read, kept)


def given(services: Services, tenant: str, said: Any) -> Given:
    """Read an input. Raises Refusal, BodyTooLarge, Unavailable."""
    meant = Named(services, tenant)
    return reading.read(said, meant.item, meant.file, thinking.opener(services, tenant))


def stands(read: Given) -> Given:
    """Let what an input tells the model before all else stand in the conversation, marked as what it is."""
    marked = [_text(f"<system>\n{said}\n</system>") for said in read.told if said.strip()]
    if marked and read.before:
        read.before.insert(0, {"role": "user", "content": marked})
    elif marked:
        read.content = [*marked, *read.content]
    read.told = []
    return read


def _begin(services: Services, tenant: str, wanted: Wanted, previous: str | None, once: Once | None) -> Turn | None:
    """Begin it in a session of its own, or behind a response; None when something has changed meanwhile."""
    before = None if previous is None else named(tenant, previous)
    session = placing.successor(services, before, wanted.options) if before else None
    wanted, brought = answered(services, wanted, executions.get(services, before) if before else None)
    if session is None:
        return _alone(services, tenant, wanted, brought, before, once)
    return starting.claim(services, session, following(services, session, wanted, brought), once)


def answered(services: Services, wanted: Wanted, behind: Turn | None) -> tuple[Wanted, Sequence[Answer | Approval]]:
    """Hold what an input brings against the calls of the turn before it, and keep what it approves. Raises Refusal."""
    open_ = open_calls(services, behind) if behind else []
    brought = answering.read(
        wanted.given, open_, lambda: answers.response(services, behind)["output"] if behind else []
    )
    return replace(wanted, asked=replace(wanted.asked, approved=brought.approved)), brought.answers


def following(
    services: Services,
    session: Session,
    wanted: Wanted,
    brought: Sequence[Answer | Approval] = (),
    there: Callable[[Transaction], None] = lambda tx: None,  # noqa: ARG005
) -> Message:
    """Make the message of its turn in a session that there is; `there` says what must hold when it begins."""

    def along(tx: Transaction, key: TurnKey) -> None:
        there(tx)
        stored.keep(services, tx, key, wanted.asked, wanted.given.items)

    own = turn_settings.read(services, session, wanted.settings)
    return wanted.message(brought, along, own, importing.read(wanted.given.before))


def _alone(  # noqa: PLR0917 - what a session begins with
    services: Services,
    tenant: str,
    wanted: Wanted,
    brought: Sequence[Answer | Approval],
    before: TurnKey | None,
    once: Once | None,
) -> Turn | None:
    """Begin a session, with the conversation up to a turn if it goes on from one."""
    name = services.ids.new("sess_")
    tools = client_tools.store(services, tenant, name, wanted.settings.tools)
    values = {**agent_settings.read(wanted.settings), **tools.settings}
    options = replace(wanted.options, settings=AgentSettings(**values))

    def along(tx: Transaction, key: TurnKey) -> None:
        stored.keep(services, tx, key, wanted.asked, wanted.given.items)
        tools.keep(tx)

    message, imported = wanted.message(brought, along), wanted.given.before
    return starting.with_session(services, tenant, options, message, once, name=name, parent=before, imported=imported)


def named(tenant: str, id_: str) -> TurnKey:
    """Say which turn a response is that is to be gone on from. Raises Refusal."""
    found = ids.read_response(id_)
    if found is None:
        raise problems.unknown_previous(id_)
    return TurnKey(tenant, found.session, found.turn)


def not_there(previous: str, error: Exception) -> Refusal:
    """Say of a response that nobody can go on from it: there is none, or it runs."""
    if not isinstance(error, SessionBusy):
        return problems.unknown_previous(previous)
    message = f"Previous response with id '{previous[:100]}' is not over; wait for its end, or cancel it"
    return Refusal(message, "previous_response_id", "response_in_progress")


def _text(said: str) -> dict[str, Any]:
    return {"type": "text", "text": said}
