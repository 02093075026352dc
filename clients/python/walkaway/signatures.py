"""What a function's signature and docstring say to a model, and the check of what the model then gives; by pydantic."""

import inspect
import re
import textwrap
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from walkaway.errors import ToolInvalid
from walkaway_wire.words import says

if typing.TYPE_CHECKING:
    from pydantic import BaseModel

NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, eq=False)
class Signature:
    """The arguments of a function. `schema`: JSON schema of an object."""

    schema: dict[str, Any]
    takes_call: bool
    model: "type[BaseModel]"
    names: tuple[str, ...]

    def checked(self, arguments: Mapping[str, Any]) -> dict[str, Any] | None:
        """Give the arguments in the function's types; None where they do not fit."""
        from pydantic import ValidationError

        try:
            found = self.model.model_validate(dict(arguments))
        except ValidationError:
            return None
        given = found.model_fields_set
        return {name: getattr(found, f"a{i}") for i, name in enumerate(self.names) if f"a{i}" in given}

    def problem(self, arguments: Mapping[str, Any]) -> str:
        """Say why arguments do not fit."""
        from pydantic import ValidationError

        try:
            self.model.model_validate(dict(arguments))
        except ValidationError as error:
            found = [f"`{'.'.join(map(str, each['loc'])) or 'arguments'}` {says(each)}" for each in _errors(error)]
            return "; ".join(found[:10])
        return ""


def _errors(error: Any) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = error.errors(include_url=False, include_input=False)
    return found


def where(function: Any) -> str:
    """Say where a function stands."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code else repr(function)


def told(function: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    """Read a docstring: its first paragraph, and what lines `name: text` say of arguments."""
    text = inspect.getdoc(function) or ""
    about, _, rest = text.partition("\n\n")
    names = "|".join(map(re.escape, inspect.signature(function).parameters))
    arguments: dict[str, str] = {}
    last = ""
    for line in textwrap.dedent(rest).splitlines():
        found = re.match(rf"\s*({names}) *(?:\([^)]*\))?: *(.+)", line) if names else None
        if found:
            last = found[1]
            arguments[last] = found[2].strip()
        elif last and line.startswith(" ") and line.strip():
            arguments[last] += f" {line.strip()}"
        else:
            last = ""
    return " ".join(about.split()), arguments


def check_function(function: Any) -> None:
    """See that a thing is a function or a bound method. Raises ToolInvalid for a method as its class has it."""
    place, name = where(function), getattr(function, "__name__", repr(function)[:100])
    if isinstance(function, classmethod) or not callable(function):
        raise ToolInvalid(
            f"{place}: {name} is no function; of a method, give the one of an object: tool(object.method)"
        )
    first = next(iter(inspect.signature(function).parameters.values()), None)
    if first is not None and first.name in {"self", "cls"} and first.annotation is first.empty:
        raise ToolInvalid(
            f"{place}: {name} is a method, and a tool is a function: nothing would be given as `{first.name}`. "
            "Decorate no method; give the one of an object instead: tool(object.method)"
        )


def read(function: Callable[..., Any], described: Mapping[str, str], call: type) -> Signature:
    """Read a signature; a first parameter that is annotated as `call` is left out of the schema.

    Raises ToolInvalid for what has no annotation, or one that JSON has no words for.
    """
    from pydantic import ConfigDict, Field, create_model
    from pydantic.errors import PydanticUserError

    place, name = where(function), getattr(function, "__name__", "it")
    try:
        hints = typing.get_type_hints(function, include_extras=True)
    except (NameError, TypeError) as error:
        raise ToolInvalid(f"{place}: the annotations of {name} cannot be read: {error}") from None
    parameters = list(inspect.signature(function).parameters.values())
    takes_call = bool(parameters) and hints.get(parameters[0].name) is call
    fields: dict[str, Any] = {}
    names = []
    for index, each in enumerate(parameters[takes_call:]):
        if each.kind in {each.VAR_POSITIONAL, each.VAR_KEYWORD, each.POSITIONAL_ONLY}:
            raise ToolInvalid(f"{place}: {name} takes {each}; a model names each argument, so give each a name")
        if each.name not in hints:
            raise ToolInvalid(f"{place}: {name} does not say what `{each.name}` is; annotate it: `{each.name}: str`")
        names.append(each.name)
        hint = hints[each.name]
        about = next((m for m in getattr(hint, "__metadata__", ()) if isinstance(m, str)), described.get(each.name))
        default = ... if each.default is each.empty else each.default
        fields[f"a{index}"] = (hint, Field(default, alias=each.name, description=about, title=""))
    try:
        model = create_model(name, __config__=ConfigDict(extra="forbid"), **fields)
        schema = _plain(model.model_json_schema())
    except (PydanticUserError, TypeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise ToolInvalid(f"{place}: JSON has no words for a parameter of {name}: {reason}") from None
    schema.setdefault("properties", {})
    return Signature(schema, takes_call, model, tuple(names))


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """Take away the titles that pydantic makes of names: they say nothing to a model."""

    def without(value: Any, *, names: bool = False) -> Any:
        if isinstance(value, list):
            return [without(each) for each in value]
        if not isinstance(value, dict):
            return value
        return {
            key: without(each, names=key in {"properties", "$defs"} and not names)
            for key, each in value.items()
            if names or key != "title" or not isinstance(each, str)
        }

    found: dict[str, Any] = without(schema)
    return found
