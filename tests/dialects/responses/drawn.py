"""Turns by chance: the log that the engine would write of one, and the conversation that it would leave."""

import json
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from walkaway_core.dialects.responses.asked import Approved, Asked
from walkaway_core.dialects.responses.ids import Names
from walkaway_core.log.transcript import CUT_SHORT, Entry
from walkaway_wire.events import Event

NAMES = Names("sess_00000000000000000000000a", "msg_00000000000000000000000b")
FUNCTION, GUARDED, SERVED, UNKNOWN = "get_time", "write_file", "list_files", "no_such"
TEXT = st.text(st.characters(codec="utf-8"), max_size=6) | st.sampled_from(["", " ", "\u2028", "🌊"])
CITATION = {"type": "web_search_result_location", "url": "https://a.test/", "title": "Tides"}
Draft = tuple[str, dict[str, Any]]
Block = dict[str, Any]


@dataclass
class Drawn:
    """A turn: what was asked for, its log, and what it has left."""

    asked: Asked
    drafts: list[Draft] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    @property
    def log(self) -> list[Event]:
        """The log's events, a second after each other."""
        return [
            Event(number, type_, json.dumps({**data, "sequence_number": number}), 1_800_000_000.0 + number)
            for number, (type_, data) in enumerate(self.drafts)
        ]


@st.composite
def asked(draw: st.DrawFn) -> Asked:
    tools = draw(st.lists(st.sampled_from(["function", "mcp"]), unique=True))
    said = {
        "background": draw(st.booleans()),
        "tools": [{"type": kind, "name": FUNCTION} for kind in tools],
        "reasoning": {
            "effort": draw(st.sampled_from([None, "none", "low"])),
            "summary": draw(st.sampled_from([None, "auto"])),
        },
        "text": {"format": {"type": draw(st.sampled_from(["text", "json_schema"]))}},
    }
    approved = {f"toolu_0_{n}": Approved(f"mcpr_{n}", GUARDED, "{}") for n in range(draw(st.integers(0, 2)))}
    guarded = draw(st.sampled_from([frozenset(), frozenset({GUARDED})]))
    seal = draw(st.sampled_from(["", "5ea1" * 16]))
    return Asked(said, guarded, frozenset({SERVED, GUARDED, FUNCTION}), approved, seal)


@st.composite
def blocks(draw: st.DrawFn, prefix: str, *, sealed: bool) -> list[tuple[Block, list[Draft]]]:
    """An answer's blocks, each with its events; the texts of two are never one."""
    made: list[tuple[Block, list[Draft]]] = []
    for number, kind in enumerate(
        draw(st.lists(st.sampled_from(["text", "thinking", "tool_use", "server_tool_use"]), max_size=4))
    ):
        id_ = f"{prefix}_{number}"
        if kind == "server_tool_use":
            about = {"name": "web_search", "id": id_, "input": {"query": "tides"}}
            made.append(({"type": kind, **about}, [("server_tool.use", about)]))
            result = {"type": "web_search_tool_result", "tool_use_id": id_, "content": []}
            if draw(st.booleans()):
                made.append((result, [("server_tool.result", {"id": id_, "type": result["type"]})]))
        elif kind == "tool_use":
            made.append(draw(_call(id_)))
        else:
            signed = sealed and kind == "thinking" and draw(st.booleans())
            pieces = draw(st.lists(TEXT.filter(bool), min_size=0 if signed else 1, max_size=3))
            said, name = "".join(pieces), {"text": "text", "thinking": "thinking"}[kind]
            cited = [CITATION] if kind == "text" and draw(st.booleans()) else []
            mark = {"signature": "EqQB"} if signed else {}
            body = {"type": kind, name: said, **({"citations": cited} if cited else {}), **mark}
            told: list[Draft] = [(f"{kind}.start", {}), *((f"{kind}.delta", {"content": piece}) for piece in pieces)]
            made.append(
                (body, [*told, *(("text.citation", {"citation": each}) for each in cited), (f"{kind}.stop", mark)])
            )
    return made


@st.composite
def _call(draw: st.DrawFn, id_: str) -> tuple[Block, list[Draft]]:
    name = draw(st.sampled_from([FUNCTION, GUARDED, SERVED, UNKNOWN]))
    said = draw(st.sampled_from(['{"zone": "UTC"}', "", "{}", '{"zo', "[1]"]))
    about = {"name": name, "id": id_}
    told: list[Draft] = [("tool_use.start", about), *(("tool_use.input_delta", {"content": each}) for each in said)]
    given = json.loads(said) if said in ('{"zone": "UTC"}', "{}") else {}
    return {"type": "tool_use", **about, "input": given, "said": said}, [*told, ("tool_use.stop", {})]


