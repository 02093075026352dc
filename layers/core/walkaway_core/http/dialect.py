"""What a dialect is: where it is found, what it shows over HTTP, and what it adds to the engine."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from walkaway_core.store import due
from walkaway_core.store.extensions import Act, Extensions, Format, Projection, Projections

if TYPE_CHECKING:
    from fastapi import APIRouter
    from starlette.requests import Request

    from walkaway_core.http.errors import Errors

BODY_BYTES = 4_000_000
"""Room for a message of a million characters, and below what a Lambda is given (6 MB)."""


@dataclass(frozen=True, slots=True)
class Surface:
    """What a dialect shows over HTTP: routes, errors, and the habits of its clients.

    `key` finds the API key of a request that has neither a bearer token nor X-API-Key. `headers` are added to every
    answer, of errors and streams, too. Bodies above `body_bytes` are refused, but for `uploads`, whose routes count for
    themselves. `refuses_unknown`: so are parameters of a query that a route does not have, by name. `admits`
    may refuse what a request says of the tenant whose key it has. A route that gives
    a log as it grows asks `readers.follow` for as many seconds as its clients stay, and for a beat as often as they
    need one.
    """

    routers: "Sequence[APIRouter]"
    errors: "Errors"
    title: str
    description: str
    key: "Callable[[Request], str | None]" = lambda _: None
    headers: "Callable[[Request], Mapping[str, str]] | None" = None
    body_bytes: int = BODY_BYTES
    uploads: "Callable[[Request], bool]" = lambda request: request.method == "PUT"
    refuses_unknown: bool = False
    admits: "Callable[[Request, str], None]" = lambda _, __: None


@dataclass(frozen=True, slots=True)
class Dialect:
    """One contract that clients rely on, as one folder below `dialects/` (docs/howto/add-a-dialect.md).

    A request is a dialect's by its path: `at` names paths that are its own, each with all below it; the longest one
    wins. Where another dialect has the same paths, a request is also its own below `claims` if it has one of
    `headers`, and that goes before any path. All of it is found below `mount` as well, whatever the headers.
    """

    name: str
    """Also the `format` of its webhooks."""
    surface: Callable[[], Surface]
    """Called when an app is made: what imports FastAPI must not be imported by the functions that serve nothing."""
    at: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    mount: str = ""
    projections: tuple[Projection, ...] = ()
    webhook: Format | None = None
    acts: Mapping[str, Act] = field(default_factory=dict)
    """What is done with due items of kinds of its own."""
    openapi: str = ""
    """Where its OpenAPI document is, if not at the usual place."""

    @property
    def document(self) -> str:
        """Where its OpenAPI document is."""
        return self.openapi or f"/openapi/{self.name}.json"


def extensions(dialects: Sequence[Dialect]) -> Extensions:
    """Gather what dialects add to the engine.

    Raises ValueError when two of them have one name, or bring the same kind of due item, or one brings the engine's.
    """
    acts: dict[str, Act] = {}
    names = [dialect.name for dialect in dialects]
    for dialect in dialects:
        if names.count(dialect.name) > 1:
            raise ValueError(f"two dialects are called {dialect.name!r}; give each a name of its own")
        if own := due.KINDS & dialect.acts.keys():
            raise ValueError(f"due items of the kind {min(own)!r} are the engine's; let {dialect.name} name its own")
        if twice := acts.keys() & dialect.acts.keys():
            raise ValueError(
                f"due items of the kind {min(twice)!r} are brought by {dialect.name} and another dialect; let one of "
                "them name another kind"
            )
        acts |= dialect.acts
    formats = {dialect.name: dialect.webhook for dialect in dialects if dialect.webhook}
    return Extensions(Projections(*(p for dialect in dialects for p in dialect.projections)), formats, acts)
