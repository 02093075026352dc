"""A server whose disk is full: real files, real sockets, and a limit that the kernel keeps."""

import os
import resource
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from tests.kit.agents import Agent
from tests.kit.messages_api import MessagesApi
from tests.kit.sandboxes import needs_bubblewrap
from tests.kit.servers import KEYS, PATIENCE, Served, running, served
from walkaway_core.ports import patience
from walkaway_core.settings import Settings

LATER = {"Prefer": "respond-async"}
SLOW = {"WALKAWAY_REHEARSAL_DELAY": "0.02"}
Full = Callable[[Served], Callable[[], None]]
"""Fills the disk under a server; what it gives makes room again."""
EVERYWHERE: dict[str, tuple[str, str, dict[str, object]]] = {
    "a session": ("POST", "/v1/sessions", {"json": {}}),
    "metadata": ("PATCH", "/v1/sessions/{free}", {"json": {"metadata": {"k": "v" * 9000}}}),
    "the end of a session": ("DELETE", "/v1/sessions/{free}", {}),
    "all sessions": ("DELETE", "/v1/sessions?older_than=0s", {}),
    "a message": ("POST", "/v1/sessions/{free}/messages", {"json": {"message": "hi"}, "headers": LATER}),
    "a queued message": (
        "POST",
        "/v1/sessions/{busy}/messages",
        {"json": {"message": "hi", "on_busy": "enqueue"}, "headers": LATER},
    ),
    "a steering message": (
        "POST",
        "/v1/sessions/{busy}/messages",
        {"json": {"message": "hi", "on_busy": "steer"}, "headers": LATER},
    ),
    "a message in another's place": (
        "POST",
        "/v1/sessions/{busy}/messages",
        {"json": {"message": "hi", "on_busy": "interrupt"}, "headers": LATER},
    ),
    "a cancel": ("POST", "/v1/sessions/{busy}/responses/{turn}/cancel", {}),
    "a file": ("PUT", "/v1/sessions/{free}/files/a.txt", {"content": b"x" * 9000}),
    "an agent": ("POST", "/v1/agents", {"json": {"name": "new"}}),
    "an agent's change": ("PATCH", "/v1/agents/old", {"json": {"description": "new"}}),
    "a webhook": ("POST", "/v1/webhooks", {"json": {"url": "https://example.com"}}),
    "a run": ("POST", "/api/v1/runs", {"json": {"prompt": "hi"}}),
    "a task": ("POST", "/api/workflow/execute/old", {"json": {"inputs": {"strings": {"1": "hi"}}}}),
    "a task's file": ("POST", "/api/workflow/upload-run-input", {"files": {"file_1": ("a.txt", b"x" * 9000)}}),
    "a registered tool": (
        "POST",
        "/api/tools/register",
        {"json": {"tools": [{"name": "t", "description": "d", "schema_data": {"type": "object", "properties": {}}}]}},
    ),
}


