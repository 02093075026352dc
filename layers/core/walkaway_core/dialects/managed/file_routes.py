"""Routes of files (contract E.13): immutable records with ids, beside the workspace (`store/identified.py`)."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from walkaway_core.dialects.managed import file_listing, file_wire, uploading
from walkaway_core.dialects.managed.errors import ManagedProblem
from walkaway_core.dialects.managed.file_wire import FileDeleted, FileMetadata, FileQuery
from walkaway_core.dialects.managed.pages import Page
from walkaway_core.http import downloads, errors, forms
from walkaway_core.http.access import Called
from walkaway_core.http.conditions import Conditional
from walkaway_core.http.streaming import streamed
from walkaway_core.store import identified, mounts
from walkaway_core.store.files import MOST_BYTES

router = APIRouter(prefix="/v1/files", tags=["files"])
BESIDE = 100_000
"""Bytes of a form beside its file."""


def takes(request: Request) -> bool:
    """Say whether a request brings bytes, which its route counts for itself."""
    return request.method == "POST" and request.url.path.rstrip("/").endswith("/v1/files")


@router.post(
    "",
    openapi_extra=file_wire.FORM,
    response_model=FileMetadata,
    responses=errors.answers(400, 401, 413, 422, model=ManagedProblem),
    summary="Upload a file",
)
async def create(caller: Called, request: Request) -> dict[str, Any]:
    """Keep a file of at most 100 MB, which never changes, for sessions and messages to refer to."""
    async with forms.read(request, MOST_BYTES + BESIDE, nameless="file") as given:
        return file_wire.shown(await run_in_threadpool(uploading.make, caller, request, given))


@router.get(
    "",
    response_model=Page[FileMetadata],
    responses=errors.answers(400, 401, model=ManagedProblem),
    summary="List files",
)
def listing(caller: Called, query: Annotated[FileQuery, Query()]) -> dict[str, Any]:
    """List files, the newest first: all, those of a session, or some by their ids."""
    return file_listing.answer(caller, query)


@router.get(
    "/{file}",
    response_model=FileMetadata,
    responses=errors.answers(401, 404, model=ManagedProblem),
    summary="Read a file's record",
)
def get(caller: Called, file: str) -> dict[str, Any]:
    """Say what a file is."""
    return file_wire.shown(identified.get(caller.services, caller.tenant, file))


@router.delete("/{file}", responses=errors.answers(400, 401, 404, model=ManagedProblem), summary="Delete a file")
def delete(caller: Called, file: str) -> FileDeleted:
    """Delete a file. Copies that sessions have of it stay; of a session's own copy, its resource goes, too."""
    kept = identified.get(caller.services, caller.tenant, file)
    mounts.delete_file(caller.services, kept)
    return FileDeleted(id=file)


@router.get(
    "/{file}/content",
    responses={200: {"description": "The file's bytes", "content": {"*/*": {}}}}
    | downloads.ANSWERS
    | errors.answers(400, 401, 404, 412, 416, model=ManagedProblem),
    response_model=None,
    summary="Download a file",
)
@streamed
def content(caller: Called, file: str, request: Request, conditions: Conditional) -> Response:
    """Give a file's bytes, whoever made it, all or those of a Range; to be saved and never to be shown as a page."""
    kept = identified.get(caller.services, caller.tenant, file)
    return downloads.identified_file(request, conditions, caller.services, kept)
