"""Turn records and cancelling (contract A.8)."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.kit import sse
from tests.kit.asking import Asking, output, time_call
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.servers import Running


def start(client: httpx.Client, session: str) -> str:
    url = f"/v1/sessions/{session}/messages"
    answer = client.post(url, json={"message": "go"}, headers={"Prefer": "respond-async"})
    found: str = answer.json()["response_id"]
    return found


def test_a_record_tells_how_a_turn_stands_and_how_it_ended(scripted: Running, model: MessagesApi) -> None:
    reply = Reply([text("done at last")], gate=threading.Event())
    model.replies = [Reply([text("I look."), call("list_files")]), reply]
    with scripted.client() as client:
        session = sse.new(client)
        response = start(client, session)
        assert reply.reached.wait(20)
        url = f"/v1/sessions/{session}/responses/{response}"
        running = client.get(url).json()
        assert (running["status"], running["ended_at"], running["steps"]) == ("in_progress", None, 1)
        assert client.get(f"/v1/sessions/{session}").json()["response_id"] == response
        reply.gate.set()  # type: ignore[union-attr]
        events = sse.read(client.get(f"{url}/events"))
        record = client.get(url).json()
        assert (record["status"], record["steps"], record["error"]) == ("completed", 2, None)
        assert record["output_text"] == "done at last"
        assert record["usage"] == events[-1].data["usage"]
        assert record["usage"] == {
            "input_tokens": 20,
            "output_tokens": 10,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
        }
        assert record["created_at"] < record["ended_at"] <= time.time() + 1


def test_turns_are_listed_newest_first_in_pages(scripted: Running) -> None:
    with scripted.client() as client:
        session = sse.new(client)
        made = [sse.send(client, session, "again")[0].data["id"] for _ in range(5)][::-1]
        url = f"/v1/sessions/{session}/responses"
        assert [record["id"] for record in client.get(url).json()] == made
        seen, params = [], {"limit": "2"}
        while True:
            page = client.get(url, params=params)
            seen += [record["id"] for record in page.json()]
            if "x-next-cursor" not in page.headers:
                break
            params["after"] = page.headers["x-next-cursor"]
        assert seen == made


def test_cancel_ends_a_turn_at_once_and_closes_the_model_call(scripted: Running, model: MessagesApi) -> None:
    reply = Reply([text("never said to the end " * 2000)], gate=threading.Event())
    model.replies = [reply, Reply([text("next")])]
    with scripted.client() as client:
        session = sse.new(client)
        response = start(client, session)
        assert reply.reached.wait(20)
        url = f"/v1/sessions/{session}/responses/{response}"
        answer = client.post(f"{url}/cancel")
        assert (answer.status_code, answer.json()) == (202, {"response_id": response, "status": "cancelling"})
        events = sse.read(client.get(f"{url}/events"))
        assert events[-1].event == "message.cancelled"
        assert events[-1].data["status"] == "cancelled"
        record = client.get(f"/v1/sessions/{session}").json()
        assert (record["busy"], record["response_id"]) == (False, None)
        assert client.get(url).json()["status"] == "cancelled"
        for _ in range(2):
            again = client.post(f"{url}/cancel")
            assert (again.status_code, again.json()["status"]) == (200, "already_complete")
        assert sse.text(sse.send(client, session, "and now")) == "next"
        assert model.hung_up.wait(20), "the model call was left open while the model was silent"
        assert sse.read(client.get(f"{url}/events")) == events


def test_cancel_of_what_is_over_or_unknown(client: httpx.Client) -> None:
    session = sse.new(client)
    response = sse.send(client, session, "Write a poem about ends.")[0].data["id"]
    url = f"/v1/sessions/{session}/responses"
    done = client.post(f"{url}/{response}/cancel")
    assert (done.status_code, done.json()["status"]) == (200, "already_complete")
    assert client.post(f"{url}/msg_unknown/cancel").status_code == 404
    assert client.get(f"{url}/{response}").json()["status"] == "completed"


def test_many_cancels_at_once_end_one_turn_once(scripted: Running, model: MessagesApi) -> None:
    reply = Reply([text("x" * 100)], gate=threading.Event())
    model.replies = [reply]
    with scripted.client() as client:
        session = sse.new(client)
        response = start(client, session)
        assert reply.reached.wait(20)
        codes: list[int] = []

        def cancel() -> None:
            with scripted.client() as mine:
                codes.append(mine.post(f"/v1/sessions/{session}/responses/{response}/cancel").status_code)

        threads = [threading.Thread(target=cancel) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        reply.gate.set()  # type: ignore[union-attr]
        assert sorted(codes) == [200] * 9 + [202]


def test_the_session_stays_sound_after_a_cancel_in_the_middle_of_a_tool_step(
    scripted: Running, model: MessagesApi
) -> None:
    reply = Reply([text("I write. "), call("write_file", path="a", content="b" * 50)], gate=threading.Event())
    model.replies = [Reply([call("list_files", "toolu_0")]), reply, Reply([text("fine")])]
    with scripted.client() as client:
        session = sse.new(client)
        response = start(client, session)
        assert reply.reached.wait(20)
        client.post(f"/v1/sessions/{session}/responses/{response}/cancel")
        reply.gate.set()  # type: ignore[union-attr]
        assert sse.text(sse.send(client, session, "go on")) == "fine"


@pytest.mark.parametrize(
    ("reply", "words", "code"),
    [
        (Reply(status=401, error="invalid x-api-key"), "ANTHROPIC_API_KEY", "model_refused"),
        (Reply(status=404, error="model: nope"), "WALKAWAY_MODEL", "model_unknown"),
        (Reply(status=400, error="prompt is too long"), "prompt is too long", "model_refused"),
    ],
    ids=["key", "model", "request"],
)
def test_what_the_model_service_will_never_take_fails_the_turn_with_a_sentence(
    scripted: Running, model: MessagesApi, reply: Reply, words: str, code: str
) -> None:
    model.replies = [reply]
    with scripted.client() as client:
        session = sse.new(client)
        events = sse.send(client, session, "go")
        assert events[-1].event == "message.error"
        assert words in events[-1].data["error"]
        assert events[-1].data["code"] == code
        assert len(model.requests) == 1
        record = client.get(f"/v1/sessions/{session}/responses/{events[0].data['id']}").json()
        assert (record["status"], record["error"]) == ("failed", events[-1].data["error"])
        assert client.get(f"/v1/sessions/{session}").json()["busy"] is False


@pytest.mark.parametrize("then", ["reset", "error"])
def test_a_model_call_that_breaks_off_is_repeated_and_announced(
    scripted: Running, model: MessagesApi, then: str
) -> None:
    model.replies = [Reply([text("half of it")], then=then), Reply([text("the whole of it")])]
    with scripted.client() as client:
        session = sse.new(client)
        events = sse.send(client, session, "go")
    started = [(event.data["step"], event.data["attempt"]) for event in events if event.event == "step.started"]
    assert started == [(1, 1), (1, 2)]
    second = next(i for i, event in enumerate(events) if event.data.get("attempt") == 2)
    assert sse.text(events[second:]) == "the whole of it"
    assert events[-1].event == "message.completed"


def test_arguments_that_are_no_json_go_back_to_the_model_as_an_error(scripted: Running, model: MessagesApi) -> None:
    broken = {**call("write_file"), "raw": '{"path": "x", '}
    model.replies = [Reply([broken]), Reply([text("sorry")])]
    with scripted.client() as client:
        events = sse.send(client, sse.new(client), "go")
    result = next(event for event in events if event.event == "tool_result")
    assert result.data["is_error"] is True
    assert "not a JSON object" in result.data["content"]
    assert events[-1].event == "message.completed"


def test_unknown_tools_and_wrong_arguments_are_told_to_the_model(scripted: Running, model: MessagesApi) -> None:
    calls = [
        call("teleport", "toolu_1", to="Mars"),
        call("read_file", "toolu_2"),
        call("read_file", "toolu_3", path="../../etc/passwd"),
        call("read_file", "toolu_4", path="nothing.txt"),
        call("list_files", "toolu_5"),
    ]
    model.replies = [Reply(calls), Reply([text("sorry")])]
    with scripted.client() as client:
        events = sse.send(client, sse.new(client), "go")
    results = {event.data["id"]: event.data for event in events if event.event == "tool_result"}
    assert [results[f"toolu_{n}"]["is_error"] for n in range(1, 6)] == [True, True, True, True, False]
    assert "teleport" in results["toolu_1"]["content"]
    assert "path" in results["toolu_2"]["content"]
    assert ".." in results["toolu_3"]["content"]
    assert [b["tool_use_id"] for b in model.requests[-1]["messages"][-1]["content"]] == [
        f"toolu_{n}" for n in range(1, 6)
    ]


def test_a_turn_ends_when_it_has_used_its_steps(scripted: Running, model: MessagesApi) -> None:
    model.replies = [Reply([call("list_files", f"toolu_{n}")]) for n in range(9)]
    with scripted.client() as client:
        events = sse.send(client, sse.new(client, max_steps=3), "go")
    assert events[-1].event == "message.error"
    assert events[-1].data["code"] == "max_steps"
    assert len(model.requests) == 3


class TestWaiting:
    def test_a_read_that_waits_is_answered_when_the_turn_ends(self, scripted: Running, model: MessagesApi) -> None:
        reply = Reply([text("done at last")], gate=threading.Event())
        model.replies = [reply]
        with scripted.client() as client, ThreadPoolExecutor(1) as pool:
            session = sse.new(client)
            url = f"/v1/sessions/{session}/responses/{start(client, session)}"
            assert reply.reached.wait(20)
            assert client.get(url, params={"wait": "0.05"}).json()["status"] == "in_progress"
            answer = pool.submit(client.get, url, params={"wait": "25"})
            assert not answer.done()
            reply.gate.set()  # type: ignore[union-attr]
            record = answer.result(24).json()
            assert (record["status"], record["output_text"]) == ("completed", "done at last")
            assert client.get(f"/v1/sessions/{session}").json()["busy"] is False
            assert client.get(url, params={"wait": "25"}).json() == record

    def test_it_may_wait_until_the_turn_waits(self, scripted: Running, model: MessagesApi) -> None:
        with scripted.client() as client:
            asking = Asking(client, model, time_call("c1"))
            url = f"{asking.url}/responses/{asking.turn}"
            record = client.get(url, params={"wait": "25", "until": "waiting"}).json()
            assert [call["call_id"] for call in record["pending_tool_calls"]] == ["c1"]
            assert client.get(url, params={"wait": "0.05", "until": "ended"}).json()["status"] == "in_progress"
            asking.answer(output("c1", "12:04"))
            assert client.get(url, params={"wait": "25", "until": "ended"}).json()["status"] == "completed"

    @pytest.mark.parametrize(
        "asked", [{"wait": "26"}, {"wait": "-1"}, {"wait": "nan"}, {"until": "soon"}, {"for": "1"}]
    )
    def test_what_cannot_be_waited_for_is_refused(self, client: httpx.Client, asked: dict[str, str]) -> None:
        answer = client.get(f"/v1/sessions/{sse.new(client)}/responses/msg_1", params=asked)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_a_record_says_why_a_turn_failed_for_programs_too(scripted: Running, model: MessagesApi) -> None:
    model.replies = [Reply([text("more and more"), call("list_files")])]
    with scripted.client() as client:
        session = sse.new(client, max_steps=1)
        turn = sse.send(client, session, "go")[-1]
        record = client.get(f"/v1/sessions/{session}/responses/{turn.data['id']}").json()
        assert (record["status"], record["error_code"]) == ("failed", turn.data["code"])
        assert record["error_code"]
