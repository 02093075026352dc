"""Events that a client sends, by the SDK: taken as a whole or not at all, and listed as they were answered."""

import base64
import json
import threading
from collections.abc import Callable
from typing import Any

import anthropic
import httpx2
import pytest
from anthropic.types.beta.sessions import BetaManagedAgentsSendSessionEvents
from pydantic import TypeAdapter

from tests.kit.asking import TIME, WEATHER, time_call, weather_call
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.servers import Running
from walkaway_core.ports.items import Change
from walkaway_core.store.keys import SessionKey

ADAPTER = TypeAdapter(BetaManagedAgentsSendSessionEvents)
WAITING = "waiting on responses to events"
PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\nrest").decode()
RESULT, CONFIRMATION = "user.custom_tool_result", "user.tool_confirmation"


@pytest.fixture
def server(scripted: Running) -> Running:
    """One whose model is scripted."""
    return scripted


def says(*texts: str) -> list[dict[str, Any]]:
    return [{"type": "user.message", "content": [{"type": "text", "text": each}]} for each in texts]


INTERRUPT = {"type": "user.interrupt"}


class Talk:
    """A session, whose turns call two tools of the client's and one that wants a yes."""

    def __init__(self, server: Running, sdk: Any, model: MessagesApi) -> None:
        self.server, self.sdk, self.model = server, sdk, model
        with server.client() as client:
            body = {"tools": [TIME, WEATHER], "approve": ["bash"], "persistent": True}
            self.native = client.post("/v1/sessions", json=body).json()["id"]
        self.id = "sesn_" + self.native.removeprefix("sess_")

    def send(self, *events: Any, **options: Any) -> list[dict[str, Any]]:
        """Send events; hold the answer against the SDK's own type."""
        raw = self.sdk.beta.sessions.events.with_raw_response
        body = raw.send(self.id, events=list(events), **options).http_response.text
        ADAPTER.validate_json(body, strict=True)
        found: list[dict[str, Any]] = json.loads(body)["data"]
        return found

    def refused(self, *events: Any, status: int = 400) -> str:
        with pytest.raises(anthropic.APIStatusError) as refusal:
            self.sdk.beta.sessions.events.send(self.id, events=list(events))
        assert refusal.value.status_code == status, refusal.value.message
        return str(refusal.value.body["error"]["message"])  # type: ignore[index]

    def listed(self) -> list[dict[str, Any]]:
        """Everything, as the list has it."""
        with self.server.client() as client:
            path, headers = f"/v1/sessions/{self.id}/events", {"anthropic-version": "2026-10-21"}
            found: list[dict[str, Any]] = client.get(path, headers=headers).json()["data"]
            return found

    def until(self, done: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        """Wait for something in the list."""
        for _ in range(1200):
            if done(events := self.listed()):
                return events
            threading.Event().wait(0.025)
        raise AssertionError([event["type"] for event in events])

    def idle(self, times: int = 1) -> list[dict[str, Any]]:
        """Wait until it has rested so often."""
        return self.until(
            lambda events: (
                [event["type"] for event in events].count("session.status_idle") >= times
                and events[-1]["type"] == "session.status_idle"
            )
        )

    def waits(self, *calls: Any, then: Any = ()) -> list[str]:
        """Let a turn call these; give the ids of the events that it waits for."""
        self.model.replies = [Reply(list(calls)), *then, Reply([text("done")])]
        self.send(*says("go"))
        stop = self.idle()[-1]["stop_reason"]
        assert stop["type"] == "requires_action"
        found: list[str] = stop["event_ids"]
        return found

    def told(self) -> list[Any]:
        """What the model got in its last request, but for what it said itself."""
        said = self.model.requests[-1]["messages"]
        return [block for message in said if message["role"] == "user" for block in message["content"]]


@pytest.fixture
def talk(server: Running, sdk: Any, model: MessagesApi) -> Talk:
    model.replies = [Reply([text("done")])]
    return Talk(server, sdk, model)


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]


