"""What a model call gets to see: the same every time, and no thinking that does not belong to what stands before it."""

from typing import Any

import pytest

from tests.kit.messages_api import call, text
from walkaway_core.log.conversation import BROKEN_OFF, GO_ON, NUDGE, UNANSWERED, View, conversation
from walkaway_core.log.transcript import Entry

THOUGHT = {"type": "thinking", "thinking": "hm", "signature": "s"}
SEARCH = {"type": "server_tool_use", "id": "srv_1", "name": "web_search", "input": {"query": "tide"}}
HIT = {"type": "web_search_tool_result", "tool_use_id": "srv_1", "content": []}


def user(turn: int, said: str = "go", step: int = 0, place: str = "0") -> Entry:
    body = {"role": "user", "content": [text(said)]}
    return Entry(f"msg_{turn}", f"msg_{turn}", step, place, None, 0.0, body)


def answer(turn: int, step: int, *blocks: dict[str, Any], stop: str = "end_turn", **more: Any) -> Entry:
    body = {"role": "assistant", "content": list(blocks), "stop_reason": stop, "broken": {}, "tokens": 1, **more}
    return Entry(f"msg_{turn}", f"msg_{turn}", step, "0", None, 0.0, body)


def result(turn: int, step: int, index: int, said: str = "done", id_: str = "toolu_1") -> Entry:
    body = {"type": "tool_result", "tool_use_id": id_, "content": said, "is_error": False}
    return Entry(f"msg_{turn}", f"msg_{turn}", step, f"1.{index:03}", index, 0.0, body)


def summary(turn: int, step: int, since: Entry) -> Entry:
    body = {"role": "summary", "summary": "so far", "from": since.id}
    return Entry(f"msg_{turn}", f"msg_{turn}", step, "!", None, 0.0, body)


def refused(turn: int, step: int, *left: tuple[Entry, int]) -> Entry:
    body = {"role": "refused", "reason": "Could not process image", "left": [(e.id, index) for e, index in left]}
    return Entry(f"msg_{turn}", f"msg_{turn}", step, "/", None, 0.0, body)


def kinds(entries: list[Entry], view: View) -> list[list[str]]:
    return [[block["type"] for block in message["content"]] for message in conversation(entries, view).messages]


def thinks(turn: int, prefix: str = "p", step: int = 1, **more: Any) -> Entry:
    return answer(turn, step, THOUGHT, text(f"answer {turn}"), prefix=prefix, **more)


def thoughts(entries: list[Entry], view: View) -> list[bool]:
    """For each answer, whether its thinking goes back."""
    return ["thinking" in types for types in kinds(entries, view)[1::2]]


