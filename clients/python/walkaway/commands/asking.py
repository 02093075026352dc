"""What the API says, exactly as it says it, for commands that print that: objects, and lists over all their pages."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from walkaway.commands.app import App

PAGE = 100


def one(app: "App", *parts: str) -> dict[str, Any]:
    """Ask for one thing, by the parts of its address."""
    from walkaway.given import address

    return app.transport.request("GET", address(*parts)).record("id")


def every(app: "App", *parts: str, limit: int, **params: Any) -> Iterator[Mapping[str, Any]]:
    """Ask for a list, as many as `limit` says. Raises NotWalkaway for one that has no end."""
    from walkaway.given import address
    from walkaway.pages import Trail

    left, cursor, trail = limit, "", Trail(app.options.url)
    while left > 0:
        asked = {**params, "limit": min(left, PAGE), "after": cursor}
        answer = app.transport.request("GET", address(*parts), params=asked)
        found = answer.records("id")[:left]
        yield from found
        left -= len(found)
        behind = answer.headers.get("x-next-cursor")
        if not behind:
            return
        cursor = trail.on(behind, found)
