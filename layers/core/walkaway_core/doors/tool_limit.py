"""How many calls of the server's tools a turn carries out, where its settings say so.

It is told from the place of a call and from what the steps before it have said, and nothing is counted up: whoever
repeats a call finds the same.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from walkaway_core.agent import tools
from walkaway_core.engine.pause import asking
from walkaway_core.log import transcript
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.services import Services
from walkaway_core.store.turns import Turn

PAGE = 100
"""Entries that are read at once."""
BEYOND = (
    "This call was not carried out: at most {} calls of tools are allowed in this response, and they have been made. "
    "Answer with what you have."
)


def reached(  # noqa: PLR0917 - where a call stands
    services: Services, turn: Turn, settings: AgentSettings, answer: Mapping[str, Any], step: int, index: int
) -> str:
    """Say why a call of this answer is one too many, by the step that made it and its index; else `""`."""
    most = settings.max_tool_calls
    if most is None:
        return ""
    if step == 0:  # what a message begins with comes before all others
        return BEYOND.format(most) if index >= most else ""
    before = [number for number in _counted(settings, answer) if number < index]
    steps = (_counted(settings, body) for body in _answers(services, turn, step))
    return BEYOND.format(most) if turn.approved + len(before) + sum(map(len, steps)) >= most else ""


def _counted(settings: AgentSettings, answer: Mapping[str, Any]) -> list[int]:
    """Pick the calls that the server carries out: those of its tools that wait for nobody and have arguments."""
    calls, cut = transcript.calls(answer["content"]), transcript.cut_call(answer)
    theirs = {name for name in tools.wanted(settings) if tools.of_server(settings, name)}
    return [
        index
        for index in asking.split(settings, answer)[0]
        if calls[index]["name"] in theirs and index != cut and calls[index]["id"] not in answer["broken"]
    ]


def _answers(services: Services, turn: Turn, step: int) -> Iterable[Mapping[str, Any]]:
    """Read what the model said at the steps before one."""
    keys = [turn.key.entry(earlier) for earlier in range(1, step)]
    for start in range(0, len(keys), PAGE):
        for item in services.table.get(*keys[start : start + PAGE]):
            if item is not None:
                yield transcript.unpack(services, turn.key.tenant, item).body
