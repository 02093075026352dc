"""Thinking that the caller keeps: sealed in the output, taken back with the history, and of nobody else."""

import json
from typing import Any

import pytest

from tests.dialects.responses.conftest import client_of
from tests.dialects.responses.test_calls import PRICE, answers
from tests.kit.messages_api import Block, MessagesApi, Reply, call, text
from tests.kit.servers import Running
from walkaway_core.ports.items import Delete

BOUND = "claude-opus-5-5"
"""A model whose thinking is bound to all that stands before it."""
SEALED: dict[str, Any] = {"include": ["reasoning.encrypted_content"], "store": False, "model": BOUND}


def thought(said: str) -> Block:
    return {"type": "thinking", "thinking": said}


@pytest.fixture
def script(scripted: Running, model: MessagesApi) -> Any:
    model.replies = [
        Reply([thought("First a."), text("I look"), call("lookup_price", "toolu_1", article="a")]),
        Reply([thought(""), call("lookup_price", "toolu_2", article="b")]),
        Reply([text("Cheap")]),
        Reply([thought("Is it?"), text("Yes")]),
        Reply([text("Bye")]),
    ]
    with client_of(scripted) as client:
        yield client


def kept(model: MessagesApi) -> list[str]:
    """The thinking that the model was sent back last."""
    blocks = [block for message in model.requests[-1]["messages"] for block in message["content"]]
    return [block["thinking"] for block in blocks if block["type"] == "thinking"]


def conversation(client: Any, **about: Any) -> tuple[list[Any], Any]:
    """Have two calls answered, and go on, as a client does that keeps everything by itself."""
    history: list[Any] = [{"role": "user", "content": "What is it?"}]
    made = None
    for _ in range(3):
        made = client.responses.create(input=history, tools=[PRICE], **SEALED, **about)
        history += [*(item.model_dump() for item in made.output), *answers(made)]
    return [*history, {"role": "user", "content": "Really?"}], made


def test_a_client_that_keeps_all_by_itself_keeps_the_thinking(script: Any, model: MessagesApi) -> None:
    history, made = conversation(script)
    assert kept(model) == ["First a.", ""]
    assert "notes" not in made.walkaway
    script.responses.create(input=history, tools=[PRICE], **SEALED)
    last = script.responses.create(input=[*history[:-1], {"role": "user", "content": "Why?"}], tools=[PRICE], **SEALED)
    assert kept(model) == ["First a.", ""]
    assert model.unbound == []
    assert "notes" not in last.walkaway


def test_the_stream_and_the_object_have_the_same_seal(script: Any) -> None:
    made = script.responses.create(input="Hello", tools=[PRICE], **SEALED)
    assert [item.type for item in made.output] == ["reasoning", "message", "function_call"]
    assert made.output[0].summary == []
    for _ in range(2):
        *_, last = script.responses.retrieve(made.id, stream=True)
        assert last.response == made == script.responses.retrieve(made.id)
    assert "First" not in made.output[0].encrypted_content


def test_no_seal_unasked(script: Any, scripted: Running) -> None:
    made = script.responses.create(input="Hello", tools=[PRICE], model=BOUND, reasoning={"effort": "low"})
    assert made.output[0].encrypted_content is None
    with scripted.client() as web:
        log = web.get(f"/v1/sessions/{made.walkaway['session_id']}/responses/{made.walkaway['turn_id']}/events").text
    assert "signature" not in log


def left(client: Any, history: list[Any]) -> list[str]:
    made = client.responses.create(input=history, tools=[PRICE], **SEALED)
    assert made.status == "completed"
    notes: list[str] = made.walkaway["notes"]
    assert client.responses.retrieve(made.id).walkaway["notes"] == notes
    return notes


@pytest.mark.parametrize("sealed", [None, "", "gAAAAA", "wk1.", "wk1.AAAA", "wk1.é", "changed", "twice"])
def test_what_was_not_sealed_here_is_left_out(script: Any, model: MessagesApi, sealed: str | None) -> None:
    history, _ = conversation(script)
    mine = history[1]["encrypted_content"]
    other = {"changed": mine[:-2] + ("AA" if mine[-2:] != "AA" else "BB"), "twice": mine + mine}
    history[1] = {**history[1], "encrypted_content": other.get(sealed or "", sealed)}
    (note,) = left(script, history)
    assert note.startswith("input[1]: reasoning that was not sealed here")
    assert kept(model) == [""], "what may be missing is a beginning"
    assert model.unbound == []


def test_another_tenant_opens_nothing(script: Any, scripted: Running, model: MessagesApi) -> None:
    history, _ = conversation(script)
    with client_of(scripted, "beta-key") as stranger:
        (note,) = left(stranger, history)
    assert note.startswith("input[1], input[5]: reasoning that was not sealed here")
    assert kept(model) == []


def test_a_key_that_has_gone(script: Any, scripted: Running, model: MessagesApi) -> None:
    history, _ = conversation(script)
    scripted.stack.services.table.write(Delete("T#alpha", "SEAL"))
    assert left(script, history)[0].startswith("input[1], input[5]")
    assert kept(model) == []


def test_other_instructions_have_no_thinking(script: Any, model: MessagesApi) -> None:
    history, _ = conversation(script)
    script.responses.create(input=history, tools=[PRICE], instructions="Be brief", **SEALED)
    assert kept(model) == []
    assert model.unbound == []


def test_thinking_that_nothing_follows_is_left_out(script: Any, model: MessagesApi) -> None:
    history, _ = conversation(script)
    alone = [*history[:-1], history[1], history[-1]]
    assert left(script, alone)[0].startswith(f"input[{len(alone) - 2}]: reasoning that no answer")
    assert json.dumps(model.requests[-1]["messages"]).count("First a.") == 1
