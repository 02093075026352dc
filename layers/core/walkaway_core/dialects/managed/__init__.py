"""The dialect of Managed Agents (docs/dialects/managed.md): agents, environments and sessions as one SDK has them."""

from typing import TYPE_CHECKING

from walkaway_core.dialects.managed import webhook_body
from walkaway_core.dialects.managed.session_ends import SessionEnds
from walkaway_core.http.dialect import Dialect, Surface
from walkaway_core.store.extensions import Format

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

DESCRIPTION = "Managed Agents: versioned agents, environments, and sessions that are sent events and send events."
BODY_BYTES = 32_000_000
"""What clients are used to. On AWS the platform takes no more than 6 MB."""


def _surface() -> Surface:
    from walkaway_core.dialects.managed import (
        agent_routes,
        environment_routes,
        event_routes,
        file_routes,
        model_routes,
        resource_routes,
        sending_routes,
        session_routes,
        thread_routes,
    )
    from walkaway_core.dialects.managed.errors import ManagedErrors

    named = (
        agent_routes,
        environment_routes,
        event_routes,
        file_routes,
        model_routes,
        resource_routes,
        sending_routes,
        session_routes,
        thread_routes,
    )
    routers = [each.router for each in named]
    return Surface(
        routers,
        ManagedErrors(),
        "Walkaway: managed",
        DESCRIPTION,
        headers=_headers,
        body_bytes=BODY_BYTES,
        uploads=file_routes.takes,
        admits=_admits,
    )


def _admits(request: "Request", tenant: str) -> None:
    from walkaway_core.dialects.managed import ids
    from walkaway_core.dialects.managed.problems import FORBIDDEN, Refusal

    named = request.headers.get("anthropic-workspace-id")
    if named and named != ids.workspace(tenant):
        raise Refusal(403, FORBIDDEN, f"This key is of the workspace {ids.workspace(tenant)}, and not {named[:100]}")


def _headers(request: "Request") -> "Mapping[str, str]":
    from walkaway_core.dialects.managed.errors import request_id

    return {"request-id": request_id(request)}


DIALECT = Dialect(
    "managed",
    _surface,
    headers=("anthropic-version", "anthropic-beta"),
    claims=("/v1",),
    mount="/managed",
    projections=(SessionEnds(),),
    webhook=Format(webhook_body.test, types=webhook_body.TYPES, tells=webhook_body.tellings),
)
