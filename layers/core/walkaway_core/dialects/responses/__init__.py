"""The responses dialect, `/v1/responses` (docs/dialects/responses.md): turns as OpenAI's Responses API has them."""

from typing import TYPE_CHECKING, Any

from walkaway_core.dialects.responses.stored import Responses
from walkaway_core.http.dialect import Dialect, Surface
from walkaway_core.store.extensions import Format

if TYPE_CHECKING:
    from collections.abc import Mapping

    from walkaway_core.store.notice import Notice
    from walkaway_core.store.services import Services
    from walkaway_core.store.turns import Turn

DESCRIPTION = "OpenAI's Responses API: a response is a turn, read and followed at any time."


def _surface() -> Surface:
    from walkaway_core.dialects.responses import (
        conversation_routes,
        files,
        models,
        routes,
        sizing_routes,
        uploads,
        webhooks,
    )
    from walkaway_core.dialects.responses.errors import ResponseErrors

    named = (routes, sizing_routes, conversation_routes, files, uploads, models, webhooks)
    routers = [*(each.router for each in named), webhooks.types]
    return Surface(routers, ResponseErrors(), "Walkaway: responses", DESCRIPTION, uploads=files.takes)


def _body(services: "Services", notice: "Notice", turn: "Turn | None") -> "Mapping[str, Any] | None":
    from walkaway_core.dialects.responses import webhook_body

    del services
    return webhook_body.body(notice, turn)


DIALECT = Dialect(
    "responses",
    _surface,
    at=(
        *(
            "/v1/responses",
            "/v1/conversations",
            "/v1/files",
            "/v1/uploads",
            "/v1/models",
            "/v1/webhook_endpoints",
            "/v1/webhook_event_types",
        ),
        "/v1/chat/completions",
    ),
    projections=(Responses(),),
    webhook=Format(
        _body,
        frozenset({"turn.completed", "turn.failed", "turn.cancelled"}),
        frozenset(f"response.{status}" for status in ("completed", "failed", "cancelled", "incomplete")),
    ),
)
