"""Compares two JSON schemas of OpenAPI documents: what would break those who send by the old one, or who read by it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]
UPPER = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")
LOWER = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")
Seen = frozenset[tuple[int, int]]
"""The schemas that are being compared, by identity: a schema may hold itself."""
WIDER = {("integer", "number")}
"""Of these types the second takes in the first."""


@dataclass(frozen=True)
class Comparison:
    """Two documents; `sent` is about what callers send, else about what they are given."""

    old: Schema
    new: Schema
    sent: bool

    def breaks(self, old: Schema, new: Schema, where: str, seen: Seen = frozenset()) -> list[str]:
        """Say what breaks. What callers send may be taken more widely, what they are given may have more fields.

        New values of an enum that they are given are no break, a new type (null, say) is.
        """
        pair = (id(resolved(old, self.old)), id(resolved(new, self.new)))
        if pair in seen:
            return []
        seen |= {pair}
        before, after = list(_alternatives(old, self.old)), list(_alternatives(new, self.new))
        breaks = []
        for alternative in before:
            near = [other for other in after if self._fits(alternative, other)]
            if not near and (self.sent or not after):
                breaks.append(f"{where}: {_kind(alternative)} is no longer taken")
            tried = [self._one(alternative, other, where, seen) for other in near]
            fewest: list[str] = min(tried, key=len) if tried else []
            breaks += fewest
        if not self.sent:
            breaks += [
                f"{where}: may now be {_kind(other)}"
                for other in after
                if not any(self._fits(b, other) for b in before)
            ]
        return breaks

    def _fits(self, old: Schema, new: Schema) -> bool:
        narrow, wide = (old.get("type"), new.get("type")) if self.sent else (new.get("type"), old.get("type"))
        return wide is None or narrow == wide or (narrow, wide) in WIDER

    def _one(self, old: Schema, new: Schema, where: str, seen: Seen) -> list[str]:
        breaks = list(self._values(old, new, where)) + list(self._fields(old, new, where))
        theirs = new.get("properties", {})
        inner = [(f"{where}.{name}", field, theirs.get(name)) for name, field in old.get("properties", {}).items()]
        inner += [(f"{where}[]", old.get(key), new.get(key)) for key in ("items", "additionalProperties")]
        for place, before, after in inner:
            if isinstance(before, Mapping) and isinstance(after, Mapping):
                breaks += self.breaks(before, after, place, seen)
        return breaks

    def _values(self, old: Schema, new: Schema, where: str) -> Iterator[str]:
        values, now = _enum(old), _enum(new)
        if values is None and now is not None and self.sent:
            yield f"{where}: only {now} are taken now"
        if values is not None and now is None and not self.sent:
            yield f"{where}: was one of {values}, is anything now"
        if values is not None and now is not None and self.sent and (gone := [v for v in values if v not in now]):
            yield f"{where}: {gone} are no longer taken"
        if not self.sent:
            if values is not None and now is not None and not [value for value in values if value in now]:
                yield f"{where}: is none of {values} any more"
            return
        for keys, sign in ((UPPER, 1), (LOWER, -1)):
            for key in keys:
                if key in new and (key not in old or sign * new[key] < sign * old[key]):
                    yield f"{where}: {key} is {new[key]} now, was {old.get(key, 'open')}"
        if "pattern" in new and new["pattern"] != old.get("pattern"):
            yield f"{where}: must match {new['pattern']} now"

    def _fields(self, old: Schema, new: Schema, where: str) -> Iterator[str]:
        had, has = set(old.get("required", ())), set(new.get("required", ()))
        for name in old.get("properties", {}):
            if name not in new.get("properties", {}):
                yield f"{where}.{name}: removed"
        if self.sent:
            yield from (f"{where}.{name}: required now" for name in sorted(has - had))
            if new.get("additionalProperties") is False and old.get("additionalProperties") is not False:
                yield f"{where}: takes no other fields now"
        else:
            kept = had & set(new.get("properties", {}))
            yield from (f"{where}.{name}: may be missing now" for name in sorted(kept - has))


def resolved(schema: Any, document: Schema) -> Any:
    """Follow a schema's (or parameter's) reference within its document."""
    while isinstance(schema, Mapping) and "$ref" in schema:
        target: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        schema = target
    return schema


def _alternatives(schema: Schema, document: Schema) -> Iterator[Schema]:
    """What a schema may be, each with one type at the most."""
    definition = resolved(schema, document)
    several = definition.get("anyOf") or definition.get("oneOf")
    if several:
        for one in several:
            yield from _alternatives(one, document)
    elif isinstance(definition.get("type"), list):
        yield from ({**definition, "type": kind} for kind in definition["type"])
    else:
        yield definition


def _enum(schema: Schema) -> list[Any] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _kind(schema: Schema) -> str:
    return str(schema.get("type", "anything"))
