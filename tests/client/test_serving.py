"""Workers as processes of their own: each function runs once, and a worker's death holds up nobody for long."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.kit.clients import quick
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.servers import Running
from walkaway import errors, tool

WORKER = """
import os, signal, sys, threading
from walkaway import Walkaway

signal.signal(signal.SIGINT, signal.default_int_handler)  # which is ignored where tests run in the background

notes, lease = sys.argv[1], int(sys.argv[2])
client = Walkaway()

@client.tool
def stock(sku: str) -> str:
    "Tell how many there are."
    with open(notes, "a") as file:
        file.write(f"{os.getpid()} {sku}\\n")
    if sku == "stuck" and len(open(notes).readlines()) == 1:
        threading.Event().wait()
    return f"seven {sku}"

assert "tool_claims" in client.features()
print("ready", flush=True)
client.serve_tools([stock], lease=lease)
"""


@tool
def stock(sku: str) -> str:
    """Tell how many there are."""
    return sku


@contextmanager
def worker(server: Running, notes: Path, lease: int = 60) -> Iterator["subprocess.Popen[str]"]:
    environ = {"WALKAWAY_URL": server.url, "WALKAWAY_KEY": "alpha-key"}
    command = [sys.executable, "-c", WORKER, str(notes), str(lease)]
    process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def ran(notes: Path) -> list[tuple[int, str]]:
    lines = notes.read_text().split("\n")[:-1] if notes.exists() else []
    return [(int(line.split()[0]), line.split()[1]) for line in lines]


def until(holds: Callable[[], object]) -> None:
    for _ in range(2400):
        if holds():
            return
        threading.Event().wait(0.025)
    raise AssertionError("it never came to that")


def test_a_worker_that_is_stopped_gives_its_calls_back(scripted: Running, model: MessagesApi, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    model.replies = [Reply([call("stock", "t1", sku="stuck")]), Reply([text("done")])]
    with quick(scripted.url) as client, worker(scripted, notes, lease=3600) as first:
        turn = client.sessions.create(tools=[stock]).send("go")
        until(lambda: ran(notes))
        with worker(scripted, notes, lease=3600) as second:
            first.send_signal(signal.SIGINT)
            assert turn.result(60, tools=False, on_waiting="wait").text == "done"
            assert ran(notes) == [(first.pid, "stuck"), (second.pid, "stuck")]
        first.wait(30)


@pytest.mark.parametrize("count", [2, pytest.param(5, marks=pytest.mark.deep)])
def test_each_function_runs_once(scripted: Running, model: MessagesApi, tmp_path: Path, count: int) -> None:
    notes, expected = tmp_path / "notes", []
    with ExitStack() as every, quick(scripted.url) as client:
        session = client.sessions.create(tools=[stock])
        for each in range(count):
            if each != 1:
                every.enter_context(worker(scripted, notes))
        for turn in range(3):
            skus = [f"{turn}-{number}" for number in range(8)]
            model.replies = [Reply([call("stock", f"t{sku}", sku=sku) for sku in skus]), Reply([text("done")])]
            sent = session.send("go")
            if turn == 0:
                every.enter_context(worker(scripted, notes))  # one comes while calls wait
            assert sent.result(tools=False, on_waiting="wait").text == "done"
            expected += skus
    assert sorted(sku for _, sku in ran(notes)) == sorted(expected)


def test_when_a_worker_dies_in_its_function_another_one_runs_it(
    scripted: Running, model: MessagesApi, tmp_path: Path
) -> None:
    notes = tmp_path / "notes"
    model.replies = [Reply([call("stock", "t1", sku="stuck")]), Reply([text("done")])]
    with ExitStack() as every, quick(scripted.url) as client:
        workers = [every.enter_context(worker(scripted, notes, lease=2)) for _ in range(2)]
        turn = client.sessions.create(tools=[stock]).send("go")
        until(lambda: ran(notes))
        first = ran(notes)[0][0]
        with pytest.raises(errors.TimedOut):  # twice its lease: it is renewed
            turn.result(timeout=4, tools=False, on_waiting="wait")
        assert ran(notes) == [(first, "stuck")]
        os.kill(first, signal.SIGKILL)
        assert turn.result(timeout=60, tools=False, on_waiting="wait").text == "done"
        (other,) = [each.pid for each in workers if each.pid != first]
    assert ran(notes) == [(first, "stuck"), (other, "stuck")]
