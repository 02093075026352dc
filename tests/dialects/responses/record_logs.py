"""Records the logs that the fold is held against: `python -m tests.dialects.responses.record_logs [NAME …]`.

Each file of logs/ has the log of a turn that the engine has run with a scripted model service, the conversation that
the turn has left, and what its response was asked for. A log that is there is not recorded again unless it is named:
what is stored of a turn stays as it was written. `python -m dev.folds` writes what comes of them.
"""

import itertools
import json
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.kit.engine import Engine, by_hand
from tests.kit.messages_api import Block, MessagesApi, Reply, call, messages_api, text
from tests.kit.steps import begun
from walkaway_core.agent import client_tools
from walkaway_core.dialects.responses.ids import Names
from walkaway_core.engine import ending, open_calls, sending
from walkaway_core.engine.ending import Ending
from walkaway_core.engine.open_calls import Answer, Approval
from walkaway_core.log import spoken
from walkaway_core.log.transcript import Entry
from walkaway_core.store import turn_facts
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.transaction import Transaction
from walkaway_core.store.turns import Turn
from walkaway_wire import jsontext
from walkaway_wire.tools import FunctionTool

FOLDER = Path(__file__).with_name("logs")
LONG, FULL = "tide " * 2_450, 7
"""So many exchanges, each this long, fill the room of the tests' model."""
STORY = "Es war einmal ein Hafen — «über» den Kränen 🌊🏴‍☠️, 海の上.\r\n\tZwei\u2028Zeilen."
CLOCK = {
    "type": "function",
    "name": "get_time",
    "description": "Tells the time",
    "parameters": {"type": "object", "properties": {"zone": {"type": "string"}}},
    "strict": None,
}
FILES = {"type": "mcp", "server_label": "walkaway", "allowed_tools": None, "require_approval": "never"}
FORMAT = {"type": "json_schema", "name": "answer", "schema": {"type": "object"}, "strict": True, "description": None}
SCHEMA = {"format": FORMAT, "verbosity": "medium"}


