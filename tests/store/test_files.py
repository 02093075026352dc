"""A session's view of the workspace: pages of files with what they are."""

import hashlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from walkaway_core.ports.paths import Scope
from walkaway_core.store import files
from walkaway_local.workspace import FolderWorkspace


def test_a_page_with_hashes_ends_where_enough_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "HASHED_BYTES", 20)
    monkeypatch.setattr(files, "HASHED_FILES", 2)
    workspace = FolderWorkspace(tmp_path)
    services: Any = SimpleNamespace(workspace=workspace)
    sizes = {"a": 8, "b": 13, "c": 1, "d": 50, "e": 1, "f": 1, "g": 1}
    for name, size in sizes.items():
        workspace.write("t/files", name, [b"x" * size])
    found, after = list[list[str]](), ""
    while True:
        page, after = files.below(services, "t", Scope(), "", after, 1000, hashed=True)
        found.append([each.name for each in page])
        assert [each.sha256 for each in page] == [hashlib.sha256(b"x" * sizes[each.name]).hexdigest() for each in page]
        if not after:
            break
    assert found == [["a"], ["b", "c"], ["d"], ["e", "f"], ["g"]]
