"""Draws JSON schemas as strict functions and forms take them: objects in each other, lists, choices, and references."""

import json
import random
import string
from pathlib import Path
from typing import Any

from peers.drawing import SEED

Schema = dict[str, Any]

DEEPEST, MOST_FIELDS = 3, 4


def draw(folder: Path, count: int) -> dict[str, Schema]:
    """Draw schemas by their names, and write them to `schemas.json`."""
    chance = random.Random(f"{SEED} schemas")
    made = {f"{_name(chance)}_{number}": _root(chance) for number in range(count)}
    (folder / "schemas.json").write_text(json.dumps(made))
    return made


def _root(chance: random.Random) -> Schema:
    """Draw an object with two definitions, of which one stands in the other."""
    inner, outer = _name(chance), _name(chance)
    definitions = {inner: _object(chance, DEEPEST), outer: _object(chance, 1)}
    definitions[outer]["properties"]["other"] = {"$ref": f"#/$defs/{inner}"}
    definitions[outer]["required"].append("other")
    made = _object(chance, 0)
    made["properties"]["one"] = {"anyOf": [{"$ref": f"#/$defs/{outer}"}, {"type": "null"}]}
    made["properties"]["more"] = {"type": "array", "items": {"$ref": f"#/$defs/{outer}"}}
    made["required"] += ["one", "more"]
    return {**made, "$defs": definitions}


def _object(chance: random.Random, depth: int) -> Schema:
    properties = {_name(chance): _value(chance, depth + 1) for _ in range(chance.randint(1, MOST_FIELDS))}
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


def _value(chance: random.Random, depth: int) -> Schema:
    plain: list[Schema] = [
        {"type": "string"},
        {"type": "string", "description": _name(chance)},
        {"type": "integer"},
        {"type": "number"},
        {"type": "boolean"},
        {"type": ["string", "null"]},
        {"enum": [_name(chance), _name(chance)], "type": "string"},
        {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        {"type": "string", "format": "date-time"},
    ]
    if depth >= DEEPEST or chance.random() < 0.6:
        return chance.choice(plain)
    inner = _object(chance, depth)
    return chance.choice([inner, {"type": "array", "items": inner}])


def _name(chance: random.Random) -> str:
    return "".join(chance.choices(string.ascii_lowercase, k=chance.randint(3, 12)))
