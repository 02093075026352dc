"""A text that stands for an object in a request, as clients may write either (contract E.5, E.20)."""

from typing import Any

from pydantic import BeforeValidator


def short(kind: Any, said: str, **more: str) -> BeforeValidator:
    """Take a text for an object whose field `said` it is, with what `more` says; `kind` is the object's type."""

    def whole(value: Any) -> Any:
        if isinstance(value, str):
            return {**more, said: value}
        if isinstance(value, (dict, kind)):
            return value
        raise ValueError("must be text or an object")

    return BeforeValidator(whole, json_schema_input_type=str | kind)
