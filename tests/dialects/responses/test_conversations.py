"""Conversations by OpenAI's own client: what is in them, who may speak, and what the model is told."""

import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from openai import BadRequestError, NotFoundError

from tests.dialects.responses.conftest import client_of
from tests.dialects.responses.test_beginning_chains import told
from tests.dialects.responses.test_calls import PRICE, answers
from tests.dialects.responses.test_routes import ended
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.servers import Running

if TYPE_CHECKING:
    from collections.abc import Callable

HELLO = {"role": "user", "content": "Hello"}


@pytest.fixture
def script(scripted: Running, model: MessagesApi) -> Any:
    """A client whose model answers with the number of the call."""
    model.replies = [Reply([text(f"Answer {number}")]) for number in range(1, 6)]
    with client_of(scripted) as client:
        yield client


def say(client: Any, said: Any, conversation: Any, **about: Any) -> Any:
    return client.responses.create(model="test-model", input=said, conversation=conversation, **about)


def texts(items: Any) -> list[str]:
    return [item.content[0].text for item in items]


def test_a_conversation_is_made_changed_and_deleted(openai: Any) -> None:
    made = openai.conversations.create(items=[HELLO], metadata={"a": "b"})
    assert (made.object, made.metadata, made.id[:5]) == ("conversation", {"a": "b"}, "conv_")
    assert openai.conversations.retrieve(made.id) == made
    assert openai.conversations.update(made.id, metadata={"c": "d"}).metadata == {"c": "d"}
    assert openai.conversations.retrieve(made.id).metadata == {"c": "d"}
    gone = openai.conversations.delete(made.id)
    assert (gone.id, gone.object, gone.deleted) == (made.id, "conversation.deleted", True)
    with pytest.raises(NotFoundError, match=f"Conversation with id '{made.id}' not found."):
        openai.conversations.retrieve(made.id)


def test_responses_come_behind_what_was_said(script: Any, model: MessagesApi) -> None:
    made = script.conversations.create(items=[{"role": "developer", "content": "Be brief"}, HELLO])
    first = say(script, "One", made.id)
    assert first.conversation.id == made.id
    script.conversations.items.create(made.id, items=[{"role": "assistant", "content": "By the way"}, HELLO])
    say(script, "Two", {"id": made.id}, instructions="Be loud")
    say(script, "Three", made.id)
    assert told(model) == [
        ("user", ["<system>\nBe brief\n</system>", "Hello", "One"]),
        ("assistant", ["Answer 1", "By the way"]),
        ("user", ["Hello", "Two"]),
        ("assistant", ["Answer 2"]),
        ("user", ["Three"]),
    ]
    listed = list(script.conversations.items.list(made.id, limit=3, order="asc"))
    words = ["Be brief", "Hello", "One", "Answer 1", "By the way", "Hello", "Two", "Answer 2", "Three", "Answer 3"]
    assert texts(listed) == words
    assert texts(script.conversations.items.list(made.id, limit=4)) == words[::-1]
    assert len({item.id for item in listed}) == len(listed)
    for item in listed:
        assert script.conversations.items.retrieve(item.id, conversation_id=made.id) == item
    assert texts(script.responses.input_items.list(first.id)) == ["One"]
    assert script.responses.retrieve(first.id) == first


def test_calls_of_one_response_are_answered_by_the_next(scripted: Running, model: MessagesApi) -> None:
    model.replies = [Reply([call("lookup_price", "toolu_1", article="a")]), Reply([text("Cheap")])]
    with client_of(scripted) as untyped:
        client: Any = untyped
        made = client.conversations.create()
        first = say(client, "What is it?", made.id, tools=[PRICE])
        with pytest.raises(BadRequestError, match="No tool output found for function call toolu_1"):
            say(client, "And?", made.id)
        assert say(client, answers(first), made.id).output_text == "Cheap"
        kinds = [item.type for item in client.conversations.items.list(made.id, order="asc")]
    assert kinds == ["message", "function_call", "function_call_output", "message"]
    assert told(model)[-1] == ("user", ["tool_result"])