class TestThinking:
    def test_goes_back_where_everything_before_it_is_as_it_was(self) -> None:
        assert thoughts([user(1), thinks(1), user(2), thinks(2), user(3)], View("p")) == [True, True]

    def test_does_not_go_back_behind_a_summary_of_what_it_had_before_it(self) -> None:
        kept = user(2)
        talk = [user(1), thinks(1), kept, thinks(2), user(3), summary(3, 1, kept), thinks(3), user(4)]
        seen = conversation(talk, View("p")).messages
        assert seen[0]["content"][0]["text"].endswith("so far")
        assert thoughts(talk, View("p")) == [False, True]

    @pytest.mark.parametrize(
        ("prefixes", "sent"),
        [("pp", [True, True]), ("qp", [False, True]), ("pq", [False, False]), ("pqp", [False, False, True])],
    )
    def test_does_not_go_back_once_instructions_or_tools_have_changed_behind_it(
        self, prefixes: str, sent: list[bool]
    ) -> None:
        talk = [entry for i, prefix in enumerate(prefixes) for entry in (user(i), thinks(i, prefix))]
        assert thoughts([*talk, user(9)], View("p")) == sent

    def test_of_an_edition_that_did_not_note_what_stood_before_it_stays_away(self) -> None:
        old = answer(1, 1, THOUGHT, text("answer"))
        assert thoughts([user(1), old, user(2), thinks(2), user(3)], View("p")) == [False, True]

    def test_that_was_left_out_once_stays_out(self) -> None:
        talk = [user(1), thinks(1), user(2), thinks(2, bare=True), user(3), thinks(3), user(4)]
        assert thoughts(talk, View("p")) == [False, True, True]
        assert thoughts(talk, View()) == [False, True, True], "also where nobody knows what it is bound to"

    def test_is_left_out_as_a_whole_when_the_service_has_refused_it(self) -> None:
        assert thoughts([user(1), thinks(1), user(2), thinks(2), user(3)], View("p", bare=True)) == [False, False]

    def test_that_is_bound_to_nothing_always_goes_back(self) -> None:
        kept = user(2)
        talk = [user(1), kept, thinks(2, "q"), user(3), summary(3, 1, kept), thinks(3), user(4)]
        assert thoughts(talk, View()) == [True, True]

    def test_behind_something_that_is_shown_no_more_does_not_go_back(self) -> None:
        seen = user(1)
        talk = [seen, thinks(1), user(2), refused(2, 1, (seen, 0)), user(3), thinks(3), user(4)]
        assert thoughts(talk, View("p")) == [False, True]


class TestWhatIsRefused:
    def test_is_named_in_its_place_in_the_services_words(self) -> None:
        picture = user(1)
        picture.body["content"].append({"type": "image", "source": {"type": "base64", "media_type": "image/png"}})
        seen = conversation([picture, refused(1, 1, (picture, 1)), user(2, "and now?")], View("p")).messages
        texts = [block["text"] for block in seen[0]["content"]]
        assert texts[0] == "go"
        assert texts[1].startswith("[An image (image/png) stood here.")
        assert "Could not process image" in texts[1]
        assert texts[2] == "and now?"

    def test_result_of_a_tool_keeps_its_place(self) -> None:
        ask = answer(1, 1, call("read_file"), stop="tool_use")
        long = result(1, 1, 0, "x" * 99)
        seen = conversation([user(1), ask, long, refused(1, 2, (long, 0)), user(2)], View()).messages
        back = seen[2]["content"][0]
        assert (back["type"], back["tool_use_id"]) == ("tool_result", "toolu_1")
        assert "Could not process image" in back["content"]


class TestRoom:
    def test_the_middle_of_one_message_that_is_too_long_is_left_out(self) -> None:
        seen = conversation([user(1, "a" * 5000 + "b" * 5000)], View(longest=900)).messages[0]["content"][0]["text"]
        assert seen.startswith("a" * 600 + "\n\n[… 9100 characters")
        assert seen.endswith("b" * 300)

    def test_the_results_of_a_step_share_what_one_message_may_have(self) -> None:
        ask = answer(1, 1, call("a", "toolu_1"), call("b", "toolu_2"), stop="tool_use")
        talk = [user(1), ask, result(1, 1, 0, "x" * 9000), result(1, 1, 1, "y" * 9000, "toolu_2")]
        lengths = [len(block["content"]) for block in conversation(talk, View(longest=6000)).messages[2]["content"]]
        assert all(3000 <= length < 3200 for length in lengths)

    def test_attachments_of_earlier_turns_are_named_only_behind_a_summary(self) -> None:
        source = {"type": "base64", "media_type": "application/pdf", "data": "x" * 1000}
        old, new = user(1, "old"), user(3, "new")
        for entry in (old, new):
            entry.body["content"].append({"type": "document", "source": source, "title": "a.pdf"})
        talk = [old, thinks(1), user(2), thinks(2), new]
        assert sum(types.count("document") for types in kinds(talk, View("p"))) == 2
        seen = conversation([*talk, summary(3, 1, old)], View("p")).messages
        assert seen[0]["content"][2]["text"].startswith('[A document "a.pdf" (application/pdf) stood here')
        assert seen[-1]["content"][-1]["type"] == "document", "the turn's own stays"

    def test_so_is_what_a_tool_has_shown(self) -> None:
        image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "x" * 1000}}
        old, new = result(1, 1, 0), result(2, 1, 0, id_="toolu_2")
        old.body["content"], new.body["content"] = [image, text("y" * 9000)], [image]
        ask, again = answer(1, 1, call("read"), stop="tool_use"), answer(2, 1, call("read", "toolu_2"), stop="tool_use")
        first, talk = user(1), [ask, old, user(2), again, new]
        results = [message["content"][0]["content"] for message in conversation([first, *talk], View()).messages[2::2]]
        assert results == [old.body["content"], [image]]
        seen = conversation([first, *talk, summary(2, 2, first)], View(longest=300)).messages
        named, shortened = seen[2]["content"][0]["content"]
        assert named["text"].startswith("[An image (image/png) stood here")
        assert "characters were left out here" in shortened["text"]
        assert seen[4]["content"][0]["content"] == [image], "the turn's own stays"


