"""The route that asks whether the server answers."""

from typing import TYPE_CHECKING

from fastapi import APIRouter, Depends, Request

from walkaway_core.http.parameters import refuse_unknown
from walkaway_wire import VERSION
from walkaway_wire.resources import Health

if TYPE_CHECKING:
    from walkaway_core.store.services import Services

router = APIRouter(tags=["health"], dependencies=[Depends(refuse_unknown)])


@router.get("/health", summary="Ask whether the server answers")
def ask_health(request: Request) -> Health:
    """Answer, without a key, once requests can be taken."""
    services: Services = request.app.state.services
    return Health(version=VERSION, model=services.settings.model)
