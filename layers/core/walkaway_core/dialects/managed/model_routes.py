"""Routes of models: which names an agent can be given (contract E.19)."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from walkaway_core.dialects.managed import dates, pages
from walkaway_core.dialects.managed.errors import ManagedProblem
from walkaway_core.dialects.managed.pages import Page
from walkaway_core.dialects.managed.problems import invalid, unknown
from walkaway_core.http import errors
from walkaway_core.http.access import Called
from walkaway_core.models import aliases, catalog
from walkaway_core.models.aliases import ModelNotFound

router = APIRouter(prefix="/v1/models", tags=["models"])
EXAMPLE: dict[str, Any] = {
    "type": "model",
    "id": "claude-sonnet-5",
    "display_name": "claude-sonnet-5",
    "created_at": "2026-11-25T00:00:00.000Z",
    "lifecycle": "active",
    "max_input_tokens": 1_000_000,
    "max_tokens": 128_000,
}


class ModelQuery(BaseModel):
    """Which part of the list; it goes on behind, or ends before, a model by its id."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Query(ge=1, le=1000)] = 20
    after_id: str | None = None
    before_id: str | None = None
    beta: str | None = None


class ModelShown(BaseModel):
    """A model, or another name of one."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    type: Literal["model"] = "model"
    id: str
    display_name: str
    created_at: str
    lifecycle: Literal["active"] = "active"
    max_input_tokens: int | None
    max_tokens: int | None


@router.get("", responses=errors.answers(400, 401, model=ManagedProblem), summary="List models")
def listing(caller: Called, query: Annotated[ModelQuery, Query()]) -> Page[ModelShown]:
    """List the models that are known here, the default one first, and their other names."""
    services = caller.services
    names = aliases.names(services.settings, services.model)
    first, last = _place(names, query.after_id, "after_id") + 1, _place(names, query.before_id, "before_id")
    there = names[first : len(names) if query.before_id is None else last]
    backwards = query.before_id is not None and query.after_id is None
    named = there[-query.limit :] if backwards else there[: query.limit]
    shown = [_shown(name, aliases.resolve(services.settings, name)).model_dump() for name in named]
    body = pages.page(shown, None)
    return Page[ModelShown].model_validate(body | {"has_more": len(named) < len(there)})


@router.get("/{model:anything}", responses=errors.answers(401, 404, model=ManagedProblem), summary="Read a model")
def get(caller: Called, model: str) -> ModelShown:
    """Read a model by any name that it has here, also one of those that stand for all that begin so."""
    services = caller.services
    try:
        aliases.check(services.settings, services.model, model)
    except ModelNotFound:
        raise unknown("model", model) from None
    return _shown(model, aliases.resolve(services.settings, model))


def _place(names: list[str], id_: str | None, field: str) -> int:
    if id_ is None:
        return -1
    if id_ not in names:
        raise invalid(f"there is no model {id_[:100]!r}", field)
    return names.index(id_)


def _shown(name: str, called: str) -> ModelShown:
    card = catalog.find(called)
    day = datetime.fromisoformat(catalog.table()["as_of"]).replace(tzinfo=UTC)
    return ModelShown(
        id=name,
        display_name=name,
        created_at=dates.shown(day.timestamp()),
        max_input_tokens=card.window if card else None,
        max_tokens=card.output if card else None,
    )
