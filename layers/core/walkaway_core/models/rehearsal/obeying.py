"""What a request prescribes of an answer of the offline model's: which tools it calls, and the form of its last text.

As in the Messages API: tool_choice, and output_config.format.
"""

from collections.abc import Sequence
from typing import Any

from walkaway_core.models.rehearsal import asking
from walkaway_core.models.rehearsal.binding import blocks as blocks_of
from walkaway_core.models.rehearsal.instances import instance
from walkaway_core.models.rehearsal.reading import Wish
from walkaway_wire import jsontext

Block = dict[str, Any]


def offered(request: Block) -> list[Block]:
    """Give the tools that may be called."""
    choice, tools = request.get("tool_choice", {}), request.get("tools", [])
    if choice.get("type") == "none":
        return []
    return [tool for tool in tools if tool["name"] == choice.get("name", tool["name"])]


def obeyed(blocks: Sequence[Block], request: Block, wish: Wish, message: str) -> list[Block]:
    """Give the blocks of an answer as the request wants them: with a call where one is forced, or with one at most."""
    choice = request.get("tool_choice", {})
    made = [*blocks]
    if choice.get("type") in ("any", "tool") and not any(block["type"] == "tool_use" for block in made):
        made = [*made, asking.call(_likeliest(offered(request), _called(request["messages"])), wish, message)]
    if choice.get("disable_parallel_tool_use"):
        calls = [block for block in made if block["type"] == "tool_use"]
        made = [block for block in made if block["type"] != "tool_use" or block is calls[0]]
    form = output_format(request)
    if form and not any(block["type"] == "tool_use" for block in made):
        value = instance(form["schema"], asking.matter(wish, message))
        made = [{"type": "text", "text": jsontext.dumps(value)}]
    return made


def output_format(request: Block) -> Block | None:
    """Give the form that the text is to have; None for any."""
    form: Block | None = request.get("output_config", {}).get("format")
    return form


def _likeliest(tools: Sequence[Block], called: set[str]) -> Block:
    """Choose what to call where anything would do: a tool of the caller's, at best a new one, else one that looks."""
    own = asking.owned(tools)
    new = [tool for tool in own if tool["name"] not in called]
    looks = [tool for tool in tools if tool["name"] in ("list_files", "glob")]
    return [*new, *own, *looks, *tools][0]


def _called(messages: Sequence[Block]) -> set[str]:
    """Give the names of the tools that were called since somebody said something."""
    names: set[str] = set()
    for message in reversed(messages):
        content = blocks_of(message["content"])
        if message["role"] == "user" and any(block["type"] == "text" for block in content):
            break
        names |= {block["name"] for block in content if block["type"] == "tool_use"}
    return names
