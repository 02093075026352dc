"""Lets pages of named origins use the API: CORS, once for all dialects, on every answer that a server gives."""

from collections.abc import Collection

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
SHOWN = (
    *("Accept-Ranges", "Allow", "Content-Range", "ETag", "Idempotent-Replayed", "Link", "Location"),
    *("Preference-Applied", "Retry-After", "WWW-Authenticate", "X-Next-Cursor", "X-Request-Id", "X-Response-Id"),
    *("Request-Id", "Retry-After-Ms", "X-Should-Retry", "x-amzn-RequestId"),
)
"""Headers of answers that a page is shown besides those that it always is (Fetch, CORS-safelisted response-header)."""
SECONDS_KEPT = 7200
"""For how long browsers may remember that they have asked; Chromium's own limit."""


def opened(app: ASGIApp, origins: Collection[str]) -> ASGIApp:
    """Put around an app what answers browsers that ask for a page of these origins (`*`: any); nothing without origins.

    Who asks first (OPTIONS) needs no key, and may send every header: what is trusted is the key that follows. There are
    no cookies, and credentials of the browser's own are not asked for.
    """
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=METHODS,
        allow_headers=["*"],
        allow_private_network=True,
        expose_headers=SHOWN,
        max_age=SECONDS_KEPT,
    )
