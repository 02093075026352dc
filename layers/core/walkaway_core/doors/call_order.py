"""Which calls of a step come before one that keeps to the order in which the model has made them."""

from collections.abc import Mapping
from typing import Any

from walkaway_core.agent import tools
from walkaway_core.engine.pause import asking
from walkaway_core.log import transcript
from walkaway_core.ports.items import Key
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.keys import TurnKey


def before(
    turn: TurnKey, settings: AgentSettings, answer: Mapping[str, Any], place: tuple[int, int]
) -> tuple[Key, ...]:
    """Name the journals of calls before one that keep to the order, too, and do not wait for the caller.

    `place`: the step whose `answer` it is, and which of its calls, from 0.
    """
    step, index = place
    calls = transcript.calls(answer["content"])
    for_us = asking.split(settings, answer)[0] if step else range(len(calls))
    found = {each: tools.of_server(settings, calls[each]["name"]) for each in for_us if each < index}
    return tuple(turn.call(step, each) for each, tool in found.items() if tool and tool.in_order)
