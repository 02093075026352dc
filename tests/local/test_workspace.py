"""The folder behind the Workspace: links and special files lead nowhere."""

import contextlib
import os
import socket
import tempfile
from email.utils import formatdate
from pathlib import Path

import pytest

from tests.kit.rights import like_everybody
from walkaway_core.ports.workspace import NotAFile, Refused
from walkaway_local.workspace import FolderWorkspace

ROOT = "t/files"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    secret = tmp_path / "outside"
    secret.mkdir()
    (secret / "secret").write_text("secret")
    return secret


@pytest.fixture
def workspace(tmp_path: Path, outside: Path) -> FolderWorkspace:
    made = FolderWorkspace(tmp_path / "workspace")
    made.write(ROOT, "real", [b"real"])
    folder = tmp_path / "workspace" / ROOT
    (folder / "to-dir").symlink_to(outside)
    (folder / "to-file").symlink_to(outside / "secret")
    (folder / "to-real").symlink_to("real")
    (folder / "dangling").symlink_to(outside / "new")
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as listening, contextlib.chdir(folder):  # their paths end at 108 bytes
        listening.bind("socket")
    return made


LINKS = ["to-dir/secret", "to-file", "to-real", "dangling", "pipe", "socket"]


@pytest.mark.parametrize("path", LINKS)
def test_links_and_special_files_are_not_read(workspace: FolderWorkspace, path: str) -> None:
    assert workspace.read(ROOT, path) is None
    assert workspace.stat(ROOT, path) is None


def test_links_and_special_files_are_not_listed(workspace: FolderWorkspace) -> None:
    assert [entry.name for entry in workspace.listing(ROOT, "") or ()] == ["real"]
    assert workspace.listing(ROOT, "to-dir") is None


@pytest.mark.parametrize("path", [*LINKS, "to-dir/new", "to-dir"])
def test_nothing_is_written_through_them(workspace: FolderWorkspace, outside: Path, path: str) -> None:
    with pytest.raises(NotAFile):
        workspace.write(ROOT, path, [b"evil"])
    assert sorted(entry.name for entry in outside.iterdir()) == ["secret"]
    assert (outside / "secret").read_text() == "secret"


@pytest.mark.parametrize("path", [*LINKS, "to-dir"])
def test_nothing_is_deleted_through_them(workspace: FolderWorkspace, outside: Path, path: str) -> None:
    assert workspace.delete(ROOT, path) is False
    assert (outside / "secret").exists()


def test_what_a_crash_left_half_written_is_removed_at_the_next_start(tmp_path: Path) -> None:
    FolderWorkspace(tmp_path)
    (tmp_path / ".staging" / "half").write_bytes(b"x")
    FolderWorkspace(tmp_path)
    assert list((tmp_path / ".staging").iterdir()) == []


def test_names_that_are_no_utf8_are_passed_over(workspace: FolderWorkspace, tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path / "workspace" / ROOT)
    for name in (b"caf\xe9.txt", b"\xff\xfe", b"\xed\xb3\xa9"):
        Path(os.fsdecode(folder + b"/" + name)).write_bytes(b"from an old share")
    Path(os.fsdecode(folder + b"/sch\xf6n")).mkdir()
    assert [entry.name for entry in workspace.listing(ROOT, "") or ()] == ["real"]


def test_what_the_server_has_no_right_to_is_refused_and_the_rest_stays(
    workspace: FolderWorkspace, tmp_path: Path
) -> None:
    folder = tmp_path / "workspace" / ROOT
    for path in ("shut/file", "locked"):
        workspace.write(ROOT, path, [b"x"])
    (folder / "shut").chmod(0)
    (folder / "locked").chmod(0)
    with like_everybody():
        assert [entry.name for entry in workspace.listing(ROOT, "") or ()] == ["locked", "real", "shut"]
        for refused in (
            lambda: workspace.stat(ROOT, "shut/file"),
            lambda: workspace.listing(ROOT, "shut"),
            lambda: workspace.read(ROOT, "shut/file"),
            lambda: workspace.read(ROOT, "locked"),
            lambda: workspace.write(ROOT, "shut/new", [b"y"]),
            lambda: workspace.delete(ROOT, "shut/file"),
        ):
            with pytest.raises(Refused, match="no right"):
                refused()
    (folder / "shut").chmod(0o755)
    assert [entry.name for entry in workspace.listing(ROOT, "shut") or ()] == ["file"]


def test_a_name_that_the_file_system_cannot_hold_is_refused(workspace: FolderWorkspace) -> None:
    for path in ("x" * 256, "x" * 256 + "/f"):
        with pytest.raises(Refused, match="cannot hold"):
            workspace.write(ROOT, path, [b"x"])
        with pytest.raises(Refused, match="cannot hold"):
            workspace.stat(ROOT, path)
    assert workspace.listing(ROOT, "x") is None


@pytest.mark.parametrize("time", [-(2**40), -1, 2**33, 2**40, 2**45])
def test_a_file_of_any_time_has_one_that_a_calendar_has(time: int) -> None:
    if not Path("/dev/shm").is_dir():
        pytest.skip("there is no tmpfs")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        workspace = FolderWorkspace(Path(folder))
        workspace.write(ROOT, "f", [b"x"])
        os.utime(Path(folder) / ROOT / "f", (0, time))
        info = workspace.stat(ROOT, "f")
        assert info
        assert formatdate(info.modified, usegmt=True).endswith("GMT")
