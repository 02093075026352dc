"""A process for a piece of work: what it says, what it is told of, and how it ends."""

import json
import os
import signal
import struct
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from walkaway_core.agent.tools.files import MAX_ADDED_BYTES, MAX_TEXT_BYTES
from walkaway_core.apart import hand
from walkaway_core.apart.child import LENGTH, Failed
from walkaway_core.apart.hand import Broke


def test_it_does_one_piece_after_the_other() -> None:
    with hand.hand() as one:
        assert one.do("searching:matches", "b+", ["a", "b\ud800", "ab"], 9) == [1, 2]
        with pytest.raises(Failed, match="no regular expression"):
            one.do("searching:matches", "(", [], 9)
        assert one.do("searching:matches", "b+", ["b", "b"], 1) == [0]
        assert one.do("slides:deck", "t", "", [])[:2] == b"PK"


def test_a_fault_of_the_work_says_which() -> None:
    with hand.hand() as one, pytest.raises(Broke, match="TypeError"):
        one.do("searching:matches", "b+")


def test_it_is_told_of_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_API_KEY", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "WALKAWAY_KEYS"):
        monkeypatch.setenv(name, "sk-secret")
    with hand.hand() as one:
        one.do("searching:matches", "b", [], 1)
        told = Path(f"/proc/{one._process.pid}/environ").read_bytes()
    assert b"sk-secret" not in told
    assert b"PYTHONPATH" in told


def test_it_takes_no_more_memory_than_it_may() -> None:
    with hand.hand() as one:
        with pytest.raises(Failed, match="more than 1000000000 bytes of memory"):
            one.do("editing:replaced", "a" * 2_000_000, "a", "b" * 1000, 10**12)
        assert one.do("searching:matches", "b", ["b"], 1) == [0]


def test_in_a_function_it_leaves_memory_to_whoever_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS ends a function all of whose processes take more than it has: the call would be lost, and its turn."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024")
    with hand.hand() as one:
        with pytest.raises(Failed, match="more than 773741824 bytes of memory"):
            one.do("editing:replaced", "a" * 850_000, "a", "b" * 1000, 10**12)
        assert one.do("searching:matches", "b", ["b"], 1) == [0]


def test_the_most_that_an_edit_may_make_fits_into_the_function_that_calls_models(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A text of the longest characters whose line ends are looked at."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
    line = "\U0001f600abcdefgh\r\n"
    lines = MAX_TEXT_BYTES // len(line.encode())
    new = "\n" + "x" * (MAX_ADDED_BYTES // lines)
    with hand.hand() as one:
        made, count = one.do("editing:replaced", line * lines, "h\n", new, MAX_ADDED_BYTES)
    assert count == lines
    assert len(made) > MAX_ADDED_BYTES


def test_an_answer_that_does_not_fit_is_said_to_be_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
    line = "abcdefgh ijklmnop\r\n"
    with hand.hand() as one, pytest.raises(Failed, match="of memory"):
        one.do("editing:replaced", line * 105_000, "mnop\nabcd", "MNOP\n" + "A" * 850, 10**12)


def test_it_needs_no_shared_memory() -> None:
    """A Lambda has no /dev/shm, on which locks and queues of multiprocessing stand (Lambda developer guide)."""
    with hand.hand() as one:
        one.do("searching:matches", "b", ["b"], 1)
        one.do("slides:deck", "t", "", [])
        with pytest.raises(Failed):
            one.do("pages:read", "http://127.0.0.1:9/", False)  # noqa: FBT003 - as fetch_url asks
        maps = Path(f"/proc/{one._process.pid}/maps").read_text()
        open_ = [str(link.readlink()) for link in Path(f"/proc/{one._process.pid}/fd").iterdir()]
    assert "_multiprocessing" not in maps
    assert not [path for path in (*maps.splitlines(), *open_) if "/dev/shm" in path]


def test_it_can_be_killed_in_the_middle() -> None:
    with hand.hand() as one:
        threading.Timer(0.3, one.kill).start()
        with pytest.raises(Broke, match="ended with -9"):
            one.do("searching:matches", "(a|a)+b", ["a" * 20] * 100_000, 1)


IDLE: list[object] = []
BUSY: list[object] = ["searching:matches", ["(a|a)+b", ["a" * 21] * 2000, 1]]


@pytest.mark.parametrize("work", [IDLE, BUSY], ids=["idle", "busy"])
def test_it_ends_with_whoever_has_started_it(work: list[object]) -> None:
    piece = json.dumps(work).encode()
    asked = struct.pack(LENGTH, len(piece)) + piece if work else b""
    main = f"""
import os, signal
from walkaway_core.apart import hand

with hand.hand() as one:
    one.do("searching:matches", "b", ["b"], 1)
    one._process.stdin.write({asked!r})
    one._process.stdin.flush()
    print(one._process.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", main]
    killed = subprocess.run(command, env=environ, stdout=subprocess.PIPE, check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert ended(int(killed.stdout))


def ended(pid: int) -> bool:
    for _ in range(200):
        status = Path(f"/proc/{pid}/stat")
        if not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        threading.Event().wait(0.05)
    return False
