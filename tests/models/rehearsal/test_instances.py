"""What the offline model makes up fits the schema that it is given."""

from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from walkaway_core.models.rehearsal.instances import DEEP, Matter, instance

MATTER = Matter("the tides of Porto", 40)
TREE = {
    "$defs": {
        "node": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}},
            "required": ["name"],
        }
    },
    "$ref": "#/$defs/node",
}
SCHEMAS: list[Any] = [
    {},
    True,
    TREE,
    {"type": "string"},
    {"type": "string", "minLength": 30, "maxLength": 40},
    {"type": "string", "maxLength": 3},
    {"type": "integer", "minimum": 50},
    {"type": "number", "maximum": 7},
    {"type": "integer", "exclusiveMinimum": 40, "maximum": 60, "multipleOf": 7},
    {"type": ["string", "null"]},
    {"type": ["null"]},
    {"anyOf": [{"type": "null"}, {"type": "integer"}]},
    {"oneOf": [{"type": "object", "properties": {"a": {"const": 4}}, "required": ["a"]}, {"type": "string"}]},
    {"allOf": [{"type": "object", "properties": {"a": {"enum": ["x"]}}, "required": ["a"]}, {"required": ["b"]}]}
    | {"properties": {"b": {"type": "boolean"}}},
    {
        "type": "array",
        "items": {"type": "object", "properties": {"n": {"type": "number"}}, "required": ["n"]},
        "minItems": 2,
    },
    {
        "type": "object",
        "properties": {"at": {"type": "string", "format": "date-time"}, "kind": {"enum": ["a", "b"]}, "more": {}},
        "required": ["at", "kind"],
        "additionalProperties": False,
    },
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=[str(schema)[:60] for schema in SCHEMAS])
def test_it_fits(schema: Any) -> None:
    made = instance(schema, MATTER)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(made)


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"$ref": "#/$defs/gone"},
        {"allOf": [{"$ref": "#"}, {"$ref": "#"}]},
        {"type": "object", "properties": {"a": {}}, "required": [["a"], "a"]},
        {"anyOf": []},
        {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]},
        {"type": "object", "properties": {key: {"$ref": "#"} for key in "abcdefgh"}, "required": [*"abcdefgh"]},
        {"type": "array", "minItems": 10**9, "items": 7},
        {"type": "object", "properties": [], "required": 4},
        {"type": "string", "minLength": 10**12, "maxLength": "many"},
        {"enum": "x", "type": {"a": 1}},
        {"multipleOf": 0, "type": "number", "minimum": "low"},
    ],
)
def test_a_schema_that_leads_in_a_circle_or_is_none_ends_somewhere(schema: Any) -> None:
    made, depth = instance(schema, MATTER), 0
    while isinstance(made, dict) and made:
        made, depth = next(iter(made.values())), depth + 1
    assert depth <= DEEP + 1
