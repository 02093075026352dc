"""Behind API Gateway: addresses begin with the stage, which the paths that it passes on leave out; fields are lines."""

import re
import time
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from starlette.types import ASGIApp, Receive, Scope, Send

from walkaway_core.http import request_ids
from walkaway_core.ports import subject
from walkaway_wire import jsontext

Headers = Iterable[tuple[bytes, bytes]]
CONTEXT, INVOCATION = b"x-amzn-request-context", b"x-amzn-lambda-context"
"""The headers in which the Lambda Web Adapter passes contexts on, the request's and the function's; it overwrites what
a client sends."""
ID = re.compile("(?<=/)(?:sess|msg)_[0-9a-f]{24}(?=/|$)")


class Staged:
    """ASGI middleware: makes the stage the root path, so that links lead back here.

    The raw path is the one that was asked for, with a slash at its end, which is nothing to the gateway's routes.
    A request that came by a custom domain has no stage in its path, and keeps it so
    (API Gateway developer guide, `$context.path`). Header fields that came in several lines, which Mangum joins,
    are as many again: what can be said once and was said twice is refused as everywhere (`fields.single`).
    A request has come when the gateway says so, which may be long before its function has started.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its root path; lines about it name it, and the session and turn in its path."""
        if scope["type"] == "http":
            ids = {id_.partition("_")[0]: id_ for id_ in ID.findall(scope["path"])}
            subject.name(request=_request_id(scope), session=ids.get("sess", ""), turn=ids.get("msg", ""))
        if scope["type"] == "http":
            context = _context(scope)
            came = {request_ids.CAME: time.monotonic() - _ago(context)}
            scope = {**scope, **came, "raw_path": quote(context.get("path") or scope["path"]).encode()}
            if root := _root(context):
                scope |= {"root_path": root, "path": root + scope["path"]}
        if several := _several(scope):
            scope = {**scope, "headers": list(_lines(scope["headers"], several))}
        await self._app(scope, receive, send)


def _several(scope: Scope) -> dict[bytes, list[str]]:
    """Gather the fields that came in several lines, by name."""
    fields = scope.get("aws.event", {}).get("multiValueHeaders") or {}
    return {name.lower().encode(): values for name, values in fields.items() if len(values) > 1}


def _lines(headers: Headers, several: Mapping[bytes, list[str]]) -> Headers:
    for name, value in headers:
        for line in several.get(name, ()):
            yield name, line.encode()
        if name not in several:
            yield name, value


def _context(scope: Scope) -> Mapping[str, Any]:
    if "aws.event" in scope:
        context: Mapping[str, Any] = scope["aws.event"]["requestContext"]
        return context
    return _header(scope, CONTEXT)


def _ago(context: Mapping[str, Any]) -> float:
    """Give the seconds since a request came, by `$context.requestTimeEpoch` (ms); 0 where that is not said."""
    came = context.get("requestTimeEpoch")
    return max(0.0, time.time() - came / 1000) if isinstance(came, int) else 0.0


def _request_id(scope: Scope) -> str:
    if "aws.context" in scope:
        return str(scope["aws.context"].aws_request_id)
    return str(_header(scope, INVOCATION).get("request_id", ""))


def _header(scope: Scope, wanted: bytes) -> Mapping[str, Any]:
    """Read a context that the adapter has put into a header."""
    loaded: Mapping[str, Any] = jsontext.loads(
        next((value for name, value in scope["headers"] if name == wanted), b"{}")
    )
    return loaded


def _root(context: Mapping[str, Any]) -> str:
    root = f"/{context.get('stage', '')}"
    return root if f"{context.get('path', '')}/".startswith(f"{root}/") and root != "/" else ""
