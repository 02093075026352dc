"""The app: one FastAPI app for each dialect, with a document of its own, behind one chooser."""

from collections.abc import Iterator, Mapping, Sequence
from threading import Lock

from fastapi import FastAPI

from walkaway_core.http import answers, body_limit, errors, openapi, uploads
from walkaway_core.http.access import Keyring
from walkaway_core.http.chooser import Chooser
from walkaway_core.http.dialect import Dialect
from walkaway_core.store.services import Services
from walkaway_wire import VERSION


def create_app(services: Services, keyring: Keyring, dialects: Sequence[Dialect]) -> Chooser:
    """Build the app over these services. Raises Ambiguous when dialects want the same requests."""
    return Chooser(dialects, Apps(services, keyring, dialects))


class Apps(Mapping[str, FastAPI]):
    """The app of each dialect, by name. Each is made when it is first asked for: that takes up to a third of a second.

    A server that one dialect is asked for starts by as much sooner as the others take.
    """

    def __init__(self, services: Services, keyring: Keyring, dialects: Sequence[Dialect]) -> None:
        self._services, self._keyring = services, keyring
        self._dialects = {dialect.name: dialect for dialect in dialects}
        self._documents = {dialect.name: dialect.document for dialect in dialects}
        self._made: dict[str, FastAPI] = {}
        self._making = Lock()

    def __getitem__(self, name: str) -> FastAPI:
        with self._making:
            if name not in self._made:
                self._made[name] = _app(self._services, self._keyring, self._dialects[name], self._documents)
            return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._dialects)

    def __len__(self) -> int:
        return len(self._dialects)


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
