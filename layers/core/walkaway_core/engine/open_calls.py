"""Calls that a turn ends with: which ones they are, and what the message of the turn behind it brings for them.

A turn is made with *calls end the turn* (`ends_with_calls` in store/turn_facts.py) by a dialect whose clients carry
their calls out between two turns. Its step's server calls run, and then it is completed: nothing waits, nothing
expires. What comes stands in the entry of the next turn, so that two turns behind the same one may bring two things.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from walkaway_core.agent import turn_settings
from walkaway_core.engine.pause import asking
from walkaway_core.engine.pause.answering import CallAnswer
from walkaway_core.engine.pause.asking import Needs
from walkaway_core.errors import Invalid
from walkaway_core.log import transcript
from walkaway_core.log.transcript import Message
from walkaway_core.ports.items import Fact
from walkaway_core.store import sessions, turn_facts, turns
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.turns import Turn


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call of the caller's own tools: a text, or blocks in the shape of the Messages API."""

    call_id: str
    content: str | list[dict[str, Any]]
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Approval:
    """A yes or a no to a call of the server's."""

    call_id: str
    approve: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A call that nobody has answered. `must`: a turn that goes on behind it has to bring something for it.

    That is not so where the turn was cancelled or has failed: the model is told then what nobody has brought.
    """

    id: str
    name: str
    arguments: dict[str, Any]
    needs: Needs
    must: bool = True

    @property
    def block(self) -> Message:
        """It as the model has said it."""
        return {"type": "tool_use", "id": self.id, "name": self.name, "input": self.arguments}


@dataclass(frozen=True, slots=True)
class Brought:
    """What a message brings: results for the model, and calls of the server's that its turn begins with."""

    results: list[Message] = field(default_factory=list)
    approved: list[Message] = field(default_factory=list)

    @property
    def facts(self) -> dict[str, Fact]:
        """What the turn's record says of it."""
        return turn_facts.approved(len(self.approved))


def open_calls(services: Services, turn: Turn) -> list[OpenCall]:
    """Read the calls that a turn has ended with, in the model's order; none of a turn that runs.

    Raises LookupError where the turn's settings are gone.
    """
    if not turn.open or turn.status not in turn_facts.OVER:
        return []
    item, entry = services.table.get(turn.key.owner.item)[0], transcript.answer(services, turn.key, turn.step)
    if item is None or entry is None:
        return []
    settings = turn_settings.as_begun(services, sessions.unpack(turn.key.owner, item), turn)
    must, calls = turn.status == "completed", transcript.calls(entry.body["content"])
    return [
        OpenCall(calls[index]["id"], calls[index]["name"], calls[index]["input"], needs, must)
        for index, needs in asking.split(settings, entry.body)[1].items()
    ]


def behind(services: Services, session: Session) -> list[OpenCall]:
    """Read the calls with which the last turn of a free session has ended."""
    turn = turns.load(services, session.key.turn(session.ended_turn)) if session.ended_turn else None
    return open_calls(services, turn) if turn else []


def brought(open_: Sequence[OpenCall], given: Sequence[Answer | Approval]) -> Brought:
    """Say what a message brings for the calls that are open behind which its turn begins.

    Approved calls are numbered in the order of the model's calls. Raises Invalid, in the words that clients of the
    Responses API know, for what is missing, unknown, twice there, or of the wrong kind.
    """
    calls = {call.id: call for call in open_}
    counts = Counter(each.call_id for each in given)
    for each in given:
        _check(calls.get(each.call_id), each, counts[each.call_id])
    _check_all(open_, counts)
    answers = {each.call_id: each for each in given}
    found = [(call, answers[call.id]) for call in calls.values() if call.id in answers]
    yes = [call.block for call, each in found if isinstance(each, Approval) and each.approve]
    return Brought([result for _, each in found for result in _results(each)], yes)


def _results(given: Answer | Approval) -> Iterable[Message]:
    """Give the result that something is to the model; a yes is none yet."""
    if isinstance(given, Approval):
        if given.approve:
            return
        content, is_error = CallAnswer(approve=False, reason=given.reason).result
        yield {"type": "tool_result", "tool_use_id": given.call_id, "content": content, "is_error": is_error}
    else:
        about = {"content": _whole(given.content), "is_error": given.is_error}
        yield {"type": "tool_result", "tool_use_id": given.call_id, **about}


def _whole(content: str | list[Message]) -> str | list[Message]:
    """Leave out texts without a word, of which the service takes none among blocks."""
    if isinstance(content, str):
        return content
    return [block for block in content if block["type"] != "text" or block["text"].strip()] or ""


def _check(call: OpenCall | None, given: Answer | Approval, count: int) -> None:
    """Raise Invalid for what is not one answer to an open call, of its kind."""
    name = given.call_id[:200]
    approves = isinstance(given, Approval)
    if call is None and approves:
        raise Invalid(f"No tool call that waits for a yes or a no was found with call_id {name}.")
    if call is None:
        raise Invalid(f"No tool call found for function call output with call_id {name}.")
    if count > 1:
        raise Invalid(f"Two outputs came for function call {name}; send exactly one for each call.")
    if approves and call.needs == "output":
        raise Invalid(f"The call {name} needs an output, and nobody has asked for a yes or a no.")
    if not approves and call.needs == "approval":
        raise Invalid(f"The call {name} needs a yes or a no, and no output.")


def _check_all(open_: Sequence[OpenCall], counts: Counter[str]) -> None:
    for call in open_:
        if call.must and not counts[call.id]:
            what = "tool output found for function call" if call.needs == "output" else "yes or no found for the call"
            raise Invalid(f"No {what} {call.id}.")