class CountedIds:
    """Ids that are the same in each recording: numbers, with the time in which a clock stands."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def new(self, prefix: str, *, after: str = "") -> str:
        first = max(1_800_000_000_000, int(after[-24:-12], 16) + 1 if after else 0)
        return f"{prefix}{first:012x}{next(self._numbers):012x}"


def thought(said: str) -> Block:
    return {"type": "thinking", "thinking": said}


def search(query: str, number: int = 1) -> Block:
    return {"type": "server_tool_use", "id": f"srvtoolu_{number}", "name": "web_search", "input": {"query": query}}


def found(number: int = 1) -> Block:
    hit = {"type": "web_search_result", "url": "https://a.test/1", "title": "Tides", "encrypted_content": "x"}
    return {"type": "web_search_tool_result", "tool_use_id": f"srvtoolu_{number}", "content": [hit]}


def cited(said: str) -> Block:
    where = {"type": "web_search_result_location", "url": "https://a.test/1", "title": "Tides", "cited_text": "High"}
    paper = {"type": "char_location", "document_index": 0, "cited_text": "Low", "start_char_index": 0}
    return {"type": "text", "text": said, "citations": [{**where, "encrypted_index": "y"}, paper]}


def to_the_end(engine: Engine, model: MessagesApi, turn: Turn) -> None:
    """Let a turn go to its end, as the state machine would."""
    state = engine.door("CallModel", begun(turn))
    while state["next"] not in ("done", "over"):
        engine.clock.time += state.get("seconds", 0)
        for index in state["calls"]:
            engine.door("RunTool", {**state, "call": index})
        state = engine.door("RunTool", state) if state["next"] == "tool" else state
        state = engine.door("CallModel", state)
    engine.door("FinishTurn", state)


def one_step(engine: Engine, turn: Turn, end: Ending) -> None:
    """Let a turn have one step, and end it in this way."""
    engine.door("CallModel", turn.ticket.json())
    ending.end_turn(engine.services, turn.key, end)


def until_its_output_is_used_up(engine: Engine, model: MessagesApi, turn: Turn) -> None:
    sentence = "The response has used all of the 16 output tokens that it was given (max_output_tokens)"
    one_step(engine, turn, Ending("failed", sentence, "max_output_tokens"))


def until_it_is_cancelled(engine: Engine, model: MessagesApi, turn: Turn) -> None:
    one_step(engine, turn, Ending("cancelled"))


def cancel(engine: Engine, model: MessagesApi, turn: Turn) -> None:
    """Cancel a turn as it is."""
    ending.end_turn(engine.services, turn.key, Ending("cancelled"))


def in_the_middle(engine: Engine, model: MessagesApi, turn: Turn) -> None:
    """Cancel a turn while its model speaks."""
    reply = model.replies[0]
    thread = threading.Thread(target=engine.door, args=("CallModel", begun(turn)))
    thread.start()
    assert reply.reached.wait(20)
    while not any(kind in engine.kinds(turn) for kind in ("text.delta", "tool_use.input_delta")):
        threading.Event().wait(0.01)
    ending.cancel(engine.services, turn.key)
    assert reply.gate
    reply.gate.set()
    thread.join()


@dataclass(frozen=True)
class Case:
    """What a model says in a turn, with which settings; what the response was asked for; how the turn goes on."""

    replies: Sequence[Reply]
    said: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    approve: tuple[str, ...] = ()
    served: tuple[str, ...] | None = None
    goes: Callable[[Engine, MessagesApi, Turn], None] = to_the_end
    waits: bool = False
    full: bool = False
    """Whether the conversation has to be summed up first."""
    before: Sequence[Reply] = ()
    """What the model says in a turn before it, to whose calls the response's message is a yes or an output."""
    seal: str = ""
    """The key with which its thinking is sealed."""


ASKED = {"tools": [CLOCK]}
REASONS = {"effort": "high", "summary": "auto"}
PAUSED = "pause_turn"

