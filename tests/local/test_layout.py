"""A data folder in which something stands in the place of something else: a sentence, and nothing is changed."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.kit.servers import PATIENCE, served

pytestmark = pytest.mark.deep

NOBODY = 65534
LIKE_EVERYBODY = ("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner,-chown")
"""Takes root's way around file permissions, as for a server that is not root's (setpriv(1))."""
COMMANDS = {
    "serve": ("serve", "--port", "0"),
    "list": ("keys", "list"),
    "create": ("keys", "create", "alpha"),
    "revoke": ("keys", "revoke", "0123456789abcdef"),
}


def walkaway(data: Path, command: str, *through: str) -> tuple[int, str]:
    """Run a command on a data folder, through another program if one is named; give its exit code and what it says."""
    words = [*through, sys.executable, "-m", "walkaway", *COMMANDS[command], "--data", str(data)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=PATIENCE, cwd="/")
    return done.returncode, done.stdout + done.stderr


def state(folder: Path) -> list[tuple[str, int, int, bytes]]:
    """Everything below a folder, with its rights and contents; not when it was touched."""
    paths = sorted([folder, *folder.rglob("*")]) if folder.exists() else []
    return [
        (str(path), path.lstat().st_mode, path.lstat().st_uid, path.read_bytes() if path.is_file() else b"")
        for path in paths
    ]


def directory(path: Path) -> None:
    path.mkdir(parents=True)
    (path / "mine").write_text("mine")


def file(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("mine")


def dangling(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to("/nowhere/that/is/mounted")


def linked(path: Path) -> None:
    elsewhere = path.parents[2] / "elsewhere"
    directory(elsewhere)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(elsewhere)


def pipe(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(path)


ODD: list[tuple[str, Callable[[Path], None], str]] = [
    ("workspace/.staging/theirs", directory, "move it away"),
    ("workspace/.staging", file, "move it away"),
    ("workspace", file, "move it away"),
    ("sandbox", file, "move it away"),
    ("sandbox", pipe, "move it away"),
    ("containers", file, "move it away"),
    ("clock", directory, "move it away"),
    ("lock", directory, "move it away"),
    ("lock", pipe, "move it away"),
    ("walkaway.db", directory, "move it away"),
    ("walkaway.db-wal", directory, "move it away"),
    ("workspace", dangling, "Mount"),
    ("sandbox", dangling, "Mount"),
    ("containers", dangling, "Mount"),
    ("walkaway.db", dangling, "Mount"),
    ("workspace/alpha", linked, "links"),
    ("workspace/alpha/files", linked, "links"),
]


@pytest.mark.parametrize("command", ["serve", "list", "create"])
@pytest.mark.parametrize(("name", "make", "what"), ODD)
def test_what_stands_in_another_things_place_is_named(
    tmp_path: Path, name: str, make: Callable[[Path], None], what: str, command: str
) -> None:
    data = tmp_path / "data"
    make(data / name)
    before = state(tmp_path)
    code, told = walkaway(data, command)
    assert code == 1, told
    assert told.startswith("Error: "), told
    assert len(told.splitlines()) == 1, told
    assert str(data / name) in told
    assert what in told
    assert state(tmp_path) == before


@pytest.mark.parametrize("command", COMMANDS)
def test_a_data_folder_that_is_a_link_to_nowhere_is_named(tmp_path: Path, command: str) -> None:
    (tmp_path / "data").symlink_to(tmp_path / "disk" / "data")
    code, told = walkaway(tmp_path / "data", command)
    assert code == 1, told
    assert f"{tmp_path / 'data'} is a link to {tmp_path / 'disk' / 'data'}, which is not there" in told
    assert not (tmp_path / "disk").exists()


@pytest.mark.parametrize("command", ["list", "revoke"])
def test_who_only_looks_for_keys_makes_no_folder(tmp_path: Path, command: str) -> None:
    code, told = walkaway(tmp_path / "typo", command)
    assert code == 1, told
    assert f"There is no data folder at {tmp_path / 'typo'}" in told
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", COMMANDS)
def test_a_data_folder_that_is_a_file_is_named(tmp_path: Path, command: str) -> None:
    for data in (tmp_path / "data", tmp_path / "data" / "below"):
        (tmp_path / "data").write_text("mine")
        code, told = walkaway(data, command)
        assert code == 1, told
        assert "is a file" in told
        assert "another" in told or "move it away" in told
        assert len(told.splitlines()) == 1, told
        assert (tmp_path / "data").read_text() == "mine"


needs_root = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("setpriv"), reason="only root can give a file to somebody else"
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as a server has left it."""
    with served(data := tmp_path_factory.mktemp("whole") / "data"):
        pass
    return data


