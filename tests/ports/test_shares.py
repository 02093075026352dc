"""What a tenant's files may have together, on both adapters: counted from what is there, and kept by each write."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.kit.clock import HeldClock
from tests.kit.moto_services import BUCKET, TABLE, account
from walkaway_core.aws.quota import BucketQuota
from walkaway_core.aws.table import DynamoTable
from walkaway_core.aws.workspace import S3Workspace
from walkaway_core.ports.workspace import Changed, Full, NotAFile, Workspace
from walkaway_core.store import keys
from walkaway_local.quota import Quota
from walkaway_local.workspace import FolderWorkspace

ROOT, MOST = "alice/files", 100


@pytest.fixture(params=["folder", "bucket"])
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Workspace, Workspace]]:
    """A workspace that counts, and the same files without."""
    if request.param == "folder":
        yield Quota(tmp_path, MOST), FolderWorkspace(tmp_path)
        return
    with account() as aws:
        client, table = aws.bucket(), DynamoTable(aws.table(), TABLE, HeldClock())
        yield BucketQuota(client, BUCKET, table, HeldClock(), keys.stored, MOST), S3Workspace(client, BUCKET)
        table.close()


@pytest.fixture
def files(both: tuple[Workspace, Workspace]) -> Workspace:
    return both[0]


def test_what_is_beyond_it_is_refused_and_changes_nothing(files: Workspace) -> None:
    files.write(ROOT, "a", [b"x" * 60])
    with pytest.raises(Full, match="may have 100 bytes, and have 60"):
        files.write(ROOT, "b", [b"x" * 41])
    assert files.stat(ROOT, "b") is None
    files.write(ROOT, "b", [b"x" * 40])


def test_what_is_larger_than_all_is_refused(files: Workspace) -> None:
    with pytest.raises(Full, match="and have 0"):
        files.write(ROOT, "a", [b"x" * 101])


def test_another_tenants_files_and_what_the_server_keeps_are_not_counted(files: Workspace) -> None:
    files.write(ROOT, "a", [b"x" * MOST])
    files.write("bob/files", "b", [b"x" * MOST])
    files.write("alice/bodies", "b", [b"x" * 10 * MOST])
    assert files.delete("alice/bodies", "b")
    with pytest.raises(Full):
        files.write(ROOT, "b", [b"x"])


def test_what_is_replaced_or_deleted_is_room_again(files: Workspace) -> None:
    files.write(ROOT, "a", [b"x" * 100])
    files.write(ROOT, "a", [b"y" * 100])
    with pytest.raises(Full):
        files.write(ROOT, "a", [b"y" * 101])
    files.write(ROOT, "a", [b"y" * 30])
    files.write(ROOT, "b", [b"y" * 70])
    assert files.delete(ROOT, "a")
    assert not files.delete(ROOT, "a")
    files.write(ROOT, "c", [b"x" * 30])
    with pytest.raises(Full):
        files.write(ROOT, "d", [b"x"])


def test_what_was_there_before_the_first_write_counts(both: tuple[Workspace, Workspace]) -> None:
    files, uncounted = both
    uncounted.write(ROOT, "deep/er/a", [b"x" * 60])
    with pytest.raises(Full, match="and have 60"):
        files.write(ROOT, "b", [b"x" * 41])
    files.write(ROOT, "b", [b"x" * 40])


def test_what_was_replaced_meanwhile_counts_as_what_it_is_now(files: Workspace) -> None:
    """Else each of two writes takes the same old file from the count, and so more is written than may be."""

    def meanwhile(act: Callable[[], object]) -> Iterator[bytes]:
        act()
        yield b"z"

    files.write(ROOT, "a", [b"x" * 60])
    files.write(ROOT, "a", meanwhile(lambda: files.write(ROOT, "a", [b"y"])))
    files.write(ROOT, "b", [b"x" * 60])
    files.write(ROOT, "b", meanwhile(lambda: files.delete(ROOT, "b")))
    files.write(ROOT, "c", [b"x" * 98])
    with pytest.raises(Full, match="and have 100"):
        files.write(ROOT, "d", [b"x"])


def test_what_would_have_replaced_more_is_refused_when_it_no_longer_does(files: Workspace) -> None:
    def meanwhile() -> Iterator[bytes]:
        yield b"z" * 90
        files.write(ROOT, "a", [b"y"])
        files.write(ROOT, "b", [b"y" * 50])

    files.write(ROOT, "a", [b"x" * 80])
    with pytest.raises(Full):
        files.write(ROOT, "a", meanwhile())


def test_what_broke_off_or_was_not_allowed_does_not_count(files: Workspace) -> None:
    def broken() -> Iterator[bytes]:
        yield b"x" * 99
        raise RuntimeError("it broke off")

    written = files.write(ROOT, "a", [b"x"])
    with pytest.raises(RuntimeError, match="it broke off"):
        files.write(ROOT, "b", broken())
    with pytest.raises(Changed):
        files.write(ROOT, "a", [b"x" * 90], version="")
    with pytest.raises(Changed):
        files.write(ROOT, "b", [b"x" * 90], version=written.version)
    with pytest.raises(NotAFile):
        files.write(ROOT, "a/b", [b"x" * 90])
    with pytest.raises(Changed):
        files.delete(ROOT, "a", version="another")
    files.write(ROOT, "b", [b"x" * 99], version="")
    with pytest.raises(Full):
        files.write(ROOT, "c", [b"x"])
