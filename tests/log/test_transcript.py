"""The conversation: read in order, seen whole by the model, unchanged in every letter."""

import pytest

from tests.kit import sse
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.servers import Running


def events_url(session: str, response: str) -> str:
    return f"/v1/sessions/{session}/responses/{response}/events"


def test_the_conversation_is_read_in_order_and_in_pages(scripted: Running, model: MessagesApi) -> None:
    model.replies = [
        Reply([text("I list."), call("list_files")]),
        Reply([text("Nothing there.")]),
        Reply([text("Bye.")]),
    ]
    with scripted.client() as client:
        session = sse.new(client)
        sse.send(client, session, "What is there?")
        sse.send(client, session, "Thanks.")
        url = f"/v1/sessions/{session}/messages"
        said = client.get(url).json()
        assert [entry["role"] for entry in said] == ["user", "assistant", "tool", "assistant", "user", "assistant"]
        assert said[0]["content"] == [{"type": "text", "text": "What is there?"}]
        assert said[2]["content"][0]["tool_use_id"] == "toolu_1"
        newest = client.get(url, params={"limit": 4})
        assert newest.json() == said[2:]
        older = client.get(url, params={"limit": 4, "after": newest.headers["x-next-cursor"]})
        assert older.json() == said[:2]
        assert "x-next-cursor" not in older.headers


def test_the_model_sees_the_whole_conversation_and_the_instructions(scripted: Running, model: MessagesApi) -> None:
    model.replies = [Reply([call("list_files")]), Reply([text("first answer")]), Reply([text("second")])]
    with scripted.client() as client:
        session = sse.new(client, instructions="Answer like a pirate.")
        sse.send(client, session, "first")
        sse.send(client, session, "second")
    last = model.requests[-1]
    assert last["system"][0]["text"].endswith("Answer like a pirate.")
    assert [message["role"] for message in last["messages"]] == ["user", "assistant", "user", "assistant", "user"]
    assert last["messages"][2]["content"][0]["type"] == "tool_result"
    assert last["messages"][4]["content"][0]["text"] == "second"


def test_an_empty_answer_does_not_spoil_the_conversation(scripted: Running, model: MessagesApi) -> None:
    model.replies = [Reply([]), Reply([text(" ")]), Reply([text("at last")])]
    with scripted.client() as client:
        session = sse.new(client)
        for _ in range(2):
            assert sse.send(client, session, "say something")[-1].event == "message.completed"
        assert sse.text(sse.send(client, session, "say something")) == "at last"
    assert all(block["text"].strip() for message in model.requests[-1]["messages"] for block in message["content"])


SENTENCES = [
    "quotes \" and ' and \\ backslashes",
    "line\nbreaks\r\nand\rreturns",
    "separators \u2028 and \u2029 and \x85",
    "emoji 👩‍👩‍👧‍👦 and combining é",
    "event: message.completed\ndata: {}\n\nid: 99",
    "\x00\x01\x1f control",
    " leading and trailing ",
]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_text_arrives_unchanged(scripted: Running, model: MessagesApi, sentence: str) -> None:
    model.replies = [Reply([text(sentence)], pieces=3)]
    with scripted.client() as client:
        session = sse.new(client)
        events = sse.send(client, session, sentence)
        assert sse.text(events) == sentence
        said = client.get(f"/v1/sessions/{session}/messages").json()
        assert [entry["content"][0]["text"] for entry in said] == [sentence, sentence]


def test_texts_larger_than_an_item_survive_everywhere(scripted: Running, model: MessagesApi) -> None:
    long = "0123456789" * 60_000
    reply = Reply([text("I read."), call("write_file", path="long.txt", content=long)], pieces=100_000)
    model.replies = [reply, Reply([text(long)], pieces=50_000)]
    with scripted.client() as client:
        session = sse.new(client)
        events = sse.send(client, session, long)
        executing = next(event for event in events if event.event == "tool_use.executing")
        assert executing.data["input"]["content"] == long
        assert sse.text(events).endswith(long)
        assert sse.read(client.get(events_url(session, events[0].data["id"]))) == events
        said = client.get(f"/v1/sessions/{session}/messages").json()
        assert said[0]["content"][0]["text"] == said[-1]["content"][0]["text"] == long
        record = client.get(f"/v1/sessions/{session}/responses").json()[0]
        assert record["output_text"] == long
