"""What came for a turn's calls with a later one: where the model sees it, and what stands in its place."""

from typing import Any

import pytest

from tests.kit.messages_api import Block, call, text
from tests.log.test_conversation import answer, kinds, refused, result, summary, user
from walkaway_core.log.conversation import UNANSWERED, View, conversation
from walkaway_core.log.transcript import Entry

ASK = answer(1, 1, call("a", "toolu_1"), call("b", "toolu_2"), stop="tool_use")


def brings(turn: int, *results: tuple[str, Any], said: str = "") -> Entry:
    """A message with results."""
    blocks = [{"type": "tool_result", "tool_use_id": id_, "content": what, "is_error": False} for id_, what in results]
    entry = user(turn)
    entry.body["content"] = [*blocks, *([text(said)] if said else [])]
    return entry


def last(entries: list[Entry], **view: Any) -> list[Block]:
    blocks: list[Block] = conversation(entries, View(**view)).messages[-1]["content"]
    return blocks


def contents(entries: list[Entry], **view: Any) -> list[Any]:
    return [block.get("content", block.get("text")) for block in last(entries, **view)]


def test_results_stand_in_the_order_of_the_calls_and_before_all_that_was_said() -> None:
    told = user(1, "faster", 2, "-.00000")
    talk = [user(1), ASK, told, brings(2, ("toolu_2", "two"), ("toolu_1", "one"), said="so?")]
    assert contents(talk) == ["one", "two", "faster", "so?"]
    assert kinds([*talk, answer(2, 1, text("well")), user(3)], View())[2] == [
        "tool_result",
        "tool_result",
        "text",
        "text",
    ]
    places = conversation(talk).places[-1]
    assert places == [(talk[3].id, 1), (talk[3].id, 0), (told.id, 0), (talk[3].id, 2)]


def test_two_turns_behind_the_same_one_bring_two_things() -> None:
    begun = [user(1), ASK]
    one, two = (brings(2, ("toolu_1", said), ("toolu_2", said)) for said in ("sun", "rain"))
    assert contents([*begun, one]) == ["sun", "sun"]
    assert contents([*begun, two]) == ["rain", "rain"]


def test_what_the_turn_itself_carries_out_is_one_of_them_once_it_is_done() -> None:
    approved = brings(2, ("toolu_1", "one"), said="so?")
    done = result(2, 0, 0, "written", "toolu_2")
    begun = Entry("msg_2", "msg_2", 0, "1.000", 0, 0.0, {})
    assert contents([user(1), ASK, approved, done]) == ["one", "written", "so?"]
    assert contents([user(1), ASK, approved, begun]) == ["one", UNANSWERED, "so?"]
    assert contents([user(1), ASK, user(2, "well?")]) == [UNANSWERED, UNANSWERED, "well?"]


def test_results_are_for_the_answer_before_them_alone() -> None:
    again = answer(2, 1, call("a", "toolu_1"), stop="tool_use")
    talk = [user(1), ASK, brings(2, ("toolu_1", "one"), ("toolu_2", "two")), again, brings(3, ("toolu_1", "three"))]
    assert [message["content"] for message in conversation(talk).messages][2] == talk[2].body["content"]
    assert contents(talk) == ["three"]
    declined = answer(2, 1, stop="refusal")
    assert contents([user(1), ASK, declined, brings(3, ("toolu_1", "one"), ("toolu_2", "two"))]) == ["one", "two"]


def test_one_whose_call_is_shown_no_more_is_told_in_words() -> None:
    kept = brings(2, ("toolu_9", [text("no"), text("on")]), said="so?")
    assert contents([user(1), answer(1, 1, text("x")), kept]) == ["[What came of the call toolu_9:] noon", "so?"]
    assert contents([user(1), ASK, kept, summary(2, 1, kept)])[-2:] == ["[What came of the call toolu_9:] noon", "so?"]


def test_one_that_the_service_refused_stays_a_result() -> None:
    bad = brings(2, ("toolu_1", "one"), ("toolu_2", "two"))
    first, second = last([user(1), ASK, bad, refused(2, 1, (bad, 0)), user(3)])[:2]
    assert (first["type"], first["tool_use_id"], second["content"]) == ("tool_result", "toolu_1", "two")
    assert "Could not process image" in first["content"]


@pytest.mark.parametrize("content", ["x" * 9000, [{"type": "text", "text": "x" * 9000}]])
def test_they_share_what_the_results_of_a_step_may_have(content: Any) -> None:
    talk = [user(1), ASK, brings(2, ("toolu_1", content), ("toolu_2", content), said="y" * 5000)]
    seen = contents(talk, longest=6000)
    lengths = [len(each if isinstance(each, str) else each[0]["text"]) for each in seen]
    assert 3000 <= lengths[0] == lengths[1] < 3200
    assert lengths[2] == 5000, "the message has its own room"


def test_attachments_in_old_ones_are_only_named_behind_a_summary() -> None:
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "x" * 100}}
    old = brings(2, ("toolu_1", [text("see"), image]), ("toolu_2", "two"))
    talk = [user(1), ASK, old, answer(2, 1, text("I see")), user(3)]
    assert conversation(talk).messages[2]["content"][0]["content"][1] == image
    named = conversation([*talk, summary(3, 1, ASK)]).messages[2]["content"][0]["content"][1]
    assert named["text"].startswith("[An image (image/png) stood here")
