"""Answers the routes that are not streamed: API Gateway invokes it for each request."""

from typing import Any

from mangum import Mangum

import walkaway_core.http.deferred  # noqa: F401 - before all that imports FastAPI
from walkaway_core import deployed
from walkaway_core.http import app  # noqa: F401 - so that it is loaded before the first request


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer a request."""
    return Mangum(deployed.app("api"), lifespan="off")(event, context)
