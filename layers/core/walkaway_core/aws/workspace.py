"""The Workspace on S3: one bucket, a prefix for each root. Directories are what the names of files say."""

import hashlib
import secrets
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import IO, TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from walkaway_core.aws import buckets
from walkaway_core.aws.buckets import asking, code
from walkaway_core.ports import paths
from walkaway_core.ports.workspace import Changed, FileInfo, NotAFile

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import HeadObjectOutputTypeDef

CHUNK = 256 * 1024
IN_MEMORY = 8_000_000
"""A file up to this size is gathered in memory, a larger one on the disk, before it is sent in one request."""
CONFLICTS = {"PreconditionFailed", "412", "ConditionalRequestConflict", "409", *buckets.MISSING}
DIGEST = "sha256"
"""The metadata of an object that says what it is; those of 0.1.0 have none, and so has what others put there."""
AT_ONCE = 8
"""Files that are asked about at the same time; a client has ten connections."""
PATIENT, CONNECT = 10.0, 1.0
"""Seconds that a function waits for an answer, and for a connection."""


def connect(seconds: float = PATIENT, **options: Any) -> "S3Client":
    """Make a client, which waits so many seconds for an answer; all that this module asks for may be repeated.

    A client that waits less than a function's time is a request's, and asks once more and no oftener.

    By default botocore would presign addresses for another region's host, and sign those of us-east-1 in the old way.
    """
    config = Config(
        retries={"mode": "standard", "total_max_attempts": 5 if seconds >= PATIENT else 2},
        read_timeout=seconds,
        connect_timeout=CONNECT,
        signature_version="s3v4",
        s3={"addressing_style": "virtual"},
    )
    return boto3.client("s3", config=config, **options)


