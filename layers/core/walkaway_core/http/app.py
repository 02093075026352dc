"""The FastAPI app: one app for every way in which it is served."""

import anyio
from fastapi import APIRouter, FastAPI, Request

from walkaway_core.dialects.native import agents, events, files, messages, responses, sessions, tool_results, webhooks
from walkaway_core.dialects.runs import routes
from walkaway_core.dialects.workflows import routes as workflows, tool_routes
from walkaway_core.http import errors, openapi
from walkaway_core.http.access import Keyring
from walkaway_core.http.body_limit import BodyLimit
from walkaway_core.store.services import Services
from walkaway_wire import VERSION
from walkaway_wire.resources import Health

DESCRIPTION = """\
Send an agent a task that takes minutes or hours, walk away, come back for the result.

Create a session, send it a message, and read the turn's events now or later: the log keeps every one of them.\
"""
health = APIRouter(tags=["health"])


@health.get("/health", summary="Ask whether the server answers")
def ask_health(request: Request) -> Health:
    """Answer, without a key, once requests can be taken."""
    services: Services = request.app.state.services
    return Health(version=VERSION, model=services.settings.model)


def create_app(services: Services, keyring: Keyring) -> FastAPI:
    """Build the app over these services."""
    app = FastAPI(title="Walkaway", version=VERSION, description=DESCRIPTION, license_info={"name": "Apache-2.0"})
    app.state.services = services
    app.state.keyring = keyring
    app.state.uploads = anyio.CapacityLimiter(files.MAX_UPLOADS)
    app.add_middleware(BodyLimit)
    errors.install(app)
    openapi.install(app)
    app.include_router(health)
    for module in (
        sessions,
        events,
        messages,
        responses,
        tool_results,
        files,
        agents,
        webhooks,
        routes,
        workflows,
        tool_routes,
    ):
        app.include_router(module.router)
    return app
