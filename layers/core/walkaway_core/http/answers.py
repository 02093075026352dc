"""Writes answers: whatever a route gives goes out as JSON, also what is stored and older than the gate for JSON."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Response
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel
from pydantic_core import PydanticSerializationError

from walkaway_wire import gate, jsontext

WRITE_FAILS = (PydanticSerializationError, UnicodeError, ValueError, RecursionError)
"""What pydantic raises for half a character, and for what is nested deeper than 255 levels."""


def install(app: FastAPI) -> None:
    """Let every route of an app answer with whatever it gives. A 500 would come too late: what was asked is done."""
    for context in iter_route_contexts(app.routes):
        field = getattr(context, "response_field", None)
        if field and not isinstance(field.serialize_json, _Surely):  # apps of one process share their routes
            field.serialize_json = _Surely(field.serialize_json)


def written(write: Callable[[], bytes], value: Any) -> bytes:
    """Write an answer as pydantic does; what it cannot write is made whole, and shown as deep as it is."""
    try:
        return write()
    except WRITE_FAILS:
        return gate.written(value)


def page(model: BaseModel, headers: dict[str, str] | None = None) -> Response:
    """Answer with a record that holds what was said, and was read as it is stored."""
    content = written(lambda: jsontext.dump_bytes(dict(model)), model)
    return Response(content, headers=headers, media_type="application/json")


@dataclass(frozen=True, slots=True)
class _Surely:
    serialize: Callable[..., bytes]

    def __call__(self, value: Any, **how: Any) -> bytes:
        return written(lambda: self.serialize(value, **how), value)
