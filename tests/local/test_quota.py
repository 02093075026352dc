"""What a tenant's files may have together: counted from what is there, and kept while it is written."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from walkaway_core.ports.workspace import Full
from walkaway_local import quota
from walkaway_local.quota import Quota

ROOT = "alice/files"


@pytest.fixture
def files(tmp_path: Path) -> Quota:
    return Quota(tmp_path, 100)


def test_what_is_beyond_it_is_refused_and_changes_nothing(files: Quota) -> None:
    files.write(ROOT, "a", [b"x" * 60])
    with pytest.raises(Full, match="may have 100 bytes, and have 60"):
        files.write(ROOT, "b", [b"x" * 41])
    assert files.stat(ROOT, "b") is None
    files.write(ROOT, "b", [b"x" * 40])
    files.write("bob/files", "b", [b"x" * 100])
    files.write("alice/bodies", "b", [b"x" * 1000])


def test_what_is_replaced_or_deleted_is_room_again(files: Quota) -> None:
    files.write(ROOT, "a", [b"x" * 100])
    files.write(ROOT, "a", [b"y" * 100])
    with pytest.raises(Full):
        files.write(ROOT, "a", [b"y" * 101])
    assert files.delete(ROOT, "a")
    files.write(ROOT, "b", [b"x" * 100])


def test_what_was_there_before_the_start_counts(files: Quota, tmp_path: Path) -> None:
    files.write(ROOT, "deep/er/a", [b"x" * 60])
    with pytest.raises(Full):
        Quota(tmp_path, 100).write(ROOT, "b", [b"x" * 41])


def test_what_is_being_written_counts(files: Quota) -> None:
    def first() -> Iterator[bytes]:
        yield b"x" * 60
        with pytest.raises(Full):
            files.write(ROOT, "b", [b"x" * 41])
        files.write(ROOT, "b", [b"x" * 40])

    files.write(ROOT, "a", first())


def test_what_broke_off_does_not(files: Quota) -> None:
    def broken() -> Iterator[bytes]:
        yield b"x" * 100
        raise RuntimeError("it broke off")

    with pytest.raises(RuntimeError, match="it broke off"):
        files.write(ROOT, "a", broken())
    files.write(ROOT, "a", [b"x" * 100])


def test_what_somebody_deletes_by_hand_is_seen(files: Quota, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files.write(ROOT, "a", [b"x" * 100])
    (tmp_path / ROOT / "a").unlink()
    with pytest.raises(Full):
        files.write(ROOT, "b", [b"x"])
    monkeypatch.setattr(quota, "COUNT_AGAIN", 0)
    files.write(ROOT, "b", [b"x"])
