"""A response's stream is a function of its turn's log: the same for everybody, from wherever they read on."""

import json
import sys
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, strategies as st

from dev import folds
from dev.folds import Golden
from tests.dialects.responses.drawn import NAMES, Draft, Drawn, turns
from walkaway_core.dialects.responses import entries, first, fold
from walkaway_core.dialects.responses.asked import Approved, Asked
from walkaway_core.dialects.responses.fold import NEWEST, VERSIONS, Fold, Line
from walkaway_core.dialects.responses.opened import Drafts
from walkaway_wire import jsontext
from walkaway_wire.events import TEXT_DELTA, Event

GOLDENS = folds.goldens()
ONE_OF_EACH = {
    "text", "texts", "thought", "thought_aloud", "functions", "tools", "search", "approval", "retried", "compacted",
    "cancelled", "failed", "refused", "short", "queued", "background",
}  # fmt: skip
STARTS = {"completed", "failed", "incomplete"}


@pytest.fixture(params=GOLDENS, ids=lambda golden: golden.name)
def golden(request: pytest.FixtureRequest) -> Golden:
    found: Golden = request.param
    return found


def told(names: Any, asked: Asked, log: Sequence[Event], after: int = -1) -> list[Line]:
    return list(fold.lines(Fold(names, asked), log, after))


def sse(lines: Sequence[Line]) -> str:
    return "".join(line.sse for line in lines)


class TestGoldens:
    def test_there_is_one_for_each_thing_that_a_log_says(self) -> None:
        assert {golden.name for golden in GOLDENS} >= ONE_OF_EACH

    def test_what_is_recorded_gives_what_it_gave(self) -> None:
        assert list(folds.problems(folds.kept())) == []

    def test_who_comes_back_gets_the_rest_byte_for_byte(self, golden: Golden) -> None:
        whole = told(golden.names, golden.asked, golden.log)
        for after in range(-1, len(whole)):
            assert sse(told(golden.names, golden.asked, golden.log, after)) == sse(whole[after + 1 :])

    def test_a_log_that_grows_takes_nothing_back(self, golden: Golden) -> None:
        whole = sse(told(golden.names, golden.asked, golden.log))
        for length in range(len(golden.log)):
            assert whole.startswith(sse(told(golden.names, golden.asked, golden.log[:length])))

    def test_the_stream_is_as_the_grammar_has_it(self, golden: Golden) -> None:
        check(told(golden.names, golden.asked, golden.log))

    def test_the_conversation_says_what_the_stream_has_left(self, golden: Golden) -> None:
        first, last = golden.log[0], golden.log[-1]
        left = entries.response(golden.names, golden.asked, first, last, "", golden.entries)
        assert left == told(golden.names, golden.asked, golden.log)[-1].fields["response"]


