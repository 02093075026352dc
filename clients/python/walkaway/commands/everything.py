"""All of a tenant's workspace, whatever a session may see of it: for lists where no session was used yet."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from walkaway import paths
from walkaway.given import address
from walkaway.pages import Trail

if TYPE_CHECKING:
    from walkaway.commands.app import App

FEATURE, PAGE = "recursive_files", 1000


def is_told(app: "App") -> bool:
    """Whether the server tells it."""
    return FEATURE in app.transport.features()


def below(app: "App", path: str, *, recursive: bool) -> Iterator[dict[str, Any]]:
    """Give the entries of a directory, or all files below it. Raises NotWalkaway for pages without an end."""
    top = paths.normal(path)
    where = f"{address('workspace')}/{paths.quoted(top)}" if top else address("workspace")
    asked: dict[str, Any] = {"recursive": "true", "limit": PAGE} if recursive else {}
    trail, after = Trail(app.options.url), ""
    while True:
        answer = app.transport.request("GET", where, params=asked | ({"after": after} if after else {}))
        found = answer.records("path", "type")
        for each in found:
            yield {key: each.get(key) for key in ("path", "type", "size", "modified")}
        behind = answer.headers.get("x-next-cursor") if recursive else None
        if not behind:
            return
        after = trail.on(behind, found)
