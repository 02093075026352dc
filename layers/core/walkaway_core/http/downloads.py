"""Bytes of a file as an answer: whole or those of a Range, or that the caller has this version already."""

from collections.abc import Callable, Iterator
from email.utils import formatdate
from typing import Any
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from walkaway_core.http import ranges
from walkaway_core.http.addresses import wants_no_body
from walkaway_core.http.conditions import Conditions, not_modified, tag_of
from walkaway_core.ports.workspace import FileInfo
from walkaway_core.store import identified, media_types
from walkaway_core.store.files import ADDRESS_SECONDS, STREAMED_BYTES
from walkaway_core.store.kept import Kept, root
from walkaway_core.store.services import Services

ANSWERS: dict[int | str, dict[str, Any]] = {
    206: {"description": "The bytes of the Range", "content": {"*/*": {}}},
    304: {"description": "The caller has this version"},
    307: {"description": "On AWS, of more than 190 MB: `Location` has them, without a key, for an hour at the most"},
}


def saved_as(name: str) -> str:
    """Write the Content-Disposition of what a browser is to save (RFC 6266, RFC 8187)."""
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"


def answer(  # noqa: PLR0917 - what is asked for, of what, and how it is read
    request: Request,
    conditions: Conditions,
    info: FileInfo,
    media: str,
    disposition: str,
    read: Callable[[int, int], Iterator[bytes]],
    elsewhere: Callable[[], str | None],
) -> Response:
    """Answer with the bytes that `read` gives from one place to another; `elsewhere` has an address of the store's."""
    tag, modified = tag_of(info.version), formatdate(info.modified, usegmt=True)
    if conditions.unchanged(tag, info.modified):
        return not_modified(ETag=tag, Last_Modified=modified)
    start, end, status = ranges.asked_for(request, info.size, tag, info.modified)
    large = end - start > STREAMED_BYTES and not wants_no_body(request)
    if large and (address := elsewhere()):
        return Response(status_code=307, headers={"Location": address, "Cache-Control": "no-store"})
    headers = {
        "Content-Length": str(end - start),
        "Accept-Ranges": "bytes",
        "ETag": tag,
        "Last-Modified": modified,
        # what an agent wrote must not run as a page of this server
        "Content-Security-Policy": "sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    if disposition:
        headers["Content-Disposition"] = disposition
    if status == 206:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{info.size}"
    chunks = () if wants_no_body(request) else read(start, end)
    return StreamingResponse(chunks, status, headers, media)


def identified_file(request: Request, conditions: Conditions, services: Services, kept: Kept) -> Response:
    """Answer with the bytes of a file with an id, to be saved and never to be shown as a page. Raises FileNotFound."""
    info = FileInfo(kept.name, is_directory=False, size=kept.size, modified=kept.created_at, version=kept.version)
    media = media_types.of(kept.name) or "application/octet-stream"
    saved = saved_as(kept.name)
    return answer(
        request,
        conditions,
        info,
        media,
        saved,
        lambda start, end: identified.read(services, kept, start, end),
        lambda: services.workspace.address(root(kept.tenant), kept.key, media, ADDRESS_SECONDS, saved),
    )
