"""The record of a file with an id: what its maker says of it, and what is read back (`store/identified.py`)."""

from collections.abc import Mapping
from dataclasses import dataclass

from walkaway_core.ports.items import Fact, Item, Key
from walkaway_core.store import salvage
from walkaway_wire import filenames, gate

NEEDS: Mapping[str, Fact] = {"purpose": "", "size": 0, "version": "", "created": 0}
UNREADABLE_NAME = "unreadable"
"""What a file is called whose record says no more."""


LONGEST_NAME = 1000
OUTPUT = "assistants_output"
"""What a file is for that an agent has left for its caller."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the maker of a file says of it. `seconds`: for how long it is kept; None: until it is deleted.

    `scope` is the session that it is a part of: its outputs, and its own copies of what it was given.
    """

    name: str
    media: str
    purpose: str
    seconds: int | None = None
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file with an id. `until` is when it expires, in seconds since the epoch."""

    tenant: str
    key: str
    name: str
    media: str
    purpose: str
    size: int
    version: str
    created_at: float
    until: float | None
    due: str
    scope: str = ""

    @property
    def place(self) -> Key:
        """Where its record stands."""
        return place(self.tenant, self.key)


def root(tenant: str) -> str:
    """Name the root of these files: beside that of the workspace, and with a share of its own as large as that one."""
    return f"{tenant}/identified/files"


def place(tenant: str, key: str) -> Key:
    """Say where the record of a file stands."""
    return f"T#{tenant}#FILES", key


def place_in(tenant: str, scope: str, key: str) -> Key:
    """Say where it stands that a file is a part of a session."""
    return f"T#{tenant}#FILES#{scope}", key


def trouble(name: str) -> str:
    """Say why a file cannot be called so; empty where it can: by what can be seen, since no path is made of it."""
    unfit = filenames.CONTROL.search(name) or filenames.UNFIT.search(name)
    whole = name.encode(errors="replace").decode() == name
    if name and len(name) <= LONGEST_NAME and not unfit and whole and "\ufffd" not in name:
        return ""
    return (
        f"a file's name has 1 to {LONGEST_NAME} characters that can be seen, in UTF-8; {filenames.shown(name)} is none"
    )


def unpack(tenant: str, item: Item) -> Kept:
    """Read a record; one that cannot be read is a file all the same, which can be deleted: its bytes are there."""
    return salvage.read(item, lambda each: _unpacked(tenant, each), NEEDS)


def _unpacked(tenant: str, item: Item) -> Kept:
    body = gate.stored_object(item.body)
    salvage.typed(body, name=str, media=str)
    return Kept(
        tenant,
        item.sk,
        body.get("name", UNREADABLE_NAME),
        body.get("media", "application/octet-stream"),
        item.text("purpose"),
        item.number("size"),
        item.text("version"),
        item.time("created"),
        item.time("until") if "until" in item.facts else None,
        str(item.facts.get("due", "")),
        str(item.facts.get("scope", "")),
    )