CASES: Mapping[str, Case] = {
    "text": Case([Reply([text(STORY)], pieces=5)], {"model": "gpt-5", "metadata": {"a": "b"}}),
    "texts": Case([Reply([text("One. "), text("Two."), text("")])]),
    "silent": Case([Reply([text(" ")]), Reply([text("So.")])]),
    "thought_aloud": Case([Reply([thought("Look\u2028first."), text("Yes.")])], {"reasoning": REASONS}),
    "thought": Case([Reply([thought("Look."), text("Yes.")])], {"reasoning": {"effort": "low", "summary": None}}),
    "thought_unasked": Case([Reply([text("Hm."), thought("Look."), text("Yes.")])]),
    "thought_sealed": Case(
        [Reply([thought("Look."), call("get_time")]), Reply([thought(""), text("Yes.")])],
        {**ASKED, "reasoning": {"effort": None, "summary": "auto"}},
        {"model": "claude-opus-5-5"},
        seal="5ea1" * 16,
    ),
    "functions": Case(
        [Reply([text("I ask."), call("get_time", "toolu_1", zone="UTC"), call("get_time", "toolu_2")], pieces=6)], ASKED
    ),
    "functions_cut": Case(
        [Reply([call("get_time", "toolu_1", zone="UTC")], stop_reason="max_tokens"), Reply([text("No.")])], ASKED
    ),
    "functions_broken": Case([Reply([{**call("get_time"), "raw": '{"zone": '}]), Reply([text("No.")])], ASKED),
    "both": Case(
        [Reply([call("list_files", "toolu_1", path=""), call("get_time", "toolu_2", zone="UTC")])],
        {"tools": [FILES, CLOCK]},
    ),
    "tools": Case(
        [
            Reply(
                [
                    text("I write."),
                    call("write_file", "toolu_1", path="a.md", content="# ü\n"),
                    call("read_file", "toolu_2", path="b.md"),
                ]
            ),
            Reply([text("It is written.")]),
        ],
        {"tools": [FILES]},
    ),
    "tools_apart": Case(
        [Reply([call("list_files", "toolu_1", path=""), call("no_such", "toolu_2")]), Reply([text("Done.")])],
        {"tools": [FILES]},
        {"inline_tools": False},
        served=("list_files",),
    ),
    "search": Case(
        [
            Reply(
                [text("I look. "), search("tides"), found(), cited("High at six."), text(" So.")],
                stop_reason="end_turn",
            )
        ]
    ),
    "search_paused": Case(
        [
            Reply([search("tides")], stop_reason=PAUSED),
            Reply([found(), cited("High at six.")], stop_reason="end_turn"),
        ]
    ),
    "approval": Case(
        [
            Reply(
                [text("May I?"), call("write_file", "toolu_1", path="a.md", content="x"), call("list_files", "toolu_2")]
            )
        ],
        {"tools": [{**FILES, "require_approval": {"always": {"tool_names": ["write_file"]}}}]},
        approve=("write_file",),
    ),
    "approved": Case(
        [Reply([text("It is written, at noon.")])],
        {"tools": [{**FILES, "require_approval": {"always": {"tool_names": ["write_file"]}}}, CLOCK]},
        approve=("write_file",),
        before=[
            Reply(
                [
                    call("write_file", "toolu_1", path="a.md", content="x"),
                    call("get_time", "toolu_2"),
                    call("write_file", "toolu_3", path="", content="x"),
                ]
            )
        ],
    ),
    "retried": Case(
        [Reply([thought("Well."), text("Half a sentence")], then="reset", middle=1, pieces=4), Reply([text(STORY)])],
        {"reasoning": REASONS},
    ),
    "retried_call": Case(
        [
            Reply([text("I ask. "), call("get_time", zone="UTC")], then="reset", middle=1),
            Reply([call("get_time", "toolu_2", zone="UTC")]),
        ],
        ASKED,
    ),
    "retried_tool": Case(
        [
            Reply([call("list_files", path="")], then="reset"),
            Reply([call("list_files", "toolu_2", path="")]),
            Reply([text("Done.")]),
        ],
        {"tools": [FILES]},
    ),
    "compacted": Case([Reply([text("They asked.")]), Reply([text("Done.")])], full=True),
    "steps": Case([Reply([text("On")], stop_reason="max_tokens"), Reply([text(" and on.")])]),
    "schema": Case([Reply([text("I ask."), call("get_time")])], {"tools": [CLOCK], "text": SCHEMA}),
    "schema_met": Case([Reply([text('{"a": 1}')])], {"tools": [CLOCK], "text": SCHEMA}),
    "cancelled": Case(
        [Reply([text("I look."), call("list_files", path="")])], {"tools": [FILES]}, goes=until_it_is_cancelled
    ),
    "cancelled_midway": Case([Reply([text("I look around")], gate=threading.Event())], goes=in_the_middle),
    "cancelled_queued": Case([Reply([text("First.")])], waits=True, goes=cancel),
    "failed": Case([Reply(status=400, error="no")]),
    "failed_midway": Case(
        [
            Reply([text("I look."), call("list_files", path="")]),
            Reply([text("x")], then="error", kind="invalid_request_error"),
        ],
        {"tools": [FILES]},
    ),
    "refused": Case([Reply([text("I will not")], stop_reason="refusal")]),
    "refused_wordless": Case([Reply([], stop_reason="refusal")]),
    "short": Case(
        [Reply([text("Once upon")], stop_reason="max_tokens")],
        {"max_output_tokens": 16},
        goes=until_its_output_is_used_up,
    ),
    "short_call": Case(
        [Reply([text("I ask."), {**call("get_time"), "raw": '{"zo'}], stop_reason="max_tokens")],
        {"max_output_tokens": 16, **ASKED},
        goes=until_its_output_is_used_up,
    ),
    "background": Case([Reply([text("Done.")])], {"background": True}),
    "queued": Case([Reply([text("Done.")])], waits=True),
}


