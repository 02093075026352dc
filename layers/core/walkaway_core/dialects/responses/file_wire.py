"""Files of the responses dialect as they go over HTTP (contract D.13)."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

PURPOSES: Final = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")
LEAST_SECONDS: Final = 3600
MOST_SECONDS: Final = 30 * 86_400
FILE: Final[dict[str, Any]] = {
    "id": "file-019a6f0c3f6e1a2b3c4d5e6f",
    "object": "file",
    "bytes": 12,
    "created_at": 1763812800,
    "expires_at": None,
    "filename": "a.pdf",
    "purpose": "user_data",
    "status": "processed",
}
FORM: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "purpose"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "purpose": {"type": "string", "enum": [*PURPOSES]},
                        "expires_after[anchor]": {"type": "string", "enum": ["created_at"]},
                        "expires_after[seconds]": {
                            "type": "integer",
                            "minimum": LEAST_SECONDS,
                            "maximum": MOST_SECONDS,
                        },
                    },
                }
            }
        },
    }
}


class FileObject(BaseModel):
    """A file with an id."""

    model_config = ConfigDict(json_schema_extra={"examples": [FILE]})

    id: str
    object: Literal["file"] = "file"
    bytes: int
    created_at: Annotated[int, Field(description="seconds since the epoch")]
    expires_at: int | None
    filename: str
    purpose: str
    status: Literal["processed"] = "processed"


class FileList(BaseModel):
    """A page of files."""

    object: Literal["list"] = "list"
    data: list[FileObject]
    first_id: str | None
    last_id: str | None
    has_more: bool


class FileDeleted(BaseModel):
    """The file is gone."""

    id: str
    object: Literal["file"] = "file"
    deleted: Literal[True] = True
