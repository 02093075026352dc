"""A turn that waits for its caller: messages meanwhile, time, and what the bus is told."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.kit import sse
from tests.kit.asking import TIME, WEATHER, Asking, error, output, time_call, weather_call
from tests.kit.clock import ShiftedClock
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.servers import KEYS, Running, running
from walkaway_core.settings import Settings


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

        def listen(kind: str, detail: Mapping[str, Any], taken: Callable[[], None]) -> None:
            if kind == "turn.awaiting_tools":
                told.append(dict(detail))
            publish(kind, detail, taken)

        bus.publish = listen  # type: ignore[method-assign]
        asking = Asking(own, model, call("get_time", "toolu_time", zone="x" * size))
        (waiting,) = asking.pending()
        asking.answer(output("toolu_time"))
        asking.end()
        (said,) = told
        expected = waiting if there else {name: value for name, value in waiting.items() if name != "arguments"}
        assert (said["response_id"], said["step"], said["tool_calls"]) == (asking.turn, 1, [expected])
