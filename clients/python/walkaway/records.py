"""Records of the server's, typed by `walkaway_wire` and taken as they are: nothing that a newer one says is refused."""

import types
import typing
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from pydantic import BaseModel

M = TypeVar("M", bound="BaseModel")


def lenient(model: type[M], raw: Mapping[str, Any]) -> M:
    """Read a record. What does not fit its type, such as a word that is new, stands there as it came.

    What is missing has its default, or is None.
    """
    values: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        if name in raw:
            values[name] = _read(field.annotation, raw[name])
        else:
            values[name] = None if field.is_required() else field.get_default(call_default_factory=True)
    return model.model_construct(**values)


def _read(kind: Any, value: Any) -> Any:
    from pydantic import BaseModel, TypeAdapter, ValidationError

    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return lenient(kind, value) if isinstance(value, Mapping) else value
    if origin is list and isinstance(value, list):
        return [_read(inner[0], each) for each in value]
    if origin is typing.Annotated:
        return _read(inner[0], value)
    if origin in {typing.Union, types.UnionType} and type(None) in inner and value is None:
        return None
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return value
