"""Scenarios that must look the same from outside on both shapes, the deployed one and the local one."""

import gzip
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from standardwebhooks import Webhook

from tests.kit import sandboxes, sse
from tests.kit.agents import Agent
from tests.kit.asking import Asking, no, output, time_call, weather_call, yes
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.receivers import Answer, Receiver
from tests.kit.servers import PATIENCE
from tests.kit.shapes import MODEL, Deployed, Shape, until
from tests.security.scene import DAEMON, daemons
from walkaway_core.doors import retries
from walkaway_core.ports.items import Change, Item
from walkaway_core.ports.metrics import METRICS
from walkaway_core.store.keys import SessionKey, TurnKey
from walkaway_wire.settings import SettingsRecord

_NOTHING = Item("", "")
REPORT = "Write a 2-page report on ferries to out/ferries.md"


@pytest.fixture
def client(shape: Shape) -> Iterator[httpx.Client]:
    with shape.client() as found:
        yield found
    shape.clock.ahead = 0.0


def wait_free(client: httpx.Client, session: str) -> None:
    for _ in range(1200):
        if not client.get(f"/v1/sessions/{session}").json()["busy"]:
            return
        threading.Event().wait(0.05)
    raise AssertionError("the session is still busy")


def whole(events: list[sse.Seen]) -> None:
    assert [event.id for event in events] == list(range(len(events)))
    terminal = [
        event.event for event in events if event.event in ("message.completed", "message.cancelled", "message.error")
    ]
    assert len(terminal) == 1
    assert events[-1].event == terminal[0]


def replay(client: httpx.Client, session: str, response: str, after: int = -1) -> list[sse.Seen]:
    url = f"/v1/sessions/{session}/responses/{response}/events"
    with client.stream("GET", url, headers={"Last-Event-ID": str(after)} if after >= 0 else {}) as answer:
        return sse.read(answer)


class Held:
    """A turn whose model call waits in the middle of its answer."""

    def __init__(self, client: httpx.Client, model: MessagesApi, **options: Any) -> None:
        self.reply = Reply([text("Once upon a time")], gate=threading.Event())
        model.replies = [self.reply]
        model.hung_up.clear()
        self.session = sse.new(client, model=MODEL, persistent=True, **options)
        url = f"/v1/sessions/{self.session}/messages"
        answer = client.post(url, json={"message": "Tell a story"}, headers={"Prefer": "respond-async"})
        assert answer.status_code == 202, answer.text
        self.response = answer.json()["response_id"]
        assert self.reply.reached.wait(30)
        self.key = TurnKey("alpha", self.session, self.response)

    def release(self) -> None:
        assert self.reply.gate
        self.reply.gate.set()


def test_the_main_job(client: httpx.Client, shape: Shape) -> None:
    session = sse.new(client, persistent=True, metadata={"project": "alpha"})
    url = f"/v1/sessions/{session}/messages"
    accepted = client.post(url, json={"message": REPORT}, headers={"Prefer": "respond-async"})
    assert accepted.status_code == 202
    wait_free(client, session)
    record = client.get(f"/v1/sessions/{session}").json()
    assert record["metadata"]["project"] == "alpha"
    assert record["metadata"]["percent"] == 100
    assert b"ferries" in client.get(f"/v1/sessions/{session}/files/out/ferries.md").content
    assert accepted.headers["location"].startswith(f"{shape.url}/v1/sessions/{session}/responses/")
    events = client.get(accepted.headers["location"], params={"format": "json"})
    assert events.json()["done"]
    seen = replay(client, session, accepted.json()["response_id"])
    whole(seen)
    assert [event.data for event in seen] == [event["data"] for event in events.json()["events"]]
    said = client.get(url).json()
    assert [entry["role"] for entry in said[:2]] == ["user", "assistant"]
    assert client.get(f"/v1/sessions/{session}/responses").json()[0]["status"] == "completed"
    newest = client.get(url, params={"limit": 1})
    assert client.get(newest.links["next"]["url"]).json() == said[-2:-1]


