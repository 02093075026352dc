"""The sessions API, `/v1/…` (docs/dialects/native.md). Whatever is nobody else's is answered here, too."""

from typing import TYPE_CHECKING, Any

from walkaway_core.dialects.native.index import Waiting
from walkaway_core.http.dialect import Dialect, Surface
from walkaway_core.schedules.waking import Waking
from walkaway_core.store.extensions import Format

if TYPE_CHECKING:
    from collections.abc import Mapping

    from walkaway_core.store.notice import Notice
    from walkaway_core.store.services import Services
    from walkaway_core.store.turns import Turn

DESCRIPTION = """\
Send an agent a task that takes minutes or hours, walk away, come back for the result.

Create a session, send it a message, and read the turn's events now or later: the log keeps every one of them.\
"""


def _surface() -> Surface:
    from walkaway_core.dialects.native import (
        agents,
        events,
        feed,
        files,
        me,
        messages,
        responses,
        schedules,
        sessions,
        tool_claims,
        tool_results,
        webhooks,
        workspace,
    )
    from walkaway_core.http import console, docs, front, health
    from walkaway_core.http.errors import Errors

    modules = (
        front,
        console,
        docs,
        health,
        me,
        feed,
        sessions,
        events,
        messages,
        responses,
        tool_results,
        tool_claims,
        files,
        workspace,
        agents,
        schedules,
        webhooks,
    )
    routers = [module.router for module in modules]
    return Surface(routers, Errors(), "Walkaway", DESCRIPTION, refuses_unknown=True)


def _body(services: "Services", notice: "Notice", turn: "Turn | None") -> "Mapping[str, Any] | None":
    from walkaway_core.dialects.native import webhook_body

    return webhook_body.body(services, notice, turn)


DIALECT = Dialect(
    "native",
    _surface,
    at=("/", "/api/v1"),
    projections=(Waiting(), Waking()),
    webhook=Format(_body),
    openapi="/openapi.json",
)