class TestServerTools:
    """Messages API, server tools: the service takes up an answer that ends with such a call, if nothing stands behind
    it but results of ours; else the call has to go."""

    BOTH = (text("I look."), SEARCH, call("list_files"))

    def test_the_services_own_call_stays_open_beside_ours_until_it_is_answered(self) -> None:
        ask = answer(1, 1, *self.BOTH, stop="tool_use")
        talk = [user(1), ask, result(1, 1, 0)]
        assert kinds(talk, View())[1:] == [["text", "server_tool_use", "tool_use"], ["tool_result"]]
        later = [*talk, answer(1, 2, HIT, text("found")), user(2)]
        assert kinds(later, View())[1] == ["text", "server_tool_use", "tool_use"]
        assert kinds(later, View())[3] == ["web_search_tool_result", "text"]

    def test_it_goes_when_the_user_has_said_something_meanwhile(self) -> None:
        talk = [user(1), answer(1, 1, *self.BOTH, stop="tool_use"), result(1, 1, 0), user(1, "stop", 2, "-.00000")]
        assert kinds(talk, View())[1] == ["text", "tool_use"]
        later = [*talk, answer(1, 2, text("as you like")), user(2)]
        assert kinds(later, View())[1] == ["text", "tool_use"], "and stays away"

    def test_a_pause_is_sent_back_as_it_is(self) -> None:
        talk = [user(1), answer(1, 1, text("wait"), SEARCH, stop="pause_turn")]
        assert kinds(talk, View()) == [["text"], ["text", "server_tool_use"]]


class TestAnswersThatEndOtherwise:
    def test_a_call_that_nobody_carried_out_is_answered_all_the_same(self) -> None:
        ask = answer(1, 1, call("list_files", "toolu_1"), call("list_files", "toolu_2"), stop="tool_use")
        begun = Entry("msg_1", "msg_1", 1, "1.001", 1, 0.0, {})
        told = conversation([user(1), ask, begun, user(2)], View()).messages[2]["content"]
        assert [block["content"] for block in told[:2]] == [UNANSWERED, BROKEN_OFF]

    def test_one_that_was_cut_is_to_be_gone_on_with(self) -> None:
        talk = [user(1), answer(1, 1, text("I was about"), stop="max_tokens")]
        assert conversation(talk, View()).messages[-1]["content"][0]["text"] == GO_ON

    def test_one_without_a_word_is_asked_for_once_more(self) -> None:
        ask = answer(1, 1, call("list_files"), stop="tool_use")
        talk = [user(1), ask, result(1, 1, 0), answer(1, 2)]
        assert conversation(talk, View()).messages[-1]["content"][-1]["text"] == NUDGE
        assert NUDGE not in str(conversation([user(1), answer(1, 1), user(2)], View()).messages)
