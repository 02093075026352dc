"""Looks on while tests ask a server: no answer of it has a status that its dialect's document does not have."""

import re
from functools import cache
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dev.routes import apps
from walkaway_core.http.chooser import VARIABLE, Chooser
from walkaway_local.connections import Connection, within
from walkaway_local.crowd import Crowd

BROKEN = 500
"""Stands in no document: nothing is meant to answer it."""
Answered = tuple[str, str, str, int]


class Documented:
    """ASGI app around a server's: remembers what was answered, and says at the end what no document has."""

    def __init__(self, chooser: Chooser, app: ASGIApp | None = None) -> None:
        """Look at what `app` answers, which passes on to the chooser, if it is not the chooser itself."""
        self._chooser = chooser
        self._app = app or chooser
        self._answered: set[Answered] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def note(message: Message) -> None:
            if message["type"] == "http.response.start" and scope["path"].startswith("/"):
                dialect = self._chooser.choose(scope["path"], (name.decode("latin-1") for name, _ in scope["headers"]))
                path = scope["path"].removeprefix(dialect.mount)
                method = scope["method"].replace("HEAD", "GET")
                self._answered.add((dialect.name, method, path, message["status"]))
            await send(message)

        await self._app(scope, receive, note)

    def undocumented(self) -> list[str]:
        """Name the answers of operations whose document does not have their status."""
        told = set()
        for dialect, method, path, status in self._answered:
            operation = _operation(dialect, method, path)
            if operation and status != BROKEN and str(status) not in operation[1]:
                told.add(f"{method} {operation[0]}: {status}")
        return sorted(told)


NO_REQUEST = 400
"""What a connection answers to what is a request for no operation."""


def noting(crowd: Crowd, answered: set[int]) -> type[Connection]:
    """Give the kind of connections of one crowd, which notes what they answer by themselves, before any app."""

    class Noting(within(crowd)):  # type: ignore[misc]  # made when asked for
        def _answer(self, status: int, *about: Any, **known: Any) -> None:
            answered.add(status)
            super()._answer(status, *about, **known)

    return Noting


def missing(answered: set[int]) -> list[str]:
    """Name the operations whose document lacks one of these statuses, which any request can have."""
    return [
        f"{method.upper()} {name}: {status}"
        for operations in _documents().values()
        for method, _, name, statuses in operations
        for status in answered - {NO_REQUEST}
        if str(status) not in statuses
    ]


def _operation(dialect: str, method: str, path: str) -> tuple[str, frozenset[str]] | None:
    """Find what answers a request: the address as the document writes it, and the statuses that stand there."""
    fits = (each for each in _documents()[dialect] if each[0] == method.lower() and each[1].fullmatch(path))
    return next(((name, statuses) for _, _, name, statuses in fits), None)


@cache
def _documents() -> dict[str, list[tuple[str, re.Pattern[str], str, frozenset[str]]]]:
    """Read the documents; of two addresses that fit, the one with fewer variables comes first."""
    return {
        name: [
            (method, _pattern(path), path, frozenset(operation["responses"]))
            for path, methods in sorted(app.openapi()["paths"].items(), key=lambda pair: len(VARIABLE.findall(pair[0])))
            for method, operation in methods.items()
        ]
        for name, app in apps().items()
    }


def _pattern(path: str) -> re.Pattern[str]:
    """What fits an address; `path` alone goes on over slashes."""
    parts = [
        ".+" if part == "{path}" else "[^/]+" if VARIABLE.fullmatch(part) else re.escape(part)
        for part in path.split("/")
    ]
    return re.compile("/".join(parts), re.DOTALL)