def test_a_schedule_begins_a_turn_by_itself(client: httpx.Client, shape: Shape) -> None:
    agent = client.post("/v1/agents", json={"name": "of a schedule", "model": "rehearsal"}).json()["id"]
    said = {"at": int(time.time()) + 1, "message": REPORT, "agent": agent, "name": "once"}
    assert client.post("/v1/schedules", json=said).status_code == 201
    until(lambda: client.get("/v1/schedules/once").json()["counts"]["started"], shape)
    assert client.get("/v1/schedules/once").json()["status"] == "ended"
    fired = client.get("/v1/schedules/once/firings").json()
    assert [(each["outcome"], each["trigger"]) for each in fired] == [("started", "tick")]
    wait_free(client, fired[0]["session_id"])
    turn = client.get(f"/v1/sessions/{fired[0]['session_id']}/responses/{fired[0]['response_id']}").json()
    assert (turn["status"], turn["firing_id"]) == ("completed", fired[0]["id"])


def test_a_schedule_deletes_what_nobody_uses(shape: Shape) -> None:
    with shape.client("beta") as client:
        idle = {sse.new(client, persistent=True) for _ in range(3)}
        tidy = {"name": "tidy", "action": "prune", "prune": {"older_than": "1m"}, "cron": "0 3 1 1 *"}
        assert client.post("/v1/schedules", json=tidy).status_code == 201
        shape.clock.ahead += 90
        young = sse.new(client, persistent=True)
        assert client.post("/v1/schedules/tidy/run").json()["pruned"] == {"status": "in_progress", "deleted": 0}

        def pruned() -> Any:
            return client.get("/v1/schedules/tidy/firings").json()[0]["pruned"]

        until(lambda: pruned()["status"] == "completed", shape)
        assert pruned()["deleted"] == len(idle)
        assert {each["id"] for each in client.get("/v1/sessions").json()} == {young}
        client.delete("/v1/sessions?older_than=0s")


def test_a_stream_that_breaks_is_resumed(client: httpx.Client, model: MessagesApi) -> None:
    held = Held(client, model)
    with client.stream("GET", f"/v1/sessions/{held.session}/responses/{held.response}/events") as answer:
        first = next(sse.parse(answer.iter_lines()))
    assert first.event == "message.created"
    held.release()
    rest = replay(client, held.session, held.response, after=first.id)
    whole([first, *rest])
    assert sse.text(rest) == "Once upon a time"
    assert replay(client, held.session, held.response)[1:] == rest
    again = client.get(
        f"/v1/sessions/{held.session}/responses/{held.response}/events", headers={"Last-Event-ID": str(rest[-1].id)}
    )
    assert again.status_code == 204


def test_a_posted_message_streams_to_its_end_and_a_tool_writes_a_file(client: httpx.Client, model: MessagesApi) -> None:
    model.replies = [Reply([call("write_file", path="a/b.txt", content="from the tool")]), Reply([text("Done.")])]
    session = sse.new(client, model=MODEL)
    events = sse.send(client, session, "Write a file")
    whole(events)
    assert [e.event for e in events if e.event.startswith("tool") and "delta" not in e.event] == [
        "tool_use.start",
        "tool_use.stop",
        "tool_use.executing",
        "tool_result",
    ]
    assert client.get(f"/v1/sessions/{session}/files/a/b.txt").text == "from the tool"


def test_the_worlds_files_are_the_same_on_both(client: httpx.Client) -> None:
    files = f"/v1/sessions/{sse.new(client)}/files"
    for name in ("a\u202eb", "\x9b31m", "a\u2028b", "\ufeff", "d/" * 101 + "f"):
        refused = client.put(f"{files}/world/{quote(name)}", content=b"x")
        assert (refused.status_code, refused.json()["error"]) == (403, "path.invalid"), ascii(name)
    for name, kind in (("👩\u200d👧.json.gz", "application/gzip"), ("app.ts", "text/typescript; charset=utf-8")):
        packed = gzip.compress(b"{}")
        assert client.put(f"{files}/world/{quote(name)}", content=packed).status_code == 201
        answer = client.get(f"{files}/world/{quote(name)}", headers={"Accept-Encoding": "gzip"})
        assert (answer.content, answer.headers["content-type"]) == (packed, kind)
        assert "content-encoding" not in answer.headers
    assert [entry["name"] for entry in client.get(f"{files}/world").json()] == ["app.ts", "👩\u200d👧.json.gz"]


