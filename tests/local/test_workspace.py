"""The folder behind the Workspace: links and special files lead nowhere."""

import os
from pathlib import Path

import pytest

from walkaway_core.ports.workspace import NotAFile
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
    return made


LINKS = ["to-dir/secret", "to-file", "to-real", "dangling", "pipe"]


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
