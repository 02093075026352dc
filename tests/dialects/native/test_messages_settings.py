"""Settings that a message says for its turn, over HTTP (contract A.5)."""

import threading
from typing import Any

import httpx
import pytest

from tests.kit import sse
from tests.kit.messages_api import MessagesApi, Reply, call, text
from walkaway_wire.settings import SettingsRecord

ASYNC = {"Prefer": "respond-async"}
TIME = {"type": "function", "name": "get_time", "parameters": {"type": "object", "properties": {}}}


def send(client: httpx.Client, session: str, body: dict[str, Any], **headers: str) -> httpx.Response:
    return client.post(f"/v1/sessions/{session}/messages", json={"message": "go", **body}, headers=ASYNC | headers)


def done(client: httpx.Client, session: str, accepted: httpx.Response) -> Any:
    """Read a turn's record once it is over."""
    assert accepted.status_code == 202, accepted.text
    sse.read(client.get(accepted.json()["events_url"]))
    return client.get(f"/v1/sessions/{session}/responses/{accepted.json()['response_id']}").json()


def test_the_model_gets_them_in_this_turn_alone_and_the_record_shows_them(
    own: httpx.Client, model: MessagesApi
) -> None:
    model.replies = [Reply([text("done")])]
    session = sse.new(own, persistent=True, instructions="Be exact.", max_output_tokens=500)
    said = {"model": "other-model", "instructions": "Be brief.", "effort": "low", "allowed_tools": ["read_file"]}
    first = done(own, session, send(own, session, said))
    second = done(own, session, send(own, session, {}))
    asked = [(one["model"], one["system"][0]["text"].split()[-1], one["max_tokens"]) for one in model.requests]
    assert asked == [("other-model", "brief.", 500), ("test-model", "exact.", 500)]
    assert [tool["name"] for tool in model.requests[0]["tools"]] == ["read_file"]
    assert len(model.requests[1]["tools"]) > 1
    assert model.requests[0]["output_config"] == {"effort": "low"}
    of_session = own.get(f"/v1/sessions/{session}").json()
    shown = {name: of_session[name] for name in SettingsRecord.model_fields}
    assert {name: second[name] for name in shown} == shown
    assert {name: first[name] for name in shown} == shown | said
    assert own.get(f"/v1/sessions/{session}/responses").json() == [second, first]


def test_tools_of_a_message_wait_for_the_caller_in_its_turn(own: httpx.Client, model: MessagesApi) -> None:
    model.replies = [Reply([call("get_time")]), Reply([text("It is late.")])]
    session = sse.new(own, persistent=True)
    accepted = send(own, session, {"tools": [TIME], "approve": ["bash"]})
    turn = f"/v1/sessions/{session}/responses/{accepted.json()['response_id']}"
    waiting = own.get(turn, params={"wait": "20", "until": "waiting"}).json()
    assert (waiting["tools"], waiting["approve"]) == (["get_time"], ["bash"])
    (pending,) = waiting["pending_tool_calls"]
    answer = {"results": [{"call_id": pending["call_id"], "output": "12:04"}]}
    assert own.post(f"/v1/sessions/{session}/tool_results", json=answer).status_code == 200
    assert done(own, session, accepted)["output_text"] == "It is late."
    assert own.get(f"/v1/sessions/{session}").json()["tools"] == []


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"max_steps": 0}, "max_steps"),
        ({"temperature": 7}, "temperature"),
        ({"model": "claude-sonnet-5-5", "temperature": 0.5}, "temperature"),
        ({"tools": [{"name": "bash"}]}, "bash"),
        ({"persistent": True}, "persistent"),
        ({"agent": "clerk"}, "agent"),
    ],
)
def test_what_cannot_be_is_400_by_its_field_and_begins_nothing(
    own: httpx.Client, model: MessagesApi, said: dict[str, Any], field: str
) -> None:
    session = sse.new(own, persistent=True)
    refused = send(own, session, said)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
    assert field in refused.json()["message"]
    assert own.get(f"/v1/sessions/{session}").json()["turns"] == 0
    assert model.requests == []


def test_a_message_that_steers_with_them_is_400_and_tells_the_turn_nothing(
    own: httpx.Client, model: MessagesApi
) -> None:
    held = Reply([text("one")], gate=threading.Event())
    model.replies = [held, Reply([text("two")])]
    session = sse.new(own, persistent=True)
    first = send(own, session, {})
    assert held.reached.wait(20)
    refused = send(own, session, {"on_busy": "steer", "effort": "high"})
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
    assert refused.json()["message"].startswith("effort: ")
    second = send(own, session, {"on_busy": "enqueue", "max_steps": 3})
    turn = f"/v1/sessions/{session}/responses/{second.json()['response_id']}"
    assert (own.get(turn).json()["status"], own.get(turn).json()["max_steps"]) == ("queued", 3)
    assert held.gate
    held.gate.set()
    assert (done(own, session, first)["max_steps"], done(own, session, second)["max_steps"]) == (200, 3)


def test_the_same_key_with_other_settings_is_another_request(own: httpx.Client, model: MessagesApi) -> None:
    model.replies = [Reply([text("done")])]
    session = sse.new(own, persistent=True, max_steps=50)
    key = {"Idempotency-Key": "k"}
    first = send(own, session, {"max_steps": 9}, **key)
    again = send(own, session, {"max_steps": 9}, **key)
    assert (again.status_code, again.json()["response_id"]) == (202, first.json()["response_id"])
    for other in ({}, {"max_steps": 10}, {"max_steps": 9, "effort": "low"}, {"max_steps": 200}):
        refused = send(own, session, other, **key)
        assert (refused.status_code, refused.json()["error"]) == (422, "idempotency.mismatch")
    done(own, session, first)
    plain = {"Idempotency-Key": "plain"}
    assert send(own, session, {}, **plain).status_code == 202
    refused = send(own, session, {"max_steps": 200}, **plain)
    assert refused.status_code == 422, "what is a session's default is said over what the session says"


def test_webhooks_and_the_feed_are_told_of_no_settings(own: httpx.Client, model: MessagesApi) -> None:
    model.replies = [Reply([text("done")])]
    session = sse.new(own, persistent=True)
    done(own, session, send(own, session, {"instructions": "A secret."}))
    told = own.get("/v1/events", params={"limit": "100", "expand": "turn"}).text
    assert session in told
    assert "A secret." not in told