def test_files_arrive_unchanged(client: httpx.Client) -> None:
    session = sse.new(client)
    every_byte = bytes(range(256)) * 500
    files = f"/v1/sessions/{session}/files"
    assert client.put(f"{files}/in put/ä.bin", content=every_byte).status_code == 201
    assert client.get(f"{files}/in put/ä.bin").content == every_byte
    part = client.get(f"{files}/in put/ä.bin", headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, every_byte[10:20])
    assert [entry["name"] for entry in client.get(files, params={"path": "in put"}).json()] == ["ä.bin"]
    assert client.get(f"{files}/../x").status_code in (403, 404)
    assert client.delete(f"{files}/in put/ä.bin").status_code == 204
    assert client.get(f"{files}/in put/ä.bin").status_code == 404


def test_a_cancel_ends_the_turn_for_every_reader_and_frees_the_session(
    client: httpx.Client, model: MessagesApi
) -> None:
    held = Held(client, model)
    cancel = f"/v1/sessions/{held.session}/responses/{held.response}/cancel"
    assert client.post(f"/v1/sessions/{held.session}/messages", json={"message": "x"}).status_code == 409
    assert client.post(cancel).json()["status"] == "cancelling"
    assert client.get(f"/v1/sessions/{held.session}").json()["busy"] is False
    events = replay(client, held.session, held.response)
    whole(events)
    assert events[-1].event == "message.cancelled"
    assert client.post(cancel).json()["status"] == "already_complete"
    model.replies = [Reply([text("Hello.")])]
    assert sse.send(client, held.session, "Are you there?")[-1].event == "message.completed"
    assert model.hung_up.wait(30)


def test_a_busy_service_is_waited_for_in_a_state_of_the_machine(
    client: httpx.Client, model: MessagesApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "HERE_SECONDS", 0.0)
    model.replies = [Reply(status=529, error="overloaded"), Reply([text("Here I am.")])]
    session = sse.new(client, model=MODEL, persistent=True)
    events = sse.send(client, session, "Are you there?")
    whole(events)
    assert (events[-1].event, sse.text(events)) == ("message.completed", "Here I am.")
    assert [event.data["wait"] for event in events if event.event == "step.retrying"] == [1.0]
    assert [event.data["attempt"] for event in events if event.event == "step.started"] == [1, 2]
    model.replies = [Reply(status=529, error="overloaded", retry_after="600"), Reply([text("And now?")])]
    url = f"/v1/sessions/{session}/messages"
    response = client.post(url, json={"message": "Go on"}, headers={"Prefer": "respond-async"}).json()["response_id"]
    turn = f"/v1/sessions/{session}/responses/{response}"
    with client.stream("GET", f"{turn}/events") as answer:
        following = sse.parse(answer.iter_lines())
        waiting = next(event for event in following if event.event == "step.retrying")
        assert waiting.data["wait"] > 600
        assert client.post(f"{turn}/cancel").json()["status"] == "cancelling"
        assert next(following).event == "message.cancelled"
    assert client.get(f"/v1/sessions/{session}").json()["busy"] is False


def test_messages_to_a_busy_session_wait_steer_and_interrupt(client: httpx.Client, model: MessagesApi) -> None:
    held = Held(client, model)
    model.replies = [Reply([text(word)]) for word in ("in French", "second")]
    url = f"/v1/sessions/{held.session}/messages"

    def send(message: str, on_busy: str) -> dict[str, Any]:
        body = {"message": message, "on_busy": on_busy}
        answer = client.post(url, json=body, headers={"Prefer": "respond-async"})
        assert answer.status_code == 202, answer.text
        found: dict[str, Any] = answer.json()
        return found

    refused = client.post(url, json={"message": "x"})
    assert (refused.status_code, refused.json()["response_id"]) == (409, held.response)
    assert "retry-after" in refused.headers
    second = send("second", "enqueue")
    assert send("in French, please", "steer")["response_id"] == held.response
    assert client.get(f"/v1/sessions/{held.session}").json()["queue"] == [second["response_id"]]
    held.release()
    events = replay(client, held.session, held.response)
    whole(events)
    assert sse.text(events).endswith("in French")
    whole(replay(client, held.session, second["response_id"]))
    held.reply = Reply([text("Once more")], gate=threading.Event())
    model.replies = [held.reply]
    third = send("again", "interrupt")
    assert held.reply.reached.wait(30)
    model.replies = [Reply([text("instead")])]
    fourth = send("something else", "interrupt")
    assert [third["outcome"], fourth["outcome"]] == ["started", "started"]
    assert replay(client, held.session, third["response_id"])[-1].event == "message.cancelled"
    assert sse.text(replay(client, held.session, fourth["response_id"])) == "instead"
    seen = client.get(f"/v1/sessions/{held.session}/events", params={"limit": 1000}).json()["events"]
    order = [event["data"]["response_id"] for event in seen if event["event"] == "turn.started"]
    assert order == [held.response, *(accepted["response_id"] for accepted in (second, third, fourth))]
    stream = client.build_request("GET", f"/v1/sessions/{held.session}/events")
    answer = client.send(stream, stream=True)
    following = sse.blocks(answer.iter_lines())
    assert [next(following)[0] for _ in seen] == [event["id"] for event in seen]
    answer.close()


