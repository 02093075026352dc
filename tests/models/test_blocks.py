"""A stream is read as the SDK's own accumulator reads it; one that is not quite right, as far as it can be."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from anthropic._models import construct_type
from anthropic.lib.streaming._messages import accumulate_event
from anthropic.types import RawMessageStreamEvent
from hypothesis import given, strategies as st

from walkaway_core.models.block import Unreadable
from walkaway_core.models.blocks import Blocks
from walkaway_core.ports.model import Answer
from walkaway_wire import gate

Event = dict[str, Any]
Drawn = tuple[Event, list[Event]]
"""A block as it begins, and its deltas."""

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(st.text(max_size=5), JSON, max_size=3)
USAGE = st.fixed_dictionaries(
    {"input_tokens": st.integers(0, 999), "output_tokens": st.integers(0, 999)},
    optional={
        "cache_read_input_tokens": st.none() | st.integers(0, 999),
        "server_tool_use": st.fixed_dictionaries({"web_search_requests": st.integers(0, 9)}),
        "cache_creation": st.fixed_dictionaries(
            {"ephemeral_1h_input_tokens": st.integers(0, 9), "ephemeral_5m_input_tokens": st.integers(0, 9)}
        ),
    },
)
REASONS = st.sampled_from(["end_turn", "tool_use", "max_tokens", "pause_turn", "stop_sequence", "something_new"])


@st.composite
def pieces(draw: st.DrawFn, text: str) -> list[str]:
    """A text in pieces, some of them empty."""
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=4)))
    return [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]


@st.composite
def texts(draw: st.DrawFn) -> Drawn:
    first, *rest = draw(pieces(draw(st.text(max_size=20))))
    deltas: list[Event] = [{"type": "text_delta", "text": piece} for piece in rest]
    cited = {"type": "char_location", "cited_text": "c", "document_index": 0, "start_char_index": 0}
    deltas += draw(st.lists(st.just({"type": "citations_delta", "citation": cited}), max_size=2))
    return {"type": "text", "text": first}, deltas


@st.composite
def thoughts(draw: st.DrawFn) -> Drawn:
    first, *rest = draw(pieces(draw(st.text(max_size=20))))
    deltas = [{"type": "thinking_delta", "thinking": piece} for piece in rest]
    begun: Event = {"type": "thinking", "thinking": first, "signature": draw(st.sampled_from(["", "early"]))}
    if not begun["signature"] or draw(st.booleans()):
        deltas.append({"type": "signature_delta", "signature": draw(st.text("abc+/=", min_size=1))})
    return begun, deltas


@st.composite
def calls(draw: st.DrawFn) -> Drawn:
    kind, name = draw(st.sampled_from([("tool_use", "write_file"), ("server_tool_use", "web_search")]))
    block = {"type": kind, "id": draw(st.uuids()).hex, "name": name, "input": draw(st.just({}) | OBJECTS)}
    if draw(st.booleans()):
        return block, []
    whole = draw(pieces(json.dumps(draw(OBJECTS), ensure_ascii=draw(st.booleans()))))
    return block, [{"type": "input_json_delta", "partial_json": piece} for piece in whole]


WHOLE: list[Event] = [
    {"type": "redacted_thinking", "data": "opaque=="},
    {
        "type": "web_search_tool_result",
        "tool_use_id": "s",
        "content": [
            {"type": "web_search_result", "url": "u", "title": "t", "encrypted_content": "e", "page_age": None}
        ],
    },
    {"type": "something_new", "data": None, "deep": {"a": [1, None]}, "text": "of its own"},
]
BLOCKS: st.SearchStrategy[Drawn] = texts() | thoughts() | calls() | st.tuples(st.sampled_from(WHOLE), st.just([]))


@st.composite
def streams(draw: st.DrawFn) -> list[Event]:
    """The events of a legal answer, blocks begun in their order and then in any."""
    drawn = draw(st.lists(BLOCKS, max_size=5))
    inner: list[Event] = []
    waiting: dict[int, list[Event]] = {}
    begun = 0
    while begun < len(drawn) or waiting:
        index = draw(st.sampled_from([*waiting, *([begun] if begun < len(drawn) else [])]))
        if index == begun and index not in waiting:
            block, deltas = drawn[index]
            inner.append({"type": "content_block_start", "index": index, "content_block": block})
            waiting[index], begun = list(deltas), begun + 1
        elif waiting[index]:
            inner.append({"type": "content_block_delta", "index": index, "delta": waiting[index].pop(0)})
        else:
            inner.append({"type": "content_block_stop", "index": index})
            del waiting[index]
    return [begin(draw(USAGE)), *inner, *finish(draw(REASONS), draw(USAGE))]


def begin(usage: Any) -> Event:
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": []}
    return {"type": "message_start", "message": {**message, "stop_reason": None, "usage": usage}}


def finish(reason: str | None, usage: Any, **more: Any) -> list[Event]:
    last = {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None, **more}, "usage": usage}
    return [last, {"type": "message_stop"}]


def read(events: Sequence[Event], messages: Sequence[Any] = ()) -> tuple[Blocks, Answer, list[tuple[str, Any]]]:
    blocks = Blocks(messages)
    drafts = [draft for event in events for draft in blocks.take(event)]
    drafts += blocks.end()
    return blocks, blocks.answer(), drafts


def accumulated(events: Sequence[Event]) -> Any:
    """What the SDK makes of it."""
    snapshot = None
    buffers: dict[int, bytes] = {}
    for event in events:
        built: Any = construct_type(type_=RawMessageStreamEvent, value=event)
        snapshot = accumulate_event(event=built, current_snapshot=snapshot, json_bufs=buffers)
    return snapshot


def bare(content: Sequence[Any]) -> list[Event]:
    """Blocks without fields that say nothing."""
    return [{k: v for k, v in dict(b).items() if v is not None and k != "parsed_output"} for b in content]


def theirs(events: Sequence[Event]) -> list[Event]:
    return bare([block.to_dict(mode="json") for block in accumulated(events).content])


def shown(drafts: Sequence[tuple[str, Any]]) -> list[tuple[str, str]]:
    """What readers make of the events: each block in turn, never one inside another."""
    seen: list[tuple[str, str]] = []
    inside = ""
    for kind, data in drafts:
        block, _, what = kind.partition(".")
        if what == "start":
            assert not inside
            inside = block
            seen.append((block, data.get("id", "")))
        elif what in ("delta", "input_delta"):
            assert inside == block
            seen[-1] = (block, seen[-1][1] + data["content"])
        elif what == "stop":
            assert inside == block
            inside = ""
    assert not inside
    return seen


class TestLegal:
    @given(streams())
    def test_gives_what_the_sdk_gives(self, events: list[Event]) -> None:
        blocks, answer, _ = read(events)
        snapshot = accumulated(events)
        assert blocks.complete
        assert bare(answer.content) == theirs(events)
        assert answer.stop_reason == snapshot.stop_reason
        assert answer.broken == {}
        usage = snapshot.usage.to_dict(mode="json")
        usage |= usage.pop("server_tool_use", None) or {}
        if split := usage.pop("cache_creation", None):
            usage["cache_creation_1h_input_tokens"] = split["ephemeral_1h_input_tokens"]
        late = events[-2]["usage"].get("cache_creation")  # the SDK takes it from the beginning alone
        if late:
            usage["cache_creation_1h_input_tokens"] = late["ephemeral_1h_input_tokens"]
        assert answer.usage == {name: value for name, value in usage.items() if isinstance(value, int)}

    @given(streams())
    def test_readers_see_each_block_after_the_one_before(self, events: list[Event]) -> None:
        _, answer, drafts = read(events)
        seen = shown(drafts)
        kinds = {"text": "text", "thinking": "thinking"}
        expected = [
            (kinds[block["type"]], block[kinds[block["type"]]])
            for block in answer.content
            if block["type"] == "text" or (block["type"] == "thinking" and block["thinking"])
        ]
        assert [entry for entry in seen if entry[0] in kinds] == expected
        asked = [block for block in answer.content if block["type"] == "tool_use"]
        written = [text for kind, text in seen if kind == "tool_use"]
        read_back = [(text[:32], json.loads(text[32:] or "{}")) for text in written]
        assert read_back == [(block["id"], block["input"]) for block in asked]
        served = [data["id"] for kind, data in drafts if kind == "server_tool.use"]
        assert served == [block["id"] for block in answer.content if block["type"] == "server_tool_use"]


UNKNOWN: list[Event] = [
    {"type": "ping"},
    {"type": "something_new", "index": 0, "delta": {"type": "text_delta", "text": "not this"}},
    {"type": "content_block_stop", "index": 77},
]


class TestSloppy:
    @given(streams(), st.data())
    def test_what_says_nothing_new_may_be_missing_and_what_is_unknown_is_passed_over(
        self, events: list[Event], data: st.DataObject
    ) -> None:
        last = max((i for i, event in enumerate(events) if event["type"] == "content_block_start"), default=0)
        sloppy: list[Event] = []
        for i, event in enumerate(events):
            if event["type"] in ("content_block_stop", "message_stop", "message_start") and data.draw(st.booleans()):
                continue
            changed = event
            if event["type"] == "message_delta":
                changed = {**event, "usage": None} if data.draw(st.booleans()) else {**event}
                changed.pop("usage") if data.draw(st.booleans()) else None
            sloppy += [changed, *data.draw(st.lists(st.sampled_from(UNKNOWN), max_size=1))]
            if event["type"] == "content_block_delta" and i > last:
                new = {"type": "something_new_delta", "text": "nor this", "partial_json": "nor this"}
                sloppy.append({**event, "delta": new})
        blocks, answer, drafts = read(sloppy)
        assert blocks.complete
        assert bare(answer.content) == theirs(events)
        assert answer.stop_reason == accumulated(events).stop_reason
        shown(drafts)

    @given(streams(), st.sampled_from(["", None, "0", "call_0"]))
    def test_every_call_has_an_id_of_its_own(self, events: list[Event], id_: str | None) -> None:
        for event in events:
            if event.get("content_block", {}).get("type") == "tool_use":
                event["content_block"] = {**event["content_block"], "id": id_}
        before = {"role": "assistant", "content": [{"type": "tool_use", "id": "call_0", "name": "a", "input": {}}]}
        _, answer, drafts = read(events, [before])
        ids = [block["id"] for block in answer.content if block["type"] == "tool_use"]
        assert all(ids)
        assert len({"call_0", *ids}) == len(ids) + 1
        assert [data["id"] for kind, data in drafts if kind == "tool_use.start"] == ids
        assert not ids or id_ != "0" or ids[0] == "0", "the first one may keep its own"

    @given(st.text(), st.sampled_from(["tool_use", "server_tool_use"]))
    def test_arguments_that_are_no_object_are_kept_aside(self, text: str, kind: str) -> None:
        block = {"type": kind, "id": "x", "name": "write_file", "input": {}}
        _, answer, _ = read(stream((block, [{"type": "input_json_delta", "partial_json": text}])))
        try:
            decoded = gate.decoded(text or "{}")
        except ValueError:
            decoded = None
        good = isinstance(decoded, dict)
        assert answer.content[0]["input"] == (decoded if good else {})
        assert answer.broken == ({} if good else {"x": text})

    @pytest.mark.parametrize("kind", ["web_search_tool_result", "something_new", "tool_use", "server_tool_use"])
    @pytest.mark.parametrize("inner", ["\ud83c", float("inf"), json.loads("[" * 200 + "]" * 200)])
    def test_what_no_block_can_carry_is_mended(self, kind: str, inner: Any) -> None:
        block = {"type": kind, "id": "x", "name": "y", "tool_use_id": "x", "content": [inner], "input": {"a": inner}}
        _, answer, _ = read(stream((block, [])))
        assert gate.taken(answer.content[0]) == answer.content[0]

    @pytest.mark.parametrize("unsigned", [{}, {"signature": ""}, {"signature": None}])
    def test_thinking_that_nobody_signed_is_shown_and_not_kept(self, unsigned: Event) -> None:
        events = stream(({"type": "thinking", "thinking": "Hm", **unsigned}, []), ({"type": "text", "text": "a"}, []))
        _, answer, drafts = read(events)
        assert answer.content == [{"type": "text", "text": "a"}]
        assert shown(drafts) == [("thinking", "Hm"), ("text", "a")]

    def test_thinking_that_is_not_shown_opens_nothing(self) -> None:
        _, answer, drafts = read(
            stream(({"type": "thinking", "thinking": ""}, [{"type": "signature_delta", "signature": "s"}]))
        )
        assert drafts == []
        assert answer.content == [{"type": "thinking", "thinking": "", "signature": "s"}]

    @pytest.mark.parametrize("reason", [None, ""])
    def test_an_answer_that_does_not_say_why_it_stopped_broke_off(self, reason: str | None) -> None:
        blocks, _, drafts = read(stream(({"type": "text", "text": "So f"}, []), reason=reason))
        assert not blocks.complete
        assert shown(drafts) == [("text", "So f")]

    def test_blocks_of_one_index_come_one_after_the_other(self) -> None:
        begun = [
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": text}}
            for text in ("one", "two")
        ]
        _, answer, drafts = read([begin({}), *begun, *finish("end_turn", {})])
        assert [block["text"] for block in answer.content] == ["one", "two"]
        assert shown(drafts) == [("text", "one"), ("text", "two")]

    @pytest.mark.parametrize(
        "event",
        [
            {"type": "content_block_delta", "index": 3, "delta": {"type": "text_delta", "text": "lost"}},
            {"type": "content_block_start", "index": 0, "content_block": {"text": "of what type?"}},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use", "id": "a", "input": {}}},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "server_tool_use", "name": "a"}},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "web_fetch_tool_result"}},
        ],
    )
    def test_what_would_lose_something_is_an_error_by_name(self, event: Event) -> None:
        with pytest.raises(Unreadable, match=r"block|piece"):
            read([begin({}), event])

    def test_halves_of_surrogate_pairs_are_joined_or_replaced(self) -> None:
        halves = [{"type": "text_delta", "text": half} for half in ("\ude00 and \ud83d",)]
        citation = {"type": "char_location", "cited_text": "\ud83d"}
        _, answer, _ = read(
            stream(
                ({"type": "text", "text": "\ud83d"}, [*halves, {"type": "citations_delta", "citation": citation}]),
                ({"type": "odd", "deep": ["\ud83d"]}, []),
                ({"type": "tool_use", "id": "a", "name": "b", "input": {"c": "\ud83d"}}, []),
            )
        )
        assert answer.content[0]["text"] == "\U0001f600 and \ufffd"
        assert answer.content[0]["citations"][0]["cited_text"] == "\ufffd"
        assert answer.content[1] == {"type": "odd", "deep": ["\ufffd"]}
        assert answer.content[2]["input"] == {}
        assert list(answer.broken) == ["a"]


def stream(*drawn: Drawn, reason: str | None = "end_turn") -> list[Event]:
    """The events of an answer with these blocks."""
    inner: list[Event] = []
    for index, (block, deltas) in enumerate(drawn):
        inner.append({"type": "content_block_start", "index": index, "content_block": block})
        inner += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        inner.append({"type": "content_block_stop", "index": index})
    return [begin({"input_tokens": 1, "output_tokens": 1}), *inner, *finish(reason, {"output_tokens": 2})]


class TestEnd:
    def test_a_refusal_says_why(self) -> None:
        details = {"type": "refusal", "category": "cyber", "explanation": "It could do harm."}
        _, answer, _ = read([begin({}), *finish("refusal", {}, stop_details=details)])
        assert answer.refusal == {"category": "cyber", "explanation": "It could do harm."}
        _, answer, _ = read([begin({}), *finish("refusal", {}, stop_details={"type": "refusal", "category": None})])
        assert answer.refusal == {}

    def test_the_container_is_named_with_its_end(self) -> None:
        container = {"id": "container_1", "expires_at": "2026-11-25T10:00:00Z"}
        _, answer, _ = read([begin({}), *finish("end_turn", {}, container=container)])
        assert answer.container == container
        assert read(stream())[1].container == {}

    def test_what_was_written_to_the_cache_for_an_hour_is_counted_apart(self) -> None:
        usage = {
            "input_tokens": 1,
            "cache_creation_input_tokens": 9,
            "cache_creation": {"ephemeral_1h_input_tokens": 7},
        }
        _, answer, _ = read([begin(usage), *finish("end_turn", {"output_tokens": 2})])
        assert answer.usage == {
            "input_tokens": 1,
            "cache_creation_input_tokens": 9,
            "cache_creation_1h_input_tokens": 7,
            "output_tokens": 2,
        }
        assert "cache_creation_1h_input_tokens" not in read(stream())[1].usage

    def test_an_answer_that_is_cut_keeps_what_can_be_sent_back(self) -> None:
        events = stream(
            ({"type": "thinking", "thinking": "Hm"}, []),
            ({"type": "text", "text": "I look."}, []),
            ({"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}, []),
            (
                {"type": "tool_use", "id": "a", "name": "b", "input": {}},
                [{"type": "input_json_delta", "partial_json": "{"}],
            ),
        )[:-3]
        blocks = Blocks()
        drafts = [draft for event in events for draft in blocks.take(event)] + [*blocks.cut()]
        answer = blocks.answer()
        assert blocks.complete
        assert answer.stop_reason == "time_limit"
        assert [block["type"] for block in answer.content] == ["text", "tool_use"]
        assert answer.broken == {"a": "{"}
        assert answer.usage["output_tokens"] > 1
        assert shown(drafts)[-1] == ("tool_use", "a{")
