"""The Workspace on S3 of which each tenant has so many bytes for files, counted in the Table.

What comes is counted before it is there, and what goes behind it, each as exactly the version that was looked at. So
what is lost in between is counted, never overlooked; the files are counted anew before a write is refused.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

from walkaway_core.aws.buckets import asking
from walkaway_core.aws.workspace import S3Workspace
from walkaway_core.errors import Unavailable
from walkaway_core.ports import patience
from walkaway_core.ports.clock import Clock
from walkaway_core.ports.items import Absent, Below, Change, Is, Item, Key, Put, Refused, Unknown, ms
from walkaway_core.ports.patience import NotWritten
from walkaway_core.ports.table import Table
from walkaway_core.ports.workspace import COUNTED, Changed, Full

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

COUNT_AGAIN = 600.0
"""Seconds after which files are counted anew before a write is refused."""
PAGES = 20
"""How many times 1,000 files are counted at once; those of a tenant who has more are not counted anew."""


class BucketQuota(S3Workspace):
    """Workspace in a bucket: raises Full for a write with which a tenant would have more than `most` bytes.

    `key` says where a tenant's count stands: the facts `bytes`, and `counted`, when they were counted (ms).
    """

    def __init__(  # noqa: PLR0917 - two adapters, and what is counted
        self, client: "S3Client", bucket: str, table: Table, clock: Clock, key: Callable[[str], Key], most: int
    ) -> None:
        super().__init__(client, bucket)
        self._table = table
        self._clock = clock
        self._key = key
        self._most = most

    def delete(self, root: str, path: str, *, version: str | None = None) -> bool:
        """Delete a file, and count it no more."""
        if not root.endswith(COUNTED):
            return super().delete(root, path, version=version)
        while True:
            info = self.stat(root, path)
            if info is None or info.is_directory:
                return False
            if version not in (None, info.version):
                raise Changed(path)
            try:
                deleted = super().delete(root, path, version=info.version)
            except Changed:
                if version is not None:
                    raise
                continue
            if deleted:
                self._less(root, info.size)
            return deleted

    def _place(self, root: str, path: str, body: IO[bytes], size: int, version: str | None) -> str:
        """Send a file over the version that was looked at, if there is room for it."""
        if not root.endswith(COUNTED):
            return super()._place(root, path, body, size, version)
        while True:
            there = self._head(root, path)
            seen, before = (there.version, there.size) if there else ("", 0)
            if version not in (None, seen):
                raise Changed(path)
            try:
                with self._counted(root, size - before):
                    return super()._place(root, path, body, size, seen)
            except Changed:
                if version is not None:
                    raise

    @contextmanager
    def _counted(self, root: str, added: int) -> Iterator[None]:
        """Count what the block adds, or takes away, unless it surely did not. Raises Full."""
        if added > 0:
            self._more(root, added)
        try:
            yield
        except BaseException as error:
            if added > 0 and (isinstance(error, NotWritten) or not isinstance(error, Unknown)):
                self._less(root, added)
            raise
        if added < 0:
            self._less(root, -added)

    def _more(self, root: str, added: int) -> None:
        key, counted = self._key(root.removesuffix(COUNTED)), False
        room = Below("bytes", self._most - added + 1)
        while True:
            try:
                self._table.write(Change(*key, add={"bytes": added}, when=(room,)))
            except Refused as refusal:
                stored = refusal.item
            except Unknown:
                continue  # counted twice at worst, until all are counted anew
            else:
                return
            if stored is None:
                self._count(root, key)
            elif not counted and self._clock.now() >= stored.time("counted") + COUNT_AGAIN:
                self._count_again(root, stored)
                counted = True
            else:
                raise Full(self._most, stored.number("bytes"))

    def _less(self, root: str, gone: int) -> None:
        """Count so much less. If that cannot be written, it is counted until all are counted anew."""
        key = self._key(root.removesuffix(COUNTED))
        with suppress(Refused, Unknown, Unavailable), patience.within(patience.REQUEST):
            self._table.write(Change(*key, add={"bytes": -gone}))

    def _count(self, root: str, key: Key) -> None:
        """Count the files of a tenant who has no count yet."""
        size, _ = self._bytes(root)
        with suppress(Refused, Unknown):
            self._table.write(Put(Item(*key, {"bytes": size, "counted": ms(self._clock.now())}), (Absent(),)))

    def _count_again(self, root: str, stored: Item) -> None:
        """Put the count right, unless somebody writes meanwhile."""
        size, whole = self._bytes(root)
        right = {"bytes": size} if whole else {}
        with suppress(Refused, Unknown):
            same = Is("bytes", stored.number("bytes"))
            self._table.write(Change(*stored.key, set={**right, "counted": ms(self._clock.now())}, when=(same,)))

    @asking()
    def _bytes(self, root: str) -> tuple[int, bool]:
        """Add up the files below a root, up to a number of pages; say whether that were all."""
        size, pages = 0, self._client.get_paginator("list_objects_v2")
        for number, page in enumerate(pages.paginate(Bucket=self._bucket, Prefix=f"{root}/"), 1):
            size += sum(item["Size"] for item in page.get("Contents", ()))
            if number == PAGES and page["IsTruncated"]:
                return size, False
        return size, True
