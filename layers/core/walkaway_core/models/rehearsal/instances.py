"""Made-up values that fit a JSON schema: what the offline model gives a call, and answers where a form is asked for."""

from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]

DEEP, HOPS, MOST = 20, 20, 2_000
"""Values in each other, references behind each other, and values in all, behind which a schema leads nowhere."""
FORMATS = {
    "date-time": "2026-01-31T12:04:00Z",
    "date": "2026-01-31",
    "time": "12:04:00Z",
    "duration": "PT4M",
    "email": "somebody@example.com",
    "hostname": "example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
}
"""Texts of the kinds that the service knows (Messages API, structured outputs)."""


@dataclass(frozen=True, slots=True)
class Matter:
    """What values are made of, if the schema does not say it: a text, and a number."""

    text: str
    number: int


def instance(schema: Any, matter: Matter) -> Any:
    """Make up a value: of an object what is required, of a list what it needs at least."""
    return _Made(schema if isinstance(schema, dict) else {}, matter).value(schema)


@dataclass(slots=True)
class _Made:
    """A value in the making; what stands in it counts, since a few references can stand for more than there is room."""

    root: Schema
    matter: Matter
    left: int = MOST

    def value(self, schema: Any, depth: int = 0) -> Any:
        schema, self.left = _resolved(schema, self.root), self.left - 1
        if depth > DEEP or self.left < 0:
            return None
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return schema["enum"][0]
        return schema["default"] if "default" in schema else self._of_type(_type(schema), schema, depth)

    def _of_type(self, kind: Any, schema: Schema, depth: int) -> Any:
        if kind == "object":
            properties = _object(schema, "properties")
            needed = [name for name in properties if name in _list(schema, "required")]
            return {name: self.value(properties[name], depth + 1) for name in needed}
        if kind == "array":
            count = min(_whole(schema.get("minItems")), self.left + 1)
            return [self.value(schema.get("items"), depth + 1) for _ in range(count)]
        if kind in ("integer", "number"):
            return _number(schema, self.matter.number)
        if kind == "null":
            return None
        return True if kind == "boolean" else _text(schema, self.matter.text)


def _type(schema: Schema) -> Any:
    """Give the type, of several the first that says something."""
    kind = schema.get("type", "object" if "properties" in schema else "string")
    return next((each for each in kind if each != "null"), "null") if isinstance(kind, list) else kind


def _resolved(schema: Any, root: Schema) -> Schema:
    """Follow references, and take the first of several schemas that would do, one with null last."""
    for _ in range(HOPS):
        if not isinstance(schema, dict):
            return {}
        rest = {name: value for name, value in schema.items() if name not in ("$ref", "anyOf", "oneOf", "allOf")}
        branches = schema.get("anyOf") or schema.get("oneOf")
        if isinstance(schema.get("$ref"), str):
            schema = {**_at(root, schema["$ref"]), **rest}
        elif isinstance(branches, list) and branches:
            others = [each for each in branches if not (isinstance(each, dict) and each.get("type") == "null")]
            first = [*others, *branches][0]
            schema = {**(first if isinstance(first, dict) else {}), **rest}
        elif isinstance(schema.get("allOf"), list):
            schema = _merged([rest, *(_behind(each, root) for each in schema["allOf"])])
        else:
            return schema
    return {}


def _behind(schema: Any, root: Schema) -> Schema:
    """Follow references alone; what a part of several says by parts of its own is left out."""
    for _ in range(HOPS):
        if not (isinstance(schema, dict) and isinstance(schema.get("$ref"), str)):
            break
        schema = _at(root, schema["$ref"])
    return {name: value for name, value in schema.items() if name != "allOf"} if isinstance(schema, dict) else {}


def _at(root: Schema, reference: str) -> Schema:
    found: Any = root
    for part in reference.removeprefix("#").split("/")[1:]:
        found = found.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _merged(schemas: list[Schema]) -> Schema:
    made: Schema = {}
    for schema in schemas:
        properties = {**_object(made, "properties"), **_object(schema, "properties")}
        required = [*_list(made, "required"), *_list(schema, "required")]
        made = {**made, **schema, **({"properties": properties} if properties else {}), "required": required}
    return made


def _number(schema: Schema, number: float) -> float:
    """Bring a number between the bounds; of those that are excluded the next whole one counts."""
    bounds = {name: value for name, value in schema.items() if isinstance(value, int | float) and value is not True}
    lowest = [bounds[name] + more for name, more in (("minimum", 0), ("exclusiveMinimum", 1)) if name in bounds]
    highest = [bounds[name] - less for name, less in (("maximum", 0), ("exclusiveMaximum", 1)) if name in bounds]
    number = min([max([number, *lowest]), *highest])
    step = bounds.get("multipleOf", 0)
    return -(-number // step) * step if step else number


def _text(schema: Schema, text: str) -> str:
    text = FORMATS.get(str(schema.get("format")), text)
    most = schema.get("maxLength")
    return text.ljust(min(_whole(schema.get("minLength")), 1000), ".")[: most if isinstance(most, int) else None]


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _object(schema: Schema, name: str) -> Schema:
    value = schema.get(name)
    return value if isinstance(value, dict) else {}


def _list(schema: Schema, name: str) -> list[Any]:
    value = schema.get(name)
    return value if isinstance(value, list) else []
