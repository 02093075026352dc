"""Tools that the caller runs, and calls that need a yes, over HTTP: asked, answered, refused, left unanswered."""

import json
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.kit import sse
from tests.kit.asking import TIME, WEATHER, Asking, no, output, time_call, weather_call, yes
from tests.kit.clock import ShiftedClock
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.servers import KEYS, Running, running
from walkaway_core.doors.run_tool import run_tool
from walkaway_core.settings import Settings
from walkaway_core.store.ticket import Ticket


@pytest.fixture
def own(scripted: Running) -> Iterator[httpx.Client]:
    with scripted.client() as found:
        yield found


def error(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


class TestAnswers:
    def test_the_model_gets_what_the_caller_gave(self, own: httpx.Client, model: MessagesApi) -> None:
        asking = Asking(own, model, text("Let me see."), time_call())
        (waiting,) = asking.pending()
        assert (waiting["name"], waiting["arguments"], waiting["needs"]) == (
            "get_time",
            {"zone": "Europe/Paris"},
            "output",
        )
        assert asking.record()["pending_tool_calls"] == [waiting]
        answer = asking.answer(output(waiting["call_id"], "12:04"))
        assert (answer.status_code, answer.json()) == (
            200,
            {"response_id": asking.turn, "pending_tool_calls": []},
        )
        events = asking.end()
        names = [event.event for event in events]
        assert names.count("tool_call.requested") == names.count("tool_result") == 1
        requested = next(event.data for event in events if event.event == "tool_call.requested")
        assert {**requested, "sequence_number": 0} == {**waiting, "sequence_number": 0}
        assert names[-1] == "message.completed"
        assert asking.told() == [("12:04", False)]
        assert asking.record()["pending_tool_calls"] == []
        offered = [tool["name"] for tool in model.requests[-1]["tools"]]
        assert offered[-2:] == ["get_time", "get_weather"]
        assert model.requests[-1]["tools"][-2]["input_schema"] == TIME["parameters"]

    def test_an_open_stream_goes_on(self, own: httpx.Client, model: MessagesApi) -> None:
        asking = Asking(own, model, time_call())
        seen: list[str] = []
        with own.stream("GET", f"{asking.url}/responses/{asking.turn}/events") as stream:
            for event in sse.parse(stream.iter_lines()):
                seen.append(event.event)
                if event.event == "tool_call.requested":
                    assert asking.answer(output(event.data["call_id"])).status_code == 200
        assert seen[-1] == "message.completed"

    def test_answers_may_come_one_by_one(self, own: httpx.Client, model: MessagesApi) -> None:
        asking = Asking(own, model, time_call(), weather_call())
        asking.pending(2)
        left = asking.answer(output("toolu_weather", "rain")).json()["pending_tool_calls"]
        assert [one["call_id"] for one in left] == ["toolu_time"]
        assert len(model.requests) == asking.asked + 1, "the model waits for both"
        assert asking.answer(output("toolu_time", {"hour": 12})).json()["pending_tool_calls"] == []
        asking.end()
        assert asking.told() == [('{"hour":12}', False), ("rain", False)], "in the order in which the model asked"

    def test_the_same_answer_may_come_again_and_no_other(self, own: httpx.Client, model: MessagesApi) -> None:
        asking = Asking(own, model, time_call(), weather_call())
        asking.pending(2)
        first = output("toolu_time", "12:04")
        assert [asking.answer(first).status_code for _ in range(3)] == [200, 200, 200]
        assert error(asking.answer(output("toolu_time", "12:05"))) == (409, "tool_call.answered")
        assert error(asking.answer(output("toolu_time", "12:04", is_error=True))) == (409, "tool_call.answered")
        assert asking.answer(first, output("toolu_weather")).status_code == 200, "some old, some new"
        asking.end()
        assert asking.answer(first).status_code == 200, "when all is over, too"
        assert error(asking.answer(output("toolu_time", "12:05"))) == (409, "tool_call.answered")

    def test_a_different_answer_keeps_nothing_of_its_request(self, own: httpx.Client, model: MessagesApi) -> None:
        asking = Asking(own, model, time_call(), weather_call())
        asking.pending(2)
        asking.answer(output("toolu_time", "12:04"))
        assert error(asking.answer(output("toolu_weather"), output("toolu_time", "else")))[0] == 409
        assert [one["call_id"] for one in asking.pending()] == ["toolu_weather"]

    def test_of_twenty_at_once_one_is_kept(self, own: httpx.Client, model: MessagesApi, scripted: Running) -> None:
        asking = Asking(own, model, time_call())
        asking.pending()

        def send(number: int) -> int:
            body = {"results": [output("toolu_time", f"answer {number}")]}
            with scripted.client() as client:
                return client.post(f"{asking.url}/tool_results", json=body).status_code

        with ThreadPoolExecutor(20) as pool:
            assert sorted(pool.map(send, range(20))) == [200] + [409] * 19
        events = asking.end()
        assert [event.event for event in events].count("tool_result") == 1
        assert len(model.requests) == asking.asked + 2

    def test_a_tool_that_failed_is_an_error_to_the_model(self, own: httpx.Client, model: MessagesApi) -> None:
        asking = Asking(own, model, time_call())
        asking.pending()
        asking.answer(output("toolu_time", "no such zone", is_error=True))
        asking.end()
        assert asking.told() == [("no such zone", True)]

    def test_arguments_that_are_no_object_are_not_put_to_the_caller(
        self, own: httpx.Client, model: MessagesApi
    ) -> None:
        broken = {**time_call(), "raw": '{"zone": '}
        asking = Asking(own, model, broken)
        assert "tool_call.requested" not in [event.event for event in asking.end()]
        assert "not a JSON object" in asking.told()[0][0]

    def test_five_pauses_in_one_turn(self, own: httpx.Client, model: MessagesApi) -> None:
        then = [Reply([time_call(f"toolu_{n}")]) for n in range(1, 5)]
        asking = Asking(own, model, time_call("toolu_0"), then=then)
        for number in range(5):
            assert asking.pending()[0]["call_id"] == f"toolu_{number}"
            assert asking.answer(output(f"toolu_{number}", str(number))).status_code == 200
        events = asking.end()
        assert [event.event for event in events].count("tool_call.requested") == 5
        assert [said for said, _ in asking.told()] == list("01234")

    def test_half_of_a_surrogate_pair_is_no_trouble(self, own: httpx.Client, model: MessagesApi) -> None:
        asking = Asking(own, model, time_call())
        asking.pending()
        assert [asking.answer(output("toolu_time", "a\ud800b")).status_code for _ in range(2)] == [200, 200]
        asking.end()
        assert asking.told() == [("a\ufffdb", False)]

    def test_two_hundred_thousand_characters_are_kept(self, own: httpx.Client, model: MessagesApi) -> None:
        asking = Asking(own, model, time_call())
        asking.pending()
        assert asking.answer(output("toolu_time", "x" * 300_000)).status_code == 200
        asking.end()
        assert asking.told() == [("x" * 300_000, False)]


class TestRefused:
    @pytest.fixture
    def asking(self, own: httpx.Client, model: MessagesApi) -> Asking:
        found = Asking(own, model, time_call(), call("bash", "toolu_bash", command="true"), approve=["bash"])
        found.pending(2)
        return found

    @pytest.mark.parametrize(
        ("results", "wanted"),
        [
            ([], (400, "invalid_request")),
            ([{"call_id": "toolu_time"}], (400, "invalid_request")),
            ([{"output": "x"}], (400, "invalid_request")),
            ([output("toolu_time"), output("toolu_time")], (400, "invalid_request")),
            ([{**output("toolu_time"), "approve": True}], (400, "invalid_request")),
            ([{**output("toolu_time"), "reason": "because"}], (400, "invalid_request")),
            ([{**output("toolu_time"), "is_error": "yes"}], (400, "invalid_request")),
            ([{**output("toolu_time"), "extra": 1}], (400, "invalid_request")),
            ([yes("toolu_time")], (400, "invalid_request")),
            ([output("toolu_bash")], (400, "invalid_request")),
            ([output("toolu_unknown")], (404, "tool_call.not_found")),
            ([output("toolu_time"), output("toolu_unknown")], (404, "tool_call.not_found")),
            ([output("\ud800")], (400, "invalid_request")),
            ([output("toolu_time", float("nan"))], (400, "invalid_request")),
        ],
    )
    def test_bad_answers_change_nothing(self, asking: Asking, results: list[Any], wanted: tuple[int, str]) -> None:
        assert error(asking.answer(*results)) == wanted
        assert [one["call_id"] for one in asking.pending(2)] == ["toolu_time", "toolu_bash"]

    def test_nobody_elses(self, asking: Asking, scripted: Running) -> None:
        with scripted.client("beta-key") as stranger:
            body = {"results": [output("toolu_time")]}
            assert error(stranger.post(f"{asking.url}/tool_results", json=body)) == (404, "session.not_found")
            other = sse.new(stranger)
            assert error(stranger.post(f"/v1/sessions/{other}/tool_results", json=body)) == (404, "tool_call.not_found")
        asking.pending(2)

    def test_nobody_waits_after_a_cancel(self, asking: Asking) -> None:
        assert asking.client.post(f"{asking.url}/responses/{asking.turn}/cancel").status_code == 202
        assert error(asking.answer(output("toolu_time"))) == (409, "tool_call.not_waiting")
        assert asking.end()[-1].event == "message.cancelled"
        assert asking.record()["pending_tool_calls"] == []
        assert asking.client.get(asking.url).json()["busy"] is False

    def test_a_session_without_turns_and_one_that_is_gone(self, own: httpx.Client) -> None:
        session, body = sse.new(own), {"results": [output("toolu_time")]}
        assert error(own.post(f"/v1/sessions/{session}/tool_results", json=body)) == (404, "tool_call.not_found")
        own.delete(f"/v1/sessions/{session}")
        assert error(own.post(f"/v1/sessions/{session}/tool_results", json=body)) == (404, "session.not_found")


class TestTools:
    @pytest.mark.parametrize(
        ("tools", "about"),
        [
            ([{**TIME, "name": "no spaces"}], "name"),
            ([{**TIME, "name": "x" * 65}], "name"),
            ([{**TIME, "name": ""}], "name"),
            ([{**TIME, "description": "é" * 8193}], "16386 bytes"),
            ([{**TIME, "parameters": {"type": "string"}}], "schema of an object"),
            ([{**TIME, "parameters": {"type": "object", "properties": []}}], "properties"),
            ([{**TIME, "type": "web_search"}], "type"),
            ([{**TIME, "timeout": 0}], "timeout"),
            ([{**TIME, "function": {}}], "function"),
            ([TIME, TIME], "'get_time'"),
            ([{**TIME, "name": "bash"}], "'bash'"),
            ([{**TIME, "name": "web_search"}], "'web_search'"),
            ([{**TIME, "name": f"t{n}"} for n in range(129)], "128"),
        ],
    )
    def test_what_cannot_be_a_tool_is_refused_by_name(self, client: httpx.Client, tools: Any, about: str) -> None:
        for path, body in (("/v1/sessions", {}), ("/v1/agents", {"name": "never made"})):
            answer = client.post(path, json={**body, "tools": tools})
            assert error(answer) == (400, "invalid_request")
            assert about in answer.json()["message"]

    @pytest.mark.parametrize("names", [["nothing"], ["get_time"], ["web_search"]])
    def test_what_cannot_wait_for_a_yes_is_refused(self, client: httpx.Client, names: list[str]) -> None:
        answer = client.post("/v1/sessions", json={"tools": [TIME], "approve": names})
        assert error(answer) == (400, "invalid_request")
        assert names[0] in answer.json()["message"]

    def test_as_many_and_as_large_as_the_limits_allow(self, own: httpx.Client, model: MessagesApi) -> None:
        tools = [{**TIME, "name": f"{n:03}{'x' * 61}", "description": "é" * 8192} for n in range(128)]
        asking = Asking(own, model, call(tools[127]["name"], "toolu_last", zone="x"), tools=tools)
        assert own.get(asking.url).json()["tools"] == [tool["name"] for tool in tools]
        asking.pending()
        asking.answer(output("toolu_last"))
        assert asking.end()[-1].event == "message.completed"
        assert model.requests[-1]["tools"][-1]["description"] == "é" * 8192

    def test_the_lists_of_allowed_tools_are_about_the_servers(self, own: httpx.Client, model: MessagesApi) -> None:
        asking = Asking(own, model, time_call(), allowed_tools=["read_file", "get_time"])
        asking.pending()
        assert [tool["name"] for tool in model.requests[-1]["tools"]] == ["read_file", "get_time", "get_weather"]
        refused = own.post("/v1/sessions", json={"tools": [TIME], "allowed_tools": ["get_weather"]})
        assert error(refused) == (400, "invalid_request")

    def test_what_is_said_is_shown(self, client: httpx.Client) -> None:
        session = sse.new(client, tools=[TIME, WEATHER], approve=["bash"], tool_timeout=60)
        shown = client.get(f"/v1/sessions/{session}").json()
        said = {name: shown[name] for name in ("tools", "approve", "tool_timeout")}
        assert said == {"tools": ["get_time", "get_weather"], "approve": ["bash"], "tool_timeout": 60}

    def test_an_agents_tools_are_its_sessions_and_versions_keep_theirs(
        self, own: httpx.Client, model: MessagesApi
    ) -> None:
        agent = own.post("/v1/agents", json={"name": "clock", "tools": [TIME], "approve": ["bash"]}).json()
        assert (agent["tools"], agent["approve"]) == (["get_time"], ["bash"])
        asking = Asking(own, model, time_call(), then=[Reply([time_call("toolu_2")])], agent="clock", tools=[WEATHER])
        asking.end()
        assert "There is no tool 'get_time'" in asking.told()[0][0], "what the session says goes before"
        session = own.post("/v1/sessions", json={"agent": "clock", "persistent": True}).json()
        assert session["tools"] == ["get_time"]
        asking.session = session["id"]
        model.replies = [Reply([time_call("toolu_3")]), Reply([time_call("toolu_4")]), Reply([text("done")])]
        asking.turn = asking.send("go")
        asking.pending()
        changed = own.patch("/v1/agents/clock", json={"tools": [WEATHER]}).json()
        assert changed["tools"] == ["get_weather"]
        assert own.patch("/v1/agents/clock", json={"max_steps": 9}).json()["tools"] == ["get_weather"]
        asking.answer(output("toolu_3"))
        assert asking.pending()[0]["call_id"] == "toolu_4", "the turn goes on with what it began with"
        asking.answer(output("toolu_4"))
        asking.end()
        assert own.get(asking.url).json()["tools"] == ["get_weather"]


class TestApprovals:
    def test_a_yes_lets_the_tool_run(self, own: httpx.Client, model: MessagesApi) -> None:
        asking = Asking(
            own, model, call("write_file", "toolu_w", path="a.txt", content="hello"), approve=["write_file"]
        )
        (waiting,) = asking.pending()
        assert (waiting["needs"], waiting["arguments"]) == ("approval", {"path": "a.txt", "content": "hello"})
        assert own.get(f"{asking.url}/files/a.txt").status_code == 404, "not before the yes"
        assert [asking.answer(yes("toolu_w")).status_code for _ in range(2)] == [200, 200]
        names = [event.event for event in asking.end()]
        assert (
            names.index("tool_call.requested") < names.index("tool_call.approved") < names.index("tool_use.executing")
        )
        assert own.get(f"{asking.url}/files/a.txt").text == "hello"
        assert error(asking.answer(no("toolu_w"))) == (409, "tool_call.answered")

    def test_a_no_is_told_to_the_model_with_its_reason(self, own: httpx.Client, model: MessagesApi) -> None:
        asking = Asking(own, model, call("write_file", "toolu_w", path="a.txt", content="x"), approve=["write_file"])
        asking.pending()
        assert asking.answer(no("toolu_w", "Not in this folder.")).status_code == 200
        names = [event.event for event in asking.end()]
        assert "tool_use.executing" not in names
        assert asking.told() == [("The user does not allow this call. Not in this folder.", True)]
        assert own.get(f"{asking.url}/files/a.txt").status_code == 404
        assert error(asking.answer(no("toolu_w", "Another reason"))) == (409, "tool_call.answered")

    def test_nothing_but_a_yes_lets_it_run(self, own: httpx.Client, model: MessagesApi, scripted: Running) -> None:
        """Not even a worker that is told to: the ticket of a state is not what decides."""
        asking = Asking(own, model, call("write_file", "toolu_w", path="a.txt", content="x"), approve=["write_file"])
        asking.pending()
        services = scripted.stack.services
        forged = Ticket("alpha", asking.session, asking.turn, 1, 1, call=0)
        assert run_tool(services, forged.json())["next"] == "over"
        assert own.get(f"{asking.url}/files/a.txt").status_code == 404
        asking.answer(yes("toolu_w"))
        asking.end()
        assert own.get(f"{asking.url}/files/a.txt").text == "x"

    def test_server_tools_client_tools_and_approvals_meet_in_one_step(
        self, own: httpx.Client, model: MessagesApi
    ) -> None:
        asking = Asking(
            own,
            model,
            call("write_file", "toolu_yes", path="yes.txt", content="yes"),
            time_call(),
            call("list_files", "toolu_ours"),
            call("edit_file", "toolu_no", path="x", old="a", new="b"),
            approve=["write_file", "edit_file"],
        )
        asking.pending(3)
        done = [event["data"]["id"] for event in self.page(asking) if event["event"] == "tool_result"]
        assert done == ["toolu_ours"], "the server's own is done before the caller is asked"
        asking.answer(no("toolu_no"), yes("toolu_yes"))
        asking.answer(output("toolu_time", "12:04"))
        asking.end()
        said = [content for content, _ in asking.told()]
        assert len(said) == 4
        assert ("yes.txt" in said[0], said[1], said[3]) == (True, "12:04", "The user does not allow this call.")

    def page(self, asking: Asking) -> list[dict[str, Any]]:
        url = f"{asking.url}/responses/{asking.turn}/events"
        found: list[dict[str, Any]] = asking.client.get(url, params={"format": "json"}).json()["events"]
        return found


class TestWhileItWaits:
    def test_a_message_that_steers_is_seen_with_the_answers(self, own: httpx.Client, model: MessagesApi) -> None:
        asking = Asking(own, model, time_call())
        asking.pending()
        assert asking.send("In Rome, I mean", on_busy="steer") == asking.turn
        assert asking.pending()
        asking.answer(output("toolu_time"))
        asking.end()
        last = model.requests[-1]["messages"][-1]["content"]
        assert [block["type"] for block in last] == ["tool_result", "text"]
        assert last[1]["text"] == "In Rome, I mean"

    def test_a_message_that_interrupts_takes_its_place(self, own: httpx.Client, model: MessagesApi) -> None:
        asking = Asking(own, model, time_call())
        asking.pending()
        first, asking.turn = asking.turn, asking.send("Something else", on_busy="interrupt")
        assert asking.end()[-1].event == "message.completed"
        assert error(asking.answer(output("toolu_time"))) == (409, "tool_call.not_waiting")
        assert own.get(f"{asking.url}/responses/{first}").json()["status"] == "cancelled"

    def test_a_message_that_waits_begins_behind_it(self, own: httpx.Client, model: MessagesApi) -> None:
        asking = Asking(own, model, time_call())
        asking.pending()
        second = asking.send("And then", on_busy="enqueue")
        asking.answer(output("toolu_time"))
        asking.end()
        asking.turn = second
        assert asking.end()[-1].event == "message.completed"

    def test_a_session_can_be_deleted(self, own: httpx.Client, model: MessagesApi) -> None:
        asking = Asking(own, model, time_call())
        asking.pending()
        assert own.delete(asking.url).status_code == 204
        assert error(asking.answer(output("toolu_time"))) == (404, "session.not_found")


class TestTime:
    @pytest.fixture
    def clock(self) -> ShiftedClock:
        return ShiftedClock()

    @pytest.fixture
    def own(self, model: MessagesApi, tmp_path: Path, clock: ShiftedClock) -> Iterator[httpx.Client]:
        settings = Settings(model="test-model", base_url=model.url, keys=KEYS, stream_seconds=600, hold_seconds=840)
        with running(tmp_path / "data", settings, clock) as server, server.client() as client:
            yield client

    @pytest.mark.parametrize("path", ["responses/{}/events", "events"])
    def test_a_stream_of_limited_time_ends_a_minute_after_the_turn_began_to_wait(
        self, own: httpx.Client, model: MessagesApi, clock: ShiftedClock, path: str
    ) -> None:
        asking = Asking(own, model, time_call(), ttl=86_400)
        url, seen = f"{asking.url}/{path.format(asking.turn)}", [""]
        with own.stream("GET", url) as stream:
            for cursor, event, _ in sse.blocks(stream.iter_lines()):
                seen.append(cursor)
                if event == "tool_call.requested":
                    clock.ahead += 70
        assert asking.pending(), "it ended although the turn waits"
        asking.answer(output("toolu_time"))
        asking.end()
        with own.stream("GET", url, headers={"Last-Event-ID": seen[-1]}) as stream:
            for _, event, _ in sse.blocks(stream.iter_lines()):
                assert event != "tool_call.requested"
                if event == "message.completed":
                    break

    def test_a_stream_of_a_client_that_cannot_come_back_does_not(
        self, own: httpx.Client, model: MessagesApi, clock: ShiftedClock
    ) -> None:
        agent = own.post("/v1/agents", json={"name": "patient", "tools": [TIME]}).json()["id"]
        model.replies = [Reply([time_call()]), Reply([text("done")])]
        task = own.post(f"/api/workflow/execute/{agent}", json={}).json()["task_id"]
        said: list[Any] = []
        with own.stream("GET", f"/api/agent/{agent}/status/{task}/events") as stream:
            for line in stream.iter_lines():
                if line.startswith("data: "):
                    said.append(json.loads(line.removeprefix("data: "))["task_status"]["status"])
                    if said[-1] == "awaiting_tool_calls":
                        clock.ahead += 700
                        threading.Timer(6, self.answer, (own, agent, task)).start()
        assert said[-2:] == ["running", "completed"]
        assert said.count("awaiting_tool_calls") == 1

    def answer(self, client: httpx.Client, agent: str, task: int) -> None:
        body = {"results": [output("toolu_time")]}
        assert client.post(f"/api/agent/{agent}/{task}/tool_responses", json=body).status_code == 200

    def test_each_call_has_its_own_deadline_and_an_unanswered_one_becomes_an_error(
        self, own: httpx.Client, model: MessagesApi, clock: ShiftedClock
    ) -> None:
        tools = [{**TIME, "timeout": 600}, WEATHER]
        asking = Asking(own, model, time_call(), weather_call(), tools=tools, tool_timeout=7200, ttl=86_400)
        one, two = asking.pending(2)
        assert 6590 < two["expires_at"] - one["expires_at"] < 6610
        clock.ahead = 700
        assert [call["call_id"] for call in asking.pending()] == ["toolu_weather"]
        assert error(asking.answer(output("toolu_time"))) == (409, "tool_call.answered")
        asking.answer(output("toolu_weather", "rain"))
        asking.end()
        assert [error for _, error in asking.told()] == [True, False]
        assert "Nobody answered" in asking.told()[0][0]

    def test_the_waiting_does_not_count_against_the_turn(
        self, own: httpx.Client, model: MessagesApi, clock: ShiftedClock
    ) -> None:
        asking = Asking(own, model, time_call(), turn_timeout=60, ttl=86_400)
        asking.pending()
        clock.ahead = 3600
        asking.answer(output("toolu_time"))
        assert asking.end()[-1].event == "message.completed"

    def test_its_own_time_still_counts(self, own: httpx.Client, model: MessagesApi, clock: ShiftedClock) -> None:
        gate = threading.Event()
        slow = Reply([text("a long answer")], gate=gate)
        asking = Asking(own, model, time_call(), then=[slow], turn_timeout=60, ttl=86_400)
        asking.pending()
        clock.ahead = 3600
        asking.answer(output("toolu_time"))
        assert slow.reached.wait(30)
        clock.ahead += 120
        last = asking.end()[-1]
        gate.set()
        assert (last.event, last.data["code"]) == ("message.error", "timeout")
        assert "after 60 seconds" in last.data["error"]

    def test_no_call_waits_past_its_sessions_end(self, own: httpx.Client, model: MessagesApi) -> None:
        asking = Asking(own, model, time_call(), ttl=1000)
        (waiting,) = asking.pending()
        session = own.get(asking.url).json()
        assert waiting["expires_at"] == pytest.approx(session["created_at"] + 1000, abs=0.01)


class TestBus:
    @pytest.mark.parametrize(("size", "there"), [(10, True), (100_000, False)])
    def test_the_pause_is_told_with_its_calls(
        self, own: httpx.Client, model: MessagesApi, scripted: Running, size: int, *, there: bool
    ) -> None:
        """With their arguments, unless these are too large for an event."""
        told: list[dict[str, Any]] = []
        bus = scripted.stack.services.bus
        publish = bus.publish

        def listen(kind: str, detail: Mapping[str, Any]) -> None:
            if kind == "turn.awaiting_tools":
                told.append(dict(detail))
            publish(kind, detail)

        bus.publish = listen  # type: ignore[method-assign]
        asking = Asking(own, model, call("get_time", "toolu_time", zone="x" * size))
        (waiting,) = asking.pending()
        asking.answer(output("toolu_time"))
        asking.end()
        (said,) = told
        expected = waiting if there else {name: value for name, value in waiting.items() if name != "arguments"}
        assert (said["response_id"], said["step"], said["tool_calls"]) == (asking.turn, 1, [expected])
