"""A data folder is its owner's alone, also one that stood open, and whatever the shell's umask is."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit import sse
from tests.kit.sandboxes import needs_bubblewrap
from tests.kit.servers import served
from walkaway_local import private


def open_to_others(folder: Path) -> list[str]:
    """Name what others may do something with."""
    paths = [folder, *folder.rglob("*")]
    return [str(path) for path in paths if not path.is_symlink() and stat.S_IMODE(path.stat().st_mode) & 0o077]


@pytest.fixture(autouse=True)
def generous() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_all_that_a_server_writes_is_closed(tmp_path: Path) -> None:
    data = tmp_path / "deep" / "data"
    data.parent.mkdir()
    with served(data, environ={"WALKAWAY_REHEARSAL_DELAY": "0"}) as server, server.client() as client:
        session = sse.new(client)
        client.put(f"/v1/sessions/{session}/files/notes/a.txt", content=b"secret")
        sse.send(client, session, "Write a 1-page memo on kites to kites.md")
        assert [path.name for path in data.rglob("kites.md")]
        assert open_to_others(data) == []
    assert open_to_others(data) == []


def test_a_folder_that_stood_open_is_closed_at_the_next_start(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with served(data):
        pass
    for path in (data, *data.iterdir()):
        path.chmod(0o755 if path.is_dir() else 0o644)
    with served(data):
        assert open_to_others(data) == []


def test_keys_are_made_in_a_folder_that_is_closed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    command = [sys.executable, "-m", "walkaway", "keys", "create", "alice", "--data", str(data)]
    subprocess.run(command, check=True, capture_output=True)
    assert open_to_others(data) == []


def test_a_folder_that_holds_other_things_keeps_its_rights_and_what_is_ours_loses_them(tmp_path: Path) -> None:
    (tmp_path / "walkaway.db").write_text("")
    (tmp_path / "workspace").mkdir()
    (tmp_path / "letters").mkdir()
    (tmp_path / "lock").symlink_to(tmp_path / "letters")
    tmp_path.chmod(0o755)
    assert private.folder(tmp_path) is None
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755
    assert open_to_others(tmp_path) == [str(tmp_path), str(tmp_path / "letters")]


def test_what_cannot_be_closed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    tmp_path.chmod(0o755)
    monkeypatch.setattr(Path, "chmod", refuse)
    assert "other users" in str(private.folder(tmp_path))


@needs_bubblewrap
def test_a_server_whose_folder_is_relative_has_a_shell(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "walkaway", "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout
        assert str(tmp_path / ".walkaway") in server.stdout.readline()
        server.terminate()
        assert "no bash" not in server.communicate()[0]
    assert open_to_others(tmp_path / ".walkaway") == []
