"""Resources of a session as they go over HTTP (contract E.8): files, which are all that can be mounted here."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from walkaway_core.dialects.managed import dates
from walkaway_core.dialects.managed.file_wire import id_of
from walkaway_core.dialects.managed.pages import PageQuery
from walkaway_core.store.mounts import Mounted

RESOURCE: Final[dict[str, Any]] = {
    "type": "file",
    "id": "sesrsc_019a6f0c3f6e1a2b3c4d5e6f",
    "file_id": "file_019a6f0c3f6e1a2b3c4d5e6f",
    "mount_path": "/mnt/session/uploads/data.csv",
    "created_at": "2026-11-25T09:00:00.000Z",
    "updated_at": "2026-11-25T09:00:00.000Z",
}
_ID = re.compile("sesrsc_([0-9a-f]{24})")


class Added(BaseModel):
    """What is to be mounted."""

    model_config = ConfigDict(
        extra="allow", json_schema_extra={"examples": [{"type": "file", "file_id": "file_019a6f0c3f6e1a2b3c4d5e6f"}]}
    )

    type: Annotated[str, Field(description="file; repositories and memory stores are refused")]
    file_id: str | None = None
    mount_path: Annotated[str | None, Field(description="absolute, or below /mnt/session/uploads")] = None


class TokenChanged(BaseModel):
    """A token of a repository, of which there are none."""

    model_config = ConfigDict(extra="forbid")

    authorization_token: str


class ResourceQuery(PageQuery):
    """Which part of the list; all of it unless a `limit` is said."""

    limit: Annotated[int, Query(ge=1, le=1000, description="how many at the most")] = 1000


class FileResource(BaseModel):
    """A file of a session's container: the session's own copy."""

    model_config = ConfigDict(json_schema_extra={"examples": [RESOURCE]})

    type: Literal["file"] = "file"
    id: str
    file_id: Annotated[str, Field(description="the session's own copy; the file that was named may go")]
    mount_path: str
    created_at: str
    updated_at: str


class ResourceDeleted(BaseModel):
    """The resource is gone."""

    id: str
    type: Literal["session_resource_deleted"] = "session_resource_deleted"


def resource_id(mounted: Mounted) -> str:
    """Name a resource: by its file, which is its own."""
    return f"sesrsc_{mounted.file}"


def read_id(id_: str) -> str | None:
    """Say which file a resource is; None for an id that was not made here."""
    found = _ID.fullmatch(id_)
    return found[1] if found else None


def shown(mounted: Mounted) -> Mapping[str, Any]:
    """Show a resource."""
    at = dates.shown(mounted.created_at)
    return {
        "type": "file",
        "id": resource_id(mounted),
        "file_id": id_of(mounted.file),
        "mount_path": mounted.place,
        "created_at": at,
        "updated_at": at,
    }