def test_what_is_added_answers_as_well(scripted: Running, model: MessagesApi) -> None:
    model.replies = [Reply([call("lookup_price", "toolu_1", article="a")]), Reply([text("Cheap")])]
    with client_of(scripted) as untyped:
        client: Any = untyped
        made = client.conversations.create()
        first = say(client, "What is it?", made.id, tools=[PRICE])
        client.conversations.items.create(made.id, items=answers(first))
        assert say(client, "So?", made.id).output_text == "Cheap"
    assert told(model)[-1] == ("user", ["tool_result", "So?"])


def test_one_response_at_a_time(scripted: Running, model: MessagesApi) -> None:
    gate = threading.Event()
    model.replies = [Reply([text("Slowly")], gate=gate), Reply([text("Next")])]
    with client_of(scripted) as untyped:
        client: Any = untyped
        made = client.conversations.create()
        slow = say(client, "One", made.id, background=True)
        tries: list[Callable[[], Any]] = [
            lambda: say(client, "Two", made.id),
            lambda: client.conversations.items.create(made.id, items=[HELLO]),
        ]
        for refused in tries:
            with pytest.raises(BadRequestError) as locked:
                refused()
            assert (locked.value.code, locked.value.param) == ("conversation_locked", "conversation")
            assert int(locked.value.response.headers["retry-after-ms"]) > 0
        waits = say(client, "Two", made.id, background=True)
        assert waits.status == "queued"
        with pytest.raises(BadRequestError, match="can wait"):
            say(client, [{"role": "assistant", "content": "No"}, HELLO], made.id, background=True)
        assert texts(client.conversations.items.list(made.id)) == []
        gate.set()
        assert ended(client, waits.id).output_text == "Next"
        assert ended(client, slow.id).status == "completed"
        assert texts(client.conversations.items.list(made.id, order="asc")) == ["One", "Slowly", "Two", "Next"]
    assert told(model) == [("user", ["One"]), ("assistant", ["Slowly"]), ("user", ["Two"])]


