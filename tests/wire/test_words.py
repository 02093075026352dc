"""Problems are told in the words of JSON: everything that a request can get wrong, in every dialect."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError

from dev.routes import apps
from walkaway_core.agent.tools import TOOLSETS
from walkaway_core.dialects.runs.wire import RunSettings
from walkaway_core.http import validation
from walkaway_wire import problems, words

PYTHONS = re.compile(
    r"dictionar|tuple|\bNone\b|\bTrue\b|\bint\b|\bbool\b|\bstr\b|-int|-str|integer|boolean|\bstring\b|instance|pars(e|ing)"
    r"|[Ii]nput should|Extra inputs|attribute|[Vv]alue error|Error\b|codec|\[key\]|after validation|unable to",
)
RAISED = {
    "str": ["string_type", "string_unicode"],
    "bool": ["bool_type", "bool_parsing"],
    "int": ["int_type", "int_parsing", "int_parsing_size", "int_from_float", "finite_number"],
    "float": ["float_type", "float_parsing", "finite_number"],
    "list": ["list_type"],
    "dict": ["dict_type"],
    "model": ["model_type", "model_attributes_type"],
    "model-fields": ["missing", "extra_forbidden"],
    "literal": ["literal_error"],
    "tagged-union": ["union_tag_invalid", "union_tag_not_found", "model_attributes_type"],
    **{kind: [] for kind in ("any", "nullable", "default", "definitions", "definition-ref")},
    **{f"function-{when}": ["value_error"] for when in ("before", "after", "wrap")},
}
"""What each kind of schema of pydantic's may raise by itself."""
BY_LIMIT = {
    ("str", "min_length"): "string_too_short",
    ("str", "max_length"): "string_too_long",
    ("str", "pattern"): "string_pattern_mismatch",
    **{(kind, "min_length"): "too_short" for kind in ("list", "dict")},
    **{(kind, "max_length"): "too_long" for kind in ("list", "dict")},
    **{(kind, "gt"): "greater_than" for kind in ("int", "float")},
    **{(kind, "ge"): "greater_than_equal" for kind in ("int", "float")},
    **{(kind, "lt"): "less_than" for kind in ("int", "float")},
    **{(kind, "le"): "less_than_equal" for kind in ("int", "float")},
    **{(kind, "multiple_of"): "multiple_of" for kind in ("int", "float")},
}
INNER = ("schema", "items_schema", "keys_schema", "values_schema")


def of_requests() -> Iterator[tuple[str, TypeAdapter[Any]]]:
    """Everything that is read of requests and calls of tools."""
    for dialect, app in apps().items():
        for route in (route for route in app.routes if isinstance(route, APIRoute)):
            fields = [*route.dependant.query_params, *route.dependant.header_params, *route.dependant.path_params]
            fields += [route.body_field] if route.body_field else []
            for one in fields:
                yield f"{dialect} {route.path} {one.name}", one._type_adapter
    yield "runs config", TypeAdapter(RunSettings)
    yield from ((f"tool {name}", TypeAdapter(tool)) for tools in TOOLSETS.values() for name, tool in tools.items())


READ = list(of_requests())


def schemas(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A schema, and those that stand in it; what stands in one that catches everything raises nothing."""
    if schema["type"] != "model-field":
        yield schema
    inner = [schema[name] for name in INNER if name in schema and schema["type"] != "function-wrap"]
    inner += schema["fields"].values() if schema["type"] == "model-fields" else []
    inner += schema.get("definitions", ())
    inner += schema["choices"].values() if schema["type"] == "tagged-union" else []
    for each in inner:
        yield from schemas(each)


@pytest.mark.parametrize(("name", "adapter"), READ, ids=[name for name, _ in READ])
def test_each_kind_of_problem_has_a_sentence(name: str, adapter: TypeAdapter[Any]) -> None:
    del name
    for schema in schemas(adapter.core_schema):
        kind = schema["type"]
        raised = RAISED[kind] + [BY_LIMIT[kind, limit] for limit in schema if (kind, limit) in BY_LIMIT]
        assert set(raised) - {"value_error"} <= words.SAYS.keys()


def test_the_sentences_are_in_the_words_of_json() -> None:
    assert [text for text in words.SAYS.values() if PYTHONS.search(text)] == []


VALUES: list[Any] = [None, True, 7, -1, 1.5, float("nan"), "x", "", "x" * 2_000_000, [], [7] * 2000, {}, {"x" * 99: 7}]


def wrong(adapter: TypeAdapter[Any]) -> Iterator[Any]:
    """Values for the whole, and for each field of an object."""
    yield from VALUES
    for schema in schemas(adapter.core_schema):
        if schema["type"] == "model-fields":
            yield from ({name: value} for name in schema["fields"] for value in VALUES)


@pytest.mark.parametrize(("name", "adapter"), READ, ids=[name for name, _ in READ])
def test_no_word_of_python_reaches_who_sends_what_does_not_fit(name: str, adapter: TypeAdapter[Any]) -> None:
    where = "body" if adapter.core_schema["type"] in ("model", "function-before", "nullable") else "query"
    for value in wrong(adapter):
        try:
            adapter.validate_python(value)
        except ValidationError as error:
            told = [{**each, "loc": (where, *each["loc"])} for each in error.errors()]
            sentence = validation.sentence(RequestValidationError(told))
            for text in (sentence, problems.of_fields(error)):
                assert not PYTHONS.search(re.sub("`[^`]*`", "", text)), (name, text)


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        ({"type": "dict_type", "msg": "Input should be a valid dictionary"}, "must be an object"),
        ({"type": "less_than_equal", "msg": "…", "ctx": {"le": 25}}, "must be 25 or less"),
        ({"type": "literal_error", "msg": "…", "ctx": {"expected": "'a' or 'b'"}}, 'must be "a" or "b"'),
        ({"type": "value_error", "msg": "Value error, is 9 bytes long", "ctx": {}}, "is 9 bytes long"),
        ({"type": "something_new", "msg": "Input is odd"}, "Input is odd"),
    ],
)
def test_what_a_problem_becomes(problem: dict[str, Any], text: str) -> None:
    assert words.says(problem) == text


@pytest.mark.parametrize(
    ("kind", "context", "expected"),
    [
        ("string_too_short", {"min_length": 1}, "must have 1 character at the least"),
        ("string_too_long", {"max_length": 2}, "must have 2 characters at the most"),
        ("string_too_long", {"max_length": 21}, "must have 21 characters at the most"),
        ("too_long", {"max_length": 1}, "must have 1 entry at the most"),
        ("too_short", {"min_length": 11}, "must have 11 entries at the least"),
    ],
)
def test_one_is_no_plural(kind: str, context: dict[str, int], expected: str) -> None:
    assert words.says({"type": kind, "ctx": context}) == expected