def by_id(events: list[dict[str, Any]], id_: str) -> dict[str, Any]:
    (found,) = [event for event in events if event["id"] == id_]
    return found


def result(id_: str, *content: Any, **more: Any) -> dict[str, Any]:
    return {"type": RESULT, "custom_tool_use_id": id_, "content": list(content), **more}


def said(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def yes(id_: str) -> dict[str, Any]:
    return {"type": CONFIRMATION, "tool_use_id": id_, "result": "allow"}


def no(id_: str, why: str | None = None) -> dict[str, Any]:
    return {"type": CONFIRMATION, "tool_use_id": id_, "result": "deny", "deny_message": why}


class TestMessages:
    def test_one_begins_work_and_is_listed_under_its_id(self, talk: Talk) -> None:
        (sent,) = talk.send(*says("Hello"))
        assert (sent["content"], sent["processed_at"]) == ([said("Hello")], None)
        listed = by_id(talk.idle(), sent["id"])
        assert listed["processed_at"]
        assert {**listed, "processed_at": None} == sent

    def test_several_are_answered_together(self, talk: Talk) -> None:
        sent = talk.send(*says("one", "two", "three"))
        events = talk.idle()
        assert [event["id"] for event in events if event["type"] == "user.message"] == [each["id"] for each in sent]
        assert kinds(events).count("span.model_request_start") == 1
        assert [block["text"] for block in talk.told()] == ["one", "two", "three"]

    def test_images_documents_and_files_reach_the_model(self, talk: Talk, sdk: Any, server: Running) -> None:
        with server.client() as client:
            form = {"files": {"file": ("notes.txt", b"from a file", "text/plain")}, "data": {"purpose": "user_data"}}
            file_id = client.post("/v1/files", **form).json()["id"]  # type: ignore[arg-type]
        content = [
            said("Look"),
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}},
            {
                "type": "document",
                "source": {"type": "text", "media_type": "text/plain", "data": "words"},
                "title": "T",
                "context": "C",
            },
            {"type": "document", "source": {"type": "file", "file_id": file_id}},
        ]
        (sent,) = talk.send({"type": "user.message", "content": content})
        assert sent["content"][3]["source"] == {"type": "file", "file_id": file_id}
        listed = by_id(talk.idle(), sent["id"])
        assert listed["content"] == sent["content"]
        told = talk.told()
        assert [block["type"] for block in told] == ["text", "image", "document", "document"]
        assert (told[2]["title"], told[2]["context"]) == ("T", "C")
        assert told[3]["source"]["data"] == "from a file"

    def test_one_that_comes_while_it_runs_is_seen_by_the_same_turn(self, talk: Talk) -> None:
        talk.send(*says("one"))
        (sent,) = talk.send(*says("two"))
        events = talk.until(
            lambda found: (
                found[-1]["type"] == "session.status_idle"
                and any(event["id"] == sent["id"] and event["processed_at"] for event in found)
            )
        )
        assert by_id(events, sent["id"])["content"] == [said("two")]


