"""Large bodies: one whose file is gone may be shown as gone, and must not be sent or carried out."""

from pathlib import Path

import pytest

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
