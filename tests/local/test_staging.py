"""What a command has left, where this program may not look into all of it."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.kit.rights import like_everybody
from walkaway_core.ports.paths import MAX_DEPTH
from walkaway_core.ports.sandbox import Command
from walkaway_local.sandbox import staging
from walkaway_local.workspace import FolderWorkspace
from walkaway_sandbox import tree

COMMAND = Command("true", "t/files", ("",), ("",), 1.0)


def test_what_was_closed_is_neither_changed_nor_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = FolderWorkspace(tmp_path / "workspace")
    for path in ("open/a", "shut/b", "shut/deep/c", "locked"):
        workspace.write("t/files", path, [b"x"])
    copy = tmp_path / "copy"
    copy.mkdir()
    staged = staging.stage(workspace, COMMAND, copy, None)
    (copy / "open/a").unlink()
    (copy / "locked").write_text("changed")
    (copy / "shut/b").write_text("changed")
    real = os.open

    def refuse(path: Any, *rest: Any, **more: Any) -> int:
        if path in ("shut", "locked"):
            raise PermissionError
        return real(path, *rest, **more)

    monkeypatch.setattr(os, "open", refuse)  # as for a server that is not root's, after `chmod 0`
    changes, lost = staging.changes(copy, staged, COMMAND)
    assert [(change.path, change.contents) for change in changes] == [("open/a", None)]
    assert sorted(lost) == ["not kept: 'locked' cannot be opened", "not kept: 'shut' cannot be opened"]


def test_where_nothing_can_be_looked_into_nothing_counts_as_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = FolderWorkspace(tmp_path / "workspace")
    workspace.write("t/files", "a", [b"x"])
    copy = tmp_path / "copy"
    copy.mkdir()
    staged = staging.stage(workspace, COMMAND, copy, None)
    real = os.open

    def refuse(path: Any, *rest: Any, **more: Any) -> int:
        if path == str(copy):
            raise PermissionError
        return real(path, *rest, **more)

    monkeypatch.setattr(os, "open", refuse)
    assert staging.changes(copy, staged, COMMAND) == ([], ["not kept: '' cannot be opened"])


def test_as_deep_as_may_be_uploaded_a_command_may_leave() -> None:
    assert tree.DEEPEST == MAX_DEPTH


def test_what_the_server_may_not_read_is_not_staged_and_the_rest_is(tmp_path: Path) -> None:
    workspace = FolderWorkspace(tmp_path / "workspace")
    for path in ("open/a", "shut/b", "locked"):
        workspace.write("t/files", path, [b"x"])
    for path in ("shut", "locked"):
        (tmp_path / "workspace/t/files" / path).chmod(0)
    copy = tmp_path / "copy"
    copy.mkdir()
    with like_everybody():
        staged = staging.stage(workspace, COMMAND, copy, None)
    assert list(staged) == ["open/a"]


def test_what_lies_deeper_than_a_command_could_leave_it_is_not_staged(tmp_path: Path) -> None:
    workspace = FolderWorkspace(tmp_path / "workspace")
    deepest = "d/" * MAX_DEPTH + "f"
    for path in (deepest, "e/" * (MAX_DEPTH + 1) + "f"):
        workspace.write("t/files", path, [b"x"])
    copy = tmp_path / "copy"
    copy.mkdir()
    scopes = ("", "e/" * (MAX_DEPTH + 1) + "f", "e/" * 300 + "new")
    command = Command("true", "t/files", scopes, scopes, 1.0)
    assert list(staging.stage(workspace, command, copy, None)) == [deepest]
    assert not tree.outgrown(copy, 1000)
