"""Routes of the workspace (contract A.10)."""

import mimetypes
import re
from collections.abc import Iterator
from email.utils import formatdate
from typing import Annotated, Any

import anyio.from_thread
import anyio.to_thread
from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict

from walkaway_core.errors import BodyTooLarge, RangeInvalid
from walkaway_core.http import errors
from walkaway_core.http.access import Called
from walkaway_core.http.addresses import wants_no_body
from walkaway_core.http.streaming import streamed
from walkaway_core.ports import paths
from walkaway_core.ports.workspace import FileInfo
from walkaway_core.store import files, sessions
from walkaway_wire.resources import FileEntry, FileWritten

router = APIRouter(prefix="/v1/sessions/{session}/files", tags=["files"])

MAX_UPLOAD_BYTES = 100_000_000
MAX_UPLOADS = 32
"""How many uploads hold a thread at the same time: as long as they like, and apart from all other requests."""
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)

DOWNLOAD: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file's bytes, or a directory's entries as JSON", "content": {"*/*": {}}},
    206: {"description": "The bytes of the Range"},
}


class Where(BaseModel):
    """Which directory."""

    model_config = ConfigDict(extra="forbid")

    path: Annotated[str, Query(description="a directory of the workspace; its root if empty")] = ""


@router.get("", responses=errors.answers(401, 403, 404, 409), summary="List a directory")
def listing(caller: Called, session: str, where: Annotated[Where, Query()]) -> list[FileEntry]:
    """List a directory's own entries, by name."""
    stored = sessions.get(caller.services, caller.session(session))
    return [_entry(info) for info in files.listing(caller.services, stored, where.path)]


@router.get(
    "/{path:anything}",
    responses=DOWNLOAD | errors.answers(401, 403, 404, 416),
    response_model=None,
    summary="Download a file",
)
@streamed
def download(
    caller: Called,
    session: str,
    path: str,
    request: Request,
    range: Annotated[str, Header()] = "",  # noqa: A002
) -> Response:
    """Give a file's bytes, all or those of a Range; for a directory, its entries."""
    stored = sessions.get(caller.services, caller.session(session))
    info = files.stat(caller.services, stored, path)
    if info.is_directory:
        return JSONResponse([_entry(entry).model_dump() for entry in files.listing(caller.services, stored, path)])
    start, end, status = _bytes(range, info.size)
    headers = {
        "Content-Length": str(end - start),
        "Accept-Ranges": "bytes",
        "ETag": f'"{info.version}"',
        "Last-Modified": formatdate(info.modified, usegmt=True),
        # what an agent wrote must not run as a page of this server
        "Content-Security-Policy": "sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    if status == 206:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{info.size}"
    media = mimetypes.guess_type(info.name)[0] or "application/octet-stream"
    chunks = () if wants_no_body(request) else files.read(caller.services, stored, path, start, end)
    return StreamingResponse(chunks, status, headers, media)


@router.put(
    "/{path:anything}", status_code=201, responses=errors.answers(400, 401, 403, 404, 409, 413), summary="Upload a file"
)
async def upload(caller: Called, session: str, path: str, request: Request) -> FileWritten:
    """Write a whole file from the raw body; directories come into being as needed. At most 100 MB."""
    stored = await run_in_threadpool(sessions.get, caller.services, caller.session(session))
    length = request.headers.get("content-length", "0")
    if length.isascii() and length.isdigit() and int(length) > MAX_UPLOAD_BYTES:
        raise _too_large()
    limiter = _limiter(request)
    info = await anyio.to_thread.run_sync(files.write, caller.services, stored, path, _body(request), limiter=limiter)
    return FileWritten(path=paths.clean(path), size=info.size, modified=info.modified)


@router.delete(
    "/{path:anything}", status_code=204, responses=errors.answers(401, 403, 404, 409), summary="Delete a file"
)
def delete(caller: Called, session: str, path: str) -> None:
    """Delete a file; a directory disappears with its last one."""
    files.delete(caller.services, sessions.get(caller.services, caller.session(session)), path)


def _entry(info: FileInfo) -> FileEntry:
    kind: Any = "directory" if info.is_directory else "file"
    return FileEntry(name=info.name, type=kind, size=info.size, modified=info.modified)


def _too_large() -> BodyTooLarge:
    return BodyTooLarge(f"An upload may have {MAX_UPLOAD_BYTES} bytes; split the file")


def _body(request: Request) -> Iterator[bytes]:
    """Give the request's body to a thread, piece by piece."""
    pieces = aiter(request.stream())

    async def take() -> bytes | None:
        return await anext(pieces, None)

    size = 0
    while (piece := anyio.from_thread.run(take)) is not None:
        size += len(piece)
        if size > MAX_UPLOAD_BYTES:
            raise _too_large()
        yield piece


def _bytes(header: str, size: int) -> tuple[int, int, int]:
    """Read a Range header (RFC 9110, 14.1): first byte, byte behind the last, status. Raises RangeInvalid."""
    if not header or "," in header:
        return 0, size, 200  # several ranges at once may be ignored, and are
    match = _RANGE.fullmatch(header.replace(" ", ""))
    if not match or match[1] == match[2] == "":
        raise RangeInvalid(f"{header[:60]!r} is no range of bytes; write it like bytes=0-499, bytes=500- or bytes=-500")
    if match[1]:
        start, end = int(match[1]), min(int(match[2]) + 1, size) if match[2] else size
    else:
        start, end = max(0, size - int(match[2])), size
    if start >= end:
        raise RangeInvalid(f"The file has {size} bytes; {header[:60]!r} asks for none of them")
    return start, end, 206


def _limiter(request: Request) -> anyio.CapacityLimiter:
    """Uploads under way at once, of one app."""
    state = request.app.state
    if not hasattr(state, "uploads"):
        state.uploads = anyio.CapacityLimiter(MAX_UPLOADS)
    limiter: anyio.CapacityLimiter = state.uploads
    return limiter
