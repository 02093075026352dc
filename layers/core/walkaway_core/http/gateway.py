"""Behind API Gateway: every address begins with the stage, which the paths that it passes on leave out."""

from collections.abc import Mapping
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from walkaway_wire import jsontext

CONTEXT = b"x-amzn-request-context"
"""The header in which the Lambda Web Adapter passes the request context on; it overwrites what a client sends."""


class Staged:
    """ASGI middleware: makes the stage the root path, so that links lead back here.

    A request that came by a custom domain has no stage in its path, and keeps it so
    (API Gateway developer guide, `$context.path`).
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its root path."""
        if scope["type"] == "http" and (root := _root(_context(scope))):
            scope = {**scope, "root_path": root, "path": root + scope["path"]}
        await self._app(scope, receive, send)


def _context(scope: Scope) -> Mapping[str, Any]:
    if "aws.event" in scope:
        context: Mapping[str, Any] = scope["aws.event"]["requestContext"]
        return context
    header = next((value for name, value in scope["headers"] if name == CONTEXT), b"{}")
    loaded: Mapping[str, Any] = jsontext.loads(header)
    return loaded


def _root(context: Mapping[str, Any]) -> str:
    root = f"/{context.get('stage', '')}"
    return root if f"{context.get('path', '')}/".startswith(f"{root}/") and root != "/" else ""