@st.composite
def turns(draw: st.DrawFn) -> Drawn:
    turn = Drawn(draw(asked()))
    status = draw(st.sampled_from(["in_progress", "queued"]))
    turn.drafts.append(("message.created", {"id": NAMES.turn, "session_id": NAMES.session, "status": status}))
    if status == "queued":
        turn.drafts.append(("turn.queued", {"place": 1, "behind": "msg_x"}))
    if not _approved(draw, turn):
        turn.drafts.append(draw(_end("")))
        return turn
    reason = ""
    for step in range(1, draw(st.integers(0, 3)) + 1):
        for attempt in range(1, draw(st.integers(1, 2)) + 1):
            _begin(turn, step, attempt)
            answer = draw(blocks(f"toolu_{step}_{attempt}", sealed=bool(turn.asked.seal)))
            told = [draft for _, drafts in answer for draft in drafts]
            turn.drafts += told[: draw(st.integers(0, len(told)))]
            turn.drafts.append(("step.retrying", {"step": step, "attempt": attempt, "error": "x", "wait": 0}))
        _begin(turn, step, attempt + 1)
        answer = draw(blocks(f"toolu_{step}", sealed=bool(turn.asked.seal)))
        reason = draw(st.sampled_from(["end_turn", "tool_use", "max_tokens", "time_limit", "refusal", PAUSED]))
        if not _ends_openly([block for block, _ in answer]):
            reason = "end_turn"
        turn.drafts += [draft for _, drafts in answer for draft in drafts]
        _commit(turn, step, attempt + 1, [block for block, _ in answer], reason)
        _carry_out(draw, turn, step)
    if draw(st.booleans()):
        _begin(turn, step + 1 if reason else 1, 1)
        told = [draft for _, drafts in draw(blocks("toolu_lost", sealed=bool(turn.asked.seal))) for draft in drafts]
        turn.drafts += told[: draw(st.integers(0, len(told)))]
        turn.drafts.append(draw(_end("")))
    else:
        turn.drafts.append(draw(_end(reason)))
    return turn


PAUSED = "pause_turn"


def _approved(draw: st.DrawFn, turn: Drawn) -> bool:
    """Carry out what an earlier turn has asked about; whether all of it is done, so that a step may begin."""
    for index, (id_, call) in enumerate(turn.asked.approved.items()):
        if not draw(st.integers(0, 5)):
            return False
        turn.drafts.append(("tool_use.executing", {"name": call.name, "id": id_, "input": {}}))
        journal: dict[str, Any] = {}
        if done := draw(st.integers(0, 5)):
            told = {"content": "x", "is_error": draw(st.booleans())}
            journal = {"type": "tool_result", "tool_use_id": id_, **told}
            turn.drafts.append(("tool_result", {"id": id_, **told}))
        turn.entries.append(Entry(NAMES.turn, NAMES.turn, 0, f"1.{index:03}", index, 0.0, journal))
        if not done:
            return False
    return True


def _begin(turn: Drawn, step: int, attempt: int) -> None:
    turn.drafts.append(("step.started", {"step": step, "attempt": attempt}))


def _unanswered(block: Block, content: list[Block]) -> bool:
    found = {each.get("tool_use_id") for each in content}
    return block["type"] == "server_tool_use" and block["id"] not in found


def _ends_openly(content: list[Block]) -> bool:
    """Whether searches without an answer are the last blocks: the service goes on with nothing before it has one."""
    open_ = [_unanswered(block, content) for block in content]
    return open_ == sorted(open_)


def _commit(turn: Drawn, step: int, attempt: int, content: list[Block], reason: str) -> None:
    """Write a step's answer, as the engine keeps it."""
    broken = {b["id"]: b["said"] for b in content if b["type"] == "tool_use" and b["said"] in ('{"zo', "[1]")}
    kept = [{name: part for name, part in block.items() if name != "said"} for block in content]
    if reason == "time_limit":  # what the service has not answered cannot be sent back
        kept = [block for block in kept if not _unanswered(block, content)]
    body = {"role": "assistant", "content": kept, "stop_reason": reason, "broken": broken, "attempt": attempt}
    turn.entries.append(Entry(NAMES.turn, NAMES.turn, step, "0", None, 0.0, body))
    turn.drafts.append(("step.completed", {"step": step, "stop_reason": reason, "usage": {}}))


def _carry_out(draw: st.DrawFn, turn: Drawn, step: int) -> None:
    """Carry out the calls of a step that are the server's, in any order; at times somebody does not come back."""
    body = turn.entries[-1].body
    calls = [block for block in body["content"] if block["type"] == "tool_use"]
    cut = calls[-1]["id"] if body["stop_reason"] in CUT_SHORT and body["content"][-1:] == calls[-1:] and calls else ""
    for index in draw(st.permutations(range(len(calls)))):
        call = calls[index]
        whole = call["id"] not in body["broken"] and call["id"] != cut
        if whole and (call["name"] in turn.asked.functions or call["name"] in turn.asked.approve):
            continue
        turn.drafts.append(("tool_use.executing", {"name": call["name"], "id": call["id"], "input": call["input"]}))
        journal: dict[str, Any] = {}
        if draw(st.integers(0, 3)):
            told = {"content": "x", "is_error": draw(st.booleans())}
            journal = {"type": "tool_result", "tool_use_id": call["id"], **told}
            turn.drafts.append(("tool_result", {"id": call["id"], **told}))
        turn.entries.append(Entry(NAMES.turn, NAMES.turn, step, f"1.{index:03}", index, 0.0, journal))


@st.composite
def _end(draw: st.DrawFn, reason: str) -> Draft:
    """End a turn whose last step stopped for this reason; empty: it has none, or it was lost."""
    usage = {"input_tokens": 3, "output_tokens": 4, "cache_read_input_tokens": 1, "cache_creation_input_tokens": 2}
    ends: list[Draft] = [
        ("message.cancelled", {"id": NAMES.turn, "status": "cancelled"}),
        ("message.error", {"id": NAMES.turn, "error": "no", "code": "model_failed"}),
    ]
    if reason and reason != "refusal":
        ends.append(("message.completed", {"id": NAMES.turn, "status": "completed", "usage": usage, "cost_usd": 0.1}))
    if reason == "refusal":
        ends.append(("message.error", {"id": NAMES.turn, "error": "I will not", "code": "refusal"}))
    if reason == "max_tokens":
        ends.append(("message.error", {"id": NAMES.turn, "error": "used up", "code": "max_output_tokens"}))
    return draw(st.sampled_from(ends))
