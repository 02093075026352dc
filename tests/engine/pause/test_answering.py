"""Answers to calls that the caller runs, over HTTP: kept once, all or none, and refused in words."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.kit import sse
from tests.kit.asking import TIME, Asking, error, output, time_call, weather_call, yes
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.servers import Running


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
        assert {**requested, "sequence_number": 0, "at": 0} == {**waiting, "sequence_number": 0, "at": 0}
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

    def test_half_of_a_surrogate_pair_is_refused_and_answers_nothing(
        self, own: httpx.Client, model: MessagesApi
    ) -> None:
        asking = Asking(own, model, time_call())
        asking.pending()
        refused = asking.answer(output("toolu_time", "a\ud800b"))
        assert (refused.status_code, "surrogate" in refused.text) == (400, True)
        assert asking.answer(output("toolu_time", "ab")).status_code == 200
        asking.end()
        assert asking.told() == [("ab", False)]

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
