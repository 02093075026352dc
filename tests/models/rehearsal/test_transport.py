"""The offline model answers as today's models do, also where that is a refusal, a cut, a failure, or nothing at all."""

import base64
from collections.abc import Iterator
from typing import Any

import anthropic
import pytest

from tests.kit.engine import Engine
from tests.kit.steps import of, run
from walkaway_core.engine import sending
from walkaway_core.log import conversation
from walkaway_core.models.rehearsal import script
from walkaway_core.models.rehearsal.reading import mishap, understand
from walkaway_core.models.rehearsal.transport import RehearsalTransport

Block = dict[str, Any]

LIST: Block = {"name": "list_files", "input_schema": {"type": "object"}}
WRITE: Block = {"name": "write_file", "input_schema": {"type": "object"}}
FILES = "Which files are in the workspace?"
SUMMARIZED: Block = {"type": "adaptive", "display": "summarized"}
POEM = "Write a 3-verse poem about rain"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


@pytest.fixture
def client() -> Iterator[anthropic.Anthropic]:
    """The SDK, with the offline model behind it."""
    http = anthropic.DefaultHttpxClient(transport=RehearsalTransport(0))
    with anthropic.Anthropic(api_key="none", base_url="http://x.invalid", max_retries=0, http_client=http) as made:
        yield made


def user(words: str, *more: Block) -> Block:
    return {"role": "user", "content": [*more, {"type": "text", "text": words}]}


def ask(client: anthropic.Anthropic, *messages: Block, **more: Any) -> Any:
    arguments: dict[str, Any] = {"model": "rehearsal", "max_tokens": 9_000, "messages": list(messages), **more}
    with client.messages.stream(**arguments) as stream:
        return stream.get_final_message()


def back(answer: Any) -> Block:
    """Give an answer as it goes back, with a result for its call."""
    return {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in answer.content]}


def result(answer: Any, words: str = "None.") -> Block:
    return {"type": "tool_result", "tool_use_id": answer.content[-1].id, "content": words}


class TestThinking:
    @pytest.mark.parametrize(
        ("thinking", "kinds", "told"),
        [
            (None, ["thinking", "text", "tool_use"], [""]),
            ({"type": "disabled"}, ["text", "tool_use"], []),
            (SUMMARIZED, ["thinking", "text", "tool_use"], ["The message asks me"]),
            ({"type": "enabled", "budget_tokens": 2000}, ["thinking", "text", "tool_use"], ["The message asks me"]),
            ({"type": "adaptive"}, ["thinking", "text", "tool_use"], [""]),
            ({"type": "adaptive", "display": "updates"}, ["thinking", "thinking", "tool_use"], ["", "Let me look."]),
            ({"type": "between_tools"}, ["thinking", "tool_use"], ["Let me look."]),
        ],
    )
    def test_comes_as_it_is_asked_for(
        self, client: anthropic.Anthropic, thinking: Block | None, kinds: list[str], told: list[str]
    ) -> None:
        more = {"thinking": thinking} if thinking else {}
        answer = ask(client, user(FILES), tools=[LIST], **more)
        assert [block.type for block in answer.content] == kinds
        thoughts = [block for block in answer.content if block.type == "thinking"]
        assert all(block.thinking.startswith(words) for block, words in zip(thoughts, told, strict=True))
        assert all(bool(block.thinking) == bool(words) for block, words in zip(thoughts, told, strict=True))
        last = ask(client, user(FILES), back(answer), user("go on", result(answer)), tools=[LIST], **more)
        assert last.stop_reason == "end_turn", "what it thought goes back"

    def test_is_refused_behind_another_beginning(self, client: anthropic.Anthropic) -> None:
        answer = ask(client, user("How are you?"), thinking=SUMMARIZED)
        talk = [user("How are they?"), back(answer), user("And now?")]
        with pytest.raises(anthropic.BadRequestError, match=r"messages\.1\.content\.0: .* a different conversation"):
            ask(client, *talk, thinking=SUMMARIZED)
        with pytest.raises(anthropic.BadRequestError, match="a different conversation"):
            client.messages.count_tokens(model="rehearsal", messages=talk)  # type: ignore[arg-type]
        assert ask(client, user("How are you?"), *talk[1:], thinking=SUMMARIZED).content

    def test_goes_back_through_a_session(self, engine: Engine) -> None:
        key = engine.session(model="rehearsal", thinking=True)
        for words in ("Write a report on moss to moss.md", "Read moss.md"):
            events = run(engine, sending.send(engine.services, key, words).turn)
            assert (events[-1].type, of(events, "step.retrying")) == ("message.completed", [])


