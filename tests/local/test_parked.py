"""Turns that wait for the caller on one machine: they cost nothing, and the death of the server changes nothing."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.kit import sse
from tests.kit.asking import TIME, Asking, output, time_call
from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.servers import Served, served

TASK = {"message": "What time is it?"}
LATER = {"Prefer": "respond-async"}
PACE = {"WALKAWAY_REHEARSAL_DELAY": "0"}


def waiting(client: httpx.Client, session: str) -> list[str]:
    """Wait until the session's turn waits; give the ids of its calls."""
    for _ in range(2400):
        record = client.get(f"/v1/sessions/{session}").json()
        if record["pending_tool_calls"]:
            return [call["call_id"] for call in record["pending_tool_calls"]]
        threading.Event().wait(0.025)
    raise AssertionError(record)


def threads(server: Served) -> int:
    return len(list(Path(f"/proc/{server.process.pid}/task").iterdir()))


def cpu(server: Served) -> float:
    """Seconds of processor time that the server has used."""
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def busy(server: Served, seconds: float) -> float:
    """The share of a processor that the server uses now."""
    before = cpu(server)
    time.sleep(seconds)  # what is measured is time that passes
    return (cpu(server) - before) / seconds


@pytest.mark.parametrize("turns", [20, pytest.param(200, marks=pytest.mark.deep)])
def test_turns_that_wait_cost_no_thread_and_go_on(tmp_path: Path, turns: int) -> None:
    with served(tmp_path / "data", "--workers", "8", environ=PACE) as server, server.client() as client:
        first = sse.new(client, tools=[TIME], persistent=True)
        client.post(f"/v1/sessions/{first}/messages", json={"message": "Hello"})
        idle, few = busy(server, 2), threads(server)
        sessions = [sse.new(client, tools=[TIME], persistent=True) for _ in range(turns)]
        for session in sessions:
            assert client.post(f"/v1/sessions/{session}/messages", json=TASK, headers=LATER).status_code == 202
        asked = {session: waiting(client, session) for session in sessions}
        pool = 8 + 1  # of each function so many workers at the most, and they may all have been needed
        assert threads(server) - few <= 3 * pool
        assert busy(server, 2) <= idle + 0.05
        sse.send(client, first, "Hello again")
        for session, calls in asked.items():
            answer = client.post(f"/v1/sessions/{session}/tool_results", json={"results": [output(calls[0])]})
            assert answer.status_code == 200
        for session in sessions:
            turn = client.get(f"/v1/sessions/{session}/responses").json()[0]["id"]
            events = sse.read(client.get(f"/v1/sessions/{session}/responses/{turn}/events"))
            assert events[-1].event == "message.completed"
            assert "12:04" in sse.text(events)


def test_a_turn_waits_on_after_the_death_of_its_server(tmp_path: Path, model: MessagesApi) -> None:
    environ = {"ANTHROPIC_BASE_URL": model.url, "WALKAWAY_MODEL": "test-model"}
    with served(tmp_path / "data", environ=environ) as server, server.client() as client:
        asking = Asking(client, model, time_call())
        asking.pending()
        server.kill()
    with served(tmp_path / "data", environ=environ) as server, server.client() as client:
        asking.client = client
        assert [call["call_id"] for call in asking.pending()] == ["toolu_time"]
        assert asking.answer(output("toolu_time")).status_code == 200
        names = [event.event for event in asking.end()]
    assert names.count("tool_call.requested") == names.count("tool_result") == 1
    assert names[-1] == "message.completed"
    assert len(model.requests) == 2


