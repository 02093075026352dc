"""The input of a response: what the turn is told, and what was said elsewhere before it (contract D.10).

Clients send histories whole, with ids and thinking of other services, and with `null` for what is not there. Keys that
are not known are passed over, types that are not known are refused.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from walkaway_core.dialects.responses import parts, sent, thinking
from walkaway_core.dialects.responses.foreign import service_id, service_name
from walkaway_core.dialects.responses.ids import PREFIXES, Names
from walkaway_core.dialects.responses.items import Item
from walkaway_core.dialects.responses.parts import Block, Fetch
from walkaway_core.dialects.responses.problems import MISSING, Refusal
from walkaway_core.dialects.responses.sent import SYSTEM, Resolve
from walkaway_core.log.conversation import CUT_OFF
from walkaway_wire import gate

PASSED_OVER: Final = ("mcp_list_tools", "web_search_call")
"""Items that say nothing to the model here: results that are not in them."""
NO_CALL: Final = "No tool call found for function call output with call_id {}."
NO_OUTPUT: Final = "No tool output found for function call {}."

Message = dict[str, Any]


@dataclass(slots=True)
class Given:
    """An input. `told`: what it tells the model before all else; `items` as they came, references resolved.

    `before`: messages that were said elsewhere, in the form of the Messages API. `content`: of the turn's own message.
    `outputs` answer calls of the response before, by their `call_id`, and `approvals` its requests, by their ids.
    `notes` say what of it is left out.
    """

    items: list[Item] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    before: list[Message] = field(default_factory=list)
    content: list[Block] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    approvals: dict[str, tuple[bool, str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def read(given: Any, resolve: Resolve, fetch: Fetch, open_: thinking.Open) -> Given:
    """Read `input`. Raises Refusal, which names the item, BodyTooLarge, Unavailable."""
    if given is None:
        raise Refusal("input is missing: say what is to be done", "input", MISSING)
    if isinstance(given, str):
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": given}]}
        return Given([item], content=parts.blocks(given, "input", fetch))
    if not isinstance(given, list):
        raise Refusal("input must be a text, or a list of items", "input")
    items = [sent.item(each, f"input[{number}]", resolve) for number, each in enumerate(given)]
    return _Reader(items, fetch, open_).read()


def shown(names: Names, items: Sequence[Item]) -> list[Item]:
    """Give the items of an input with the ids by which they are found."""
    counts: dict[str, int] = {}
    made = []
    for item in items:
        number = counts.get(item["type"], 0)
        counts[item["type"]] = number + 1
        made.append({**item, "id": names.item(item["type"], 0, 0, number)})
    return made


class _Reader:
    """Reads the items of an input, one after the other."""

    def __init__(self, items: Sequence[Item], fetch: Fetch, open_: thinking.Open) -> None:
        self._items, self._fetch, self._thoughts = items, fetch, thinking.Thoughts(open_)
        self._made = Given([*items])
        self._messages: list[Message] = []
        self._open: list[str] = []
        self._served: set[str] = set()
        self._outputs = _each_once(items, "function_call_output")
        self._called = _each_once(items, "function_call")

    def read(self) -> Given:
        for number, item in enumerate(self._items):
            _READERS[item["type"]](self, item, f"input[{number}]")
        self._close()
        made, own = self._made, []
        made.notes = self._thoughts.close(self._messages)
        if self._messages and self._messages[-1]["role"] == "user":
            own = self._messages.pop()["content"]
        results = [block for block in own if block["type"] == "tool_result"]
        made.content = [block for block in own if block["type"] != "tool_result"]
        made.before = [*self._messages, *([{"role": "user", "content": results}] if results else [])]
        return made

    def say(self, item: Item, where: str) -> None:
        """Take in a message. Instructions in the middle become words of the user's, marked as what they are."""
        role, content = item["role"], parts.blocks(item["content"], f"{where}.content", self._fetch)
        if role in SYSTEM:
            said = parts.texts(content)
            if not self._messages:
                self._made.told.append(said)
                return
            role, content = "user", [{"type": "text", "text": f"<{role}>\n{said}\n</{role}>"}]
        if role == "user":
            self._close()
        self._add(role, content)

    def call(self, item: Item, where: str) -> None:
        """Take in a call of a function, which this input answers."""
        del where
        self._open.append(item["call_id"])
        id_, input_ = service_id(item["call_id"]), _arguments(item["arguments"])
        self._add(
            "assistant",
            [{"type": "tool_use", "id": id_, "name": service_name(item["name"]), "input": input_}],
        )

    def output(self, item: Item, where: str) -> None:
        """Take in what came of a call: of this input, or of the response before."""
        call = item["call_id"]
        if call in self._called:
            self._close()
            return
        self._made.outputs[call] = _output(item, where, self._fetch)

    def served(self, item: Item, where: str) -> None:
        """Take in a call of a server's tool that was carried out; one without an id of its own has it by its place."""
        self._thoughts.rebound = True
        said, input_ = str(item.get("id", "")), _arguments(item["arguments"])
        id_ = service_id(said if said and said not in self._served else f"{where} {item}")
        self._served.add(said)
        name = service_name(item["name"])
        self._add("assistant", [{"type": "tool_use", "id": id_, "name": name, "input": input_}])
        error = item.get("error")
        said = error.get("content", error) if isinstance(error, dict) else error or item.get("output") or ""
        result = {"type": "tool_result", "tool_use_id": id_, "content": str(said), "is_error": bool(error)}
        self._add("user", [result])

    def approve(self, item: Item, where: str) -> None:
        """Take in a yes or no to a request of the response before."""
        if not isinstance(item.get("approve"), bool):
            raise Refusal(f"{where}.approve must be true or false", f"{where}.approve")
        if item["approval_request_id"] in self._made.approvals:
            raise Refusal(f"{where}: this request was answered before", f"{where}.approval_request_id")
        self._made.approvals[item["approval_request_id"]] = item["approve"], str(item.get("reason") or "")

    def think(self, item: Item, where: str) -> None:
        """Take in thinking, if it was sealed here."""
        self._thoughts.take(self._messages, item, where)

    def sum_up(self, item: Item, where: str) -> None:
        """Take in what stands for all that was said before it."""
        self._close()
        if said := self._thoughts.summary(item, where):
            self._add("user", [{"type": "text", "text": f"{CUT_OFF}\n\n{said}"}])

    def pass_over(self, item: Item, where: str) -> None:
        """Leave it out."""

    def _close(self) -> None:
        """Give the calls that are open their outputs, which stand right behind them, wherever the client has them."""
        open_, self._open = self._open, []
        for call in open_:
            if call not in self._outputs:
                raise Refusal(NO_OUTPUT.format(call[:100]), "input")
            item, number = self._outputs[call]
            result = {"type": "tool_result", "tool_use_id": service_id(call), "is_error": False}
            self._add("user", [{**result, "content": _output(item, f"input[{number}]", self._fetch)}])

    def _add(self, role: str, content: Sequence[Block]) -> None:
        if not content:
            return
        if not self._messages or self._messages[-1]["role"] != role:
            self._messages.append({"role": role, "content": []})
        self._messages[-1]["content"] += content


