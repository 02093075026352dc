"""Data of older versions: opened by the code as it is, everything in it is there, and everything goes on to its end."""

import hashlib
import json
import math
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.kit import sse
from tests.kit.receivers import PATIENCE, Receiver, receiving
from tests.upgrades.opened import VERSIONS, Opened, opened, until
from walkaway.webhooks import verify
from walkaway_core.agent.held import as_begun
from walkaway_core.store import turns
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.sessions import get as get_session

TENANT = "tenant-a"
MINUTES = 60.0

every_version = pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)


@pytest.fixture(params=VERSIONS, ids=lambda version: version.name)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    """A folder that was opened at the moment when its server died."""
    with opened(request.param, tmp_path) as found:
        yield found


def sound(events: list[sse.Seen]) -> None:
    """No gap, one end, and each step completed once."""
    assert [event.id for event in events] == list(range(len(events)))
    assert [event.event for event in events if event.event.startswith("message.")] == [
        "message.created",
        "message.completed",
    ]
    assert events[-1].event == "message.completed"
    steps = [event.data["step"] for event in events if event.event == "step.completed"]
    assert steps == list(range(1, len(steps) + 1))


def replays(recorded: list[dict[str, Any]], now: list[sse.Seen]) -> None:
    """Whatever was said of an event is said of it still; later versions may say more."""
    assert [(event["id"], event["event"]) for event in recorded] == [(event.id, event.event) for event in now]
    for before, after in zip(recorded, now, strict=True):
        assert {name: after.data.get(name) for name in before["data"]} == before["data"]


def attempts(events: list[sse.Seen]) -> list[tuple[int, int]]:
    return [(event.data["step"], event.data["attempt"]) for event in events if event.event == "step.started"]


def test_there_is_a_folder_of_the_first_version() -> None:
    assert "0.1.0" in [version.name for version in VERSIONS]


def test_the_idle_session_is_as_it_was_and_goes_on(old: Opened) -> None:
    idle = old.made["idle"]
    for turn in idle["turns"]:
        events = old.events(idle, turn)
        replays(idle["events"][turn], events)
        sound(events)
    entries = old.get(f"/v1/sessions/{idle['session']}/messages?limit=1000")
    content = [json.dumps(entry["content"], sort_keys=True).encode() for entry in entries]
    hashed = [hashlib.sha256(text).hexdigest() for text in content]
    said = [[e["id"], e["role"], digest] for e, digest in zip(entries, hashed, strict=True)]
    assert said == idle["conversation"]
    assert max(map(len, content)) > 200_000, "one of them stands in a file"
    record = old.get(f"/v1/sessions/{idle['session']}")
    assert {name: record[name] for name in idle["record"]} == idle["record"]
    for name, digest in idle["files"].items():
        file = old.http.get(f"/v1/sessions/{idle['session']}/files/{name}").content
        assert hashlib.sha256(file).hexdigest() == digest
    old.goes_on(idle["session"])
    assert old.get(f"/v1/sessions/{idle['session']}")["metadata"] == idle["record"]["metadata"]


def test_idempotency_keys_find_their_turns(old: Opened) -> None:
    idle, queue, steered = old.made["idle"], old.made["queue"], old.made["steered"]
    asked = [
        (idle["session"], f"fixture-{number}", {"message": idle["messages"][turn]}, turn)
        for number, turn in enumerate(idle["turns"])
        if turn in idle["messages"]
    ]
    asked.append((queue["session"], "fixture-queued-2", queue["bodies"][2], queue["behind"][2]))
    asked.append((steered["session"], "fixture-steer", steered["body"], steered["turn"]))
    for session, key, body, turn in asked:
        headers = {"Idempotency-Key": key, "Prefer": "respond-async"}
        url = f"/v1/sessions/{session}/messages"
        assert old.http.post(url, json=body, headers=headers).json()["response_id"] == turn
        assert old.http.post(url, json={"message": "something else"}, headers=headers).status_code == 422