def test_as_a_session_of_the_agents_sdk_uses_it(openai: Any) -> None:
    """Calls in the order of its OpenAIConversationsSession: add_items, get_items, pop_item, clear_session."""
    made = openai.conversations.create(items=[])
    items = openai.conversations.items
    reply = openai.responses.create(model="gpt-4.1", input="Say hello")
    items.create(conversation_id=made.id, items=[HELLO, *(item.model_dump() for item in reply.output)])
    items.create(
        conversation_id=made.id,
        items=[
            {"type": "function_call", "call_id": "c1", "name": "look", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c1", "output": "2", "id": None},
            {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"},
        ],
    )
    listed = [item.model_dump(exclude_unset=True) for item in items.list(conversation_id=made.id, order="asc")]
    kinds = ["message", "message", "function_call", "function_call_output", "reasoning"]
    assert [item["type"] for item in listed] == kinds
    newest = list(items.list(conversation_id=made.id, limit=2, order="desc").data)
    assert [item.type for item in newest] == ["reasoning", "function_call_output"]
    again = openai.responses.create(model="gpt-4.1", input=[*listed, HELLO])
    assert again.status == "completed"
    for left in range(len(kinds) - 1, -1, -1):
        (last,) = items.list(conversation_id=made.id, order="desc", limit=1).data
        assert items.delete(conversation_id=made.id, item_id=last.id).id == made.id
        with pytest.raises(NotFoundError, match="not found"):
            items.retrieve(last.id, conversation_id=made.id)
        assert [item.type for item in items.list(conversation_id=made.id, order="asc")] == kinds[:left]
    openai.conversations.delete(conversation_id=made.id)


def test_what_is_taken_out_before_it_was_told_is_not_told(script: Any, model: MessagesApi) -> None:
    made = script.conversations.create(items=[HELLO, {"role": "user", "content": "Secret"}])
    newest = script.conversations.items.list(made.id, limit=1).data[0]
    script.conversations.items.delete(newest.id, conversation_id=made.id)
    say(script, "One", made.id)
    assert told(model) == [("user", ["Hello", "One"])]


def test_a_deleted_conversation_leaves_its_responses(script: Any, model: MessagesApi) -> None:
    made = script.conversations.create()
    first = say(script, "One", made.id)
    script.conversations.delete(made.id)
    assert script.responses.retrieve(first.id) == first
    with pytest.raises(NotFoundError):
        say(script, "Two", made.id)
    assert script.responses.create(model="test-model", input="Two", previous_response_id=first.id).output_text
    assert [words for _, words in told(model)] == [["One"], ["Answer 1"], ["Two"]]


def test_a_response_of_a_conversation_is_gone_on_from_elsewhere(script: Any, model: MessagesApi) -> None:
    made = script.conversations.create()
    first = say(script, "One", made.id)
    script.responses.create(model="test-model", input="Aside", previous_response_id=first.id)
    say(script, "Two", made.id)
    assert [words for _, words in told(model)] == [["One"], ["Answer 1"], ["Two"]]


def test_nobody_else_finds_it(openai: Any, stranger_openai: Any) -> None:
    made = openai.conversations.create(items=[HELLO])
    (item,) = openai.conversations.items.list(made.id).data
    other = stranger_openai.conversations.create()
    tries: list[Callable[[], Any]] = [
        lambda: stranger_openai.conversations.retrieve(made.id),
        lambda: stranger_openai.conversations.update(made.id, metadata={}),
        lambda: stranger_openai.conversations.delete(made.id),
        lambda: stranger_openai.conversations.items.create(made.id, items=[HELLO]),
        lambda: stranger_openai.conversations.items.list(made.id),
        lambda: stranger_openai.conversations.items.retrieve(item.id, conversation_id=made.id),
        lambda: stranger_openai.conversations.items.retrieve(item.id, conversation_id=other.id),
        lambda: stranger_openai.conversations.items.delete(item.id, conversation_id=other.id),
        lambda: stranger_openai.responses.create(model="gpt-4.1", input="One", conversation=made.id),
        lambda: openai.conversations.retrieve(f"{made.id}0"),
    ]
    for tried in tries:
        with pytest.raises(NotFoundError):
            tried()
    assert openai.conversations.items.retrieve(item.id, conversation_id=made.id) == item


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("", {"items": [HELLO] * 21}, "items"),
        ("", {"items": {}}, "items"),
        ("", {"items": [{"type": "computer_call"}]}, "items[0].type"),
        ("", {"items": [HELLO, {"type": "function_call", "name": "a"}]}, "items[1].call_id"),
        ("", {"metadata": {"a": 1}}, "metadata.a"),
        ("", {"no_such": 1}, "no_such"),
        ("/{}/items", {"items": []}, "items"),
        ("/{}/items", {"items": [HELLO] * 21}, "items"),
        ("/{}/items?after=msg_1", None, "after"),
        ("/{}/items?limit=101", None, "limit"),
    ],
)
def test_what_is_refused(client: httpx.Client, openai: Any, path: str, body: Any, param: str) -> None:
    made = openai.conversations.create()
    place = f"/v1/conversations{path.format(made.id)}"
    answer = client.get(place) if body is None else client.post(place, json=body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"conversation": 1}, "conversation"),
        ({"conversation": {"name": "a"}}, "conversation"),
        ({"conversation": "conv_1", "previous_response_id": "resp_1"}, "previous_response_id"),
    ],
)
def test_what_is_refused_of_a_response(client: httpx.Client, body: Any, param: str) -> None:
    answer = client.post("/v1/responses", json={"model": "gpt-4.1", "input": "Hello", **body})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


def test_what_was_deleted_is_not_begun_again(script: Any) -> None:
    talk, key = script.conversations.create().id, {"Idempotency-Key": "once"}
    first = say(script, "Hi", talk, extra_headers=key)
    assert say(script, "Hi", talk, extra_headers=key).id == first.id
    script.responses.delete(first.id)
    with pytest.raises(NotFoundError, match=f"Response with id '{first.id}' not found"):
        say(script, "Hi", talk, extra_headers=key)


@pytest.mark.parametrize(("name", "values"), [("Idempotency-Key", "xxyy"), ("x-stainless-retry-count", "0101")])
def test_what_is_sent_again_is_done_once(scripted: Running, name: str, values: str) -> None:
    with scripted.client() as client:

        def ask(path: str, value: str) -> Any:
            answer = client.post(path, json={"items": [HELLO]}, headers={name: value})
            assert answer.status_code == 200
            return answer.json()

        made = ask("/v1/conversations", values[0])
        assert ask("/v1/conversations", values[1]) == made
        path = f"/v1/conversations/{made['id']}/items"
        added = ask(path, values[2])
        assert ask(path, values[3]) == added
        assert len(client.get(path).json()["data"]) == 2