class TestAnswers:
    def test_what_a_tool_gave_reaches_the_model(self, talk: Talk) -> None:
        (id_,) = talk.waits(time_call())
        image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}
        found = {
            "type": "search_result",
            "source": "https://example.com",
            "title": "Clocks",
            "content": [said("It is noon.")],
            "citations": {"enabled": False},
        }
        (sent,) = talk.send(result(id_, said("12:04"), image, found))
        assert (sent["custom_tool_use_id"], sent["is_error"], bool(sent["processed_at"])) == (id_, False, True)
        assert [block["type"] for block in sent["content"]] == ["text", "image", "search_result"]
        assert by_id(talk.idle(2), sent["id"]) == sent
        told = next(block for block in talk.told() if block["type"] == "tool_result")
        assert [block["type"] for block in told["content"]] == ["text", "image", "text"]
        assert "It is noon." in told["content"][2]["text"]

    def test_a_result_without_content_and_one_that_is_an_error(self, talk: Talk) -> None:
        first, second = talk.waits(time_call(), weather_call())
        bare = {"type": RESULT, "custom_tool_use_id": first}
        sent = talk.send(bare, result(second, said("no such city"), is_error=True))
        assert [(each["content"], each["is_error"]) for each in sent] == [([], False), ([said("no such city")], True)]
        events = talk.idle(2)
        assert [by_id(events, each["id"]) for each in sent] == sent

    def test_a_yes_lets_the_call_run_and_a_no_keeps_its_reason_apart(self, talk: Talk) -> None:
        first, second = talk.waits(call("bash", "c1", command="echo on"), call("bash", "c2", command="echo off"))
        sent = talk.send(yes(first), no(second, "Not that"))
        assert [(each["result"], each["deny_message"]) for each in sent] == [("allow", None), ("deny", "Not that")]
        events = talk.idle(2)
        assert [by_id(events, each["id"]) for each in sent] == sent
        results = [block for block in talk.told() if block["type"] == "tool_result"]
        assert "on" in str(results[0]["content"])
        assert (results[1]["is_error"], "Not that" in results[1]["content"]) == (True, True)

    def test_the_same_again_is_answered_as_it_is_kept_and_another_is_refused(self, talk: Talk) -> None:
        (id_,) = talk.waits(time_call())
        first = talk.send(result(id_, said("12:04")))
        assert talk.send(result(id_, said("12:04"))) == first
        refused = talk.refused(result(id_, said("12:05")))
        assert f"{id_} has had another answer already, which stands: its events have that one" in refused
        talk.idle(2)
        assert talk.send(result(id_, said("12:04"))) == first, "when all is over, too"

    def test_one_that_is_kept_may_come_again_with_a_message(self, talk: Talk) -> None:
        (id_,) = talk.waits(time_call())
        (first,) = talk.send(result(id_, said("12:04")))
        talk.idle(2)
        answer, message = talk.send(result(id_, said("12:04")), *says("and?"))
        assert answer == first
        assert by_id(talk.idle(3), message["id"])["content"] == [said("and?")]

    def test_a_message_waits_for_the_last_answer(self, talk: Talk) -> None:
        first, second = talk.waits(time_call(), weather_call())
        told = talk.refused(*says("and?"))
        assert WAITING in told
        assert first in told
        assert WAITING in talk.refused(result(first, said("12:04")), *says("and?"))
        assert kinds(talk.listed()).count(RESULT) == 0, "nothing of a request that is refused is kept"
        sent = talk.send(result(first, said("12:04")), result(second, said("rain")), *says("and?"))
        assert kinds(sent) == [RESULT, RESULT, "user.message"]
        events = talk.idle(2)
        assert by_id(events, sent[2]["id"])["processed_at"]
        assert [block["type"] for block in talk.told()][-3:] == ["tool_result", "tool_result", "text"]

    def test_an_event_of_another_session_is_answered_there_though_its_call_has_the_same_id(
        self, talk: Talk, server: Running, sdk: Any, model: MessagesApi
    ) -> None:
        (mine,) = talk.waits(time_call())
        (foreign,) = Talk(server, sdk, model).waits(time_call())
        assert f"{foreign}; it waits for {mine}" in talk.refused(result(foreign, said("12:04")))
        assert kinds(talk.listed()).count(RESULT) == 0

    def test_a_part_leaves_the_rest_waiting(self, talk: Talk) -> None:
        first, second = talk.waits(time_call(), weather_call())
        talk.send(result(first, said("12:04")))
        assert f"a response to sevt_nobody; it waits for {second}" in talk.refused(result("sevt_nobody", TEXT))
        assert talk.idle(2)[-1]["stop_reason"] == {"type": "requires_action", "event_ids": [second]}
        talk.send(result(second, said("rain")))
        assert talk.idle(3)[-1]["stop_reason"] == {"type": "end_turn"}


