"""Routes of uploads: files in parts (contract D.13)."""

import hashlib
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import FormData

from walkaway_core.dialects.responses import files
from walkaway_core.dialects.responses.errors import ResponseProblem
from walkaway_core.dialects.responses.file_wire import FileObject
from walkaway_core.dialects.responses.problems import Refusal
from walkaway_core.http import errors, forms, large, repetitions
from walkaway_core.http.access import Called, Caller
from walkaway_core.store import idempotency, parted
from walkaway_core.store.files import MOST_BYTES
from walkaway_core.store.kept import Kept, Told
from walkaway_core.store.parted import Upload
from walkaway_wire.strict import Strict

router = APIRouter(prefix="/v1/uploads", tags=["files"], route_class=large.Route)
WRONG = errors.answers(400, 401, 404, model=ResponseProblem)
EXAMPLE: dict[str, Any] = {"bytes": 12, "filename": "a.pdf", "mime_type": "application/pdf", "purpose": "user_data"}
FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["data"],
                    "properties": {"data": {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}


class Expiry(Strict):
    """For how long the file is kept."""

    anchor: Literal["created_at"]
    seconds: Annotated[int, Field(strict=True)]


class UploadCreate(Strict):
    """A file that is to come in parts."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    bytes: Annotated[int, Field(strict=True, ge=0)]
    filename: str
    mime_type: Annotated[str, Field(max_length=200)]
    purpose: str
    expires_after: Expiry | None = None


class UploadComplete(Strict):
    """Its parts, in their order."""

    part_ids: Annotated[list[str], Field(max_length=10_000)]
    md5: Annotated[str | None, Field(description="of the whole, in hexadecimal digits")] = None


class UploadObject(BaseModel):
    """An upload as it is now."""

    id: str
    object: Literal["upload"] = "upload"
    bytes: int
    created_at: int
    expires_at: int
    filename: str
    purpose: str
    status: Literal["pending", "completed", "cancelled"]
    file: FileObject | None


class PartObject(BaseModel):
    """A part of an upload."""

    id: str
    object: Literal["upload.part"] = "upload.part"
    created_at: int
    upload_id: str


@router.post("", responses=errors.answers(400, 401, 413, 422, model=ResponseProblem), summary="Begin an upload")
def create(caller: Called, asked: UploadCreate, request: Request) -> UploadObject:
    """Begin a file that comes in parts, within an hour; together at most 100 MB."""
    if asked.bytes > MOST_BYTES:
        raise errors.too_large(MOST_BYTES)
    purpose = files.purpose_of(asked.purpose)
    expiry = asked.expires_after
    seconds = files.seconds_of(expiry and expiry.anchor, expiry and expiry.seconds, purpose)
    told = Told(files.name_of(asked.filename, "filename"), asked.mime_type, purpose, seconds)
    once = repetitions.once(caller, request, "upload", asked.model_dump())
    made, _ = idempotency.make(
        caller.services,
        once,
        lambda: parted.create(caller.services, caller.tenant, told, asked.bytes, once),
        lambda key: parted.by_key(caller.services, caller.tenant, key),
    )
    return _object(made)


@router.post(
    "/{upload}/parts",
    openapi_extra=FORM,
    responses=errors.answers(400, 401, 404, 413, 422, model=ResponseProblem),
    summary="Send a part",
)
async def part(caller: Called, upload: str, request: Request) -> PartObject:
    """Send a part, of as many bytes as one likes. Parts may come in any order, and side by side."""
    forms.check_length(request, MOST_BYTES + files.BESIDE)
    found = await run_in_threadpool(parted.get, caller.services, caller.tenant, upload)
    async with forms.read(request, MOST_BYTES + files.BESIDE) as given:
        return await run_in_threadpool(_part, caller, found, request, given)


@router.post("/{upload}/complete", responses=WRONG, summary="Complete an upload")
def complete(caller: Called, upload: str, asked: UploadComplete) -> UploadObject:
    """Make the file of the parts, in the order in which they are named. Completed again, it is the same file."""
    found = parted.get(caller.services, caller.tenant, upload)
    kept = parted.complete(caller.services, found, asked.part_ids, asked.md5)
    return _object(parted.by_key(caller.services, caller.tenant, found.key), kept)


@router.post("/{upload}/cancel", responses=WRONG, summary="Cancel an upload")
def cancel(caller: Called, upload: str) -> UploadObject:
    """End an upload; its parts are gone."""
    return _object(parted.cancel(caller.services, parted.get(caller.services, caller.tenant, upload)))


def _part(caller: Caller, upload: Upload, request: Request, given: FormData) -> PartObject:
    if wrong := next((name for name, _ in given.multi_items() if name != "data"), None):
        raise Refusal(f"{wrong[:100]}: a part has no such field", wrong[:100], "unknown_parameter")
    sent = files.part_of(given, "data")
    digest = hashlib.sha256()
    for chunk in forms.chunks(sent):
        digest.update(chunk)
    body = {"upload": upload.key, "sha256": digest.hexdigest()}
    once = repetitions.once(caller, request, "part", body)
    id_, _ = idempotency.make(
        caller.services, once, lambda: parted.part(caller.services, upload, forms.chunks(sent), once), str
    )
    return PartObject(id=id_, created_at=int(caller.services.clock.now()), upload_id=f"upload_{upload.key}")


def _object(upload: Upload, kept: Kept | None = None) -> UploadObject:
    return UploadObject(
        id=f"upload_{upload.key}",
        bytes=upload.size,
        created_at=int(upload.created_at),
        expires_at=int(upload.until),
        filename=upload.told.name,
        purpose=upload.told.purpose,
        status=upload.state,  # type: ignore[arg-type]
        file=files.shown_as(kept) if kept else None,
    )
