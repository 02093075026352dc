"""What the service refuses to read once, it does not refuse for ever: the next turn works without it, and is told."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.kit.engine import Engine
from tests.kit.faulty import Crashed
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.prompt_cache import PromptCache
from tests.kit.steps import asked, of, run
from walkaway_core.agent.attachments import Attachment
from walkaway_core.engine import sending
from walkaway_core.log.spoken import newest
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.turns import Turn

PICTURE = Attachment(media_type="image/png", data=base64.b64encode(b"\x89PNG\r\n\x1a\n").decode())
Blocks = list[dict[str, Any]]


def start(engine: Engine, key: SessionKey, message: str, *attached: Attachment) -> Turn:
    return sending.send(engine.services, key, message, attached=attached).turn


def say(engine: Engine, key: SessionKey, message: str, *attached: Attachment) -> Any:
    """Send a message and let its turn go to its end; give its last event."""
    return run(engine, start(engine, key, message, *attached))[-1]


def picky(model: MessagesApi, refusal: Callable[[Blocks], str | None], status: int = 400) -> None:
    """Have the service refuse for what stands in a conversation, and answer otherwise."""

    def respond(request: dict[str, Any]) -> Reply:
        blocks = [block for message in request["messages"] for block in message["content"]]
        error = refusal(blocks)
        return Reply(status=status, error=error, kind="invalid_request_error") if error else Reply([text("fine")])

    model.respond = respond


def spoken(model: MessagesApi, index: int = -1) -> list[str]:
    return [block.get("text", block["type"]) for message in asked(model, index) for block in message["content"]]


def unreadable(blocks: Blocks) -> str | None:
    at = next((i for i, block in enumerate(blocks) if block["type"] == "image"), None)
    return None if at is None else "Could not process image"


def named(model: MessagesApi) -> None:
    """Have the service name the picture that it cannot read."""

    def respond(request: dict[str, Any]) -> Reply:
        for i, message in enumerate(request["messages"]):
            for j, block in enumerate(message["content"]):
                if block["type"] == "image":
                    error = f"messages.{i}.content.{j}.image.source.base64: Could not process image"
                    return Reply(status=400, error=error, kind="invalid_request_error")
        return Reply([text("fine")])

    model.respond = respond


def test_a_block_that_the_service_names_is_left_out_and_nothing_else(engine: Engine, model: MessagesApi) -> None:
    named(model)
    key = engine.session()
    say(engine, key, "hello")
    end = say(engine, key, "look at this", PICTURE)
    assert (end.type, end.data["code"]) == ("message.error", "model_refused")
    assert "Could not process image" in end.data["error"]
    assert say(engine, key, "never mind").type == "message.completed"
    hello, fine, instead, *rest = spoken(model)
    assert [hello, fine, *rest] == ["hello", "fine", "look at this", "never mind"]
    assert instead.startswith("[An image (image/png) stood here.")
    assert "Could not process image" in instead
    before = asked(model)
    say(engine, key, "and again")
    assert asked(model)[: len(before)] == before, "and so it stays"


def test_without_a_name_it_is_all_that_was_never_answered(engine: Engine, model: MessagesApi) -> None:
    picky(model, unreadable)
    key = engine.session()
    say(engine, key, "hello")
    say(engine, key, "look", PICTURE)
    assert say(engine, key, "never mind").type == "message.completed"
    assert spoken(model)[:2] == ["hello", "fine"]
    assert [words.split(" stood here")[0] for words in spoken(model)[2:]] == [
        "[An image (image/png)",
        "[A text of 4 characters",
        "never mind",
    ]


@pytest.mark.parametrize("name", ["messages.0.content.0", "messages.9.content.9", "messages.2.content.1"])
def test_a_name_that_cannot_be_right_or_does_not_help_is_none(engine: Engine, model: MessagesApi, name: str) -> None:
    picky(model, lambda blocks: unreadable(blocks) and f"{name}.image.source: {unreadable(blocks)}")
    key = engine.session()
    say(engine, key, "hello")
    say(engine, key, "look", PICTURE)
    ends = [say(engine, key, "never mind").type for _ in range(2)]
    assert ends[-1] == "message.completed"
    assert spoken(model)[:2] == ["hello", "fine"], "what was answered to is not at fault"


def test_an_old_picture_that_is_one_too_large_now_goes_alone(engine: Engine, model: MessagesApi) -> None:
    def respond(request: dict[str, Any]) -> Reply:
        pictures = [i for i, m in enumerate(request["messages"]) if m["content"][0]["type"] == "image"]
        if len(pictures) < 2:
            return Reply([text("fine")])
        error = f"messages.{pictures[0]}.content.0.image: image dimensions exceed 2000 pixels for many-image requests"
        return Reply(status=400, error=error, kind="invalid_request_error")

    model.respond = respond
    key = engine.session()
    say(engine, key, "one", PICTURE)
    assert say(engine, key, "two", PICTURE).data["code"] == "model_refused"
    assert say(engine, key, "again").type == "message.completed"
    assert [words for words in spoken(model) if "dimensions" not in words] == ["one", "fine", "image", "two", "again"]


@pytest.mark.parametrize("by_name", [True, False])
def test_pictures_that_were_taken_once_and_are_not_any_more_go_in_the_end(
    engine: Engine,
    model: MessagesApi,
    by_name: bool,  # noqa: FBT001
) -> None:
    key = engine.session()
    for number in range(3):
        assert say(engine, key, f"picture {number}", PICTURE).type == "message.completed"
    named(model) if by_name else picky(model, unreadable)
    ends = [say(engine, key, f"words {number}").type for number in range(4)]
    assert ends[-2:] == ["message.completed"] * 2
    assert "image" not in spoken(model)
    assert {f"picture {number}" for number in range(3)} <= set(spoken(model)), "the words with them stay"


def test_of_two_bad_pictures_each_goes_alone(engine: Engine, model: MessagesApi) -> None:
    named(model)
    key = engine.session()
    ends = [say(engine, key, "both", PICTURE, PICTURE).type, *(say(engine, key, words).type for words in ("a", "b"))]
    assert ends == ["message.error", "message.error", "message.completed"]
    assert [words for words in spoken(model) if "stood here" not in words] == ["both", "a", "b"]


@pytest.mark.parametrize("by_name", [True, False])
def test_a_summary_that_is_refused_takes_nothing_out_that_it_did_not_have(
    engine: Engine,
    model: MessagesApi,
    by_name: bool,  # noqa: FBT001
) -> None:
    model.cache = PromptCache()
    key = engine.session()
    say(engine, key, "old", PICTURE)
    for number in range(4):
        say(engine, key, f"{number} " + "tide " * 4_000)
    named(model) if by_name else picky(model, unreadable)
    ends = [say(engine, key, f"new words {number} " + "tide " * 4_000) for number in range(3)]
    assert ends[-1].type == "message.completed", ends[-1].data
    assert not any("A text" in words for words in spoken(model))


def test_readers_are_told_and_users_keep_what_they_said(engine: Engine, model: MessagesApi) -> None:
    named(model)
    key = engine.session()
    turn = start(engine, key, "look", PICTURE)
    events = run(engine, turn)
    [told] = of(events, "step.adjusted")
    assert told["left_out"] == [f"{turn.key.turn}.00000.0:0"]
    assert "Could not process image" in told["reason"]
    entries, _ = newest(engine.services, key, limit=10)
    [kinds] = [[block["type"] for block in entry.body["content"]] for entry in entries]
    assert kinds == ["image", "text"]


def test_a_result_that_is_refused_is_left_out_too(engine: Engine, model: MessagesApi) -> None:
    def respond(request: dict[str, Any]) -> Reply:
        last = request["messages"][-1]["content"][0]
        if last["type"] == "tool_result" and "stood here" not in last["content"]:
            return Reply(status=400, error="messages.2.content.0: invalid image", kind="invalid_request_error")
        return Reply([text("fine")] if len(request["messages"]) > 1 else [call("list_files")])

    model.respond = respond
    key = engine.session()
    assert say(engine, key, "list").data["code"] == "model_refused"
    assert say(engine, key, "go on").type == "message.completed"
    back = asked(model)[2]["content"][0]
    assert (back["type"], back["tool_use_id"]) == ("tool_result", "toolu_1")
    assert back["content"].startswith("[The result stood here.")


WINDOW = 30_000


def too_long(blocks: Blocks) -> str | None:
    tokens = len(json.dumps(blocks)) / 3.5
    return f"prompt is too long: {int(tokens)} tokens > {WINDOW} maximum" if tokens > WINDOW else None


def test_a_conversation_that_is_too_long_after_all_is_summed_up_at_once(engine: Engine, model: MessagesApi) -> None:
    engine.compacts_at(400_000)
    picky(model, too_long)
    key = engine.session()
    for number in range(4):
        assert say(engine, key, f"{number} " + "tide " * 4_500).type == "message.completed"
    turn = sending.send(engine.services, key, "last " + "tide " * 4_500).turn
    events = run(engine, turn)
    assert events[-1].type == "message.completed"
    kinds = [event.type for event in events]
    assert kinds.index("step.retrying") < kinds.index("turn.compacted") < kinds.index("step.completed")
    assert of(events, "step.retrying")[0]["wait"] == 0
    assert "prompt is too long" in of(events, "step.retrying")[0]["error"]


def test_one_message_beyond_every_window_is_shortened(engine: Engine, model: MessagesApi) -> None:
    picky(model, too_long)
    key = engine.session()
    say(engine, key, "hello")
    assert say(engine, key, "m" * 999_990).type == "message.completed"
    assert "characters were left out here" in spoken(model)[2]
    assert say(engine, key, "and now?").type == "message.completed"


def test_one_that_is_refused_though_it_was_shortened_does_not_stay_in_the_way(
    engine: Engine, model: MessagesApi
) -> None:
    engine.compacts_at(400_000)
    picky(model, too_long)
    key = engine.session()
    say(engine, key, "hello")
    assert say(engine, key, "m" * 999_990).data["code"] == "model_refused"
    assert say(engine, key, "and now?").type == "message.completed"


@pytest.mark.parametrize(
    "sentence",
    [
        "max_tokens: 16000 > 8192; see messages.0.content.0",
        "tools.0: invalid",
        "credit balance is too low",
        "messages.0.content.0.text.cache_control.ttl: Extra inputs are not permitted",
        "At most 4 blocks with cache_control; found 5 (messages.0.content.0)",
    ],
)
def test_what_is_no_fault_of_what_was_said_leaves_it_in(engine: Engine, model: MessagesApi, sentence: str) -> None:
    key = engine.session()
    model.replies = [Reply(status=400, error=sentence, kind="invalid_request_error"), Reply([text("fine")])]
    assert say(engine, key, "look", PICTURE).data["code"] == "model_refused"
    assert say(engine, key, "again").type == "message.completed"
    assert spoken(model) == ["image", "look", "again"]


def test_who_dies_behind_the_note_leaves_a_turn_that_fails_alike(engine: Engine, model: MessagesApi) -> None:
    named(model)
    turn = start(engine, engine.session(), "look", PICTURE)
    engine.table.picks = lambda _, writes: any(write.key[1].endswith("#/") for write in writes)
    engine.table.fault = "crash after"
    with pytest.raises(Crashed):
        engine.door("CallModel", turn.ticket.json())
    engine.table.dead = False
    ticket = engine.door("CallModel", turn.ticket.json())
    assert ticket["failure"][0] == "model_refused"
    assert "Could not process image" in ticket["failure"][1]
    assert len(model.requests) == 1
