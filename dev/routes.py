"""Lists what apps serve, as API Gateway needs it: paths in its own form, and which methods of them stream."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

from walkaway_core.dialects import DIALECTS
from walkaway_core.http.access import Keyring
from walkaway_core.http.app import create_app
from walkaway_core.http.dialect import Dialect
from walkaway_core.http.streaming import is_streamed
from walkaway_core.settings import Settings
from walkaway_core.store.services import Services

OWNED: Sequence[str] = tuple(dialect.mount for dialect in DIALECTS if dialect.mount)
"""Prefixes such as `/managed` below which everything is one dialect's, addresses that do not exist included."""

LITERAL = re.compile(r"[A-Za-z0-9._:-]+")
VARIABLE = re.compile(r"\{(\w+)(\+?)\}")
Paths = Mapping[str, frozenset[str]]
"""From each path, such as `/v1/sessions/{session}`, to those of its methods that stream."""


@dataclass(frozen=True)
class Served:
    """A route of an app: its path as Starlette writes it, its methods, whether its answer is streamed."""

    path: str
    methods: frozenset[str]
    streamed: bool = False


def apps(dialects: Sequence[Dialect] = DIALECTS) -> Mapping[str, FastAPI]:
    """Make every app that answers requests, by its dialect's name; our own are made once, and so are their documents.

    They need no services to be described.
    """
    return _ours() if dialects is DIALECTS else _made(dialects)


@cache
def _ours() -> Mapping[str, FastAPI]:
    return _made(DIALECTS)


def _made(dialects: Sequence[Dialect]) -> Mapping[str, FastAPI]:
    services = Services(*([None] * 7), settings=Settings())  # type: ignore[arg-type,misc]
    chooser = create_app(services, Keyring({}), dialects)
    for dialect in dialects:
        chooser.door(dialect)  # looks at each of its routes
    return chooser.apps


def everything(dialects: Sequence[Dialect] = DIALECTS) -> Iterator[Served]:
    """Go through the routes of all dialects, where they are and below their mounts."""
    by_name = apps(dialects)
    for dialect in dialects:
        for route in served(by_name[dialect.name]):
            if dialect.at or dialect.claims or route.path == dialect.document:
                yield route
            if dialect.mount:
                yield replace(route, path=dialect.mount + route.path)


def served(app: FastAPI) -> Iterator[Served]:
    """Go through an app's routes. Raises ValueError for one of a kind that is not known here."""
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, Mount):
            yield Served(route.original_route.path, frozenset())
            yield Served(f"{route.original_route.path}/{{path:path}}", frozenset())
        elif route.path is None or route.methods is None:
            raise ValueError(f"{route.original_route!r} has no path or no methods; say in dev/routes.py what it is")
        else:
            yield Served(route.path, frozenset(route.methods), is_streamed(route.endpoint))


def paths(routes: Iterable[Served], owned: Sequence[str] = OWNED) -> Paths:
    """Put routes together by path. Below each owned prefix one greedy path has all that does not stream.

    Variables at one position get the name of the first. Raises ValueError for what a REST API cannot have.
    """
    names: dict[str, str] = {}
    table: dict[str, frozenset[str]] = {_named(f"{prefix}/{{path+}}", names): frozenset() for prefix in owned}
    below = tuple(f"{prefix}/" for prefix in owned)
    for route in routes:
        # An empty streamed answer can hang, so HEAD is never streamed.
        streams = route.methods - {"HEAD"} if route.streamed else frozenset()
        if streams or not route.path.startswith(below):
            path = _named(_gateways(route.path), names)
            table[path] = table.get(path, frozenset()) | streams
    return table


def _gateways(path: str) -> str:
    """Write a path as API Gateway does, to which a slash at the end is nothing."""
    text = re.sub(r"\{(\w+):(?:path|anything)\}", r"{\1+}", path)
    return re.sub(r"\{(\w+):\w+\}", r"{\1}", text).rstrip("/") or "/"


def _named(path: str, names: dict[str, str]) -> str:
    """Give a path's variables the names that stand at their positions, and keep those that are new.

    A variable or a literal is a whole segment, a greedy variable the last one, and of siblings only one is a variable
    (what API Gateway's CreateResource refuses).
    """
    parent = ""
    segments = path.split("/")[1:] if path != "/" else []
    for place, segment in enumerate(segments):
        variable = VARIABLE.fullmatch(segment)
        if not variable and not LITERAL.fullmatch(segment):
            raise ValueError(
                f"{path}: a REST API has no segment like `{segment}`; it takes `name` or `{{name}}`, whole"
            )
        if variable and variable[2] and place < len(segments) - 1:
            raise ValueError(f"{path}: nothing can follow `{segment}` in a REST API")
        if variable and names.setdefault(parent, segment).endswith("+}") != bool(variable[2]):
            raise ValueError(f"{path}: `{segment}` cannot stand beside `{names[parent]}` in a REST API")
        parent += "/" + (names[parent] if variable else segment)
    return parent or "/"
