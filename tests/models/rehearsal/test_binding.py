"""Properties of the prefix check: what goes back as it was always fits; what has a gap or another beginning never."""

import copy
from dataclasses import dataclass
from typing import Any

from hypothesis import assume, given, strategies as st

from walkaway_core.models.rehearsal.binding import ELSEWHERE, misfit, signature

Block = dict[str, Any]

MODEL = "claude-sonnet-5-5"
ANSWERS = st.lists(st.sampled_from(["thinking", "text", "tool_use"]), min_size=1, max_size=5)
TALK = st.lists(ANSWERS, min_size=1, max_size=8)
MARK = {"cache_control": {"type": "ephemeral"}}


@dataclass
class Talk:
    """A conversation as it grows: each answer is signed in answer to what was sent."""

    body: Block

    @classmethod
    def of(cls, *answers: list[str]) -> "Talk":
        system = [{"type": "text", "text": "Be brief."}]
        tools = [{"name": "look", "input_schema": {"type": "object"}}]
        talk = cls({"model": MODEL, "system": system, "tools": tools, "messages": []})
        talk.ask("begin")
        for answer in answers:
            talk.answer(answer)
        return talk

    def ask(self, words: str, *results: Block) -> None:
        self.body["messages"].append({"role": "user", "content": [*results, {"type": "text", "text": words}]})

    def answer(self, kinds: list[str]) -> None:
        number, made = len(self.body["messages"]), list[Block]()
        for at, kind in enumerate(kinds):
            if kind == "thinking":
                signed = signature(self.body, [block for block in made if block["type"] == "thinking"])
                made.append({"type": "thinking", "thinking": "", "signature": signed})
            elif kind == "text":
                made.append({"type": "text", "text": f"{number}.{at}"})
            else:
                made.append({"type": "tool_use", "id": f"toolu_{number}_{at}", "name": "look", "input": {}})
        self.body["messages"].append({"role": "assistant", "content": made})
        calls = [block["id"] for block in made if block["type"] == "tool_use"]
        self.ask(f"go on {number}", *({"type": "tool_result", "tool_use_id": id_, "content": []} for id_ in calls))

    @property
    def thoughts(self) -> list[Block]:
        return [b for message in self.body["messages"] for b in message["content"] if b["type"] == "thinking"]

    def without(self, *left: int) -> "Talk":
        """The same without these thinking blocks, by their numbers; a message that has no other block goes with it."""
        body, thoughts = copy.deepcopy(self.body), iter(range(len(self.thoughts)))
        for message in body["messages"]:
            message["content"] = [
                b for b in message["content"] if b["type"] != "thinking" or next(thoughts) not in left
            ]
        return Talk({**body, "messages": [message for message in body["messages"] if message["content"]]})


@given(TALK)
def test_what_is_sent_back_as_it_was_fits_at_any_length(answers: list[list[str]]) -> None:
    talk = Talk.of()
    for answer in answers:
        talk.answer(answer)
        assert misfit(talk.body) is None


@given(TALK, st.data())
def test_thinking_may_be_missing_at_its_beginning_at_its_end_or_altogether(
    answers: list[list[str]], data: st.DataObject
) -> None:
    talk = Talk.of(*answers)
    count = len(talk.thoughts)
    first, last = (data.draw(st.integers(0, count)) for _ in range(2))
    kept = talk.without(*range(first), *range(last, count))
    assert misfit(kept.body) is None
    assert misfit(talk.without(*range(count)).body) is None
    kept.answer(["thinking", "text", "thinking"])
    assert misfit(kept.body) is None, "and it goes on from there"


@given(TALK, st.data())
def test_a_gap_does_not_fit(answers: list[list[str]], data: st.DataObject) -> None:
    talk = Talk.of(*answers)
    count = len(talk.thoughts)
    assume(count > 2)
    first = data.draw(st.integers(1, count - 2))
    last = data.draw(st.integers(first, count - 2))
    assert str(misfit(talk.without(*range(first, last + 1)).body)).endswith(ELSEWHERE)


@given(TALK)
def test_what_was_left_out_stays_out(answers: list[list[str]]) -> None:
    talk = Talk.of(*answers)
    assume(talk.thoughts)
    later = talk.without(*range(len(talk.thoughts)))
    later.answer(["thinking", "text"])
    newest = later.body["messages"][-2:]
    assert misfit(later.body) is None
    assert str(misfit({**talk.body, "messages": [*talk.body["messages"], *newest]})).endswith(ELSEWHERE)


@given(TALK, st.data())
def test_another_beginning_does_not_fit(answers: list[list[str]], data: st.DataObject) -> None:
    talk = Talk.of(*answers)
    messages = talk.body["messages"]
    holding = [i for i, message in enumerate(messages) if any(b["type"] == "thinking" for b in message["content"])]
    assume(holding)
    spoken = [i for i, message in enumerate(messages) if message["content"][-1]["type"] == "text"]
    at = data.draw(st.sampled_from(["system", "tools", *spoken]))
    if isinstance(at, int):
        messages[at]["content"][-1]["text"] += "!"
    elif at == "system":
        talk.body["system"][0]["text"] += "!"
    else:
        talk.body["tools"].append({"name": "another", "input_schema": {}})
    first = next((i for i in holding if not isinstance(at, int) or i > at), None)
    sentence = misfit(talk.body)
    assert (sentence is None) if first is None else str(sentence).startswith(f"messages.{first}.content.")


@given(TALK)
def test_markers_and_plain_texts_make_no_difference_and_another_model_ignores_it(answers: list[list[str]]) -> None:
    talk = Talk.of(*answers)
    body = copy.deepcopy(talk.body)
    for message in body["messages"]:
        message["content"][-1] |= {} if message["content"][-1]["type"] == "thinking" else MARK
        if [block["type"] for block in message["content"]] == ["text"] and message["role"] == "user":
            message["content"] = message["content"][0]["text"]
    assert misfit({**body, "system": "Be brief."}) is None
    talk.body["messages"][0]["content"][-1]["text"] = "something else"
    assert misfit({**talk.body, "model": "claude-fable-5-2"}) is None


def test_an_answer_that_paused_is_gone_on_with_in_the_same_message() -> None:
    talk = Talk.of(["thinking", "text"])
    messages = talk.body["messages"]
    messages.pop()
    signed = signature(talk.body)
    messages[-1]["content"] += [
        {"type": "thinking", "thinking": "", "signature": signed},
        {"type": "text", "text": "!"},
    ]
    assert misfit(talk.body) is None
    messages[-1]["content"][1]["text"] = "something else"
    assert str(misfit(talk.body)).startswith("messages.1.content.2:")


def test_thinking_that_was_never_signed_is_refused_by_every_model() -> None:
    talk = Talk.of(["thinking", "text"])
    talk.thoughts[0]["signature"] = "made elsewhere"
    assert misfit(talk.body) is None
    talk.thoughts[0]["signature"] = ""
    for model in (MODEL, "another"):
        assert misfit({**talk.body, "model": model}) == "messages.1.content.0: Invalid `signature` in `thinking` block."


def test_only_models_that_are_bound_look_at_what_stands_before() -> None:
    for model, fits in ((MODEL, False), ("claude-opus-4-8", True), ("another", True)):
        talk = Talk.of()
        talk.body["model"] = model
        talk.answer(["thinking", "text"])
        talk.body["system"] = "Be long."
        assert (misfit(talk.body) is None) == fits