@needs_root
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("where", [".", "workspace", "workspace/.staging", "sandbox", "clock", "lock", "walkaway.db"])
def test_what_is_another_users_is_named(whole: Path, tmp_path: Path, where: str, command: str) -> None:
    data = shutil.copytree(whole, tmp_path / "data")
    (data / "clock").touch(0o600)
    os.chown(data / where, NOBODY, NOBODY)
    before = state(data)
    code, told = walkaway(data, command, *LIKE_EVERYBODY)
    assert code == 1, told
    assert told.startswith(f"Error: {data / where} cannot be read and written by this user (0). "), told
    assert "chown" in told
    assert len(told.splitlines()) == 1
    assert state(data) == before


@needs_root
@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_that_may_not_be_made_is_named(tmp_path: Path, command: str) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir(0o755)
    os.chown(theirs, NOBODY, NOBODY)
    for mode in (0o755, 0o700):
        theirs.chmod(mode)
        code, told = walkaway(theirs / "data", command, *LIKE_EVERYBODY)
        assert code == 1
        if mode == 0o755 and command in ("list", "revoke"):
            assert f"There is no data folder at {theirs / 'data'}" in told
        else:
            assert f"{theirs / 'data'} cannot be made: this user (0) may not write in {theirs}" in told
        assert len(told.splitlines()) == 1, told
        assert list(theirs.iterdir()) == []


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A data folder on a file system that is read-only."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.call(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", disk], stderr=subprocess.DEVNULL):
        pytest.skip("a file system cannot be mounted here, which needs root")
    try:
        with served(disk / "data"):
            pass
        subprocess.check_call(["mount", "-o", "remount,ro", disk])
        yield disk / "data"
    finally:
        subprocess.check_call(["umount", "-l", disk])


def test_a_file_system_that_is_read_only_is_named(read_only: Path) -> None:
    for data, commands in ((read_only, tuple(COMMANDS)), (read_only.parent / "new", ("serve", "create"))):
        for command in commands:
            code, told = walkaway(data, command)
            assert code == 1, told
            assert "read-only" in told
            assert len(told.splitlines()) == 1, told


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("after", [0, 100, 4096], ids=["from the beginning", "in the header", "behind the first page"])
def test_a_database_of_garbage_is_named(tmp_path: Path, after: int, command: str) -> None:
    data = tmp_path / "data"
    with served(data):
        pass
    database = data / "walkaway.db"
    garbage = database.read_bytes()[:after] + b"\xa5" * 40_000
    database.write_bytes(garbage)
    code, told = walkaway(data, command)
    assert code == 1, told
    assert "is damaged" in told
    assert "backup" in told
    assert len(told.splitlines()) == 1, told
    assert database.read_bytes() == garbage


def test_the_workspace_the_sandbox_and_the_whole_may_be_links(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    for name in ("data", "workspace", "sandbox"):
        (disk / name).mkdir(parents=True)
    data = tmp_path / "data"
    data.symlink_to(disk / "data")
    (data / "workspace").symlink_to(disk / "workspace")
    (data / "sandbox").symlink_to("../sandbox")
    with served(data) as server, server.client() as client:
        files = f"/v1/sessions/{client.post('/v1/sessions', json={}).json()['id']}/files"
        assert client.put(f"{files}/a/b.txt", content=b"here").status_code == 201
        assert client.get(f"{files}/a/b.txt").content == b"here"
        assert [entry["name"] for entry in client.get(f"{files}/a").json()] == ["b.txt"]
        assert client.delete(f"{files}/a/b.txt").status_code == 204
        assert client.post("/api/workflow/upload-run-input", files={"file_1": ("c.txt", b"c")}).is_success
    assert [path.name for path in (disk / "workspace").rglob("*.txt")] == ["c.txt"]