class S3Workspace:
    """Workspace: in a bucket. That a name is a file and a directory at once is checked, but not under a lock."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    @asking()
    def stat(self, root: str, path: str) -> FileInfo | None:
        """Describe a file or directory."""
        if not path:
            return FileInfo("", is_directory=True, size=0, modified=0.0)
        return self._head(root, path) or self._folder(root, path)

    @asking()
    def listing(self, root: str, path: str) -> list[FileInfo] | None:
        """List a directory."""
        prefix = f"{root}/{path}/" if path else f"{root}/"
        infos: list[FileInfo] = []
        there = not path
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._bucket, Prefix=prefix, Delimiter="/"):
            there = there or page["KeyCount"] > 0
            for folder in page.get("CommonPrefixes", ()):
                name = folder["Prefix"].removeprefix(prefix).removesuffix("/")
                if paths.addressable(path, name):
                    infos.append(FileInfo(name, is_directory=True, size=0, modified=0.0))
            for entry in page.get("Contents", ()):
                modified = entry["LastModified"].timestamp()
                name = entry["Key"].removeprefix(prefix)
                if not paths.addressable(path, name):
                    continue
                infos.append(
                    FileInfo(name, is_directory=False, size=entry["Size"], modified=modified, version=entry["ETag"])
                )
        return sorted(infos, key=lambda info: info.name) if there else None

    @asking()
    def below(self, root: str, path: str, after: str, limit: int) -> list[FileInfo]:
        """List files below a directory, whatever directories they are in."""
        home, infos = f"{root}/", list[FileInfo]()
        pages = self._client.get_paginator("list_objects_v2")
        begin: Any = {"StartAfter": home + after} if after else {}
        for page in pages.paginate(Bucket=self._bucket, Prefix=f"{home}{path}/" if path else home, **begin):
            for entry in page.get("Contents", ()):
                name = entry["Key"].removeprefix(home)
                if not paths.addressable(*_split(name)):
                    continue
                modified, version = entry["LastModified"].timestamp(), entry["ETag"]
                infos.append(FileInfo(name, is_directory=False, size=entry["Size"], modified=modified, version=version))
                if len(infos) == limit:
                    return infos
        return infos

    def hashed(self, root: str, paths: Sequence[str]) -> list[FileInfo | None]:
        """Describe files: their hashes stand beside them."""

        @asking()
        def described(path: str) -> FileInfo | None:
            return self._head(root, path) if path else None

        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(described, paths))

    @asking()
    def read(self, root: str, path: str, start: int = 0, end: int | None = None) -> Iterator[bytes] | None:
        """Read bytes of a file."""
        info = self._head(root, path) if path else None
        if info is None:
            return None
        last = info.size if end is None else min(end, info.size)
        if start >= last:
            return iter(())
        try:
            answer = self._client.get_object(
                Bucket=self._bucket, Key=f"{root}/{path}", Range=f"bytes={start}-{last - 1}", IfMatch=info.version
            )
        except ClientError as error:
            if code(error) in CONFLICTS:  # replaced since the look at it
                return self.read(root, path, start, end)
            raise
        return _chunks(answer["Body"])

    def address(self, root: str, path: str, media: str, seconds: int, disposition: str = "") -> str | None:
        """Sign an address of the bucket's; it ends with the function's credentials, if those do earlier."""
        where = {"Bucket": self._bucket, "Key": f"{root}/{path}", "ResponseContentType": media}
        if disposition:
            where["ResponseContentDisposition"] = disposition
        return self._client.generate_presigned_url("get_object", Params=where, ExpiresIn=seconds)

    @asking()
    def write(self, root: str, path: str, chunks: Iterable[bytes], *, version: str | None = None) -> FileInfo:
        """Write a whole file: gathered first, then in one request."""
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as gathered:
            for chunk in chunks:
                gathered.write(chunk)
            size = gathered.tell()
            self._check_way(root, path)
            etag = self._place(root, path, gathered, size, version)
        info = self._head(root, path)
        if info and info.version == etag:
            return info
        name = path.rpartition("/")[2]  # somebody has replaced it already
        return FileInfo(name, is_directory=False, size=size, modified=time.time(), version=etag)

    def _place(self, root: str, path: str, body: IO[bytes], size: int, version: str | None) -> str:  # noqa: ARG002
        """Send a file that was gathered; give its version. Raises Changed."""
        body.seek(0)
        digest = hashlib.sha256()
        while piece := body.read(CHUNK):
            digest.update(piece)
        body.seek(0)
        return self._put(f"{root}/{path}", body, version, digest.hexdigest())

    @asking(changes=True)
    def _put(self, key: str, body: Any, version: str | None, digest: str) -> str:
        """Send a file; give its version. Raises Changed, but not for what this very call has written."""
        condition: Any = {} if version is None else {"IfMatch": version} if version else {"IfNoneMatch": "*"}
        nonce = secrets.token_hex(8)
        try:
            put = self._client.put_object(
                Bucket=self._bucket, Key=key, Body=body, Metadata={"nonce": nonce, DIGEST: digest}, **condition
            )
        except ClientError as error:
            if not condition or code(error) not in CONFLICTS:
                raise
            head = self._look(key)  # botocore may have sent it twice, and the first have taken effect
            if head and head["Metadata"].get("nonce") == nonce:
                return head["ETag"]
            raise Changed(key) from error
        return put["ETag"]

    @asking(changes=True)
    def delete(self, root: str, path: str, *, version: str | None = None) -> bool:
        """Delete a file."""
        if not path or self._head(root, path) is None:
            return False
        condition: Any = {} if version is None else {"IfMatch": version}
        try:
            self._client.delete_object(Bucket=self._bucket, Key=f"{root}/{path}", **condition)
        except ClientError as error:
            if code(error) in buckets.MISSING:
                return False
            if code(error) in CONFLICTS:
                raise Changed(path) from error
            raise
        return True

    def _look(self, key: str) -> "HeadObjectOutputTypeDef | None":
        try:
            return self._client.head_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if code(error) in buckets.MISSING:
                return None
            raise

    def _head(self, root: str, path: str) -> FileInfo | None:
        head = self._look(f"{root}/{path}")
        if head is None:
            return None
        name, modified = path.rpartition("/")[2], head["LastModified"].timestamp()
        size, version, digest = head["ContentLength"], head["ETag"], head["Metadata"].get(DIGEST, "")
        return FileInfo(name, is_directory=False, size=size, modified=modified, version=version, sha256=digest)

    def _folder(self, root: str, path: str) -> FileInfo | None:
        page = self._client.list_objects_v2(Bucket=self._bucket, Prefix=f"{root}/{path}/", MaxKeys=1)
        return FileInfo(path.rpartition("/")[2], is_directory=True, size=0, modified=0.0) if page["KeyCount"] else None

    def _check_way(self, root: str, path: str) -> None:
        """Refuse a name that is a directory, or is below a file."""
        parts = path.split("/")
        above = ("/".join(parts[:count]) for count in range(1, len(parts)))
        if not path or self._folder(root, path) or any(self._head(root, parent) for parent in above):
            raise NotAFile(path)


def _split(path: str) -> tuple[str, str]:
    folder, _, name = path.rpartition("/")
    return folder, name


def _chunks(body: "StreamingBody") -> Iterator[bytes]:
    with closing(body), asking():
        yield from body.iter_chunks(CHUNK)
