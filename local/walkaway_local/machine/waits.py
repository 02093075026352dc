"""Times of the Amazon States Language: timestamps, and when a Wait state ends."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from walkaway_local.machine import paths

_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def timestamp(value: Any) -> float | None:
    """Seconds since the epoch of a timestamp (RFC 3339, with its T and its zone); None when it is none."""
    if not isinstance(value, str) or not _TIMESTAMP.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value).timestamp()
    except ValueError:
        return None


def by_calendar(state: Mapping[str, Any]) -> bool:
    """Whether a Wait ends at a time, and not after some seconds."""
    return "Timestamp" in state or "TimestampPath" in state


def end(state: Mapping[str, Any], data: Any, context: Mapping[str, Any], now: float) -> float:
    """When a Wait that is entered now ends. Raises paths.Missing for a path that leads to no time."""
    if by_calendar(state):
        path = state.get("TimestampPath", "")
        at = timestamp(paths.find(path, data, context) if path else state["Timestamp"])
        if at is None:
            raise paths.Missing(path)
        return at
    path = state.get("SecondsPath", "")
    seconds = paths.find(path, data, context) if path else state["Seconds"]
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds < 0:
        raise paths.Missing(path)
    return now + seconds
