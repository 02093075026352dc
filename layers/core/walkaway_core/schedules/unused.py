"""For how long nobody has used the sessions that a schedule deletes."""

from collections.abc import Mapping
from typing import Any

from walkaway_core.errors import Invalid
from walkaway_core.http import durations


def seconds(asked: Mapping[str, Any]) -> int:
    """Read it from what a schedule says. Raises Invalid, which names the field."""
    said = asked["prune"] or {}
    if said.get("status", "idle") != "idle":
        raise Invalid("`prune.status` is not idle; no other sessions are deleted by themselves")
    if not isinstance(said.get("older_than"), str):
        raise Invalid("`prune.older_than` is missing; say how long a session has been unused, such as 720h")
    try:
        return durations.seconds(said["older_than"])
    except Invalid as error:
        raise Invalid(f"`prune.older_than`: {error}") from None