def test_a_message_that_waits_has_settings_of_its_own(client: httpx.Client, shape: Shape, model: MessagesApi) -> None:
    """Long ones stand beside the table; tools of the caller's and a limit are of this turn alone."""
    held = Held(client, model)
    url, long = f"/v1/sessions/{held.session}/messages", "Be brief. " + "€" * 90_000
    tool = {"name": "get_time", "parameters": {"type": "object", "properties": {}}}
    body = {"message": "When?", "on_busy": "enqueue", "instructions": long, "tools": [tool], "max_steps": 2}
    second = client.post(url, json=body, headers={"Prefer": "respond-async"}).json()
    refused = client.post(url, json={"message": "x", "on_busy": "steer", "max_steps": 2})
    assert (refused.status_code, refused.json()["message"][:10]) == (400, "max_steps:")
    model.replies = [Reply([call("get_time")]), Reply([text("It is late.")])]
    held.release()
    turn = f"/v1/sessions/{held.session}/responses/{second['response_id']}"
    until(lambda: client.get(turn).json()["pending_tool_calls"], shape)
    calls = client.get(turn).json()["pending_tool_calls"]
    answer = {"results": [{"call_id": calls[0]["call_id"], "output": "12:04"}]}
    assert client.post(f"/v1/sessions/{held.session}/tool_results", json=answer).status_code == 200
    events = replay(client, held.session, second["response_id"])
    whole(events)
    assert sse.text(events) == "It is late."
    record = client.get(turn).json()
    assert (record["instructions"], record["tools"], record["max_steps"]) == (long, ["get_time"], 2)
    of_session = client.get(f"/v1/sessions/{held.session}").json()
    assert (of_session["instructions"], of_session["tools"], of_session["max_steps"]) == ("", [], 200)
    assert all(one["system"][0]["text"].endswith(long) for one in model.requests[-2:])


def test_a_turn_is_counted_on_aws_alone(
    shape: Shape, client: httpx.Client, model: MessagesApi, capsys: pytest.CaptureFixture[str]
) -> None:
    model.replies = [Reply([call("list_files")]), Reply([text("Nothing there")])]
    session = sse.new(client, model=MODEL)
    response = sse.send(client, session, "What is there?")[0].data["id"]
    wait_free(client, session)
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"_aws"')]
    mine = [line for line in said if line.get("turn") == response]
    counted = Counter(name for line in mine for name in line if name in {metric.name for metric in METRICS})
    turn = {"MessageWait": 1, "ModelTime": 2, "DeltaLag": 2, "TurnsCompleted": 1}
    assert counted == (turn if isinstance(shape, Deployed) else {})
    assert all(line["session"] == session and line["requestId"] for line in mine)


def test_a_failed_execution_ends_its_turn(shape: Shape, client: httpx.Client, model: MessagesApi) -> None:
    held = Held(client, model)
    shape.report_failure(held.key)
    events = replay(client, held.session, held.response)
    whole(events)
    assert (events[-1].event, events[-1].data["code"]) == ("message.error", "step_failed")
    assert "stopped by hand" in events[-1].data["error"]
    assert client.get(f"/v1/sessions/{held.session}").json()["busy"] is False
    held.release()


