"""`GET /docs`: Swagger UI over a dialect's OpenAPI document, from files that this server has itself."""

import gzip
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html

from walkaway_core.errors import Invalid
from walkaway_core.http.fields import accepts, listed
from walkaway_core.http.parameters import refuse_unknown
from walkaway_wire import VERSION

PACKAGE = "fastapi_offline"
"""Has the files of a Swagger UI that knows OpenAPI 3.1; its own app is not used, as it mounts a folder."""
FILES = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}
POLICY = "default-src 'self' 'unsafe-inline' data:; frame-ancestors 'none'"
"""The browser asks no other host for anything, whatever the files say; the page's own script stands in it."""
SECONDS_KEPT = 86_400
"""For how long browsers keep the files; the page names them by version."""

router = APIRouter(include_in_schema=False, dependencies=[Depends(refuse_unknown)])


def root(request: Request) -> str:
    """What stands before this server's paths: empty, or a prefix like `/prod`, quoted for URLs, HTML and scripts."""
    return quote(request.scope.get("root_path", "").rstrip("/"))


def beside(request: Request, path: str) -> str:
    """An address of this server for its pages: below its prefix, or relative where no prefix is known.

    So links lead back here through a proxy, too, that cuts a prefix off and says nothing of it.
    """
    prefix = root(request)
    return f"{prefix}/{path}" if prefix else path


@router.get("/docs")
def show_docs(request: Request, api: Annotated[str, Query()] = "native") -> Response:
    """Give the page of the sessions API, or of another dialect: `/docs?api=runs`. Raises Invalid for an unknown one."""
    documents: Mapping[str, str] = request.app.state.documents
    if api not in documents:
        raise Invalid(f"There is no API {api[:100]!r} here; there are: {', '.join(documents)}")
    script, style = (beside(request, f"docs/{name}?v={VERSION}") for name in FILES)
    page = get_swagger_ui_html(
        openapi_url=beside(request, documents[api].lstrip("/")),
        title="Walkaway" if api == "native" else f"Walkaway: {api}",
        swagger_js_url=script,
        swagger_css_url=style,
        swagger_favicon_url="data:,",
        swagger_ui_parameters={"validatorUrl": None},  # else a badge asks swagger.io about the document
    )
    page.headers["Content-Security-Policy"] = POLICY
    return page


def _serves(name: str) -> Callable[[Request, str], Response]:
    def serve(request: Request, v: Annotated[str, Query()] = "") -> Response:
        del v  # only makes browsers ask anew
        headers = {"Cache-Control": f"public, max-age={SECONDS_KEPT}", "Vary": "Accept-Encoding"}
        if not accepts(listed(request, "accept-encoding"), "gzip"):
            return Response(_plain(name), headers=headers, media_type=FILES[name])
        headers["Content-Encoding"] = "gzip"
        return Response(_packed(name), headers=headers, media_type=FILES[name])

    return serve


def _plain(name: str) -> bytes:
    return (files(PACKAGE) / "static" / name).read_bytes()


@cache
def _packed(name: str) -> bytes:
    return gzip.compress(_plain(name), mtime=0)


for file in FILES:
    router.add_api_route(f"/docs/{file}", _serves(file), name=file)
