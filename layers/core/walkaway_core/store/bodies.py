"""Large bodies stand in a hidden root of the workspace (docs/architecture.md#tickets); the item holds only where."""

from collections.abc import Iterable

from walkaway_core.errors import Unavailable
from walkaway_core.ports import patience
from walkaway_core.ports.items import Fact, Item, Put, Write
from walkaway_core.ports.misfits import Misfit
from walkaway_core.ports.workspace import Refused, Workspace
from walkaway_wire import gate, jsontext

INLINE_BYTES = 200_000
"""A body up to this size stands in its item."""


class Gone(LookupError):
    """A body's file is not there, as after half a restore: it can be shown as gone, and not be sent or carried out."""


def root(tenant: str) -> str:
    """Name the hidden root of a tenant's large bodies."""
    return f"{tenant}/bodies"


def stow(workspace: Workspace, tenant: str, path: str, body: bytes) -> tuple[bytes, dict[str, Fact]]:
    """Give the body and the facts to put into the item; a large body is written to `path` first.

    `path` must be new for each attempt, so that a lost race cannot change what the winner points to.
    Raises Unavailable.
    """
    if len(body) <= INLINE_BYTES:
        return body, {}
    try:
        patience.keep_trying(lambda: workspace.write(root(tenant), path, [body]))
    except Refused as refusal:
        raise Unavailable(f"What is large cannot be kept: {refusal}", changed=False) from refusal
    return b"", {"body_at": path}


def drop(workspace: Workspace, tenant: str, owner: str) -> None:
    """Remove all that stands below the name of a session, or of an agent, that has not come to be."""
    for entry in workspace.listing(root(tenant), owner) or ():
        workspace.delete(root(tenant), f"{owner}/{entry.name}")


def stowed(writes: Iterable[Write]) -> bool:
    """Whether some of what is to be written has its body beside the table."""
    return any(isinstance(write, Put) and "body_at" in write.item.facts for write in writes)


def fetch(workspace: Workspace, tenant: str, item: Item) -> bytes:
    """Read an item's body from wherever it stands, as patiently as the caller. Raises Gone, Unavailable."""
    if "body_at" not in item.facts:
        return item.body
    path = item.text("body_at")
    try:
        body = patience.keep_trying(lambda: _read(workspace, tenant, path))
    except Refused as refusal:
        raise Gone(f"{item.key}: its body {path} is not given out: {refusal}") from refusal
    if body is None:
        raise Gone(f"{item.key}: its body {path} is gone")
    return body


def _read(workspace: Workspace, tenant: str, path: str) -> bytes | None:
    chunks = workspace.read(root(tenant), path)
    return None if chunks is None else b"".join(chunks)


def shown(workspace: Workspace, tenant: str, item: Item) -> bytes:
    """Read an item's body, to show it: one whose file is gone is an object that says so, under gate.UNREADABLE."""
    try:
        return fetch(workspace, tenant, item)
    except (Gone, Misfit) as error:  # or what says where it stands is no text
        return jsontext.dump_bytes({gate.UNREADABLE: str(error)})
