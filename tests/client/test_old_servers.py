"""Today's client with servers of earlier commits: what those can do works, and what they cannot is said."""

import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from tests.kit.clients import quick
from tests.kit.servers import PATIENCE, end, wait_ready
from walkaway import Call, Walkaway, errors, tool
from walkaway.events import MessageCompleted

ROOT = Path(__file__).parents[2]
SERVERS = {
    "0.1.0": ("1e2664d9697a694e792eff48b3dc3e5936ad0229", "walkaway_local.serve"),
    "before the client": ("32b98f1664999ad31dd3a986d9869b55ae4a3fd7", "walkaway_local.commands.serve"),
}
"""Commits of this repository, and where `walkaway serve` stood then."""
FOLDERS = ("layers/core", "layers/sandbox", "local", "clients/python")
pytestmark = pytest.mark.deep


@pytest.fixture(scope="module", params=SERVERS)
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a commit of the repository's history, with the libraries of today."""
    (commit, module), folder = SERVERS[request.param], tmp_path_factory.mktemp("old")
    archive = subprocess.run(
        ["git", "archive", commit, *FOLDERS, "statemachines"], cwd=ROOT, capture_output=True, check=False
    )
    if archive.returncode:
        why = archive.stderr.decode(errors="replace").strip()
        pytest.skip(f"this clone lacks commit {commit[:8]} ({request.param}); fetch its whole history: {why}")
    with tarfile.open(fileobj=BytesIO(archive.stdout)) as tar:
        tar.extractall(folder, filter="data")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("WALKAWAY_", "ANTHROPIC_"))}
    environ = {**clean, "PYTHONPATH": os.pathsep.join(str(folder / each) for each in FOLDERS)}
    command = [
        sys.executable,
        "-c",
        f"from {module} import serve; serve()",
        "--port",
        "0",
        "--data",
        str(folder / "data"),
    ]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=log, text=True)
    assert process.stdout
    try:
        line = process.stdout.readline()
        found = next((word for word in line.split() if word.startswith("http://")), None)
        assert found, (folder / "log").read_text()
        wait_ready(found)
        yield found
    finally:
        end(process)
        process.stdout.close()


@pytest.fixture
def client(url: str) -> Iterator[Walkaway]:
    with quick(url, None) as found:
        yield found


def test_it_is_an_old_one(client: Walkaway) -> None:
    assert client.features() == frozenset()


def test_a_turn_is_sent_read_and_waited_for(client: Walkaway) -> None:
    session = client.sessions.create(ttl=3600)
    turn = session.send("Write a poem about old ships.")
    events = list(turn.events())
    assert [event.number for event in events] == list(range(len(events)))
    assert isinstance(events[-1], MessageCompleted)
    again = client.turn(turn.ref)
    result = again.result(timeout=PATIENCE)
    assert result.text == turn.text != ""
    assert "".join(client.turn(turn.ref).texts()) == result.text
    assert [each.id for each in session.turns()] == [turn.id]
    assert session.refresh().id in {each.id for each in client.sessions.list()}
    session.delete()
    with pytest.raises(errors.NotFound):
        client.sessions.get(session.id)


def test_a_message_that_is_repeated_is_one(client: Walkaway) -> None:
    session = client.sessions.create()
    turns = [session.send("Write a poem about rain.", idempotency_key="once") for _ in range(2)]
    assert turns[0].id == turns[1].id
    turns[0].result(timeout=PATIENCE)


def test_files_go_there_and_come_back(client: Walkaway, tmp_path: Path) -> None:
    files = client.sessions.create(file_access={"read": ["."], "write": ["."]}).files
    (tmp_path / "a.txt").write_text("old")
    files.upload(tmp_path / "a.txt", "a.txt")
    assert files.read_text("a.txt") == "old"
    files.delete("a.txt")
    with pytest.raises(errors.NotFound):
        files.read("a.txt")


def test_tools_of_the_program_are_run(client: Walkaway) -> None:
    asked: list[str] = []

    @tool
    def stock(call: Call, sku: str) -> str:
        """Tell how many there are."""
        asked.append(call.call_id)
        return f"seven {sku}"

    result = client.sessions.create(tools=[stock]).ask('Call stock {"sku": "A-1"}', timeout=PATIENCE)
    assert result.status == "completed"
    assert len(asked) == len(set(asked)) == 1


def test_an_approver_is_asked(client: Walkaway) -> None:
    asked: list[str] = []

    def yes(call: Call) -> bool:
        asked.append(call.name)
        return True

    result = client.run("Write a 1-page report on rust to r.md", approve=["write_file"], on_approval=yes)
    assert (result.status, set(asked)) == ("completed", {"write_file"})


def test_what_it_cannot_do_is_said(client: Walkaway) -> None:
    @tool
    def stock(sku: str) -> str:
        """Tell how many there are."""
        return sku

    with pytest.raises(errors.FeatureMissing):
        client.me()
    with pytest.raises(errors.FeatureMissing):
        client.serve_tools([stock])
    with pytest.raises(errors.FeatureMissing):
        next(iter(client.feed.events()))