def test_the_turn_that_was_cut_is_done_without_a_gap(old: Opened) -> None:
    killed = old.made["killed"]
    events = old.events(killed)
    replays(killed["events"], events[: len(killed["events"])])
    sound(events)
    assert attempts(events) == [(1, 1), (2, 1), (3, 1), (3, 2), (4, 1), (5, 1), (6, 1)]
    report = old.http.get(f"/v1/sessions/{killed['session']}/files/bridges.md").text
    assert report.count("\n## ") == 4
    assert sum(event.event == "tool_use.executing" for event in events) == 6
    old.goes_on(killed["session"])


def test_the_turn_that_was_steered_sees_what_was_said(old: Opened) -> None:
    steered = old.made["steered"]
    events = old.events(steered)
    sound(events)
    assert attempts(events) == [(1, 1), (1, 2), (2, 1)], "it would have been over with its first step"
    assert [event.data["message"] for event in events if event.event == "turn.steered"] == [steered["body"]["message"]]
    assert "You wrote about: Mind the locks" in old.record(steered)["output_text"]
    old.goes_on(steered["session"])


def test_the_turn_that_waits_takes_its_answer(old: Opened) -> None:
    parked = old.made["parked"]
    assert old.get(f"/v1/sessions/{parked['session']}")["pending_tool_calls"] == parked["calls"]
    assert old.answer(parked, output="12:04").status_code == 200
    sound(old.events(parked))
    assert "12:04" in old.record(parked)["output_text"]
    assert old.answer(parked, output="12:04").status_code == 200
    assert old.answer(parked, output="12:05").status_code == 409
    old.goes_on(parked["session"])


def test_the_turn_that_waits_for_a_yes_runs_its_tool(old: Opened) -> None:
    asked = old.made["asked"]
    assert [call["needs"] for call in old.get(f"/v1/sessions/{asked['session']}")["pending_tool_calls"]] == ["approval"]
    assert old.answer(asked, approve=True).status_code == 200
    events = old.events(asked)
    sound(events)
    assert [event.data["name"] for event in events if event.event == "tool_use.executing"] == ["list_files"]
    assert "tides.md" in old.record(asked)["output_text"]


def test_a_turn_that_waits_too_long_is_told_so(old: Opened) -> None:
    parked = old.made["task_parked"]
    old.clock.ahead += 25 * 60 * MINUTES
    found = until(lambda: finished(old, parked["task"]))
    assert found["status"] == "completed"
    assert "nobody" in found["result"].lower(), found["result"]


def finished(old: Opened, task: int) -> Any:
    found = old.get(f"/api/workflow/run/{task}")
    return found if found["completed_at"] else None


def test_the_queue_is_worked_off_in_its_order(old: Opened) -> None:
    queue = old.made["queue"]
    order = [queue["turn"], *queue["behind"]]
    for turn in order:
        sound(old.events(queue, turn))
    records = [old.record(queue, turn) for turn in order]
    assert [record["status"] for record in records] == ["completed"] * 4
    times = [(record["started_at"], record["ended_at"]) for record in records]
    assert times == sorted(times)
    entries = old.get(f"/v1/sessions/{queue['session']}/messages?limit=1000")
    said = [(entry["response_id"], entry["content"][0]["text"]) for entry in entries if entry["role"] == "user"]
    assert said[1:] == [(turn, body["message"]) for turn, body in zip(queue["behind"], queue["bodies"], strict=True)]
    assert said[0][0] == queue["turn"]
    assert old.get(f"/v1/sessions/{queue['session']}")["queue"] == []
    old.goes_on(queue["session"])


def test_the_agent_has_all_its_versions(old: Opened) -> None:
    agent, parked = old.made["agent"], old.made["agent_parked"]
    now = old.get("/v1/agents/clerk")
    assert (now["id"], now["version"], now["instructions"], now["tools"]) == (agent["id"], 3, "Third.", [])
    assert {found["name"] for found in old.get("/v1/agents")} == {"clerk", "timekeeper"}
    services = old.stack.services
    session = get_session(services, SessionKey(TENANT, parked["session"]))
    turn = turns.load(services, session.key.turn(parked["turn"]))
    assert turn
    versions = [as_begun(services, session, replace(turn, agent_version=number)) for number in (1, 2, 3)]
    assert [settings.instructions for settings in versions] == ["First.", "Second.", "Third."]
    assert [settings.tools for settings in versions] == [("get_time",), ("get_time",), ()]
    assert [settings.max_steps for settings in versions] == [30, 30, 30], "what the session says itself"
    assert old.answer(parked, output="12:04").status_code == 200
    sound(old.events(parked))
    sound(old.events(agent["first"]))
    old.goes_on(agent["first"]["session"])
    old.goes_on(sse.new(old.http, agent="clerk"))
    changed = old.http.patch("/v1/agents/clerk", json={"instructions": "Fourth."}).json()
    assert changed["version"] == 4


