"""`walkaway runs`: submitted, followed, listed, counted, cancelled and deleted, by the dialect of runs."""

import json
import threading

from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.servers import Running
from tests.kit.terminals import Caller


def test_json_is_what_the_dialect_says(asked: Caller, scripted: Running) -> None:
    said = json.loads(asked("runs", "submit", "Say hello", "--label", "here", "--json").out)
    run = said["job_id"]
    assert set(said) == {"job_id", "status", "created_at", "poll_url", "stream_url"}
    assert asked("runs", "result", run, "--wait").out == "Hello.\n"
    with scripted.client() as client:
        raw = client.get(f"/api/v1/runs/{run}").json()
        result = client.get(f"/api/v1/runs/{run}/result").json()
        counted = client.get("/stats").json()
    assert json.loads(asked("runs", "status", run, "--json").out) == raw
    assert json.loads(asked("runs", "result", run, "--json").out) == result
    assert json.loads(asked("runs", "list", "--label", "here", "--json").out) == [raw]
    assert json.loads(asked("runs", "stats", "--json").out)["by_status"] == counted["by_status"]
    shown = dict(line.split("\t") for line in asked("runs", "status", run).out.splitlines())
    assert (shown["run"], shown["status"], shown["progress"], shown["label"]) == (
        run,
        "succeeded",
        "100 % Step 1",
        "here",
    )
    assert asked("turns", "show", shown["turn"]).out == "Hello.\n"


def test_a_stream_is_the_turn_s(asked: Caller) -> None:
    run = asked("runs", "submit", "Say hello").out.strip()
    ran = asked("runs", "stream", run)
    assert (ran.code, ran.out) == (0, "Hello.\n")
    events = [json.loads(line)["event"] for line in asked("runs", "stream", run, "--json").out.splitlines()]
    assert (events[0], events[-1]) == ("message.created", "message.completed")


def test_how_it_ends_is_the_exit_code(asked: Caller, model: MessagesApi) -> None:
    gate = threading.Event()
    model.replies[:] = [Reply([text("Hello.")], gate=gate)]
    run = asked("runs", "submit", "go", "-q").out.strip()
    early = asked("runs", "result", run)
    assert early.code == 1
    assert "not complete" in early.err
    assert asked("runs", "result", run, "--timeout", "0.2s").code == 124
    assert asked("runs", "delete", run, "--yes").code == 1
    assert asked("runs", "cancel", run, "--field", "status").out == "cancelled\n"
    gate.set()
    assert asked("runs", "result", run).code == 4
    assert asked("runs", "list", "--status", "cancelled", "-q").out.split().count(run) == 1
    assert asked("runs", "cancel", run).code == 1
    model.replies[:] = [Reply(status=400, error="no such luck")]
    failed = asked("runs", "submit", "go", "-q").out.strip()
    ran = asked("runs", "result", failed, "--wait")
    assert ran.code == 1
    assert "no such luck" in ran.err
    assert asked("runs", "delete", failed, run, "--yes", "-q").out.split() == [failed, run]


def test_what_is_refused_says_what_to_do(asked: Caller) -> None:
    for what in (("status",), ("result",), ("stream",), ("cancel",), ("delete", "--yes")):
        unknown = asked("runs", what[0], "run_000000000000", *what[1:], "--json")
        assert unknown.code == 7
        said = json.loads(unknown.err)["message"]
        assert said == "There is no run 'run_000000000000'. `walkaway runs list` tells what there is"
    recipe = asked("runs", "submit", "x", "--recipe", "nobody")
    assert (recipe.code, "Error: There is no agent 'nobody'" in recipe.err) == (1, True)
    wrong = asked("runs", "submit", "x", "--webhook", "nonsense")
    assert wrong.code == 1
    assert "webhook_url" in wrong.err
    assert asked("runs", "status", "../stats").code in (2, 7)


def test_a_list_is_longer_than_a_page(asked: Caller, model: MessagesApi) -> None:
    ids = [asked("runs", "submit", "Say hello", "--label", "many", "-q").out.strip() for _ in range(3)]
    assert asked("runs", "list", "--label", "many", "--limit", "2", "-q").out.split() == ids[:0:-1]
    with asked.terminal("runs", "list", "--label", "many") as seen:
        assert seen.end() == 0
    assert seen.text.splitlines()[0].split() == ["RUN", "STATUS", "PROGRESS", "MADE", "AGENT", "LABEL"]
