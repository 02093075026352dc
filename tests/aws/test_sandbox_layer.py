"""How the sandbox's layer is packed; `make build` shows that what is in it works."""

import stat
import zipfile
from pathlib import Path

import pytest

from dev import sandbox_layer


def test_a_link_stays_one_and_the_same_contents_give_the_same_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox_layer, "BUILT", tmp_path / "built")
    archives = []
    for name in ("one.zip", "two.zip"):
        monkeypatch.setattr(sandbox_layer, "TARGET", tmp_path / name)
        (tmp_path / "built/python").mkdir(parents=True, exist_ok=True)
        (tmp_path / "built/python/x.py").write_text("pass")
        link = tmp_path / "built/link"
        link.unlink(missing_ok=True)
        link.symlink_to("/tmp/workspace")
        sandbox_layer._pack()
        archives.append((tmp_path / name).read_bytes())
    assert archives[0] == archives[1]
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        found = archive.getinfo("link")
        assert stat.S_ISLNK(found.external_attr >> 16)
        assert archive.read("link") == b"/tmp/workspace"
        assert stat.S_ISREG(archive.getinfo("python/x.py").external_attr >> 16)
