"""An agent as somebody names and edits it: how it is found, what of it can be said again, and how it is saved."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from walkaway import errors
from walkaway.commands import asking, exits, names
from walkaway.given import address

if TYPE_CHECKING:
    from walkaway.commands.app import App

ABOUT = ("id", "version", "created_at", "updated_at")
"""What a record says that nobody sets."""
VERSION = re.compile(r"[0-9]{1,15}")


def found(app: "App", name: str, *, versioned: bool = True) -> tuple[dict[str, Any], int]:
    """Find an agent by its name, its id or six letters of that, with the version behind an @; 0: none was named.

    Raises NameUnknown, NameShared.
    """
    bare, at, version = name.strip().rpartition("@")
    if not (versioned and at and bare and VERSION.fullmatch(version)):
        bare, version = name.strip(), "0"
    try:
        return asking.one(app, "agents", bare), int(version)
    except errors.NotFound:
        return names.one(bare, "agt_", asking.every(app, "agents", limit=1000), "agent"), int(version)


def save(app: "App", agent: Mapping[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """Change it, unless somebody else has meanwhile."""
    if not change:
        return change
    now = app.client.request("GET", address("agents", agent["id"]))
    try:
        if now.record("id").get("version") == agent["version"]:
            same = app.client.with_options(headers={"If-Match": now.headers.get("etag", "*")})
            same.agents.update(agent["id"], **change)
            return change
    except errors.PreconditionFailed:
        pass
    seen = f"{agent['name']}@{agent['version']}"
    raise click.ClickException(f"Somebody else has changed it meanwhile: walkaway agents diff {seen}")


def settings(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Give what can be said again: of a version, no description is null."""
    said = {key: value for key, value in raw.items() if key not in ABOUT}
    return said | ({"description": said["description"] or ""} if "description" in said else {})


def version(app: "App", agent: Mapping[str, Any], number: int) -> dict[str, Any]:
    """Ask for a version, with its tools in full."""
    try:
        return asking.one(app, "agents", agent["id"], "versions", str(number))
    except errors.NotFound as error:
        said = f"There is no {agent['name']}@{number}. `walkaway agents versions {agent['name']}` tells what there is"
        raise exits.NameUnknown(said) from error