@pytest.fixture
def small_files(tmp_path: Path) -> tuple[Path, Full]:
    """No file may grow, by RLIMIT_FSIZE of the running process: needs nobody's leave."""

    def fill(server: Served) -> Callable[[], None]:
        before = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (1024, before[1]))
        return lambda: resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, before) and None

    return tmp_path / "data", fill


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[tuple[Path, Full]]:
    """A file system of 12 MB, which is then filled."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.call(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", disk], stderr=subprocess.DEVNULL):
        pytest.skip("a tmpfs cannot be mounted here, which needs root: a full disk is tried with limits on files alone")

    def fill(_: Served) -> Callable[[], None]:
        with (disk / "fill").open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(65536))
        return (disk / "fill").unlink

    yield disk / "data", fill
    subprocess.check_call(["umount", "-l", disk])


@pytest.fixture(params=["small_files", pytest.param("small_disk", marks=pytest.mark.deep)])
def tight(request: pytest.FixtureRequest) -> tuple[Path, Full]:
    made: tuple[Path, Full] = request.getfixturevalue(request.param)
    return made


@contextmanager
def under_way(data: Path) -> Iterator[tuple[Served, httpx.Client, dict[str, str]]]:
    """A server with a free session, and one whose turn is running."""
    with served(data, environ=SLOW) as server, server.client() as client:
        free, busy = (client.post("/v1/sessions", json={"persistent": True}).json()["id"] for _ in range(2))
        client.post("/v1/agents", json={"name": "old"}).raise_for_status()
        sent = client.post(f"/v1/sessions/{busy}/messages", json={"message": "Write a poem about rain."}, headers=LATER)
        names = {"free": free, "busy": busy, "turn": sent.json()["response_id"]}
        wait_for(lambda: len(events(client, names)) > 5)
        yield server, client, names


def events(client: httpx.Client, names: dict[str, str]) -> list[dict[str, object]]:
    path = f"/v1/sessions/{names['busy']}/responses/{names['turn']}/events"
    listed: list[dict[str, object]] = client.get(
        path, params={"limit": 1000}, headers={"Accept": "application/json"}
    ).json()["events"]
    return listed


def wait_for(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def processor(server: Served) -> float:
    """Seconds of processor time that the server has used."""
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def message(answer: httpx.Response) -> str:
    """The sentence of an error, in the shape of the dialect that was asked."""
    body = answer.json()
    path = answer.request.url.path
    if path.startswith("/v1/"):
        assert body["error"] == "unavailable"
        return str(body["message"])
    if path.startswith("/api/v1/runs"):
        return str(body["detail"])
    assert body["detail"]["code"] == "unavailable"
    return str(body["detail"]["message"])


def test_every_route_that_writes_gives_up_in_its_dialects_words_and_nothing_is_lost(tight: tuple[Path, Full]) -> None:
    data, fill = tight
    with under_way(data) as (server, client, names):
        room = fill(server)
        for what, (method, path, how) in EVERYWHERE.items():
            began = time.monotonic()
            answer = client.request(method, path.format(**names), **how)  # type: ignore[arg-type]
            assert answer.status_code == 503, f"{what}: {answer.status_code} {answer.text}"
            assert time.monotonic() - began < 3, what
            assert int(answer.headers["Retry-After"]) > 0, what
            told = message(answer)
            assert "disk" in told or "file may not become larger" in told, f"{what}: {told}"
            assert "safe" not in told, what
        asked = {"json": {"message": "hi"}, "headers": {**LATER, "Idempotency-Key": "k"}}
        answer = client.post(f"/v1/sessions/{names['free']}/messages", **asked)  # type: ignore[arg-type]
        assert answer.status_code == 503
        assert "safe to repeat" in message(answer)
        for scope, safe in (("global", True), ("none", False)):
            run = {"prompt": "hi", "idempotency_key": "k", "idempotency_scope": scope}
            answer = client.post("/api/v1/runs", json=run)
            assert answer.status_code == 503
            assert ("safe to repeat" in message(answer)) is safe, scope
        room()
        wait_for(lambda: client.get("/health").is_success)
        first = client.post(f"/v1/sessions/{names['free']}/messages", **asked)  # type: ignore[arg-type]
        again = client.post(f"/v1/sessions/{names['free']}/messages", **asked)  # type: ignore[arg-type]
        assert first.json()["response_id"] == again.json()["response_id"]
        record = f"/v1/sessions/{names['busy']}/responses/{names['turn']}"
        wait_for(lambda: client.get(record).json()["status"] == "completed")
        seen = events(client, names)
        assert [event["id"] for event in seen] == list(range(len(seen)))
        assert len(client.get("/v1/agents").json()) == 1


def test_what_waits_keeps_nobody_from_being_told_and_nothing_spins(tight: tuple[Path, Full]) -> None:
    data, fill = tight
    with under_way(data) as (server, client, names):
        room = fill(server)
        before = processor(server)
        record = f"/v1/sessions/{names['busy']}/responses/{names['turn']}"

        def send(number: int) -> int:
            return many.patch(f"/v1/sessions/{names['free']}", json={"metadata": {"n": number}}).status_code

        with server.client() as many, ThreadPoolExecutor(60) as pool:
            waiting = [pool.submit(send, number) for number in range(60)]
            wait_for(lambda: client.get("/health").status_code == 503)
            for path, status in (("/health", 503), (record, 200)) * 5:
                began = time.monotonic()
                assert client.get(path).status_code == status
                assert time.monotonic() - began < patience.REQUEST, "whoever waits has a thread for that long"
            assert [done.result() for done in waiting] == [503] * 60
            assert processor(server) - before < 2
            assert client.get("/health").json()["error"] == "unavailable"
            room()
            wait_for(lambda: client.get("/health").is_success)
            assert send(1) == 200
        wait_for(lambda: client.get(record).json()["status"] == "completed")


def test_of_two_files_that_have_no_room_together_none_is_kept(small_files: tuple[Path, Full]) -> None:
    data, fill = small_files
    with under_way(data) as (server, client, names):
        room = fill(server)
        both = {"file_1": ("a.txt", b"x"), "file_2": ("b.txt", b"x" * 9000)}
        for path in ("upload-run-input", "execute/old/with-files"):
            assert client.post(f"/api/workflow/{path}", files=both).status_code == 503
        room()
        assert client.get(f"/v1/sessions/{names['free']}/files").json() == []


@pytest.mark.deep
def test_a_server_that_dies_without_room_goes_on_when_there_is_some(tight: tuple[Path, Full]) -> None:
    data, fill = tight
    with under_way(data) as (server, client, names):
        room = fill(server)
        wait_for(lambda: client.patch(f"/v1/sessions/{names['free']}", json={"metadata": {"n": 1}}).status_code == 503)
        server.kill()
        with suppress(ProcessLookupError):  # the limit on files went with its process
            room()
    with served(data, environ=SLOW) as server, server.client() as client:
        record = f"/v1/sessions/{names['busy']}/responses/{names['turn']}"
        wait_for(lambda: client.get(record).json()["status"] == "completed")
        seen = events(client, names)
        assert [event["id"] for event in seen] == list(range(len(seen)))


def test_a_server_without_room_ends_when_it_is_asked_to(small_files: tuple[Path, Full]) -> None:
    data, fill = small_files
    with under_way(data) as (server, client, _):
        fill(server)
        wait_for(lambda: client.get("/health").status_code == 503)
        server.process.terminate()
        assert server.process.wait(PATIENCE) == 0


def test_a_database_that_another_program_locks_is_waited_for_or_said_to_be(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with (
        under_way(data) as (server, client, names),
        closing(sqlite3.connect(data / "walkaway.db", isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        before = processor(server)
        with ThreadPoolExecutor(8) as pool:
            where = f"{server.url}/v1/sessions/{names['free']}"
            waiting = [pool.submit(httpx.patch, where, json={"metadata": {"n": n}}, timeout=10) for n in range(8)]
            for answer in (done.result() for done in waiting):
                assert answer.status_code == 503
                assert "is locked by another program" in message(answer)
                assert answer.elapsed.total_seconds() < 3
        assert "is locked by another program" in client.get("/health").json()["message"]
        assert processor(server) - before < 2
        other.execute("ROLLBACK")
        wait_for(lambda: client.get("/health").is_success)
        assert client.patch(where, json={"metadata": {"n": 9}}).is_success
        record = f"/v1/sessions/{names['busy']}/responses/{names['turn']}"
        wait_for(lambda: client.get(record).json()["status"] == "completed")


FILL = """
python3 - <<'EOF'
import os, time
for _ in range(DEEP):
    os.mkdir("d" * 250)
    os.chdir("d" * 250)
with open("fill", "wb", buffering=0) as file:
    try:
        while True:
            file.write(bytes(65536))
    except OSError as error:
        print(error.strerror, flush=True)
time.sleep(2)
print("looked", flush=True)
EOF
"""


@needs_bubblewrap
@pytest.mark.parametrize("deep", [0, 18], ids=["where one looks", "beyond the longest path"])
def test_a_command_that_fills_the_disk_leaves_room_behind(
    deep: int, small_disk: tuple[Path, Full], model: MessagesApi
) -> None:
    data, _ = small_disk
    with running(data, Settings(model="test-model", base_url=model.url, keys=KEYS)) as server, server.client() as web:
        told = Agent(web, model).bash(FILL.replace("DEEP", str(deep)), timeout=60)
        assert "No space left on device\nlooked" in told
        assert deep or "fill was not kept: The disk is full" in told
        assert list((data / "sandbox").iterdir()) == []
        assert web.get("/health").is_success
        assert Agent(web, model).bash("echo room > a.txt") == "exit code 0\n[written: a.txt]"