def test_the_runs_are_listed_counted_and_done(old: Opened) -> None:
    done, killed = old.made["run_done"], old.made["run_killed"]
    assert old.get(f"/api/v1/runs/{done['run']}/result")["result"] == done["result"]
    said = old.http.get(f"/api/v1/runs/{killed['run']}/stream").text
    assert said.count("event: result") == 1
    result = old.get(f"/api/v1/runs/{killed['run']}/result")
    assert (result["status"], "roads.md" in result["result"]) == ("succeeded", True)
    listed = [run["job_id"] for run in old.get("/api/v1/runs?session_id=batch")["jobs"]]
    assert listed == [killed["run"], done["run"]]
    assert old.post("/api/v1/runs", killed["body"])["job_id"] == killed["run"]
    counted = old.get("/stats")["by_status"]
    assert {state: count for state, count in counted.items() if count} == {"succeeded": 2}
    assert old.http.delete(f"/api/v1/runs/{done['run']}").status_code == 204


def test_the_tasks_are_readable_and_done(old: Opened) -> None:
    done, parked = old.made["task_done"], old.made["task_parked"]
    found = old.get(f"/api/workflow/run/{done['task']}")
    assert (found["status"], found["result"], found["metadata"]) == ("completed", done["result"], {"order": 7})
    assert found["initial_inputs"]["strings"] == {"1": "What time is it?"}
    status = old.get(f"/api/agent/timekeeper/status/{parked['task']}")
    assert status["status"] == "awaiting_tool_calls"
    assert status["task_info"]["agent_node_execution_statuses"][0]["tool_call_requests"] == parked["calls"]
    old.answer_task("12:34")
    found = until(lambda: finished(old, parked["task"]))
    assert (found["status"], "12:34" in found["result"]) == ("completed", True)
    listed = [run["task_id"] for run in old.get("/api/agent/timekeeper/runs")["runs"]]
    assert listed == [parked["task"], done["task"]]


def test_the_registered_tool_is_offered_to_new_tasks(old: Opened) -> None:
    assert [tool["name"] for tool in old.get("/api/tools")["schemas"]] == ["get_current_time"]
    asked = {"inputs": {"strings": {"1": "What time is it?"}}}
    task = old.post("/api/workflow/execute/timekeeper", asked)["task_id"]
    status = f"/api/agent/timekeeper/status/{task}"
    until(lambda: old.get(status)["status"] == "awaiting_tool_calls")


def test_the_deleted_session_is_gone_and_is_swept_away(old: Opened) -> None:
    deleted = old.made["deleted"]
    url = f"/v1/sessions/{deleted['session']}"
    assert old.http.get(url).status_code == 404
    assert old.http.get(f"{url}/responses/{deleted['turn']}").status_code == 404
    assert deleted["session"] not in [session["id"] for session in old.get("/v1/sessions?limit=100")]
    left = "SELECT pk, sk FROM items WHERE pk != 'SYS#MACHINE' AND (pk || sk LIKE ? OR pk || sk LIKE ?)"
    names = (f"%{deleted['session']}%", f"%{deleted['turn']}%")
    assert len(old.rows(left, *names)) > 5
    old.clock.ahead += 21 * MINUTES
    until(lambda: not old.rows(left, *names))
    assert old.get(f"/v1/sessions/{old.made['idle']['session']}")["busy"] is False


