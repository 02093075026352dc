"""Large bodies: one whose file is gone may be shown as gone, and must not be sent or carried out."""

import threading
from pathlib import Path

import pytest

from tests.kit.rights import like_everybody
from walkaway_core.errors import Unavailable
from walkaway_core.ports import patience
from walkaway_core.ports.items import Item
from walkaway_core.store import bodies
from walkaway_local.workspace import FolderWorkspace
from walkaway_wire import gate


def test_a_body_whose_file_is_gone_can_only_be_shown(tmp_path: Path) -> None:
    workspace = FolderWorkspace(tmp_path / "workspace")
    large = b"x" * (bodies.INLINE_BYTES + 1)
    text, facts = bodies.stow(workspace, "t", "s/large", large)
    item = Item("p", "s", facts, text)
    assert bodies.fetch(workspace, "t", item) == bodies.shown(workspace, "t", item) == large
    workspace.delete(bodies.root("t"), "s/large")
    with pytest.raises(bodies.Gone, match="is gone"):
        bodies.fetch(workspace, "t", item)
    assert "is gone" in gate.stored_object(bodies.shown(workspace, "t", item))[gate.UNREADABLE]


def test_a_body_on_a_disk_in_trouble_is_asked_for_again_and_not_gone(tmp_path: Path) -> None:
    workspace = FolderWorkspace(tmp_path / "workspace")
    large = b"x" * (bodies.INLINE_BYTES + 1)
    text, facts = bodies.stow(workspace, "t", "s/large", large)
    item = Item("p", "s", facts, text)
    (tmp_path / "workspace").chmod(0)
    with like_everybody(), patience.within(0.1):
        for asked in (bodies.fetch, bodies.shown):
            with pytest.raises(Unavailable, match="no right to its workspace"):
                asked(workspace, "t", item)
        with pytest.raises(Unavailable, match="no right to its workspace"):
            bodies.stow(workspace, "t", "s/more", large)
        again = threading.Timer(0.2, (tmp_path / "workspace").chmod, (0o700,))
        again.start()
        with patience.within(10):
            assert bodies.fetch(workspace, "t", item) == large


def test_a_body_that_the_storage_refuses_is_shown_as_such_and_not_written(tmp_path: Path) -> None:
    workspace = FolderWorkspace(tmp_path / "workspace")
    large = b"x" * (bodies.INLINE_BYTES + 1)
    text, facts = bodies.stow(workspace, "t", "s/large", large)
    (tmp_path / "workspace" / bodies.root("t")).chmod(0)
    item = Item("p", "s", facts, text)
    with like_everybody():
        with pytest.raises(bodies.Gone, match="no right"):
            bodies.fetch(workspace, "t", item)
        assert "no right" in gate.stored_object(bodies.shown(workspace, "t", item))[gate.UNREADABLE]
        with pytest.raises(Unavailable, match="no right"):
            bodies.stow(workspace, "t", "s/more", large)
    (tmp_path / "workspace" / bodies.root("t")).chmod(0o700)
