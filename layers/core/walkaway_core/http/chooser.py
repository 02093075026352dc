"""One door for all dialects: gives each request to the app of the dialect that it belongs to."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from fastapi.routing import iter_route_contexts
from starlette.types import ASGIApp, Receive, Scope, Send

from walkaway_core.http.addresses import Addresses
from walkaway_core.http.admitted import Admitted
from walkaway_core.http.answer_headers import AnswerHeaders
from walkaway_core.http.dialect import Dialect
from walkaway_core.http.direct import Direct
from walkaway_core.ports import patience

if TYPE_CHECKING:
    from fastapi import FastAPI

VARIABLE = re.compile(r"\{[^}]*\}")


class Ambiguous(ValueError):
    """Two dialects want the same request, or one can never be reached at an address of its own."""


class Chooser:
    """ASGI app: a request below a mount is that dialect's, one that a header claims the claiming one's, others by path.

    `apps` has the app of each dialect, by name, and may make it when it is asked for. Raises Ambiguous at the start for
    what dialects declare, and for a route that nothing leads to when its app is made (`make check` makes all).
    """

    def __init__(self, dialects: Sequence[Dialect], apps: "Mapping[str, FastAPI]") -> None:
        self.dialects = tuple(dialects)
        self.apps = apps
        self._doors: dict[str, ASGIApp] = {}
        self._claims = [(_claiming(dialect), dialect) for dialect in dialects if dialect.headers]
        areas = [(area, dialect) for dialect in dialects for area in _areas(dialect)]
        self._areas = sorted(areas, key=lambda pair: len(pair[0]), reverse=True)
        self._check()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; below a dialect's mount with that as part of its root path."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        patience.of_request()
        root = scope.get("root_path", "")
        path = scope["path"].removeprefix(root)
        if not path.startswith("/"):
            path = "/"  # `*`, say: no address of any dialect's
        dialect = self.choose(path, (name.decode("latin-1") for name, _ in scope["headers"]))
        if dialect.mount and _below(dialect.mount, path):
            scope = {**scope, "root_path": root + dialect.mount}
        await self.door(dialect)(scope, receive, send)

    def door(self, dialect: Dialect) -> ASGIApp:
        """Give what a dialect's requests go through, made if it has not been. Raises Ambiguous."""
        door = self._doors.get(dialect.name)
        if door is None:
            app = self.apps[dialect.name]
            self._check_routes(dialect)
            door = AnswerHeaders(Admitted(Addresses(Direct(app), app), app), app.state.surface)
            self._doors[dialect.name] = door
        return door

    def choose(self, path: str, headers: Iterable[str]) -> Dialect:
        """Say whose a request is, by its path and the names of its headers. Raises Ambiguous if it is nobody's."""
        mounted = [dialect for dialect in self.dialects if dialect.mount and _below(dialect.mount, path)]
        if mounted:
            return max(mounted, key=lambda dialect: len(dialect.mount))
        names = {name.lower() for name in headers} if self._claims else set()
        for claiming, dialect in self._claims:
            if names & claiming and any(_below(claim, path) for claim in dialect.claims):
                return dialect
        for area, dialect in self._areas:
            if _below(area, path):
                return dialect
        raise Ambiguous(f"{path} is no dialect's")

    def _check(self) -> None:
        for number, dialect in enumerate(self.dialects):
            for other in self.dialects[:number]:
                shared = _claiming(dialect).intersection(_claiming(other))
                if shared and any(_below(a, b) or _below(b, a) for a in dialect.claims for b in other.claims):
                    raise Ambiguous(
                        f"{other.name} and {dialect.name} both claim requests by {min(shared)}: let one of them name "
                        "another header"
                    )
                if same := set(_areas(dialect)).intersection(_areas(other)):
                    raise Ambiguous(
                        f"{other.name} and {dialect.name} both are at {min(same)}: let one of them claim its requests "
                        "by a header"
                    )

    def _check_routes(self, dialect: Dialect) -> None:
        for path in paths(self.apps[dialect.name]):
            example = VARIABLE.sub("x", path)
            claimed = dialect.headers and any(_below(claim, example) for claim in dialect.claims)
            if claimed or dialect.mount:
                continue
            chosen = self.choose(example, ())
            if chosen is not dialect:
                raise Ambiguous(
                    f"{dialect.name} has {path}, and requests for it are {chosen.name}'s: name the path in `at`, or "
                    "let one of the two claim its requests by a header"
                )


def paths(app: "FastAPI") -> Iterator[str]:
    """Give the paths of an app's routes."""
    for route in iter_route_contexts(app.routes):
        if route.path is not None:
            yield route.path


def _claiming(dialect: Dialect) -> set[str]:
    return {name.lower() for name in dialect.headers}


def _areas(dialect: Dialect) -> tuple[str, ...]:
    return (*dialect.at, dialect.document, *([dialect.mount] if dialect.mount else []))


def _below(area: str, path: str) -> bool:
    return path == area or path.startswith(area.rstrip("/") + "/")


async def _lifespan(receive: Receive, send: Send) -> None:
    """Answer the server: there is nothing to do at its start and end that the apps do themselves."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
