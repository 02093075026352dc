"""The runs dialect, `/api/v1/runs` (docs/dialects/runs.md): turns as jobs that are listed and counted."""

from typing import TYPE_CHECKING, Any

from walkaway_core.dialects.runs.index import Runs
from walkaway_core.http.dialect import Dialect, Surface
from walkaway_core.store.extensions import Format

if TYPE_CHECKING:
    from collections.abc import Mapping

    from walkaway_core.store.notice import Notice
    from walkaway_core.store.services import Services
    from walkaway_core.store.turns import Turn

DESCRIPTION = "PraisonAI's jobs API: submit a run, poll it, follow it, fetch its result."


def _surface() -> Surface:
    from walkaway_core.dialects.runs import routes
    from walkaway_core.dialects.runs.errors import RunErrors

    return Surface([routes.router], RunErrors(), "Walkaway: runs", DESCRIPTION)


def _body(services: "Services", notice: "Notice", turn: "Turn | None") -> "Mapping[str, Any] | None":
    from walkaway_core.dialects.runs import webhook_body

    return webhook_body.body(services, notice, turn)


DIALECT = Dialect("runs", _surface, at=("/api/v1/runs", "/stats"), projections=(Runs(),), webhook=Format(_body))