def test_what_is_made_by_hand_is_the_same_bytes(golden: Golden) -> None:
    whole = told(golden.names, golden.asked, golden.log)
    for after in (-1, 0, len(whole) // 2, len(whole) - 1):
        assert Fold(golden.names, golden.asked).sse(golden.log, after) == sse(whole[after + 1 :])


HARD = ['"', "\\n\\\\", "\u2028 \x85", "\x00\x7f", "\ud83c", "\udf0a", "🌊", "", "e\u0301", "</script>"]


@given(turns(), st.lists(st.sampled_from(HARD), max_size=4))
def test_drawn_turns_are_the_same_bytes_by_hand(turn: Drawn, pieces: list[str]) -> None:
    """As the log stores them, and as somebody else has written them: with other keys, spaces, or no number."""
    log: list[Event] = []
    for event in turn.log:
        deltas = [*pieces, event.data["content"]] if event.type == TEXT_DELTA else []
        log += [Event.make(0, TEXT_DELTA, {"content": piece}) for piece in deltas] or [event]
    stored = [Event(n, event.type, jsontext.dumps({**event.data, "sequence_number": n})) for n, event in enumerate(log)]
    odd = [Event(n, event.type, json.dumps({**event.data, "more": 1})) for n, event in enumerate(log)]
    for each in (stored, odd, log):
        for after in (-1, 3):
            assert Fold(NAMES, turn.asked).sse(each, after) == sse(told(NAMES, turn.asked, each, after))


class TestDrawn:
    @given(turns(), st.data())
    def test_who_comes_back_gets_the_rest_wherever_they_were(self, turn: Drawn, data: st.DataObject) -> None:
        split = data.draw(st.integers(0, len(turn.log)))
        seen = told(NAMES, turn.asked, turn.log[:split])
        had = data.draw(st.integers(-1, len(seen) - 1))
        whole = told(NAMES, turn.asked, turn.log)
        assert sse([*seen[: had + 1], *told(NAMES, turn.asked, turn.log, had)]) == sse(whole)
        assert seen == whole[: len(seen)]

    @given(turns())
    def test_the_stream_is_as_the_grammar_has_it(self, turn: Drawn) -> None:
        check(told(NAMES, turn.asked, turn.log))

    @given(turns())
    def test_the_conversation_says_what_the_stream_has_left(self, turn: Drawn) -> None:
        log = turn.log
        left = entries.response(NAMES, turn.asked, log[0], log[-1], "", turn.entries)
        assert left == told(NAMES, turn.asked, log)[-1].fields["response"]

    @given(turns(), st.integers(0, 60))
    def test_what_nobody_can_read_of_a_log_is_passed_over(self, turn: Drawn, place: int) -> None:
        log = turn.log
        lost = [
            Event(n, "event.unreadable", "{}", e.at) if n >= place and not e.terminal else e for n, e in enumerate(log)
        ]
        lines = told(NAMES, turn.asked, lost)
        assert (lines[0].type, [line.number for line in lines]) == ("response.created", list(range(len(lines))))
        assert lines[-1].type.rpartition(".")[2] in STARTS

    @given(turns())
    def test_behind_the_end_nothing_comes(self, turn: Drawn) -> None:
        folding = Fold(NAMES, turn.asked)
        assert not folding.over
        list(fold.lines(folding, turn.log))
        assert folding.over
        assert list(fold.lines(folding, turn.log)) == []


class TestVersions:
    def test_a_version_that_there_is_not_is_an_error(self) -> None:
        assert max(VERSIONS) == NEWEST
        with pytest.raises(LookupError):
            Fold(NAMES, Asked(version=max(VERSIONS) + 1))

    def test_a_stream_that_is_another_is_found(self) -> None:
        digests = folds.kept()
        one = {version: {**known, "text": "0"} for version, known in digests.items()}
        assert list(folds.problems(one)) == ["text, version 1: what is recorded has been changed"]
        assert list(folds.problems({**digests, "99": {}})) == [
            "version 99 is gone: turns that were made with it can be read no more"
        ]
        without = {"1": {name: each for name, each in digests["1"].items() if name != "text"}}
        assert list(folds.problems(without)) == ["text, version 1: it has not been written"]
        more = {"1": {**digests["1"], "other": "0"}}
        assert list(folds.problems(more)) == ["other, version 1: its log is gone"]

    def test_a_version_that_says_something_else_is_found(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Other(first.Fold):
            def take(self, event: Event) -> Drafts:
                yield from [*super().take(event)][1:]

        monkeypatch.setattr(fold, "VERSIONS", {1: Other})
        assert list(folds.problems(folds.kept())) == [
            f"{golden.name}, version 1: its stream is another now" for golden in GOLDENS
        ]


class TestApproved:
    def test_calls_that_an_earlier_response_asked_about_come_first(self) -> None:
        asked = Asked(approved={"toolu_1": Approved("mcpr_1", "write_file", '{"path":"a"}')})
        log = [
            Event(0, "message.created", '{"status":"in_progress"}', 1.0),
            Event(1, "tool_use.executing", '{"name":"write_file","id":"toolu_1","input":{"path":"a"}}', 1.0),
            Event(2, "tool_result", '{"id":"toolu_1","content":"done","is_error":false}', 1.0),
            Event(3, "step.started", '{"step":1,"attempt":1}', 1.0),
        ]
        lines = told(NAMES, asked, log)
        assert [line.type.removeprefix("response.") for line in lines] == [
            "created", "in_progress", "output_item.added", "mcp_call.in_progress", "mcp_call_arguments.delta",
            "mcp_call_arguments.done", "mcp_call.completed", "output_item.done",
        ]  # fmt: skip
        item = lines[-1].fields["item"]
        assert (item["approval_request_id"], item["output"], item["status"]) == ("mcpr_1", "done", "completed")


class TestWork:
    @pytest.mark.parametrize("kind", ["text", "thinking", "tool_use"])
    def test_a_log_of_twice_the_length_is_twice_the_work(self, kind: str) -> None:
        once, twice = work(kind, 500), work(kind, 1000)
        assert twice < 2.1 * once


def work(kind: str, pieces: int) -> int:
    """Count the lines of Python that run for a block of so many pieces, and for what is written of it."""
    start = {"name": "get_time", "id": "toolu_1"} if kind == "tool_use" else {}
    delta = "tool_use.input_delta" if kind == "tool_use" else f"{kind}.delta"
    drafts: list[Draft] = [
        ("message.created", {}), ("step.started", {"step": 1, "attempt": 1}), (f"{kind}.start", start),
        *[(delta, {"content": "1"})] * pieces, (f"{kind}.stop", {}),
        ("step.completed", {"step": 1, "stop_reason": "end_turn"}), ("message.completed", {}),
    ]  # fmt: skip
    said = {"tools": [{"type": "function", "name": "get_time"}], "reasoning": {"summary": "auto"}}
    log = Drawn(Asked(said), drafts).log
    count = 0

    def step(*_: Any) -> Any:
        nonlocal count
        count += 1
        return step

    before = sys.gettrace()
    sys.settrace(step)
    try:
        written = sse(told(NAMES, Asked(said), log))
    finally:
        sys.settrace(before)
    assert written.count(".delta\n") == pieces
    return count


def check(lines: Sequence[Line]) -> None:
    """Hold a whole stream against the grammar (contract D.4)."""
    kinds = [line.type.removeprefix("response.") for line in lines]
    assert [line.number for line in lines] == list(range(len(lines)))
    assert kinds[0] == "created"
    assert [kind for kind in kinds if kind in STARTS] == kinds[-1:]
    waits = lines[0].fields["response"]["status"] == "queued"
    assert kinds.count("queued") == waits
    assert not waits or kinds[1] == "queued"
    assert kinds.count("in_progress") == (len(lines) > 2 + waits or "in_progress" in kinds)
    open_: dict[int, list[Line]] = {}
    done: dict[int, dict[str, Any]] = {}
    for line, kind in zip(lines, kinds, strict=True):
        if kind == "output_item.added":
            assert line.fields["output_index"] == len(open_) + len(done)
            open_[line.fields["output_index"]] = [line]
        elif kind == "output_item.done":
            index = line.fields["output_index"]
            whole([*open_.pop(index), line])
            done[index] = line.fields["item"]
        elif "output_index" in line.fields:
            open_[line.fields["output_index"]].append(line)
    assert not open_
    response = lines[-1].fields["response"]
    output = response["output"]
    assert output == [item for _, item in sorted(done.items()) if item in output]
    said = [item for item in output if not item["type"].startswith("mcp_")]
    calls = [item for item in done.values() if item["type"] == "function_call" and item not in output]
    assert all((call["arguments"], call["status"]) == ("", "incomplete") for call in calls)
    unfinished = [item for item in said if item.get("status") == "incomplete"]
    assert unfinished == (said[-1:] if unfinished else [])
    assert not unfinished or response["status"] == "incomplete"
    assert (response["usage"] is not None) == (response["status"] == "completed")


def whole(lines: Sequence[Line]) -> None:
    """Hold the events of one item against each other: what came in pieces is what is said to be done."""
    added, ended = lines[0].fields["item"], lines[-1].fields["item"]
    assert (added["id"], added["type"]) == (ended["id"], ended["type"])
    assert {line.fields["item_id"] for line in lines[1:-1]} <= {added["id"]}
    parts: dict[str, list[Any]] = {}
    for line in lines[1:-1]:
        name, _, step = line.type.removeprefix("response.").rpartition(".")
        if step == "delta":
            parts.setdefault(name, []).append(line.fields["delta"])
        elif name in DONE and step == "done":
            assert "".join(parts.pop(name, [])) == line.fields[DONE[name]]
    assert parts == {}
    if ended["type"] == "function_call" and ended["status"] == "completed":
        assert isinstance(json.loads(ended["arguments"]), dict)
    if ended["type"] == "message":
        assert [line.fields["part"] for line in lines if line.type.endswith("content_part.done")] == ended["content"]


DONE = {
    "output_text": "text",
    "refusal": "refusal",
    "reasoning_summary_text": "text",
    "function_call_arguments": "arguments",
    "mcp_call_arguments": "arguments",
}
