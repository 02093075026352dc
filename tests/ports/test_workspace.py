"""The Workspace's contract, on every adapter, and on adapters that are broken on purpose."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.kit.clock import HeldClock
from tests.kit.moto_services import BUCKET, TABLE, account
from tests.ports import workspace_contract as contract
from walkaway_core.aws.quota import BucketQuota
from walkaway_core.aws.table import DynamoTable
from walkaway_core.aws.workspace import S3Workspace
from walkaway_core.ports.workspace import FileInfo
from walkaway_core.store import keys
from walkaway_local.quota import Quota
from walkaway_local.workspace import FolderWorkspace


@pytest.fixture
def folder(tmp_path: Path) -> FolderWorkspace:
    return FolderWorkspace(tmp_path / "workspace")


@pytest.fixture
def bucket() -> Iterator[S3Workspace]:
    with account() as aws:
        yield S3Workspace(aws.bucket(), BUCKET)


@pytest.fixture
def bucket_quota() -> Iterator[BucketQuota]:
    with account() as aws:
        table = DynamoTable(aws.table(), TABLE, HeldClock())
        yield BucketQuota(aws.bucket(), BUCKET, table, HeldClock(), keys.stored, 10**9)
        table.close()


@pytest.fixture
def quota(tmp_path: Path) -> Quota:
    return Quota(tmp_path / "workspace", 10**9)


@pytest.mark.parametrize("adapter", ["folder", "quota", "bucket", "bucket_quota"])
@pytest.mark.parametrize("check", contract.CONTRACT, ids=lambda check: check.__name__)
def test_contract(check: contract.ContractCheck, adapter: str, request: pytest.FixtureRequest) -> None:
    check(request.getfixturevalue(adapter))


class IgnoresVersions(FolderWorkspace):
    def write(self, root: str, path: str, chunks: Iterable[bytes], *, version: str | None = None) -> FileInfo:
        return super().write(root, path, chunks)


class DeletesAnyVersion(FolderWorkspace):
    def delete(self, root: str, path: str, *, version: str | None = None) -> bool:
        return super().delete(root, path)


class WritesInPlace(FolderWorkspace):
    def write(self, root: str, path: str, chunks: Iterable[bytes], *, version: str | None = None) -> FileInfo:
        for chunk in chunks:
            super().write(root, path, [chunk])
        return super().write(root, path, chunks, version=version)


class LeavesEmptyDirectories(FolderWorkspace):
    def _prune(self, root: str, path: str) -> None:
        pass


class IgnoresRanges(FolderWorkspace):
    def read(self, root: str, path: str, start: int = 0, end: int | None = None):  # type: ignore[no-untyped-def]  # noqa: ANN201
        return super().read(root, path)


class SharesRoots(FolderWorkspace):
    def read(self, root: str, path: str, start: int = 0, end: int | None = None):  # type: ignore[no-untyped-def]  # noqa: ANN201
        return super().read("one/files", path, start, end)


class ListsAnyName(FolderWorkspace):
    def listing(self, root: str, path: str) -> list[FileInfo] | None:
        names = [at.name for at in (self._folder / root / path).iterdir()]
        return [info for name in sorted(names) if (info := self.stat(root, f"{path}/{name}" if path else name))]


class ListsCleanNamesAlone(FolderWorkspace):
    def listing(self, root: str, path: str) -> list[FileInfo] | None:
        return [info for info in super().listing(root, path) or () if info.name.isprintable()]


class SortsByName(FolderWorkspace):
    def below(self, root: str, path: str, after: str, limit: int) -> list[FileInfo]:
        every = sorted(super().below(root, path, "", 10**9), key=lambda each: each.name.split("/"))
        return [each for each in every if each.name > after][:limit]


class HashesOnce(FolderWorkspace):
    def hashed(self, root: str, paths: Sequence[str]) -> list[FileInfo | None]:
        return [info and replace(info, version=paths[0]) for info in super().hashed(root, paths)]


@pytest.mark.parametrize(
    ("broken", "check"),
    [
        (IgnoresVersions, contract.write_with_a_version_replaces_only_that_version),
        (IgnoresVersions, contract.of_many_conditional_writers_one_wins),
        (WritesInPlace, contract.write_puts_the_whole_file_there_or_nothing),
        (LeavesEmptyDirectories, contract.delete_removes_a_file_and_the_directories_that_become_empty),
        (DeletesAnyVersion, contract.delete_with_a_version_deletes_only_that_version),
        (ListsAnyName, contract.listing_passes_over_what_no_path_leads_to),
        (ListsCleanNamesAlone, contract.names_that_could_be_written_once_are_listed_and_deleted),
        (SortsByName, contract.below_lists_files_by_the_bytes_of_their_paths),
        (HashesOnce, contract.hashed_describes_files_with_what_they_are),
        (IgnoresRanges, contract.read_gives_the_bytes_of_a_range),
        (SharesRoots, contract.roots_do_not_see_each_other),
    ],
    ids=lambda value: value.__name__,
)
def test_a_broken_workspace_fails_its_contract(
    broken: type[FolderWorkspace], check: contract.ContractCheck, tmp_path: Path
) -> None:
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        check(broken(tmp_path / "workspace"))
