"""Routes of the workspace (contract A.10)."""

from collections.abc import Iterator
from functools import partial
from typing import Annotated, Any

import anyio.from_thread
import anyio.to_thread
from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from walkaway_core.dialects.native import workspace
from walkaway_core.errors import BodyTooLarge, EncodingUnsupported, Invalid, PreconditionFailed
from walkaway_core.http import downloads, errors
from walkaway_core.http.access import Called
from walkaway_core.http.conditions import Conditional, Conditions, tag_of
from walkaway_core.http.fields import packed
from walkaway_core.http.streaming import streamed
from walkaway_core.ports import paths
from walkaway_core.ports.workspace import Changed
from walkaway_core.store import files, media_types, sessions
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_wire.resources import FileEntry, FileWritten

router = APIRouter(prefix="/v1/sessions/{session}/files", tags=["files"])


DOWNLOAD: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file's bytes, or a directory's entries as JSON", "content": {"*/*": {}}},
    **downloads.ANSWERS,
}


class How(BaseModel):
    """How to give a file."""

    model_config = ConfigDict(extra="forbid")

    download: Annotated[bool, Query(description="whether a browser is to save it, not to show it")] = False


class Where(workspace.How):
    """Which directory."""

    path: Annotated[str, Query(description="a directory of the workspace; its root if empty")] = ""


@router.get("", responses=errors.answers(400, 401, 403, 404, 409), summary="List a directory")
def listing(
    caller: Called, session: str, where: Annotated[Where, Query()], request: Request, response: Response
) -> list[FileEntry]:
    """List what the session may read of a directory: as `GET /v1/workspace/{path}` does."""
    stored = sessions.get(caller.services, caller.session(session))
    return workspace.listed(caller.services, caller.tenant, stored.scope, where.path, where, request, response)


@router.get(
    "/{path:anything}",
    responses=DOWNLOAD | errors.answers(400, 401, 403, 404, 409, 412, 416),
    response_model=None,
    summary="Download a file",
)
@streamed
def download(
    *,
    caller: Called,
    session: str,
    path: str,
    request: Request,
    conditions: Conditional,
    how: Annotated[How, Query()],
    range: Annotated[str, Header(description="of bytes; several at once are ignored")] = "",  # noqa: A002
) -> Response:
    """Give a file's bytes, all or those of a Range; for a directory, its entries."""
    del range
    stored = sessions.get(caller.services, caller.session(session))
    info = files.stat(caller.services, stored, path)
    if info.is_directory:
        found = files.listing(caller.services, caller.tenant, stored.scope, path)
        return JSONResponse([workspace.entry(path, each).model_dump() for each in found])
    media = media_types.of(info.name) or "application/octet-stream"
    saved = downloads.saved_as(info.name) if how.download else ""
    return downloads.answer(
        request,
        conditions,
        info,
        media,
        saved,
        lambda start, end: files.read(caller.services, stored, path, start, end),
        lambda: files.address(caller.services, stored, path, media, saved),
    )


@router.put(
    "/{path:anything}",
    status_code=201,
    responses=errors.answers(400, 401, 403, 404, 409, 412, 413, 415),
    summary="Upload a file",
)
async def upload(
    *, caller: Called, session: str, path: str, request: Request, response: Response, conditions: Conditional
) -> FileWritten:
    """Write a whole file from the raw body; directories come into being as needed. At most 100 MB."""
    stored = await run_in_threadpool(sessions.get, caller.services, caller.session(session))
    _check_whole(request)
    version = await run_in_threadpool(_expected, caller.services, stored, path, conditions)
    write = partial(files.write, caller.services, stored, path, _body(request), version=version)
    try:
        apart = anyio.CapacityLimiter(1)  # a thread for as long as it likes, which no other request could want
        info = await anyio.to_thread.run_sync(write, limiter=apart)
    except Changed:
        raise PreconditionFailed from None
    response.headers["ETag"] = tag_of(info.version)
    return FileWritten(path=paths.clean(path), size=info.size, modified=info.modified)


@router.delete(
    "/{path:anything}",
    status_code=204,
    responses=errors.answers(400, 401, 403, 404, 409, 412),
    summary="Delete a file",
)
def delete(caller: Called, session: str, path: str, conditions: Conditional) -> None:
    """Delete a file; a directory disappears with its last one."""
    stored = sessions.get(caller.services, caller.session(session))
    version = _expected(caller.services, stored, path, conditions, deleting=True)
    try:
        files.delete(caller.services, stored, path, version=version)
    except Changed:
        raise PreconditionFailed from None


def _expected(
    services: Services, session: Session, path: str, conditions: Conditions, *, deleting: bool = False
) -> str | None:
    """See which version a write is meant for: `""` none, None any. Raises PreconditionFailed.

    Where the write is refused anyway, that is its answer (RFC 9110, 13.2.1).
    """
    info = files.replaced(services, session, path) if conditions.any else None
    if not conditions.any or (info and info.is_directory) or (deleting and info is None):
        return None
    version = info.version if info else ""
    conditions.check(tag_of(version), info.modified if info else None)
    return version


def _check_whole(request: Request) -> None:
    """Refuse a part of a file, one that is packed for the way, and one that is too large."""
    if "content-range" in request.headers:
        raise Invalid("PUT writes a whole file; send all of it, without Content-Range (RFC 9110, 14.5)")
    if packed(request):
        raise EncodingUnsupported
    length = request.headers.get("content-length", "0")
    if length.isascii() and length.isdigit() and int(length) > files.MOST_BYTES:
        raise _too_large()


def _too_large() -> BodyTooLarge:
    return BodyTooLarge(f"An upload may have {files.MOST_BYTES} bytes; split the file")


def _body(request: Request) -> Iterator[bytes]:
    """Give the request's body to a thread, piece by piece."""
    pieces = aiter(request.stream())

    async def take() -> bytes | None:
        return await anext(pieces, None)

    size = 0
    while (piece := anyio.from_thread.run(take)) is not None:
        size += len(piece)
        if size > files.MOST_BYTES:
            raise _too_large()
        yield piece
