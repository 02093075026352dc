"""The app: one FastAPI app for each dialect, with a document of its own, behind one chooser."""

from collections.abc import Mapping, Sequence

from fastapi import FastAPI

from walkaway_core.http import answers, body_limit, errors, openapi, uploads
from walkaway_core.http.access import Keyring
from walkaway_core.http.chooser import Chooser
from walkaway_core.http.dialect import Dialect
from walkaway_core.store.services import Services
from walkaway_wire import VERSION


def create_app(services: Services, keyring: Keyring, dialects: Sequence[Dialect]) -> Chooser:
    """Build the app over these services. Raises Ambiguous when dialects want the same requests."""
    documents = {dialect.name: dialect.document for dialect in dialects}
    return Chooser(dialects, {dialect.name: _app(services, keyring, dialect, documents) for dialect in dialects})


def _app(services: Services, keyring: Keyring, dialect: Dialect, documents: Mapping[str, str]) -> FastAPI:
    surface = dialect.surface()
    app = FastAPI(
        title=surface.title,
        version=VERSION,
        description=surface.description,
        license_info={"name": "Apache-2.0"},
        openapi_url=dialect.document,
        docs_url=None,
        redoc_url=None,
    )
    app.state.services, app.state.keyring, app.state.surface = services, keyring, surface
    app.state.documents = documents
    errors.install(app, surface.errors)
    body_limit.install(app, surface)
    uploads.install(app, surface)
    openapi.install(app, surface)
    for router in surface.routers:
        app.router.routes += router.routes  # as they are: to include a router is to analyse each of its routes again
    answers.install(app)
    return app
