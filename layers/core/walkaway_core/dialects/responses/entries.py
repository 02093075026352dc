"""A response's output from the conversation alone: what its stream leaves, without reading the log of it.

It is the same items with the same ids, made by the same functions as the stream's, in the order in which that adds
them: a step's blocks, then what is to be approved, then what was.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from walkaway_core.dialects.responses import endings, items, objects, thinking
from walkaway_core.dialects.responses.asked import Asked
from walkaway_core.dialects.responses.endings import Ending
from walkaway_core.dialects.responses.ids import Names
from walkaway_core.dialects.responses.items import Item, Result
from walkaway_core.dialects.responses.step import COMMENTARY, FINAL
from walkaway_core.log.transcript import CUT_SHORT, Entry
from walkaway_wire import jsontext
from walkaway_wire.events import Event

Block = Mapping[str, Any]
Results = Mapping[tuple[int, int], Entry]
"""The journals of calls, by step and number; without a body while there is no result."""


def response(  # noqa: PLR0917 - what there is to read of a turn
    names: Names, asked: Asked, first: Event, last: Event, status: str, entries: Sequence[Entry]
) -> dict[str, Any]:
    """Make a response's object from the first and the last event of its turn's log, and the turn's entries.

    `status` is how it stands if that is not the terminal event. Once it is, this is what the stream's last event has.
    """
    ending = endings.read(last) if last.terminal else None
    return objects.response(names, asked, first.at, status, output(names, asked, entries, ending), ending)


def output(names: Names, asked: Asked, entries: Sequence[Entry], ending: Ending | None) -> list[Item]:
    """Give the items that stand, from the entries of a response's turn; `ending` is None while it runs.

    Then a last text is left out whose phase is not known yet, as it stands open in the stream.
    """
    said = [entry for entry in entries if entry.call is None and entry.body.get("role") == "assistant"]
    answers = [block for entry in said for block in entry.body["content"] if block["type"].endswith("_tool_result")]
    found = {str(block.get("tool_use_id")) for block in answers}
    results: Results = {(entry.step, entry.call): entry for entry in entries if entry.call is not None}
    before = len(asked.approved) if said or results else 0
    made = [_approved(names, asked, number, results, ending) for number in range(before)]
    for entry in said:
        made += _Step(names, asked, entry, last=entry is said[-1], ending=ending).items(results, found)
    return made


def _approved(names: Names, asked: Asked, number: int, results: Results, ending: Ending | None) -> Item:
    """Give a call of an earlier response's that has been approved: it stands before all steps."""
    call = [*asked.approved.values()][number]
    id_ = names.item("mcp_call", 0, 1, number)
    return _served(id_, call.name, call.arguments, results.get((0, number)), ending, call.request)


class _Step:
    """One answer of the model, as items."""

    def __init__(self, names: Names, asked: Asked, entry: Entry, *, last: bool, ending: Ending | None) -> None:
        self._names, self._asked, self._ending = names, asked, ending
        self._step, self._body, self._last = entry.step, entry.body, last
        self._attempt = int(entry.body.get("attempt", 1))
        self._counts: Counter[str] = Counter()
        self._cut = self._body.get("stop_reason") in CUT_SHORT
        self._texts: list[Item] = []
        self._made: list[Item] = []
        self._requests: list[Item] = []

    def items(self, results: Results, found: set[str]) -> list[Item]:
        """Give all of them."""
        content: Sequence[Block] = self._body["content"]
        number = -1
        for place, block in enumerate(content):
            if block["type"] == "text":
                self._texts.append(items.text(block["text"], block.get("citations") or ()))
            elif block["type"] == "thinking" and (
                block.get("thinking") or (self._asked.seal and thinking.signed(block))
            ):
                self._text(COMMENTARY)
                self._think(block)
            elif block["type"] == "tool_use":
                self._text(COMMENTARY)
                number += 1
                self._call(block, results.get((self._step, number)), cut=self._cut and place == len(content) - 1)
            elif block["type"] == "server_tool_use":
                self._text(COMMENTARY)
                self._search(block, found)
        self._made += self._requests if self._asked.held else []
        if self._ending or not self._last:
            self._text(FINAL if self._final else COMMENTARY, ends=True)
        self._made += [] if self._asked.held else self._requests
        if self._last and self._ending and self._ending.code == "refusal":
            self._refuse(self._ending.sentence)
        return self._made

    @property
    def _final(self) -> bool:
        return self._last and self._ending is not None and self._ending.stands

    @property
    def _short(self) -> bool:
        """Whether the response ended with this step, and too early."""
        return self._last and self._ending is not None and self._ending.status == "incomplete"

    def _id(self, type_: str) -> str:
        self._counts[type_] += 1
        return self._names.item(type_, self._step, self._attempt, self._counts[type_] - 1)

    def _text(self, phase: str, *, ends: bool = False) -> None:
        parts, self._texts = self._texts, []
        if not parts:
            return
        id_ = self._id("message")
        if any(part["text"].strip() for part in parts):
            status = "incomplete" if ends and self._short else "completed"
            self._made.append(items.message(id_, status, parts, phase))

    def _think(self, block: Block) -> None:
        if self._asked.reasons:
            said = block.get("thinking") or ""
            summary = [items.summary(said)] if self._asked.summed else []
            sealed = thinking.seal(self._asked.seal, {**self._body, **block, "thinking": said})
            self._made.append(items.reasoning(self._id("reasoning"), "completed", summary, sealed))

    def _call(self, block: Block, entry: Entry | None, *, cut: bool) -> None:
        name, whole = block["name"], not cut and block["id"] not in self._body.get("broken", {})
        if name in self._asked.functions:
            id_ = self._id("function_call")
            if whole or (cut and self._short):
                status = "completed" if whole else "incomplete"
                self._made.append(items.function_call(id_, block["id"], name, self._arguments(block), status))
        elif name in self._asked.approve:
            if whole:
                id_ = self._id("mcp_approval_request")
                self._requests.append(items.approval_request(id_, name, self._arguments(block)))
        elif self._asked.serves(name):
            id_ = self._id("mcp_call")
            self._made.append(_served(id_, name, self._arguments(block), entry, self._ending, None))

    def _search(self, block: Block, found: set[str]) -> None:
        if block["name"].startswith("web_"):
            id_ = self._id("web_search_call")
            status = "completed" if block["id"] in found else "failed" if self._ending else "in_progress"
            self._made.append(items.web_search_call(id_, status, block["name"], block["input"]))

    def _refuse(self, sentence: str) -> None:
        spoke = any(item["type"] == "message" for item in self._made)
        if not spoke:
            content = [items.refusal(sentence)]
            self._made.append(items.message(self._id("message"), "completed", content, FINAL))

    def _arguments(self, block: Block) -> str:
        return str(self._body.get("broken", {}).get(block["id"], "")) or jsontext.dumps(block["input"])


def _served(  # noqa: PLR0917 - all that a call of the server's is
    id_: str, name: str, arguments: str, entry: Entry | None, ending: Ending | None, request: str | None
) -> Item:
    """Make a call of a tool of the server's from its result, if that is there."""
    body = entry.body if entry else {}
    if "content" not in body:
        return items.mcp_call(id_, name, arguments, "incomplete" if ending else "in_progress", None, request)
    content = body["content"]
    result = Result(content if isinstance(content, str) else jsontext.dumps(content), body["is_error"])
    return items.mcp_call(id_, name, arguments, "failed" if result.is_error else "completed", result, request)
