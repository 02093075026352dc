"""Reference paths and payload templates of the Amazon States Language: `$.a.b[0]`, `$$.Map.Item.Value`."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

_FORM = re.compile(r"\$\$?(?:\.[A-Za-z_][\w-]*|\[\d+\]|\['[^'\]]+'\])*")
_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\[(\d+)\]|\['([^'\]]+)'\]")


class Missing(Exception):
    """The path leads nowhere in this data."""


def parse(path: str) -> tuple[bool, Sequence[str | int]]:
    """Read a path: whether it starts at the context object, and its steps. Raises ValueError."""
    if isinstance(path, str) and (parsed := _parsed(path)):
        return parsed
    raise ValueError(f"{path!r} is no reference path")


@cache
def _parsed(path: str) -> tuple[bool, Sequence[str | int]] | None:
    """Read a path, once: a machine has a few, and follows them at every move. None for what is none."""
    if not _FORM.fullmatch(path):
        return None
    steps = tuple(int(index) if index else name or quoted for name, index, quoted in _STEP.findall(path))
    return path.startswith("$$"), steps


def find(path: str, data: Any, context: Mapping[str, Any]) -> Any:
    """Follow a path. Raises Missing."""
    in_context, steps = parse(path)
    value: Any = context if in_context else data
    for step in steps:
        if not (isinstance(value, list) if isinstance(step, int) else isinstance(value, Mapping)):
            raise Missing(path)
        try:
            value = value[step]
        except (KeyError, IndexError):
            raise Missing(path) from None
    return value


def fill(template: Any, data: Any, context: Mapping[str, Any]) -> Any:
    """Replace each `"name.$": path` of a template by what the path finds. Raises Missing."""
    if isinstance(template, list):
        return [fill(value, data, context) for value in template]
    if not isinstance(template, Mapping):
        return template
    return {
        name.removesuffix(".$"): find(value, data, context) if name.endswith(".$") else fill(value, data, context)
        for name, value in template.items()
    }


def place(result: Any, path: str | None, data: Any) -> Any:
    """Put a result where ResultPath says: `$` replaces the data, None leaves it alone. Raises Missing."""
    if path is None:
        return data
    _, steps = parse(path)
    if not steps:
        return result
    if not isinstance(data, Mapping):
        raise Missing(path)
    whole = inner = dict(data)
    for step in steps[:-1]:
        there = inner.get(step, {}) if isinstance(step, str) else None
        if not isinstance(there, dict):
            raise Missing(path)
        inner[step] = dict(there)
        inner = inner[step]
    inner[steps[-1]] = result
    return whole