def test_a_session_at_its_end_is_swept_with_its_turn(shape: Shape, client: httpx.Client, model: MessagesApi) -> None:
    held = Held(client, model, ttl=600)
    key = SessionKey("alpha", held.session)
    for _ in range(2):  # one machine wants to have seen it at its end for ten minutes
        shape.clock.ahead += 600 + 1
        shape.services.clock.lived(0)
    assert client.get(f"/v1/sessions/{held.session}").status_code == 404
    until(lambda: "deleted" in (shape.services.table.get(key.item)[0] or _NOTHING).facts, shape)
    assert shape.services.table.get(held.key.item)[0].facts["status"] == "cancelled"  # type: ignore[union-attr]
    assert model.hung_up.wait(30)
    until(lambda: not shape.is_at_work("call_model"), shape)  # as after the 20 minutes of a real clock
    shape.clock.ahead += 20 * 60 + 1
    until(lambda: shape.services.table.get(key.item)[0] is None, shape)
    assert shape.services.table.query(held.key.log).items == ()
    assert shape.services.table.query(key.partition).items == ()


class TestBash:
    """Commands: in bubblewrap, or in the sandbox function."""

    @pytest.fixture
    def agent(self, shape: Shape, client: httpx.Client, model: MessagesApi) -> Agent:
        if not isinstance(shape, Deployed):
            sandboxes.skip_without_bubblewrap()
        return Agent(client, model, model=MODEL)

    def test_files_go_in_and_come_out_and_processes_do_not_stay(self, agent: Agent) -> None:
        agent.put("in/a.txt", b"one")
        said = agent.bash(
            f"cat in/a.txt; echo two > in/a.txt; mkdir made; echo new > made/b.txt; setsid sleep {DAEMON} &"
        )
        assert said == "exit code 0\none\n[written: in/a.txt, made/b.txt]"
        assert (agent.get("in/a.txt").content, agent.get("made/b.txt").content) == (b"two\n", b"new\n")
        assert daemons() == []
        assert agent.bash("cat made/b.txt; rm -r in; exit 3") == "exit code 3\nnew\n[deleted: in/a.txt]"
        assert "made" in agent.names()
        assert "in" not in agent.names()

    def test_what_a_command_has_changed_is_told_of_its_turn(self, agent: Agent, client: httpx.Client) -> None:
        agent.put("told/old.txt", b"old")
        events = agent.events(
            "rm told/old.txt; echo new > told/new.txt; echo more > told/b.txt; echo most > told/b.txt"
        )
        told = [event.data for event in events if event.event == "file.changed"]
        files = [{name: file[name] for name in ("path", "op", "size", "version", "call_id")} for file in told]
        assert [(file["path"], file["op"], file["size"]) for file in files] == [
            ("told/old.txt", "deleted", None),
            ("told/b.txt", "written", 5),
            ("told/new.txt", "written", 4),
        ]
        assert events[-1].data["files"] == files
        url = f"/v1/sessions/{agent.session}/responses/{events[-1].data['id']}"
        assert client.get(url).json()["files"] == files
        tags = [agent.get(file["path"]).headers["etag"] for file in files[1:]]
        assert tags == [f'"{file["version"]}"' for file in files[1:]]

    def test_output_is_seen_while_it_runs(self, agent: Agent) -> None:
        events = agent.events("echo one; sleep 2.5; echo two")
        assert "tool_use.progress" in [event.event for event in events]

    def test_what_the_session_may_not_is_not(self, agent: Agent, client: httpx.Client, model: MessagesApi) -> None:
        agent.put("closed/secret.txt", b"secret")
        agent.put("open/a.txt", b"a")
        access = {"read": ["open"], "write": ["open/mine"]}
        bound = Agent(client, model, file_access=access, model=MODEL)
        said = bound.bash("ls -R; echo x > open/a.txt; mkdir -p open/mine; echo y > open/mine/b.txt")
        assert "secret" not in said
        assert agent.get("open/a.txt").content == b"a"
        assert agent.get("open/mine/b.txt").content == b"y\n"

    def test_a_cancel_ends_the_command(self, agent: Agent, client: httpx.Client, model: MessagesApi) -> None:
        model.replies = [Reply([call("bash", command="echo begun; sleep 60; echo end > end.txt")])]
        url = f"/v1/sessions/{agent.session}"
        body = {"message": "go"}
        response = client.post(f"{url}/messages", json=body, headers={"Prefer": "respond-async"}).json()["response_id"]
        with client.stream("GET", f"{url}/responses/{response}/events") as answer:
            for seen in sse.parse(answer.iter_lines()):
                if seen.event == "tool_use.progress":
                    assert client.post(f"{url}/responses/{response}/cancel").status_code == 202
        assert seen.event == "message.cancelled"
        assert "end.txt" not in agent.names()


