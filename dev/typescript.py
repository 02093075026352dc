"""Writes what the TypeScript client knows of the wire: records and events; `--check` says whether that is stale.

Records come from docs/openapi.json, events from the Python client's classes, which tests hold against the wire's own.
"""

import json
import sys
import types
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Union

from walkaway import events
from walkaway.events.event import Says

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "clients/typescript/src/generated.ts"
SCALARS: Final = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
KINDS: Final = {str: "string", int: "number", float: "number", bool: "boolean", type(None): "null", Any: "unknown"}
HEAD = """/** What is on the wire: records and events. Written by dev/typescript.py; changes are made there. */
"""
EVENT = "An event of a log, told apart by its `type`. A newer server may send others: they flow on."
UNION = """
/** What every event of a log has besides its type and data. */
export interface Placed {
  /** What to give as `after`, to read on behind it. */
  cursor: string;
  /** Its place in the turn's log, from 0; of an event between turns, in the session's. */
  number: number;
  turnId: string;
}

/** What all data has: a number, and when it was written, in seconds since the epoch. */
export interface Timed {
  sequence_number?: number;
  at?: number;
}
"""


def written() -> str:
    """Give the whole file."""
    document = json.loads((ROOT / "docs/openapi.json").read_text())
    records = (_record(name, schema) for name, schema in sorted(document["components"]["schemas"].items()))
    return HEAD + "".join(records) + UNION + "".join(_events())


def _record(name: str, schema: Mapping[str, Any]) -> str:
    required = schema.get("required", ())
    rows = [
        f"{_comment(each.get('description'), '  ')}  {field}{'' if field in required else '?'}: {_type(each)};\n"
        for field, each in schema["properties"].items()
    ]
    return f"\n{_comment(schema.get('description'))}export interface {name} {{\n{''.join(rows)}}}\n"


def _type(schema: Mapping[str, Any]) -> str:
    """Say a JSON schema in TypeScript."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if words := schema.get("enum", [schema["const"]] if "const" in schema else []):
        return " | ".join(map(json.dumps, words))
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(map(_type, schema["anyOf"])))
    if schema.get("type") == "array":
        each = _type(schema["items"])
        return f"({each})[]" if "|" in each else f"{each}[]"
    if schema.get("type") == "object":
        more = schema.get("additionalProperties")
        return f"Record<string, {_type(more) if isinstance(more, dict) else 'unknown'}>"
    return SCALARS.get(schema.get("type", ""), "unknown")


def _events() -> Iterator[str]:
    for kind in events.ALL.values():
        fields = {name: each for base in kind.__mro__ for name, each in vars(base).items() if isinstance(each, Says)}
        rows = [f"    {name}: {_said(each)};\n" for name, each in sorted(fields.items())]
        data = f"Timed & {{\n{''.join(rows)}  }}" if rows else "Timed"
        yield (
            f"\n{_comment(kind.__doc__)}export interface {kind.__name__}Event extends Placed {{\n"
            f"  type: {json.dumps(kind.type)};\n  data: {data};\n}}\n"
        )
    names = "".join(f"\n  | {kind.__name__}Event" for kind in events.ALL.values())
    yield f"\n{_comment(EVENT)}export type LogEvent ={names};\n"


def _said(field: "Says[Any]") -> str:
    """Say what a field of an event is: what stands in its brackets, else what stands for its absence."""
    if args := typing.get_args(getattr(field, "__orig_class__", None)):
        return _kind(args[0])
    return KINDS[type(field._absent)]  # noqa: SLF001 - of one house


def _kind(said: Any) -> str:
    if typing.get_origin(said) in {Union, types.UnionType}:
        return " | ".join(map(_kind, typing.get_args(said)))
    if typing.get_origin(said) is Mapping:
        _, value = typing.get_args(said)
        return f"Record<string, {_kind(value)}>"
    if typing.get_args(said):
        return f"{_kind(typing.get_args(said)[0])}[]"
    return KINDS[said]


def _comment(text: str | None, indent: str = "") -> str:
    """Write what is known of a thing; a whole sentence or not, as it stands."""
    return f"{indent}/** {' '.join((text or '').replace('*/', '').split())} */\n" if text else ""


def main() -> None:
    """Write, or check."""
    text = written()
    if "--check" not in sys.argv:
        TARGET.write_text(text)
    elif not TARGET.exists() or TARGET.read_text() != text:
        sys.exit(f"{TARGET.relative_to(ROOT)} is stale: make docs")


if __name__ == "__main__":
    main()
