"""Files of a session's workspace: up, down, and what there is. They belong to the tenant, and outlive the session."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from walkaway import answers, paths
from walkaway._async.crew import sleep
from walkaway._async.transport import AsyncTransport
from walkaway.errors import ConnectionLost, FileRefused, ServerFailed, TooManyRequests, Unreachable
from walkaway.given import address
from walkaway.pages import Trail, circle
from walkaway.retries import Pacing

if TYPE_CHECKING:
    import os

CHUNK = 256 * 1024
FEATURE, PAGE = "recursive_files", 1000
LONGEST = 4096
"""Letters of a path; no workspace has longer ones."""


@dataclass(frozen=True)
class Entry:
    """A file or a directory. `path`: from the workspace's root. `type`: `file` or `directory`. `size`: bytes.

    `modified`: seconds since the epoch.
    `sha256` of a file, in hexadecimal digits; empty where it was not asked for, or is not known.
    """

    path: str
    type: str
    size: int
    modified: float
    sha256: str = ""

    @property
    def is_file(self) -> bool:
        """Whether it is a file."""
        return self.type == "file"


class AsyncFiles:
    """The workspace as a session sees it."""

    def __init__(self, transport: AsyncTransport, session: str) -> None:
        self._transport = transport
        self._path = address("sessions", session, "files")

    async def list(self, path: str = "", *, recursive: bool = False, sha256: bool = False) -> "list[Entry]":
        """Give the entries of a directory; `recursive`: all files below it, as `walk` does."""
        if recursive:
            return [each async for each in self.walk(path, sha256=sha256)]
        path = paths.normal(path)
        answer = await self._transport.request("GET", self._path, params={"path": path})
        return [_entry(path, each) for each in answer.records("name", "type")]

    async def walk(self, path: str = "", *, sha256: bool = False) -> AsyncGenerator[Entry, None]:
        """Give every file below a directory, with its `sha256` if that is asked for and the server knows it."""
        trail = Trail(self._transport.options.url)
        if FEATURE in await self._transport.features():
            asked = {
                "path": paths.normal(path),
                "recursive": "true",
                "sha256": "true" if sha256 else None,
                "limit": PAGE,
            }
            after: str | None = ""
            while after is not None:
                answer = await self._transport.request("GET", self._path, params={**asked, "after": after or None})
                found = answer.records("name", "path")
                for each in found:
                    yield _entry("", each | {"name": each["path"]})
                behind = answer.headers.get("x-next-cursor")
                after = trail.on(behind, found) if behind else None
            return
        left = [path]
        while left:
            folder = paths.normal(left.pop())
            for entry in await self.list(trail.on(folder, [folder])):
                if entry.is_file:
                    yield entry
                elif len(entry.path) > LONGEST:
                    raise circle(self._transport.options.url, entry.path)
                else:
                    left.append(entry.path)

    async def read(self, path: str) -> bytes:
        """Give a file's bytes. Raises FileRefused for a folder."""
        answer = await self._transport.request("GET", self._of(path), bounded=False)
        answers.check_file(path, answer.headers, self._transport.options)
        return answer.body

    async def read_text(self, path: str) -> str:
        """Give a file's text, which is UTF-8."""
        return (await self.read(path)).decode()

    async def download(self, path: str, to: "str | os.PathLike[str]") -> Path:
        """Write a file to this machine: to `to`, or into it where that is a folder. It is there whole, or not at all.

        Goes on where a connection broke, unless the file has changed meanwhile: then it begins anew.
        """
        target = Path(to)
        if target.is_dir():  # noqa: ASYNC240 - a file's name, and then its bytes: disks here do not block for long
            target = paths.inside(target, path.rstrip("/").rpartition("/")[2])
        return await self.fetch(path, target)

    async def fetch(self, path: str, target: Path, version: str = "") -> Path:
        """Write a file to exactly that place, if it still is that `version`. Raises PreconditionFailed for another."""
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(paths.part())
        try:
            with part.open("xb") as out:  # nobody else's, and no link of somebody else's
                await self._fetch(path, out, {"If-Match": f'"{version}"'} if version else {})
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        return target

    async def download_folder(self, path: str, to: "str | os.PathLike[str]") -> tuple[Path, ...]:
        """Write all that is below a folder of the workspace to one of this machine. Raises FileRefused for one outside.

        Each file is there whole, or not at all.
        """
        top = paths.normal(path)
        every = [entry.path async for entry in self.walk(top)]
        places = [paths.inside(Path(to), each.removeprefix(f"{top}/" if top else "")) for each in every]
        return tuple([await self.fetch(each, place) for each, place in zip(every, places, strict=True)])

    async def upload(self, source: "bytes | str | os.PathLike[str]", path: str = "") -> Entry:
        """Send bytes, or a file of this machine, to a path of the workspace.

        A file keeps its name where `path` is empty or a folder, which is one that ends with a slash; bytes have none,
        and are refused there (FileRefused). A file is read piece by piece, and sent as it was at one moment; one that
        somebody writes meanwhile is refused, too.
        """
        if isinstance(source, bytes):
            return await self._put(paths.named(path), source, len(source))
        found = paths.file(source)
        return await self._put(paths.into(path, found.name), found, found.stat().st_size)

    async def upload_folder(self, folder: "str | os.PathLike[str]", path: str = "") -> tuple[Entry, ...]:
        """Send all files that are below a folder of this machine; folders without a file in them are left out.

        Raises FileRefused before anything is sent: for a link out of it, and for names that no workspace holds.
        """
        every = paths.targets(folder, paths.normal(path))
        return tuple([await self.upload(source, target) for source, target in every])

    async def delete(self, path: str) -> None:
        """Delete a file."""
        (await self._transport.request("DELETE", self._of(path))).done()

    def _of(self, path: str) -> str:
        return f"{self._path}/{paths.quoted(path)}"

    async def _put(self, path: str, source: "bytes | Path", size: int) -> Entry:
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        body = (lambda: source) if isinstance(source, bytes) else (lambda: _pieces(source, size))
        said = (await self._transport.request("PUT", self._of(path), content=body, headers=headers)).record("path")
        return Entry(said["path"], "file", int(said.get("size") or 0), float(said.get("modified") or 0))

    async def _fetch(self, path: str, out: Any, only: Mapping[str, str]) -> None:
        options = self._transport.options
        pacing = Pacing(options.patience, options.first_wait)
        version = ""
        while True:
            have = out.tell()
            headers = {"Accept-Encoding": "identity", **only}
            if have and version:
                headers |= {"Range": f"bytes={have}-", "If-Range": version}
            try:
                async with self._transport.stream(self._of(path), headers=headers, read=options.timeout) as stream:
                    if stream.status not in {200, 206}:
                        raise answers.refused(await stream.whole(), options)
                    answers.check_file(path, stream.headers, options)
                    pacing.connected()
                    version = stream.headers.get("etag", "")
                    if stream.status == 200 and have:
                        out.seek(0)
                        out.truncate()
                    async for chunk in stream.chunks():
                        out.write(chunk)
                        pacing.received()
            except (Unreachable, ServerFailed, TooManyRequests) as error:
                pause = pacing.next(getattr(error, "retry_after", 0.0))
                if pause is None:
                    raise ConnectionLost(f"{path} could not be read to its end: {error}", str(out.tell())) from None
                await sleep(pause)
            else:
                return


async def _pieces(path: Path, size: int) -> AsyncGenerator[bytes, None]:
    """Read a file as it is at one moment: its last piece is given only if nobody has written meanwhile.

    What lacks its last piece is stored nowhere. Raises FileRefused.
    """
    changed = FileRefused(f"{path} changes while it is read; nothing of it was sent")
    try:
        before, given = paths.mark(path), 0
        with path.open("rb") as source:
            piece = source.read(CHUNK)
            while behind := source.read(CHUNK):
                if given + len(piece) >= size:
                    raise changed
                yield piece
                piece, given = behind, given + len(piece)
        after = paths.mark(path)
    except OSError as error:
        raise FileRefused(f"{path} cannot be read: {error.strerror or error}") from None
    if after != before or given + len(piece) != size:
        raise changed
    if piece:
        yield piece


def _entry(directory: str, said: Mapping[str, Any]) -> Entry:
    path = f"{directory}/{said['name']}".lstrip("/")
    size, modified = int(said.get("size") or 0), float(said.get("modified") or 0)
    return Entry(path, str(said["type"]), size, modified, str(said.get("sha256") or ""))