def _each_once(items: Sequence[Item], kind: str) -> dict[str, tuple[Item, int]]:
    """Give the items of a kind, and where they stand, by their `call_id`. Raises Refusal where two have the same."""
    found: dict[str, tuple[Item, int]] = {}
    for number, item in enumerate(items):
        if item["type"] != kind:
            continue
        if item["call_id"] in found:
            where = f"input[{number}].call_id"
            raise Refusal(f"{where}: an item of the type {kind} with this call_id is there before", where)
        found[item["call_id"]] = item, number
    return found


def _output(item: Item, where: str, fetch: Fetch) -> Any:
    """Read what a function gave: a text, or parts."""
    output = item.get("output", "")
    return output if isinstance(output, str) else parts.blocks(output, f"{where}.output", fetch)


def _arguments(said: str) -> dict[str, Any]:
    try:
        decoded = gate.decoded(said or "{}")
    except ValueError:
        decoded = None
    return decoded if isinstance(decoded, dict) else {"arguments": said}


_READERS: Final[Mapping[str, Callable[[_Reader, Item, str], None]]] = {
    "message": _Reader.say,
    "function_call": _Reader.call,
    "function_call_output": _Reader.output,
    "mcp_call": _Reader.served,
    "mcp_approval_request": _Reader.pass_over,
    "mcp_approval_response": _Reader.approve,
    "reasoning": _Reader.think,
    "compaction": _Reader.sum_up,
    **dict.fromkeys(PASSED_OVER, _Reader.pass_over),
}
assert _READERS.keys() == sent.KINDS <= PREFIXES.keys()