class TestInterrupt:
    def test_what_waits_is_closed_and_late_answers_are_refused(self, talk: Talk) -> None:
        (id_,) = talk.waits(time_call())
        (sent,) = talk.send(INTERRUPT)
        events = talk.idle(2)
        assert by_id(events, sent["id"]) == sent
        assert events[-1]["stop_reason"] == {"type": "end_turn"}
        assert f"not waiting on a response to {id_}; it waits for nothing" in talk.refused(result(id_, said("12:04")))
        talk.send(*says("go on"))
        talk.idle(3)
        (closed,) = [block for block in talk.told() if block["type"] == "tool_result"]
        assert closed["is_error"]

    def test_of_a_call_that_ran_the_model_is_told_what_readers_are(self, talk: Talk, server: Running) -> None:
        with server.client() as client:
            body = {"allowed_tools": ["bash"], "persistent": True}
            talk.id = "sesn_" + client.post("/v1/sessions", json=body).json()["id"].removeprefix("sess_")
        talk.model.replies = [Reply([call("bash", command="sleep 2")]), Reply([text("done")])]
        talk.send(*says("go"))
        talk.until(lambda found: "agent.tool_use" in kinds(found))
        talk.send(INTERRUPT, *says("What has it done?"))
        (shown,) = [event["content"] for event in talk.idle() if event["type"] == "agent.tool_result"]
        (told,) = [block for block in talk.told() if block["type"] == "tool_result"]
        assert ([said(told["content"])], told["is_error"]) == (shown, True)
        assert "while this call ran" in told["content"]

    def test_a_message_behind_it_begins_at_once(self, talk: Talk) -> None:
        talk.waits(time_call())
        sent = talk.send(INTERRUPT, *says("Something else"))
        assert kinds(sent) == ["user.interrupt", "user.message"]
        events = talk.until(lambda found: any(event["type"] == "agent.message" for event in found))
        assert [by_id(events, each["id"])["type"] for each in sent] == kinds(sent)
        assert events.index(by_id(events, sent[0]["id"])) < events.index(by_id(events, sent[1]["id"]))

    def test_while_nothing_runs_it_is_listed_all_the_same(self, talk: Talk) -> None:
        (alone,) = talk.send(INTERRUPT)
        events = talk.listed()
        assert by_id(events, alone["id"]) == alone
        assert events[-1]["type"] == "session.status_idle", "who looks at the last event sees that it rests"
        sent = talk.send(INTERRUPT, *says("Hello"))
        events = talk.until(lambda found: any(event["type"] == "agent.message" for event in found))
        assert [by_id(events, each["id"])["type"] for each in sent] == kinds(sent)


class TestRepeated:
    @pytest.mark.parametrize("events", [says("one", "two"), [INTERRUPT, *says("one")], [INTERRUPT]])
    def test_by_its_key(self, talk: Talk, events: list[Any]) -> None:
        named = {"extra_headers": {"Idempotency-Key": "once"}}
        first = talk.send(*events, **named)
        again = talk.send(*events, **named)
        assert [each["id"] for each in again] == [each["id"] for each in first]
        with pytest.raises(anthropic.APIStatusError) as other:
            talk.send(*says("else"), **named)
        assert other.value.status_code == 422

    @pytest.mark.parametrize("what", ["messages", "an interrupt and a message", "an answer and a message"])
    def test_by_an_sdk_whose_answers_are_lost(self, talk: Talk, server: Running, what: str) -> None:
        (id_,) = talk.waits(time_call()) if what != "messages" else [""]
        events = {
            "messages": says("one", "two"),
            "an interrupt and a message": [INTERRUPT, *says("one")],
            "an answer and a message": [result(id_, said("12:04")), *says("one")],
        }[what]
        torn = Torn(2)
        client = anthropic.Anthropic(
            base_url=server.url, api_key="alpha-key", max_retries=2, http_client=httpx2.Client(transport=torn)
        )
        with client:
            sent = client.beta.sessions.events.send(talk.id, events=events).data  # type: ignore[arg-type]
        assert torn.counts == ["0", "1", "2"]
        listed = talk.until(lambda found: kinds(found).count("agent.message") > 0)
        names = [event["id"] for event in listed if event["type"].startswith("user.")]
        assert [each.id for each in sent or ()] == names[-len(events) :]
        before = {"messages": 0, "an interrupt and a message": 2, "an answer and a message": 1}[what]
        assert len(names) == before + len(events), "nothing is there twice: what waits is asked for, and closed"

    def test_by_its_count(self, talk: Talk) -> None:
        first = talk.send(*says("one"))
        again = talk.send(*says("one"), extra_headers={"x-stainless-retry-count": "1"})
        assert [each["id"] for each in again] == [each["id"] for each in first]
        talk.idle()
        assert talk.send(*says("one"))[0]["id"] != first[0]["id"], "two that are meant stay two"


