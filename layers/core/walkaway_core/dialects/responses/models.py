"""Routes of models: which names a response can be asked for by (contract A.3)."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from walkaway_core.dialects.responses.errors import ResponseProblem
from walkaway_core.dialects.responses.problems import Refusal
from walkaway_core.http import errors
from walkaway_core.http.access import Called
from walkaway_core.models import aliases, catalog
from walkaway_core.models.aliases import ModelNotFound

router = APIRouter(prefix="/v1/models", tags=["models"])
EXAMPLE: dict[str, Any] = {"id": "claude-sonnet-5-5", "object": "model", "created": 1764028800, "owned_by": "anthropic"}


class ModelObject(BaseModel):
    """A model, or another name of one."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: str
    object: Literal["model"] = "model"
    created: Annotated[int, Field(description="the day of the table of models, in seconds since the epoch")]
    owned_by: Annotated[str, Field(description="anthropic; walkaway, of the offline model; else system")]


class ModelList(BaseModel):
    """All of them."""

    object: Literal["list"] = "list"
    data: list[ModelObject]


@router.get("", responses=errors.answers(401, model=ResponseProblem), summary="List models")
def listing(caller: Called) -> ModelList:
    """List the models that are known here, the default one first, and their other names."""
    services = caller.services
    names = aliases.names(services.settings, services.model)
    return ModelList(data=[_object(name, aliases.resolve(services.settings, name)) for name in names])


@router.get("/{model:anything}", responses=errors.answers(401, 404, model=ResponseProblem), summary="Read a model")
def get(caller: Called, model: str) -> ModelObject:
    """Read a model by any name that it has here, also one of those that stand for all that begin so."""
    services = caller.services
    try:
        aliases.check(services.settings, services.model, model)
    except ModelNotFound as error:
        raise Refusal(str(error), "model", "model_not_found", 404) from None
    return _object(model, aliases.resolve(services.settings, model))


def _object(name: str, called: str) -> ModelObject:
    day = datetime.fromisoformat(catalog.table()["as_of"]).replace(tzinfo=UTC)
    card = catalog.find(called)
    owner = "system" if card is None else "walkaway" if "offline" in card.services else "anthropic"
    return ModelObject(id=name, created=int(day.timestamp()), owned_by=owner)