class TestWebhooks:
    def test_a_turns_start_and_end_are_told_and_tried_again(
        self, shape: Shape, client: httpx.Client, receiver: Receiver
    ) -> None:
        shape.deliver()  # what was told before is for nobody
        hook = client.post("/v1/webhooks", json={"url": receiver.url}).json()
        receiver.answers = [Answer(500), Answer(500)]
        session = sse.new(client)
        events = sse.send(client, session, "Write a poem about rain.")
        shape.deliver()
        first = receiver.wait(2)
        shape.clock.ahead += 20
        until(lambda: len(receiver.got) == 4, shape)
        assert [got.id for got in first] == sorted({got.id for got in receiver.got}, key=[g.id for g in first].index)
        for got in receiver.got:
            Webhook(hook["secret"]).verify(got.body, got.headers)
        told = {got.json["type"]: got.json for got in receiver.got}
        assert told["turn.completed"]["data"]["id"] == events[0].data["id"]
        assert told["turn.started"]["sequence"] < told["turn.completed"]["sequence"]
        url = f"/v1/webhooks/{hook['id']}/deliveries"
        until(lambda: {d["status"] for d in client.get(url).json()} == {"succeeded"}, shape)
        assert [[a["status_code"] for a in d["attempts"]] for d in client.get(url).json()] == [[500, 200]] * 2
        assert client.delete(f"/v1/webhooks/{hook['id']}").status_code == 204

    def test_a_turns_own_address_is_told_how_it_ends(
        self, shape: Shape, client: httpx.Client, receiver: Receiver
    ) -> None:
        body = {"message": "Write a poem about rain.", "webhook_url": receiver.url}
        client.post(f"/v1/sessions/{sse.new(client)}/messages", json=body)
        until(lambda: receiver.got, shape)
        assert [got.json["type"] for got in receiver.got] == ["turn.completed"]


class TestClientTools:
    """Turns that wait for the caller: with a task token of Step Functions, or of the local machine."""

    def test_two_calls_a_yes_and_a_no_in_one_pause(self, client: httpx.Client, model: MessagesApi) -> None:
        calls = [
            time_call(),
            call("write_file", "toolu_yes", path="yes.txt", content="yes"),
            call("list_files", "toolu_ours"),
            call("write_file", "toolu_no", path="no.txt", content="no"),
        ]
        asking = Asking(client, model, *calls, approve=["write_file"], model=MODEL)
        asking.pending(3)
        assert asking.answer(output("toolu_time"), no("toolu_no", "Not that.")).status_code == 200
        assert [one["call_id"] for one in asking.pending()] == ["toolu_yes"]
        assert [asking.answer(yes("toolu_yes")).status_code for _ in range(2)] == [200, 200]
        events = asking.end()
        whole(events)
        assert [event.event for event in events].count("tool_call.requested") == 3
        said = [content for content, _ in asking.told()]
        assert (said[0], said[3]) == ("12:04", "The user does not allow this call. Not that.")
        assert client.get(f"{asking.url}/files/yes.txt").text == "yes"
        assert client.get(f"{asking.url}/files/no.txt").status_code == 404
        assert asking.answer(output("toolu_time", "else")).status_code == 409

    def test_nobody_answers(self, shape: Shape, client: httpx.Client, model: MessagesApi) -> None:
        asking = Asking(client, model, time_call(), tool_timeout=600, model=MODEL)
        asking.pending()
        shape.clock.ahead += 700
        until(lambda: not asking.pending_now(), shape)
        whole(asking.end())
        assert "Nobody answered" in asking.told()[0][0]
        assert asking.answer(output("toolu_time")).status_code == 409

    def test_a_cancel_and_a_message_in_its_place(self, client: httpx.Client, model: MessagesApi) -> None:
        asking = Asking(client, model, time_call(), model=MODEL)
        asking.pending()
        asking.turn, first = asking.send("Else", on_busy="interrupt"), asking.turn
        assert asking.end()[-1].event == "message.completed"
        assert client.get(f"{asking.url}/responses/{first}").json()["status"] == "cancelled"
        assert asking.answer(output("toolu_time")).status_code == 409
        model.replies = [Reply([time_call("toolu_2")])]
        asking.turn = asking.send("Again")
        asking.pending()
        assert client.post(f"{asking.url}/responses/{asking.turn}/cancel").status_code == 202
        assert asking.end()[-1].event == "message.cancelled"

    def test_a_token_that_nothing_waits_with_any_more(
        self, shape: Shape, client: httpx.Client, model: MessagesApi
    ) -> None:
        asking = Asking(client, model, time_call(), model=MODEL)
        asking.pending()
        key = SessionKey("alpha", asking.session).turn(asking.turn)
        shape.services.table.write(Change(*key.item, set={"token": "AQCEAAAAKgAAAAMAAAAAAAAAAnothing"}))
        assert asking.answer(output("toolu_time")).status_code == 200
        shape.clock.ahead += 30
        until(lambda: asking.record()["status"] == "completed", shape)
        whole(asking.end())
        assert asking.told() == [("12:04", False)]

    def test_workers_share_out_what_waits(self, shape: Shape, client: httpx.Client, model: MessagesApi) -> None:
        asking = Asking(client, model, time_call(), model=MODEL)
        asking.pending()

        def claim(worker: str) -> tuple[int, str]:
            said = {"call_id": "toolu_time", "worker": worker, "seconds": 60}
            answer = client.post(f"{asking.url}/tool_claims", json=said)
            return answer.status_code, answer.json()["worker"]

        assert [claim("one"), claim("two"), claim("one")] == [(200, "one"), (409, "one"), (200, "one")]
        shape.clock.ahead += 61
        assert [claim("two"), claim("one")] == [(200, "two"), (409, "two")]
        assert asking.answer(output("toolu_time")).status_code == 200, "an answer needs no claim"
        whole(asking.end())

    def test_a_receiver_of_webhooks_answers(
        self, shape: Shape, client: httpx.Client, model: MessagesApi, receiver: Receiver
    ) -> None:
        hook = client.post("/v1/webhooks", json={"url": receiver.url, "events": ["turn.awaiting_tools"]}).json()
        asking = Asking(client, model, time_call(), weather_call(), model=MODEL)
        until(lambda: receiver.got, shape)
        told = receiver.got[0].json
        assert (told["type"], told["data"]["id"]) == ("turn.awaiting_tools", asking.turn)
        assert told["data"]["tool_calls"] == asking.pending(2)
        results = [output(one["call_id"], one["name"]) for one in told["data"]["tool_calls"]]
        url = f"/v1/sessions/{told['data']['session_id']}/tool_results"
        assert client.post(url, json={"results": results}).status_code == 200
        whole(asking.end())
        assert [said for said, _ in asking.told()] == ["get_time", "get_weather"]
        assert client.delete(f"/v1/webhooks/{hook['id']}").status_code == 204