class TestRefusals:
    @pytest.mark.parametrize(
        ("words", "category"),
        [
            ("Refuse to say so", None),
            ("Please decline, for bio", "bio"),
            ("Hello. Refuse: frontier LLM", "frontier_llm"),
        ],
    )
    def test_are_given_with_what_they_are_for(
        self, client: anthropic.Anthropic, words: str, category: str | None
    ) -> None:
        answer = ask(client, user(words))
        assert (answer.stop_reason, answer.content, answer.stop_details.category) == ("refusal", [], category)
        assert "rehearsal of a refusal" in answer.stop_details.explanation

    def test_are_not_given_to_what_only_has_the_word(self, client: anthropic.Anthropic) -> None:
        for words in ("Write a poem about refuse", "Did they decline?"):
            assert ask(client, user(words)).stop_reason == "end_turn"

    def test_end_one_turn_and_not_the_session(self, engine: Engine) -> None:
        key = engine.session(model="rehearsal")
        events = run(engine, sending.send(engine.services, key, "Refuse to answer").turn)
        assert (events[-1].type, events[-1].data["code"]) == ("message.error", "refusal")
        events = run(engine, sending.send(engine.services, key, POEM).turn)
        assert events[-1].type == "message.completed"


class TestLimits:
    def test_an_answer_ends_at_its_limit(self, client: anthropic.Anthropic) -> None:
        whole = ask(client, user(POEM))
        cut = ask(client, user(POEM), max_tokens=10)
        assert (cut.stop_reason, cut.usage.output_tokens) == ("max_tokens", 10)
        assert cut.content[-1].text == whole.content[-1].text[:40]
        exact = ask(client, user(POEM), max_tokens=-(-len(whole.content[-1].text) // 4))
        assert exact.stop_reason == "end_turn"

    def test_it_may_fall_within_thinking_which_then_has_no_signature(self, client: anthropic.Anthropic) -> None:
        (thought,) = ask(client, user(POEM), max_tokens=5, thinking=SUMMARIZED).content
        assert (len(thought.thinking), thought.signature) == (20, "")

    def test_it_may_fall_within_the_arguments_of_a_call(self, client: anthropic.Anthropic) -> None:
        words = "Write a report on moss to moss.md"
        request: dict[str, Any] = {"messages": [user(words)], "tools": [WRITE], "model": "rehearsal", "max_tokens": 20}
        stream = client.messages.create(**request, stream=True)
        pieces = [
            e.delta.partial_json for e in stream if getattr(e, "delta", None) and hasattr(e.delta, "partial_json")
        ]
        assert len("".join(pieces)) == 80
        assert not "".join(pieces).endswith("}")

    def test_a_session_goes_on_exactly_where_it_stopped(self, engine: Engine) -> None:
        said = []
        for more in ({}, {"max_output_tokens": 40}):
            events = run(engine, engine_turn(engine, POEM, **more))
            assert events[-1].type == "message.completed"
            said.append("".join(data["content"] for data in of(events, "text.delta")))
        assert said[0] == said[1]
        assert len(of(events, "step.completed")) > 3

    def test_a_result_is_told_whole_though_the_answer_was_cut(self, engine: Engine) -> None:
        key = engine.session(model="rehearsal", max_output_tokens=20)
        engine.services.workspace.write("t/files", f"{'long' * 20}.md", [b"x"])
        events = run(engine, sending.send(engine.services, key, FILES).turn)
        words = "".join(data["content"] for data in of(events, "text.delta"))
        assert f"{'long' * 20}.md" in words

    def test_what_is_too_long_is_refused_and_can_be_counted(self, client: anthropic.Anthropic) -> None:
        long: Any = user("tide " * 800_000)
        with pytest.raises(anthropic.BadRequestError, match=r"prompt is too long: \d+ tokens > 1000000 maximum"):
            ask(client, long)
        assert client.messages.count_tokens(model="rehearsal", messages=[long]).input_tokens > 1_000_000
        document = {"type": "base64", "media_type": "application/pdf", "data": "A" * 6_000_000}
        assert ask(client, user("Hello", {"type": "document", "source": document})).usage.input_tokens < 300_000


class TestTrouble:
    def test_it_fails_in_the_middle_as_often_as_it_is_told(self, client: anthropic.Anthropic) -> None:
        words = "Fail 2 times, then write a poem about rain"
        for _ in range(2):
            for _ in range(2):
                with pytest.raises(anthropic.APIStatusError, match="overloaded_error"):
                    ask(client, user(words))
            assert ask(client, user(words)).content[-1].text.startswith("What rain may be")

    def test_how_often_is_no_part_of_what_else_a_message_asks(self) -> None:
        for words in ("Fail 2 times, then tell me the time 3 times", "Tell me the time 3 times, but fail once, please"):
            assert (understand(words).times, mishap(words).fails) in ((3, 2), (3, 1))
        assert understand("Write a poem about rain and fail twice").subject == "rain"
        assert mishap("Why did it fail?").fails == 0

    def test_a_step_is_tried_again_until_it_is_through(self, engine: Engine) -> None:
        events = run(engine, engine_turn(engine, "Fail twice, then write a report on moss to moss.md"))
        assert events[-1].type == "message.completed"
        told = of(events, "step.retrying")
        assert [data["attempt"] for data in told] == [1, 2] * 6

    @pytest.mark.parametrize("where", ["beside it", "before it"])
    def test_a_failed_call_stops_its_own_turn_and_no_later_one(self, client: anthropic.Anthropic, where: str) -> None:
        called = ask(client, user(FILES), tools=[LIST])
        failed = {**result(called, "It was interrupted"), "is_error": True}
        closed: Block = {"role": "user", "content": [failed]}
        stopped = ask(client, user(FILES), back(called), closed, tools=[LIST])
        assert stopped.content[-1].text == "That did not work, so I stop here. The tool said: It was interrupted"
        newest = [closed, back(stopped), user(FILES)] if where == "before it" else [user(FILES, failed)]
        again = ask(client, user(FILES), back(called), *newest, tools=[LIST])
        assert [block.name for block in again.content if block.type == "tool_use"] == ["list_files"]
        talk = ask(client, user(FILES), back(called), user(POEM, failed), tools=[LIST])
        assert talk.content[-1].text.startswith("What rain may be")

    def test_an_answer_may_be_empty(self, client: anthropic.Anthropic) -> None:
        answer = ask(client, user("Say nothing"))
        assert (answer.stop_reason, [block.type for block in answer.content]) == ("end_turn", ["thinking"])

    def test_who_is_nudged_says_something(self, engine: Engine) -> None:
        events = run(engine, engine_turn(engine, f"{FILES} Then give an empty answer"))
        assert events[-1].type == "message.completed"
        assert [data["stop_reason"] for data in of(events, "step.completed")] == ["tool_use", "end_turn", "end_turn"]
        words = "".join(data["content"] for data in of(events, "text.delta"))
        assert words == "Let me look.Here is what I found:\n\nThere are no such files."


class TestPictures:
    @pytest.mark.parametrize(
        ("media_type", "data"),
        [
            ("image/png", PNG),
            ("image/jpeg", b"\xff\xd8\xff\xe0"),
            ("image/gif", b"GIF89a"),
            ("image/webp", b"RIFF\0\0\0\0WEBPVP8 "),
        ],
    )
    def test_are_known_by_their_first_bytes(self, client: anthropic.Anthropic, media_type: str, data: bytes) -> None:
        assert ask(client, user("Look", picture(media_type, data))).content
        within = {"type": "tool_result", "tool_use_id": "x", "content": [picture(media_type, b"<svg>")]}
        for block in (picture(media_type, b"<svg>"), picture(media_type, b""), within):
            with pytest.raises(anthropic.BadRequestError, match=r"messages\.0\.content\.1\.image.*Could not process"):
                ask(client, user("Look", {"type": "text", "text": "This"}, block))


def picture(media_type: str, data: bytes) -> Block:
    source = {"type": "base64", "media_type": media_type, "data": base64.b64encode(data).decode()}
    return {"type": "image", "source": source}


def engine_turn(engine: Engine, words: str, **options: Any) -> Any:
    return sending.send(engine.services, engine.session(model="rehearsal", **options), words).turn


def test_it_knows_what_it_is_told_in_between() -> None:
    assert script.GO_ON in conversation.GO_ON
    assert script.NUDGE in conversation.NUDGE
