"""The folder behind the Workspace: links and special files lead nowhere."""

import contextlib
import os
import resource
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path

import pytest

from tests.kit.rights import like_everybody
from walkaway_core.ports.patience import NotWritten
from walkaway_core.ports.workspace import NotAFile, Refused
from walkaway_local.workspace import STAGING, FolderWorkspace

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


def everything(workspace: FolderWorkspace) -> dict[str, Callable[[], object]]:
    """All that a workspace can be asked, of a file `there` that is there."""
    return {
        "stat": lambda: workspace.stat(ROOT, "a/there"),
        "listing": lambda: workspace.listing(ROOT, "a"),
        "read": lambda: b"".join(workspace.read(ROOT, "a/there") or ()),
        "write": lambda: workspace.write(ROOT, "new", [b"x"]),
        "delete": lambda: workspace.delete(ROOT, "a/there"),
    }


@pytest.mark.parametrize("gone", ["workspace", "workspace/.staging", "workspace/t"])
def test_a_folder_that_was_removed_is_made_again(tmp_path: Path, gone: str) -> None:
    workspace = FolderWorkspace(tmp_path / "workspace")
    workspace.write(ROOT, "a/there", [b"x"])
    shutil.rmtree(tmp_path / gone)
    kept = gone.endswith(STAGING)
    asked = everything(workspace)
    assert bool(asked["stat"]()) == bool(asked["listing"]()) == bool(asked["read"]()) == kept
    assert asked["write"]()
    assert b"".join(workspace.read(ROOT, "new") or ()) == b"x"
    assert asked["delete"]() == kept
    assert workspace.trouble() == ""


def test_a_workspace_without_the_folder_it_stood_in_says_so(tmp_path: Path) -> None:
    workspace = FolderWorkspace(tmp_path / "disk" / "workspace")
    shutil.rmtree(tmp_path / "disk")
    with pytest.raises(NotWritten, match="has been removed"):
        workspace.write(ROOT, "new", [b"x"])
    assert "has been removed" in workspace.trouble()
    for asked in everything(workspace).values():
        with pytest.raises(NotWritten, match="has been removed"):
            asked()
    assert not (tmp_path / "disk").exists()


def test_a_workspace_that_is_a_link_is_where_that_led_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "workspace").symlink_to("disk")
    workspace = FolderWorkspace(tmp_path / "workspace")
    workspace.write(ROOT, "a/there", [b"x"])
    for asked in everything(workspace).values():
        assert asked()
    (tmp_path / "workspace").unlink()
    assert b"".join(workspace.read(ROOT, "new") or ()) == b"x"


def test_a_folder_in_another_ones_place_is_trouble(tmp_path: Path) -> None:
    workspace = FolderWorkspace(tmp_path / "workspace")
    shutil.rmtree(tmp_path / "workspace")
    (tmp_path / "workspace").write_text("a file")
    for asked in everything(workspace).values():
        with pytest.raises(NotWritten, match="cannot be used"):
            asked()


@pytest.mark.parametrize("shut", ["", STAGING])
def test_a_workspace_that_the_server_has_no_right_to_is_trouble(tmp_path: Path, shut: str) -> None:
    workspace = FolderWorkspace(tmp_path / "workspace")
    workspace.write(ROOT, "a/there", [b"x"])
    (tmp_path / "workspace" / shut).chmod(0)
    with like_everybody():
        for name, asked in everything(workspace).items():
            if shut and name != "write":
                assert asked(), name
                continue
            with pytest.raises(NotWritten, match="no right"):
                asked()
        assert "no right" in workspace.trouble()
    (tmp_path / "workspace" / shut).chmod(0o700)
    everything(workspace)["write"]()
    assert workspace.trouble() == ""


def test_a_process_without_room_for_one_more_open_file_says_so(tmp_path: Path) -> None:
    workspace = FolderWorkspace(tmp_path / "workspace")
    workspace.write(ROOT, "a/there", [b"x"])
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.ExitStack() as held:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
        held.callback(resource.setrlimit, resource.RLIMIT_NOFILE, before)
        with contextlib.suppress(OSError):
            while True:
                held.enter_context(open(os.devnull))  # noqa: PTH123 - it stays open
        for name, asked in everything(workspace).items():
            with pytest.raises(NotWritten, match=r"ulimit -n"):
                pytest.fail(f"{name}: {asked()}")
    for asked in everything(workspace).values():
        assert asked()


@contextlib.contextmanager
def mounted(*words: str | Path) -> Iterator[None]:
    if subprocess.call(["mount", *words], stderr=subprocess.DEVNULL):
        pytest.skip("nothing can be mounted here, which needs root")
    try:
        yield
    finally:
        subprocess.check_call(["umount", "-l", words[-1]])


def test_a_file_system_that_became_read_only_says_so(tmp_path: Path) -> None:
    with mounted("-t", "tmpfs", "tmpfs", tmp_path):
        workspace = FolderWorkspace(tmp_path / "workspace")
        workspace.write(ROOT, "a/there", [b"x"])
        subprocess.check_call(["mount", "-o", "remount,ro", tmp_path])
        for name, asked in everything(workspace).items():
            if name in ("write", "delete"):
                with pytest.raises(NotWritten, match="read-only"):
                    asked()
            else:
                assert asked()


def test_a_disk_that_reports_an_error_says_so_before_anything_is_given(tmp_path: Path) -> None:
    workspace = FolderWorkspace(tmp_path / "workspace")
    workspace.write(ROOT, "a/there", [b"x"])
    memory = f"/proc/{os.getpid()}/mem"  # nothing is at its beginning: EIO (proc(5))
    with (
        mounted("--bind", memory, tmp_path / "workspace" / ROOT / "a/there"),
        pytest.raises(NotWritten, match="The disk reports an error"),
    ):
        workspace.read(ROOT, "a/there")
