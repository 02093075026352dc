"""What the text of a response is to be: `text.format`, and sentences that tell the model the rest (contract D.8)."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from walkaway_core.dialects.responses.problems import MISSING, Refusal
from walkaway_core.dialects.responses.refusing import value as unsupported
from walkaway_core.dialects.responses.wire import ResponseCreate
from walkaway_wire import problems
from walkaway_wire.settings import OutputFormat

JSON: Final = "Answer with one JSON object, and nothing before or behind it."
VERBOSITY: Final[Mapping[str, str]] = {
    "low": "Keep your answers short: what is needed, and no more.",
    "high": "Be thorough in your answers, and explain what you say.",
}


class Form(NamedTuple):
    """What is asked for: a form, sentences for the model, and how the response's object repeats it."""

    output_format: OutputFormat | None
    told: list[str]
    echoed: dict[str, Any]


def read(asked: ResponseCreate) -> Form:
    """Read it. Raises Refusal, which names the field."""
    options = asked.text
    verbosity = (options.verbosity if options else None) or asked.verbosity or "medium"
    told = [VERBOSITY[verbosity]] if verbosity in VERBOSITY else []
    said = {name: value for name, value in ((options and options.format) or {}).items() if value is not None}
    kind = said.get("type", "text") if said else "text"
    if kind == "text":
        return Form(None, told, {"format": {"type": "text"}, "verbosity": verbosity})
    if kind == "json_object":
        return Form(None, [*told, JSON], {"format": {"type": "json_object"}, "verbosity": verbosity})
    if kind != "json_schema":
        raise unsupported(
            "text.format.type", f"text.format: {str(kind)[:100]!r} is none of text, json_schema, json_object"
        )
    for name in ("name", "schema"):
        if name not in said:
            raise Refusal(f"text.format.{name} is missing", f"text.format.{name}", MISSING)
    try:
        form = OutputFormat.model_validate({"type": "json_schema", "schema": said["schema"]})
    except ValidationError as error:
        raise Refusal(f"text.format: {problems.of_fields(error)}", "text.format.schema") from None
    echo = {"type": "json_schema", "description": None, "strict": False}
    known = {name: said[name] for name in ("name", "schema", "description", "strict") if name in said}
    return Form(form, told, {"format": {**echo, **known}, "verbosity": verbosity})
