"""Which sessions a schedule deletes: unused for how long, as people write it (`30d`) and as the API does (`720h`)."""

from collections.abc import Callable, Mapping
from typing import Any

import click

from walkaway.commands import times


def shown(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Give a schedule, or what is said of one, with its duration as people write it; what is none stays as it is."""
    return _with(raw, times.written)


def sent(said: Mapping[str, Any]) -> dict[str, Any]:
    """Give what is said of a schedule with its duration as the API takes it; what is none stays, and is refused."""
    return _with(said, lambda seconds: times.written(seconds, days=False))


def worded(raw: Mapping[str, Any]) -> str:
    """Say which sessions a schedule deletes; nothing where it deletes none."""
    prune = _with(raw, times.worded).get("prune")
    return f"sessions that are idle for {prune['older_than']}" if prune else ""


def _with(raw: Mapping[str, Any], write: Callable[[int], str]) -> dict[str, Any]:
    prune = raw.get("prune")
    if not isinstance(prune, Mapping) or not isinstance(prune.get("older_than"), str):
        return dict(raw)
    try:
        seconds = times.Whole().convert(prune["older_than"], None, None)
    except click.BadParameter:
        return dict(raw)
    return {**raw, "prune": {**prune, "older_than": write(seconds)}}
