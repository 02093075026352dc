"""The workflows dialect, `/api/…` (docs/dialects/workflows.md): turns as tasks, which are integers."""

from typing import TYPE_CHECKING, Any

from walkaway_core.dialects.workflows.index import Tasks
from walkaway_core.http.dialect import Dialect, Surface
from walkaway_core.store.extensions import Format

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from walkaway_core.store.notice import Notice
    from walkaway_core.store.services import Services
    from walkaway_core.store.turns import Turn

DESCRIPTION = "Sudoiq's workflow API as its client agentserviceapi knows it: tasks of agents, tools, files."
COOKIE = "custom_session"


def _surface() -> Surface:
    from walkaway_core.dialects.workflows import routes, tool_routes
    from walkaway_core.dialects.workflows.errors import WorkflowErrors

    routers = [routes.router, tool_routes.router]
    return Surface(routers, WorkflowErrors(), "Walkaway: workflows", DESCRIPTION, key=_key)


def _key(request: "Request") -> str | None:
    """A key in the cookie of this dialect's client (contract C.1)."""
    return request.cookies.get(COOKIE)


def _body(services: "Services", notice: "Notice", turn: "Turn | None") -> "Mapping[str, Any] | None":
    from walkaway_core.dialects.workflows import webhook_body

    return webhook_body.body(services, notice, turn)


DIALECT = Dialect("workflows", _surface, at=("/api",), projections=(Tasks(),), webhook=Format(_body))
