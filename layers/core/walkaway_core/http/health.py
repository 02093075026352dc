"""The route that asks whether the server answers, and can keep what it is given."""

from typing import TYPE_CHECKING

from fastapi import APIRouter, Depends, Request, Response

from walkaway_core.errors import Unavailable
from walkaway_core.http import errors
from walkaway_core.http.parameters import refuse_unknown
from walkaway_wire import VERSION
from walkaway_wire.resources import Health

if TYPE_CHECKING:
    from walkaway_core.store.services import Services

router = APIRouter(tags=["health"], dependencies=[Depends(refuse_unknown)])


@router.get("/health", summary="Ask whether the server answers", response_model=Health, responses=errors.answers(503))
async def ask_health(request: Request) -> Health | Response:
    """Answer, without a key, once requests can be taken; 503 with the reason while nothing can be written.

    It costs nothing: what the last writes came to is remembered. A coroutine, so that it needs no thread.
    """
    services: Services = request.app.state.services
    if reason := services.trouble():
        return errors.body(503, Unavailable.code, reason, errors.AGAIN)
    return Health(version=VERSION, model=services.settings.model)
