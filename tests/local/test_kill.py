"""SIGKILL at any moment: started again on its folder, the server goes on, and no event is lost, doubled or moved."""

import random
import sqlite3
import threading
from pathlib import Path

import pytest

from tests.kit import sse
from tests.kit.clock import ShiftedClock
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.servers import Served, running, served
from walkaway_core.settings import Settings
from walkaway_core.store.due import STEP_WITHIN

TASK = "Write a 4-page report on bridges to bridges.md"


def finish(server: Served, session: str, response: str) -> list[sse.Seen]:
    with server.client() as client:
        return sse.read(client.get(f"/v1/sessions/{session}/responses/{response}/events"))


def sound(events: list[sse.Seen]) -> None:
    """No gap, one terminal event and that at the end; each step complete after its last start."""
    assert [event.id for event in events] == list(range(len(events)))
    assert [event.event for event in events if event.event.startswith("message.")] == [
        "message.created",
        "message.completed",
    ]
    assert events[-1].event == "message.completed"
    completed = [event.data["step"] for event in events if event.event == "step.completed"]
    assert completed == list(range(1, len(completed) + 1))


def test_a_run_goes_on_after_the_death_of_its_server(tmp_path: Path) -> None:
    data, pace = tmp_path / "data", {"WALKAWAY_REHEARSAL_DELAY": "0.002"}
    with served(data, environ=pace) as server, server.client() as client:
        job = client.post("/api/v1/runs", json={"prompt": TASK}).json()["job_id"]
        for _ in range(1000):
            if client.get(f"/api/v1/runs/{job}").json()["status"] == "running":
                break
            threading.Event().wait(0.005)
        server.kill()
    with served(data, environ=pace) as server, server.client() as client:
        said = client.get(f"/api/v1/runs/{job}/stream", timeout=120).text
        assert said.count("event: result") == 1
        assert client.get(f"/api/v1/runs/{job}/result").json()["status"] == "succeeded"
        assert client.get("/stats").json()["by_status"]["succeeded"] == 1


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.deep) for seed in range(1, 6))])
def test_a_turn_survives_the_death_of_its_server(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    data, pace = tmp_path / "data", {"WALKAWAY_REHEARSAL_DELAY": "0.002"}
    seen: list[sse.Seen] = []
    with served(data, environ=pace) as server, server.client() as client:
        session = sse.new(client, persistent=True)
        with client.stream("POST", f"/v1/sessions/{session}/messages", json={"message": TASK}) as answer:
            response = answer.headers["x-response-id"]
            last = chance.randrange(250)
            for event in sse.parse(answer.iter_lines()):
                seen.append(event)
                if event.id >= last:
                    break
        server.kill()
    with served(data, environ=pace) as server:
        events = finish(server, session, response)
        assert events[: len(seen)] == seen
        sound(events)
        with server.client() as client:
            assert client.get(f"/v1/sessions/{session}").json()["busy"] is False
            report = client.get(f"/v1/sessions/{session}/files/bridges.md").text
            assert report.count("\n## ") == 4
            roles = [entry["role"] for entry in client.get(f"/v1/sessions/{session}/messages").json()]
            assert roles.count("user") == 1
            assert sse.send(client, session, "Write a poem about rust.")[-1].event == "message.completed"


@pytest.mark.parametrize(
    "damage", ["body = '{'", "facts = '{}', body = x'ff'", "facts = '{\"status\":\"running\"}', body = '{}'"]
)
def test_a_running_turn_whose_execution_cannot_be_read_is_brought_back_by_its_due_item(
    tmp_path: Path, damage: str
) -> None:
    data = tmp_path / "data"
    with served(data, environ={"WALKAWAY_REHEARSAL_DELAY": "0.02"}) as server, server.client() as client:
        session = sse.new(client, persistent=True)
        with client.stream("POST", f"/v1/sessions/{session}/messages", json={"message": TASK}) as answer:
            response = answer.headers["x-response-id"]
            next(event for event in sse.parse(answer.iter_lines()) if event.id >= 20)
        server.kill()
    with sqlite3.connect(data / "walkaway.db", isolation_level=None) as connection:
        assert connection.execute(f"UPDATE items SET {damage} WHERE pk = 'SYS#MACHINE'").rowcount == 1
    clock = ShiftedClock()
    with running(data, Settings(rehearsal_delay=0), clock) as again, again.client(None) as client:
        assert client.get(f"/v1/sessions/{session}").json()["busy"] is True, "nothing goes on by itself"
        clock.ahead += STEP_WITHIN + 1
        sound(sse.read(client.get(f"/v1/sessions/{session}/responses/{response}/events")))
        assert client.get(f"/v1/sessions/{session}").json()["busy"] is False


@pytest.mark.parametrize("turns", [3, pytest.param(8, marks=pytest.mark.deep)])
def test_many_turns_survive_several_deaths(tmp_path: Path, turns: int) -> None:
    chance = random.Random(7)
    data, pace = tmp_path / "data", {"WALKAWAY_REHEARSAL_DELAY": "0.004"}
    begun: list[tuple[str, str]] = []
    for _ in range(3):
        with served(data, environ=pace) as server, server.client() as client:
            for _ in range(turns):
                session = sse.new(client, persistent=True)
                url = f"/v1/sessions/{session}/messages"
                body = client.post(url, json={"message": TASK}, headers={"Prefer": "respond-async"}).json()
                begun.append((session, body["response_id"]))
            threading.Event().wait(chance.random())
            server.kill()
    with served(data, environ=pace) as server:
        for session, response in begun:
            sound(finish(server, session, response))


@pytest.mark.deep
def test_messages_that_wait_or_steer_survive_several_deaths(tmp_path: Path) -> None:
    chance = random.Random(11)
    data, pace = tmp_path / "data", {"WALKAWAY_REHEARSAL_DELAY": "0.004"}
    taken: list[tuple[str, str]] = []
    session = ""
    for life in range(3):
        with served(data, environ=pace) as server, server.client() as client:
            session = session or sse.new(client, persistent=True)
            for number, on_busy in enumerate(("enqueue", "enqueue", "steer", "interrupt", "enqueue")):
                message = f"{TASK.replace('bridges.md', f'{life}-{number}.md')}"
                body = {"message": message, "on_busy": on_busy}
                url = f"/v1/sessions/{session}/messages"
                answer = client.post(url, json=body, headers={"Prefer": "respond-async"})
                assert answer.status_code == 202, answer.text
                taken.append((message, answer.json()["response_id"]))
            threading.Event().wait(chance.random())
            server.kill()
    with served(data, environ=pace) as server, server.client() as client:
        for _, response in taken:
            assert finish(server, session, response)[-1].event in ("message.completed", "message.cancelled")
        record = client.get(f"/v1/sessions/{session}").json()
        assert (record["busy"], record["queue"]) == (False, [])
        entries = client.get(f"/v1/sessions/{session}/messages").json()
        said = [(entry["content"][0]["text"], entry["response_id"]) for entry in entries if entry["role"] == "user"]
        assert sorted(said) == sorted(taken)


def test_a_step_that_was_cut_is_repeated_and_announced(tmp_path: Path, model: MessagesApi) -> None:
    environ = {"ANTHROPIC_BASE_URL": model.url, "WALKAWAY_MODEL": "test-model"}
    held = Reply([text("cut in the middle")], gate=threading.Event())
    model.replies = [Reply([call("write_file", path="a.txt", content="once")]), held, Reply([text("whole")])]
    with served(tmp_path / "data", environ=environ) as server, server.client() as client:
        session = sse.new(client)
        url = f"/v1/sessions/{session}/messages"
        response = client.post(url, json={"message": "go"}, headers={"Prefer": "respond-async"}).json()["response_id"]
        assert held.reached.wait(20)
        server.kill()
    held.gate.set()  # type: ignore[union-attr]
    with served(tmp_path / "data", environ=environ) as server:
        events = finish(server, session, response)
    sound(events)
    started = [(event.data["step"], event.data["attempt"]) for event in events if event.event == "step.started"]
    assert started == [(1, 1), (2, 1), (2, 2)]
    assert sum(event.event == "tool_use.executing" for event in events) == 1
    assert len(model.requests) == 3


def test_two_servers_cannot_have_one_folder(tmp_path: Path) -> None:
    import subprocess
    import sys

    with served(tmp_path / "data"):
        command = [sys.executable, "-m", "walkaway", "serve", "--port", "0", "--data", str(tmp_path / "data")]
        second = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert second.returncode == 1
        assert "in use by another walkaway server" in second.stderr


def test_a_graceful_stop_leaves_a_turn_to_the_next_start(tmp_path: Path) -> None:
    pace = {"WALKAWAY_REHEARSAL_DELAY": "0.01"}
    with served(tmp_path / "data", environ=pace) as server, server.client() as client:
        session = sse.new(client, persistent=True)
        url = f"/v1/sessions/{session}/messages"
        response = client.post(url, json={"message": TASK}, headers={"Prefer": "respond-async"}).json()["response_id"]
        server.process.terminate()
        assert server.process.wait(20) == 0
    with served(tmp_path / "data") as server:
        sound(finish(server, session, response))
