"""Moves files in by presigned GETs and everything out by one presigned POST (Amazon S3 user guide, presigned URLs)."""

import http.client
import json
import secrets
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

AT_ONCE = 16
SECONDS = 60.0
CHUNK = 1024 * 1024
GONE = (http.HTTPStatus.NOT_FOUND, http.HTTPStatus.PRECONDITION_FAILED)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file to fetch: where it belongs, which version it is to be, where it is."""

    path: str
    version: str
    url: str


def read(url: str) -> bytes:
    """Get an object. Raises OSError."""
    with urllib.request.urlopen(url, timeout=SECONDS) as answer:  # noqa: S310 - given by our own caller
        contents: bytes = answer.read()
        return contents


def listed(url: str) -> list[Wanted]:
    """Get the list of the files: [[path, version, address]]. Raises OSError, ValueError."""
    return [Wanted(*one) for one in json.loads(read(url))]


def fetch(folder: Path, wanted: Iterable[Wanted]) -> None:
    """Fetch files, many at once. One that has gone meanwhile is left out. Raises OSError."""
    fetch_to((folder / one.path, one) for one in wanted)


def fetch_to(wanted: Iterable[tuple[Path, Wanted]], *, as_versioned: bool = False) -> None:
    """Fetch files to other places than their paths in the workspace, in the same way; `as_versioned`: or not at all."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in pool.map(lambda one: _fetch(*one, as_versioned=as_versioned), wanted):
            pass


def _fetch(target: Path, wanted: Wanted, *, as_versioned: bool) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    request = urllib.request.Request(wanted.url, headers={"If-Match": wanted.version} if as_versioned else {})  # noqa: S310 - given by our own caller
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer, target.open("wb") as out:  # noqa: S310 - the same
            while chunk := answer.read(CHUNK):
                out.write(chunk)
    except urllib.error.HTTPError as error:
        if error.code not in GONE:
            raise


class Post:
    """Where results go: an address, and fields that allow any key below `prefix`."""

    def __init__(self, url: str, fields: Mapping[str, str], prefix: str) -> None:
        self._url = urlsplit(url)
        self._fields = fields
        self._prefix = prefix

    def send(self, name: str, size: int, contents: Iterable[bytes]) -> None:
        """Post one object. Raises OSError."""
        mark = secrets.token_hex(16)
        head = "".join(
            f'--{mark}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
            for field, value in {**self._fields, "key": self._prefix + name}.items()
        )
        head += f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
        before, after = head.encode(), f"\r\n--{mark}--\r\n".encode()
        headers = {
            "Content-Type": f"multipart/form-data; boundary={mark}",
            "Content-Length": str(len(before) + size + len(after)),
        }
        kind = http.client.HTTPSConnection if self._url.scheme == "https" else http.client.HTTPConnection
        connection = kind(self._url.netloc, timeout=SECONDS)
        try:
            path = (self._url.path or "/") + (f"?{self._url.query}" if self._url.query else "")
            connection.request("POST", path, _exactly(before, contents, size, after), headers)
            answer = connection.getresponse()
            reason = answer.read(500)
            if answer.status not in (200, 201, 204):
                raise OSError(f"{self._prefix}{name} was not taken: {answer.status} {reason!r}")
        finally:
            connection.close()


def _exactly(before: bytes, contents: Iterable[bytes], size: int, after: bytes) -> Iterator[bytes]:
    """Give as many bytes as were announced. Raises OSError for a file that has become shorter."""
    yield before
    for chunk in contents:
        yield chunk[:size]
        size -= len(chunk[:size])
    if size:
        raise OSError("a file became shorter while it was sent")
    yield after