class TestRuns:
    def test_a_run_from_its_submission_to_its_result(self, shape: Shape, client: httpx.Client) -> None:
        client.post("/v1/agents", json={"name": "poet", "instructions": "Rhyme."})
        body = {"prompt": "Write a poem about rain.", "recipe_name": "poet", "session_id": "scenario"}
        answer = client.post("/api/v1/runs", json=body)
        assert answer.status_code == 202, answer.text
        job = answer.json()
        poll = f"{shape.url}/api/v1/runs/{job['job_id']}"
        told = job["poll_url"].partition("://")[2]  # behind API Gateway it is https
        assert told == poll.partition("://")[2], "absolute, with the stage"
        assert (answer.headers["location"], job["stream_url"]) == (job["poll_url"], f"{job['poll_url']}/stream")
        with client.stream("GET", f"{poll}/stream") as stream:
            said = "".join(stream.iter_text())
        assert said.count("event: result") == 1
        status = client.get(poll).json()
        assert (status["status"], status["agent_id"], status["session_id"]) == ("succeeded", "recipe:poet", "scenario")
        result = client.get(f"{poll}/result").json()["result"]
        assert "rain" in result.lower()
        assert client.get("/v1" + status["native"].partition("/v1")[2]).json()["output_text"] == result
        listed = client.get("/api/v1/runs", params={"session_id": "scenario", "status": "succeeded"}).json()
        assert (listed["total"], [found["job_id"] for found in listed["jobs"]]) == (1, [job["job_id"]])
        assert client.get("/stats").json()["by_status"]["succeeded"] >= 1
        assert client.delete(poll).status_code == 204
        gone = client.get(poll)
        assert (gone.status_code, gone.json()) == (404, {"detail": f"Job not found: {job['job_id']}"})

    def test_errors_have_upstreams_shape(self, shape: Shape, client: httpx.Client) -> None:
        assert client.post("/api/v1/runs", json={}).status_code == 422
        nobody = httpx.get(f"{shape.url}/api/v1/runs", headers={"X-API-Key": "wk_wrong"}, timeout=PATIENCE)
        assert (nobody.status_code, nobody.json()) == (401, {"error": "Unauthorized"})