def main() -> None:
    """Record what is not there, and what is named."""
    os.environ.update(NO_PROXY="*")  # the model service is here
    FOLDER.mkdir(exist_ok=True)
    for name, case in CASES.items():
        path = FOLDER / f"{name}.json"
        if name in sys.argv[1:] or not path.exists():
            path.write_text(json.dumps(recorded(case), ensure_ascii=False, indent=1) + "\n")


def recorded(case: Case) -> dict[str, Any]:
    """Let a case happen, and give what is left of it."""
    with tempfile.TemporaryDirectory() as folder, messages_api() as model, by_hand(Path(folder), model.url) as engine:
        engine.services = replace(engine.services, ids=CountedIds())
        asked: dict[str, Any] = {"said": case.said, "approve": case.approve, "served": case.served}
        asked |= {"seal": case.seal} if case.seal else {}
        now = engine.now(happened(case, engine, model, asked))
        return {
            "names": [now.key.session, now.key.turn],
            "asked": asked,
            "log": [[event.type, event.data, event.at] for event in engine.events(now)],
            "entries": [_stored(entry) for entry in spoken.of_turn(engine.services, now.key)],
        }


def happened(case: Case, engine: Engine, model: MessagesApi, asked: dict[str, Any]) -> Turn:
    """Let a case happen in an engine; note what of an earlier turn's is approved with what was asked for."""
    session = engine.session(**case.settings, **_functions(case, engine), approve=case.approve)
    for _ in range(FULL if case.full else 0):
        model.replies[:] = [Reply([text(LONG)], pieces=20_000)]
        to_the_end(engine, model, engine.turn(session))
    first = engine.turn(session) if case.waits else None
    answers: list[Answer | Approval] = []
    if case.before:
        model.replies[:] = case.before
        asked["approved"], answers = approved(engine, model, session)
    facts = turn_facts.SIGNED if case.seal else {}
    turn = sending.send(
        engine.services, session, "go", on_busy="enqueue", ends_with_calls=True, answers=answers, facts=facts
    ).turn
    if first and case.goes is not cancel:
        to_the_end(engine, model, first)
    model.replies[:] = case.replies
    case.goes(engine, model, engine.now(turn))
    return turn


def approved(engine: Engine, model: MessagesApi, session: SessionKey) -> tuple[dict[str, Any], list[Answer | Approval]]:
    """Let a turn end with calls; give those that are approved, by the names of its requests, and what is brought."""
    turn = sending.send(engine.services, session, "before", ends_with_calls=True).turn
    to_the_end(engine, model, turn)
    names, found, answers = Names(session.session, turn.key.turn), dict[str, Any](), list[Answer | Approval]()
    for left in open_calls.open_calls(engine.services, engine.now(turn)):
        if left.needs == "output":
            answers.append(Answer(left.id, "noon"))
            continue
        request = names.item("mcp_approval_request", 1, 1, len(found))
        found[left.id] = {"request": request, "name": left.name, "arguments": jsontext.dumps(left.arguments)}
        answers.append(Approval(left.id, approve=True))
    return found, answers


def _functions(case: Case, engine: Engine) -> dict[str, Any]:
    """Keep the functions that a case declares, and give the settings that name them."""
    declared = [FunctionTool(**tool) for tool in case.said.get("tools", ()) if tool["type"] == "function"]
    stored = client_tools.store(engine.services, "t", "sess_1", declared)
    if declared:
        stored.keep_with_new(Transaction(engine.services.table))
    return stored.settings


def _stored(entry: Entry) -> dict[str, Any]:
    return {name: value for name, value in asdict(entry).items() if name != "id"}


if __name__ == "__main__":
    main()