class Torn(httpx2.HTTPTransport):
    """Loses the answers of the first requests, and notes what each one said of its count."""

    def __init__(self, lost: int) -> None:
        super().__init__()
        self.lost = lost
        self.counts: list[str] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self.counts.append(request.headers["x-stainless-retry-count"])
        answer = super().handle_request(request)
        if len(self.counts) <= self.lost:
            answer.close()
            raise httpx2.ReadError("the connection was torn", request=request)
        return answer


TEXT = {"type": "text", "text": "x"}
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}
BAD: list[tuple[Any, str]] = [
    ({"type": "user.message"}, "events[0].content: is missing"),
    ({"type": "user.message", "content": []}, "events[0].content"),
    ({"type": "user.message", "content": "text"}, "events[0].content"),
    ({"type": "user.message", "content": [{"type": "text", "text": "  "}]}, "events[0].content: says nothing"),
    ({"type": "user.message", "content": [{"type": "text"}]}, "events[0].content[0].text: is missing"),
    ({"type": "user.message", "content": [{"type": "text", "text": 1}]}, "events[0].content[0].text"),
    ({"type": "user.message", "content": [{"type": "video"}]}, "events[0].content[0].type"),
    ({"type": "user.message", "content": [{"type": "redacted"}]}, "content[0].type: what was withheld"),
    ({"type": "user.message", "content": [{"type": "search_result"}]}, "events[0].content[0].type"),
    ({"type": "user.message", "content": [{**TEXT, "color": "red"}]}, "events[0].content[0].color"),
    ({"type": "user.message", "content": [TEXT], "processed_at": None}, "events[0].processed_at"),
    (
        {
            "type": "user.message",
            "content": [{"type": "image", "source": {"type": "url", "url": "file:///etc/passwd"}}],
        },
        "events[0].content[0].source.url: 'file:///etc/passwd' cannot be fetched: 'file:///etc/passwd' must begin with",
    ),
    (
        {"type": "user.message", "content": [{**IMAGE, "source": {**IMAGE["source"], "data": "!"}}]},  # type: ignore[dict-item]
        "events[0].content[0]: data is not base64",
    ),
    (
        {"type": "user.message", "content": [{**IMAGE, "type": "document"}]},
        "events[0].content[0].source: is no document",
    ),
    ({"type": "user.define_outcome", "description": "x", "rubric": {}}, "events[0].type: outcomes"),
    ({"type": "system.message", "content": [TEXT]}, "events[0].type: the model takes no system"),
    ({"type": "user.tool_result", "tool_use_id": "x"}, "environment is of the type cloud"),
    ({"type": "interrupt"}, "is called 'user.interrupt'"),
    ({"type": "message"}, "is called 'user.message'"),
    ({"type": "agent.message"}, "events[0].type"),
    ({"type": 7}, "events[0].type"),
    ({}, "events[0].type: is missing"),
    ({**INTERRUPT, "session_thread_id": 7}, "events[0].session_thread_id"),
    (result("sevt_nobody", TEXT), "not waiting on a response"),
    (result("sevt_" + "0" * 30, TEXT), "not waiting on a response"),
    (yes("sevt_" + "0" * 30), "events[0].tool_use_id"),
    ({**yes("x"), "result": "maybe"}, "events[0].result"),
    ({**yes("x"), "deny_message": "but"}, "events[0].deny_message"),
]