def test_another_tenant_sees_nothing(shape: Shape, client: httpx.Client) -> None:
    session = sse.new(client)
    with shape.client("beta") as stranger:
        for path in ("", "/messages", "/responses", "/files"):
            foreign = stranger.get(f"/v1/sessions/{session}{path}")
            unknown = stranger.get(f"/v1/sessions/sess_000000000000000000000000{path}")
            assert (
                (foreign.status_code, foreign.content)
                == (unknown.status_code, unknown.content)
                == (404, unknown.content)
            )
    nobody = httpx.get(f"{shape.url}/v1/sessions", headers={"X-API-Key": "wk_wrong"}, timeout=PATIENCE)
    assert nobody.status_code == 401


def test_an_unknown_address_is_404_in_the_contracts_words(shape: Shape, client: httpx.Client) -> None:
    for answer in (client.get("/v1/nowhere"), client.get("/v2")):
        assert answer.status_code == 404
        assert answer.json()["error"] == "not_found"
    assert httpx.get(f"{shape.url}/health", timeout=PATIENCE).json()["status"] == "ok"
    assert httpx.get(f"{shape.url}/openapi.json", timeout=PATIENCE).json()["info"]["title"] == "Walkaway"


class TestComingBack:
    """What a client needs to come back: the feed, who waits, what a turn came to."""

    def test_the_feed_has_what_happened_and_goes_on_from_its_cursor(
        self, client: httpx.Client, model: MessagesApi
    ) -> None:
        model.replies = [Reply([text("hello")])]
        cursor = client.get("/v1/events", params={"after": "now"}).json()["next"]
        named = {"Idempotency-Key": "feed-1"}
        session = client.post("/v1/sessions", json={"persistent": True}, headers=named).json()["id"]
        assert client.post("/v1/sessions", json={"persistent": True}, headers=named).json()["id"] == session
        url = f"/v1/sessions/{session}"
        sent = client.post(f"{url}/messages", json={"message": "Say hello"}, headers={"Prefer": "respond-async"}).json()
        record = client.get(f"{url}/responses/{sent['response_id']}", params={"wait": "25"}).json()
        assert (record["status"], record["error_code"]) == ("completed", None)
        kinds: dict[str, dict[str, Any]] = {}
        while "turn.completed" not in kinds:
            page = client.get("/v1/events", params={"after": cursor, "wait": "5", "expand": "turn"}).json()
            kinds |= {each["type"]: each["data"] for each in page["events"] if each["data"]["session_id"] == session}
            cursor = page["next"]
        assert list(kinds) == ["session.created", "turn.started", "turn.completed"]
        stands = {name: value for name, value in record.items() if name not in SettingsRecord.model_fields}
        assert kinds["turn.completed"].items() >= stands.items()
        assert kinds["turn.completed"]["title"] == "Say hello"
        shown = client.get(url).json()
        assert (shown["title"], shown["turns"], shown["last_response"]["status"]) == ("Say hello", 1, "completed")
        found = client.get("/v1/sessions", params={"q": "say HELLO", "busy": "false", "failed": "false"}).json()
        assert session in [each["id"] for each in found]

    def test_who_waits_for_its_caller_is_found(self, client: httpx.Client, model: MessagesApi) -> None:
        asking = Asking(client, model, time_call("c-feed"), model=MODEL)
        asking.pending()
        assert asking.session in [each["id"] for each in client.get("/v1/sessions?waiting=true").json()]
        url = f"{asking.url}/responses/{asking.turn}"
        assert client.get(url, params={"wait": "5", "until": "waiting"}).json()["pending_tool_calls"]
        asking.answer(output("c-feed", "12:04"))
        assert client.get(url, params={"wait": "25"}).json()["status"] == "completed"
        assert asking.session not in [each["id"] for each in client.get("/v1/sessions?waiting=true").json()]

    def test_it_says_who_calls_and_names_each_request(self, client: httpx.Client) -> None:
        me = client.get("/v1/me")
        assert (me.json()["tenant"], bool(me.json()["key"]["id"])) == ("alpha", True)
        assert me.headers["x-request-id"]
