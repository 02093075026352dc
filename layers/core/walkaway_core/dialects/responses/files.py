"""Routes of files (contract D.13): immutable records with ids, beside the workspace (`store/identified.py`)."""

import hashlib
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from walkaway_core.dialects.responses import file_wire
from walkaway_core.dialects.responses.errors import ResponseProblem
from walkaway_core.dialects.responses.file_wire import (
    LEAST_SECONDS,
    MOST_SECONDS,
    PURPOSES,
    FileDeleted,
    FileList,
    FileObject,
)
from walkaway_core.dialects.responses.problems import MISSING, Refusal
from walkaway_core.errors import FileNotFound
from walkaway_core.http import downloads, errors, forms, repetitions
from walkaway_core.http.access import Called, Caller
from walkaway_core.http.conditions import Conditional
from walkaway_core.http.streaming import streamed
from walkaway_core.store import idempotency, identified, mounts
from walkaway_core.store.files import MOST_BYTES
from walkaway_core.store.kept import Kept, Told, trouble

router = APIRouter(prefix="/v1/files", tags=["files"])
UNKNOWN = errors.answers(401, 404, model=ResponseProblem)
BESIDE = 100_000
"""Bytes of a form beside its file."""
BATCH_SECONDS = MOST_SECONDS
FIELDS = ("file", "purpose", "expires_after[anchor]", "expires_after[seconds]")


def takes(request: Request) -> bool:
    """Say whether a request brings bytes, which its route counts for itself."""
    path = request.url.path.rstrip("/")
    return request.method == "POST" and path.endswith(("/v1/files", "/parts"))


@router.post(
    "",
    openapi_extra=file_wire.FORM,
    responses=errors.answers(400, 401, 413, 422, model=ResponseProblem),
    summary="Upload a file",
)
async def create(caller: Called, request: Request) -> FileObject:
    """Keep a file of at most 100 MB. It never changes; what it is for is said by whoever refers to it."""
    async with forms.read(request, MOST_BYTES + BESIDE) as given:
        return await run_in_threadpool(_create, caller, request, given)


@router.get("", responses=errors.answers(400, 401, model=ResponseProblem), summary="List files")
def listing(
    caller: Called,
    *,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 10_000,
    order: Literal["asc", "desc"] = "desc",
    purpose: str | None = None,
) -> FileList:
    """List files, the newest first unless `order` says otherwise; `after` is the id of the last one that was read."""
    try:
        behind = "" if after is None else identified.key_of(after)
    except FileNotFound:
        raise Refusal(f"after: {after!r:.100} is no id of a file", "after") from None
    there, more = identified.listing(
        caller.services, caller.tenant, after=behind, limit=limit, newest_first=order == "desc", purpose=purpose
    )
    shown = [shown_as(each) for each in there]
    ends = (shown[0].id, shown[-1].id) if shown else (None, None)
    return FileList(data=shown, first_id=ends[0], last_id=ends[1], has_more=more)


@router.get("/{file}", responses=UNKNOWN, summary="Read a file's record")
def get(caller: Called, file: str) -> FileObject:
    """Say what a file is. It is processed as soon as it is there."""
    return shown_as(identified.get(caller.services, caller.tenant, file))


@router.delete("/{file}", responses=UNKNOWN | errors.answers(400, model=ResponseProblem), summary="Delete a file")
def delete(caller: Called, file: str) -> FileDeleted:
    """Delete a file; who refers to it from now on is told that there is none."""
    mounts.delete_file(caller.services, identified.get(caller.services, caller.tenant, file))
    return FileDeleted(id=file)


@router.get(
    "/{file}/content",
    responses={200: {"description": "The file's bytes", "content": {"*/*": {}}}}
    | downloads.ANSWERS
    | errors.answers(400, 401, 404, 412, 416, model=ResponseProblem),
    response_model=None,
    summary="Download a file",
)
@streamed
def content(
    caller: Called,
    file: str,
    request: Request,
    conditions: Conditional,
) -> Response:
    """Give a file's bytes, all or those of a Range, to be saved and never to be shown as a page."""
    kept = identified.get(caller.services, caller.tenant, file)
    return downloads.identified_file(request, conditions, caller.services, kept)


def shown_as(kept: Kept) -> FileObject:
    """Show a file's record."""
    return FileObject(
        id=f"file-{kept.key}",
        bytes=kept.size,
        created_at=int(kept.created_at),
        expires_at=None if kept.until is None else int(kept.until),
        filename=kept.name,
        purpose=kept.purpose,
    )


def purpose_of(text: str) -> str:
    """Check a purpose. Raises Refusal."""
    if text not in PURPOSES:
        raise Refusal(f"purpose: {text[:100]!r} is none; there are: {', '.join(PURPOSES)}", "purpose")
    return text


def name_of(name: str, field: str) -> str:
    """Check the name of a file: any that can be seen, since no path is made of it. Raises Refusal."""
    if said := trouble(name):
        raise Refusal(f"{field}: {said}", field)
    return name


def seconds_of(anchor: object, seconds: object, purpose: str) -> int | None:
    """Read for how long a file is kept; None: until it is deleted. Raises Refusal."""
    if anchor is None and seconds is None:
        return BATCH_SECONDS if purpose == "batch" else None
    if anchor != "created_at":
        raise Refusal("expires_after.anchor: must be created_at", "expires_after.anchor")
    text = str(seconds)
    if not (text.isascii() and text.isdecimal() and LEAST_SECONDS <= int(text[:10]) <= MOST_SECONDS):
        said = f"expires_after.seconds: must be a whole number from {LEAST_SECONDS} to {MOST_SECONDS}"
        raise Refusal(said, "expires_after.seconds")
    return int(text)


def part_of(given: FormData, name: str) -> UploadFile:
    """Give the file of a form. Raises Refusal."""
    part = given.get(name)
    if not isinstance(part, UploadFile):
        raise Refusal(f"{name}: send the bytes as a part with a file name", name, MISSING)
    return part


def _create(caller: Caller, request: Request, given: FormData) -> FileObject:
    names = [name for name, _ in given.multi_items()]
    if wrong := next((name for name in names if name not in FIELDS), None):
        raise Refusal(f"{wrong[:100]}: a file has no such field", wrong[:100], "unknown_parameter")
    if twice := next((name for name in FIELDS if names.count(name) > 1), None):
        raise Refusal(f"{twice}: is there more than once; send it once", twice)
    part = part_of(given, "file")
    if "purpose" not in given:
        raise Refusal("purpose: say what the file is for", "purpose", MISSING)
    purpose = purpose_of(str(given["purpose"]))
    seconds = seconds_of(given.get("expires_after[anchor]"), given.get("expires_after[seconds]"), purpose)
    if (part.size or 0) > MOST_BYTES:
        raise errors.too_large(MOST_BYTES)
    told = Told(name_of(part.filename or "", "file"), part.content_type or "", purpose, seconds)
    digest = hashlib.sha256()
    for chunk in forms.chunks(part):
        digest.update(chunk)
    body = {"name": told.name, "purpose": purpose, "seconds": seconds, "sha256": digest.hexdigest()}
    once = repetitions.once(caller, request, "file", body)
    kept, _ = idempotency.make(
        caller.services,
        once,
        lambda: identified.create(caller.services, caller.tenant, told, forms.chunks(part), once),
        lambda key: identified.by_key(caller.services, caller.tenant, key),
    )
    return shown_as(kept)