class TestRefused:
    @pytest.mark.parametrize(("event", "wanted"), BAD)
    def test_one_that_is_wrong_keeps_the_others_out(self, talk: Talk, event: Any, wanted: str) -> None:
        assert wanted in talk.refused(event)
        assert wanted.replace("events[0]", "events[1]") in talk.refused(*says("Hello"), event)
        assert talk.listed() == []

    def test_no_events_and_too_many(self, talk: Talk) -> None:
        assert "events" in talk.refused()
        assert "events" in talk.refused(*says(*"x" * 51))
        assert "one interrupt" in talk.refused(INTERRUPT, INTERRUPT)

    def test_an_answer_of_the_other_kind_and_one_twice(self, talk: Talk) -> None:
        first, second = talk.waits(time_call(), call("bash", "c2", command="true"))
        assert "answered by user.custom_tool_result" in talk.refused(yes(first))
        assert "answered by user.tool_confirmation" in talk.refused(result(second, TEXT))
        assert "twice" in talk.refused(yes(second), yes(second))
        assert "closes its calls" in talk.refused(INTERRUPT, yes(second))

    def test_files_threads_and_sessions_that_are_not_there(self, talk: Talk, stranger_sdk: Any) -> None:
        source = {"type": "file", "file_id": "file_" + "0" * 24}
        assert f"'{source['file_id']}' not found. GET /v1/files lists" in talk.refused(
            {"type": "user.message", "content": [{"type": "document", "source": source}]}, status=404
        )
        assert "no thread" in talk.refused({**INTERRUPT, "session_thread_id": "sthr_" + "0" * 24}, status=404)
        for client, id_ in ((stranger_sdk, talk.id), (talk.sdk, "sesn_" + "0" * 24), (talk.sdk, "sesn_x")):
            with pytest.raises(anthropic.NotFoundError):
                client.beta.sessions.events.send(id_, events=says("Hello"))

    def test_another_tenants_answer(self, talk: Talk, stranger_sdk: Any, server: Running) -> None:
        (id_,) = talk.waits(time_call())
        other = Talk(server, stranger_sdk, talk.model)
        with pytest.raises(anthropic.NotFoundError):
            stranger_sdk.beta.sessions.events.send(talk.id, events=[result(id_, TEXT)])
        del other

    def test_a_message_to_an_archived_session(self, talk: Talk, sdk: Any) -> None:
        sdk.beta.sessions.archive(talk.id)
        told = talk.refused(*says("Hello"))
        assert f"{talk.id} is archived" in told
        assert "begin a new session" in told

    def test_a_message_once_the_budget_is_used_up(self, talk: Talk, server: Running) -> None:
        (id_,) = talk.waits(time_call())
        spent = Change(*SessionKey("alpha", talk.native).item, set={"budget": 0})
        server.stack.services.table.write(spent)
        assert "budget" in talk.refused(result(id_, TEXT), *says("and?"))
        assert kinds(talk.send(result(id_, TEXT))) == [RESULT], "open calls may be answered"
        assert "budget" in talk.refused(INTERRUPT, *says("and?"))

    def test_a_repetition_once_the_budget_is_used_up_has_its_answer(self, talk: Talk, server: Running) -> None:
        key = {"extra_headers": {"Idempotency-Key": "one"}}
        sent = talk.send(*says("Hello"), **key)
        talk.idle()
        server.stack.services.table.write(Change(*SessionKey("alpha", talk.native).item, set={"budget": 0}))
        assert talk.send(*says("Hello"), **key) == sent
        assert "budget" in talk.refused(*says("Hello"))

    def test_thirty_megabytes_of_text(self, talk: Talk) -> None:
        (sent,) = talk.send(*says("x" * 1_000_000))
        assert len(sent["content"][0]["text"]) == 1_000_000
        assert talk.refused(*says("x" * 33_000_000), status=413)