@contextmanager
def receiver_at(port: int) -> Iterator[Receiver]:
    """Listen where the folder's webhooks point to, as soon as no other run of the tests does."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            found = receiving(port)
            receiver = found.__enter__()
        except OSError:
            assert time.monotonic() < end, f"somebody else listens on port {port}"
            time.sleep(0.1)
            continue
        break
    try:
        yield receiver
    finally:
        found.__exit__(None, None, None)


@every_version
def test_what_was_to_be_delivered_arrives(version: Path, tmp_path: Path) -> None:
    """The receiver was not there when the first attempt was made; the second one is due 5 s after it."""
    port = json.loads((version / "made.json").read_text())["port"]
    with receiver_at(port) as receiver, opened(version, tmp_path, ahead=10, deliver=True) as old:
        delivery, killed, queue = old.made["delivery"], old.made["killed"], old.made["queue"]
        (told,) = receiver.wait(1, lambda got: got.path == "/endpoint" and got.id == delivery["delivery"])
        said = verify(delivery["secret"], told.headers, told.body, tolerance=math.inf)
        assert (said["type"], said["data"]["id"]) == ("turn.completed", delivery["turn"])
        (own,) = receiver.wait(1, lambda got: got.path == "/of-a-turn")
        said = verify(delivery["own_secret"], own.headers, own.body, tolerance=math.inf)
        assert (said["data"]["id"], said["data"]["status"]) == (delivery["turn"], "completed")
        (cut,) = receiver.wait(1, lambda got: got.path == "/of-a-running-turn")
        assert (cut.json["type"], cut.json["data"]["id"]) == ("turn.completed", killed["turn"])
        (run,) = receiver.wait(1, lambda got: got.path == "/run")
        assert (run.json["job_id"], run.json["status"]) == (old.made["run_killed"]["run"], "succeeded")
        (waited,) = receiver.wait(1, lambda got: got.path == "/queued")
        assert waited.json["data"]["id"] == queue["behind"][1]
        receiver.wait(7, lambda got: got.path == "/endpoint")
        path = f"/v1/webhooks/{delivery['webhook']}/deliveries/{delivery['delivery']}"
        record = until(lambda: (found := old.get(path))["status"] == "succeeded" and found)
        assert [attempt["status_code"] for attempt in record["attempts"]] == [None, 200]


def test_nothing_stands_still(old: Opened) -> None:
    """Once all calls have their answers, nothing is under way any more: no session, no execution, nothing due."""
    for name in ("parked", "agent_parked"):
        assert old.answer(old.made[name], output="12:04").status_code == 200
    assert old.answer(old.made["asked"], approve=True).status_code == 200
    old.answer_task("12:34")
    until(lambda: not any(session["busy"] for session in old.get("/v1/sessions?limit=100")))
    until(lambda: not old.rows("SELECT 1 FROM items WHERE pk = 'SYS#MACHINE' AND facts LIKE '%\"running\"%'"))
    until(lambda: not old.rows("SELECT 1 FROM items WHERE pk = 'SYS#BUS'"))
    old.clock.ahead += 17 * MINUTES  # beyond every due item of a step
    until(lambda: not old.rows("SELECT 1 FROM items WHERE pk LIKE 'SYS#DUE#%' AND sk LIKE '%#turn#%'"))
    records = [
        turn
        for session in old.get("/v1/sessions?limit=100")
        for turn in old.get(f"/v1/sessions/{session['id']}/responses?limit=100")
    ]
    assert {turn["status"] for turn in records} == {"completed"}


def test_a_session_of_a_later_version_is_readable(old: Opened) -> None:
    """After a roll-back: options that the older version does not know, and facts that it never wrote."""
    session = old.made["idle"]["session"]
    key = f"SESSION#{session}"
    ((facts, body),) = old.rows("SELECT facts, body FROM items WHERE sk = ?", key)
    later = json.dumps(json.loads(facts) | {"colour": 7}), json.dumps(json.loads(body) | {"colour": "blue"}).encode()
    with closing(sqlite3.connect(old.data / "walkaway.db", isolation_level=None)) as connection:
        connection.execute("UPDATE items SET facts = ?, body = ? WHERE sk = ?", (*later, key))
    old.goes_on(session)
    ((facts, body),) = old.rows("SELECT facts, body FROM items WHERE sk = ?", key)
    assert (json.loads(facts)["colour"], json.loads(body)["colour"]) == (7, "blue"), (
        "kept for the version that knows it"
    )
