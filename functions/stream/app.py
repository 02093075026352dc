"""Answers the streamed routes: `run.sh` serves `app` to the Lambda Web Adapter; emulators use `handler`."""

from typing import Any

from mangum import Mangum

import walkaway_core.http.deferred  # noqa: F401 - before all that imports FastAPI
from walkaway_core import deployed
from walkaway_core.http.gateway import Staged


def app() -> Staged:
    """Make the app that uvicorn serves."""
    return deployed.app("stream")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer a request in one piece."""
    return Mangum(app(), lifespan="off")(event, context)
