"""Files of this dialect as they go over HTTP (contract E.13)."""

from typing import Annotated, Any, Final, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from walkaway_core.dialects.managed import dates, ids
from walkaway_core.dialects.managed.pages import PageQuery
from walkaway_core.store.kept import OUTPUT, Kept

LEAST_SECONDS: Final = 3600
MOST_SECONDS: Final = 90 * 86_400
FILE: Final[dict[str, Any]] = {
    "type": "file",
    "id": "file_019a6f0c3f6e1a2b3c4d5e6f",
    "filename": "data.csv",
    "mime_type": "text/csv",
    "size_bytes": 210,
    "downloadable": False,
    "scope": None,
    "expires_at": None,
    "created_at": "2026-11-25T09:00:00.000Z",
}
FORM: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "expires_in_seconds": {"type": "integer", "minimum": LEAST_SECONDS, "maximum": MOST_SECONDS},
                    },
                }
            }
        },
    }
}

Id = Annotated[str, Field(pattern="^file[-_]")]
"""What can be a file's; one that is none is passed over."""


class FileQuery(PageQuery):
    """Which files: those of a session, or some by their ids. `after_id` and `before_id` are older clients' pages."""

    limit: Annotated[int, Query(ge=1, le=1000, description="how many at the most")] = 20
    scope_id: Annotated[
        str | None, Query(description="a session: its outputs, and its copies of what it was given")
    ] = None
    ids: Annotated[list[Id] | None, Query(description="up to 100; no page, limit or scope_id beside them")] = None
    bracketed: Annotated[list[Id] | None, Query(alias="ids[]")] = None
    after_id: Annotated[str | None, Query(description="files older than this one")] = None
    before_id: Annotated[str | None, Query(description="files newer than this one")] = None


class FileScope(BaseModel):
    """The session that a file is a part of."""

    type: Literal["session"] = "session"
    id: str


class FileMetadata(BaseModel):
    """A file with an id."""

    model_config = ConfigDict(json_schema_extra={"examples": [FILE]})

    type: Literal["file"] = "file"
    id: str
    filename: str
    mime_type: str
    size_bytes: int
    downloadable: Annotated[bool, Field(description="an agent has left it for you; the others can be downloaded, too")]
    scope: FileScope | None
    expires_at: str | None
    created_at: str


class FileDeleted(BaseModel):
    """The file is gone."""

    id: str
    type: Literal["file_deleted"] = "file_deleted"


def id_of(key: str) -> str:
    """Name a file by its record's key."""
    return f"file_{key}"


def shown(kept: Kept) -> dict[str, Any]:
    """Show a file's record."""
    return {
        "type": "file",
        "id": id_of(kept.key),
        "filename": kept.name,
        "mime_type": kept.media,
        "size_bytes": kept.size,
        "downloadable": kept.purpose == OUTPUT,
        "scope": {"type": "session", "id": ids.session(kept.scope)} if kept.scope else None,
        "expires_at": dates.perhaps(kept.until),
        "created_at": dates.shown(kept.created_at),
    }
