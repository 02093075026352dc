"""Lists of files, page by page: a session's, and the tenant's, whose the files are."""

import base64
import binascii
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from walkaway_core.errors import CursorInvalid, Invalid, PathInvalid
from walkaway_core.http import errors, pages
from walkaway_core.http.access import Called
from walkaway_core.ports import paths
from walkaway_core.ports.paths import Scope
from walkaway_core.ports.workspace import FileInfo
from walkaway_core.store import files
from walkaway_core.store.services import Services
from walkaway_wire.resources import FileEntry

router = APIRouter(prefix="/v1/workspace", tags=["files"])
ANSWERS = errors.answers(400, 401, 403, 404, 409)


class How(BaseModel):
    """How to list a directory."""

    model_config = ConfigDict(extra="forbid")

    recursive: Annotated[bool, Query(description="all files below it, by their paths, instead of its own entries")] = (
        False
    )
    sha256: Annotated[bool, Query(description="with the hash of each file; with `recursive`")] = False
    limit: Annotated[int, Query(ge=1, le=1000, description="how many at the most; with `recursive`")] = 1000
    after: Annotated[str, Query(description="the header X-Next-Cursor of the last page; with `recursive`")] = ""

    def behind(self) -> str:
        """Read the cursor: a path. Raises CursorInvalid."""
        try:
            return paths.clean(base64.urlsafe_b64decode(self.after.encode("ascii") + b"==").decode())
        except (binascii.Error, ValueError, PathInvalid):
            raise CursorInvalid("`after` must be the X-Next-Cursor of an earlier page") from None


@router.get("", responses=ANSWERS, summary="List all files")
def root(caller: Called, how: Annotated[How, Query()], request: Request, response: Response) -> list[FileEntry]:
    """List the workspace, whatever a session may touch of it: as `GET /v1/workspace/{path}` does a directory of it."""
    return listed(caller.services, caller.tenant, Scope(), "", how, request, response)


@router.get("/{path:anything}", responses=ANSWERS, summary="List files")
def below(
    caller: Called, path: str, how: Annotated[How, Query()], request: Request, response: Response
) -> list[FileEntry]:
    """List a directory's own entries by name, or with `recursive` all files below it; X-Next-Cursor says how to go on.

    A page may be short, or empty, though more follow. `sha256` is null where nobody knows it: of files on AWS that were
    written by 0.1.0, or past this API.
    """
    return listed(caller.services, caller.tenant, Scope(), path, how, request, response)


def listed(  # noqa: PLR0917 - what is asked for, and what answers
    services: Services, tenant: str, scope: Scope, path: str, how: How, request: Request, response: Response
) -> list[FileEntry]:
    """Answer with a list of what may be read. Raises CursorInvalid, Invalid, and what `store.files` does."""
    if not how.recursive:
        if how.model_fields_set - {"recursive", "path"}:
            raise Invalid("`sha256`, `limit` and `after` go together with `recursive=true`")
        return [entry(path, info) for info in files.listing(services, tenant, scope, path)]
    found, more = files.below(services, tenant, scope, path, how.behind(), how.limit, hashed=how.sha256)
    pages.link(request, response, base64.urlsafe_b64encode(more.encode()).decode().rstrip("="))
    return [entry("", info) for info in found]


def entry(folder: str, info: FileInfo) -> FileEntry:
    """Write an entry of a folder; its name may be a path from there."""
    kind: Any = "directory" if info.is_directory else "file"
    where = f"{paths.clean(folder)}/{info.name}".lstrip("/")
    digest = info.sha256 or None
    return FileEntry(
        name=where.rpartition("/")[2], path=where, type=kind, size=info.size, modified=info.modified, sha256=digest
    )