@pytest.mark.deep
@pytest.mark.timeout(300)
def test_an_answer_outlives_the_server_that_took_it(tmp_path: Path, model: MessagesApi) -> None:
    """Killed at once after its answer, many times over: what was taken is there, and is not asked for again."""
    environ = {"ANTHROPIC_BASE_URL": model.url, "WALKAWAY_MODEL": "test-model"}
    rounds = 6

    def next_call(body: dict[str, Any]) -> Reply:
        """By the conversation: a server that is killed may have asked for the same step before."""
        done = sum(message["role"] == "assistant" for message in body["messages"])
        return Reply([time_call(f"toolu_{done}") if done < rounds else text("done")])

    model.respond = next_call
    with served(tmp_path / "data", environ=environ) as server, server.client() as client:
        asking = Asking(client, model)
        asking.pending()
        server.kill()
    for number in range(rounds):
        with served(tmp_path / "data", environ=environ) as server, server.client() as client:
            asking.client = client
            assert [call["call_id"] for call in asking.pending()] == [f"toolu_{number}"]
            assert asking.answer(output(f"toolu_{number}", str(number))).status_code == 200
            server.kill()
    with served(tmp_path / "data", environ=environ) as server, server.client() as client:
        asking.client = client
        events = asking.end()
    assert [event.event for event in events].count("tool_call.requested") == rounds
    assert [said for said, _ in asking.told()] == [str(number) for number in range(rounds)]
    assert [event.id for event in events] == list(range(len(events)))


@pytest.mark.parametrize("after", [0.05, *(pytest.param(after, marks=pytest.mark.deep) for after in (0.0, 0.15))])
def test_what_was_taken_before_the_server_died_stands(tmp_path: Path, after: float) -> None:
    """Answers for many turns at once, and a kill among them; then others try to answer otherwise."""
    data, taken = tmp_path / "data", dict[str, int]()
    with served(data, environ=PACE) as server, server.client() as client:
        sessions = [sse.new(client, tools=[TIME], persistent=True) for _ in range(30)]
        for session in sessions:
            client.post(f"/v1/sessions/{session}/messages", json=TASK, headers=LATER)
        asked = {session: waiting(client, session)[0] for session in sessions}

        def answer(session: str) -> None:
            with suppress(httpx.TransportError), server.client() as own:
                body = {"results": [output(asked[session], "first")]}
                taken[session] = own.post(f"/v1/sessions/{session}/tool_results", json=body).status_code

        with ThreadPoolExecutor(8) as pool:
            for session in sessions:
                pool.submit(answer, session)
            time.sleep(after)  # any moment will do
            server.kill()
    assert set(taken.values()) <= {200}
    with served(data, environ=PACE) as server, server.client() as client:
        for session in sessions:
            body = {"results": [output(asked[session], "second")]}
            status = client.post(f"/v1/sessions/{session}/tool_results", json=body).status_code
            assert status == 409 if session in taken else status in (200, 409)
            turn = client.get(f"/v1/sessions/{session}/responses").json()[0]["id"]
            events = sse.read(client.get(f"/v1/sessions/{session}/responses/{turn}/events"))
            assert [event.event for event in events].count("tool_result") == 1
            assert events[-1].event == "message.completed"
            assert ("first" if status == 409 else "second") in sse.text(events)


def test_what_the_offline_model_asks(tmp_path: Path) -> None:
    """By the names of the tools: several at once, several times, and with arguments that fit."""
    days = {"type": "object", "properties": {"days": {"type": "integer"}}, "required": ["days"]}
    tools = [TIME, {**TIME, "name": "lookupWeather", "parameters": days}, {**TIME, "name": "send_mail"}]
    with served(tmp_path / "data", environ=PACE) as server, server.client() as client:
        session = sse.new(client, tools=tools, persistent=True)
        body = {"message": "What are the time and the weather for the next 3 days? Ask 2 times"}
        turn = client.post(f"/v1/sessions/{session}/messages", json=body, headers=LATER).json()["response_id"]
        for _ in range(2):
            waiting(client, session)
            calls = client.get(f"/v1/sessions/{session}").json()["pending_tool_calls"]
            assert [call["name"] for call in calls] == ["get_time", "lookupWeather"]
            assert calls[1]["arguments"] == {"days": 3}
            results = [output(call["call_id"], f"from {call['name']}") for call in calls]
            client.post(f"/v1/sessions/{session}/tool_results", json={"results": results})
        events = sse.read(client.get(f"/v1/sessions/{session}/responses/{turn}/events"))
        assert "from get_time\nfrom lookupWeather" in sse.text(events)
