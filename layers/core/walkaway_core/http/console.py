"""`GET /console/`: the page for people, and its few files, as they were built (decision 0029)."""

import hashlib
import re

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from walkaway_console import STATIC
from walkaway_core.http.conditions import Conditional, Conditions, not_modified, tag_of
from walkaway_core.http.docs import beside
from walkaway_core.http.fields import accepts, listed
from walkaway_core.http.parameters import refuse_unknown

PAGE = "index.html"
TYPES = {
    "html": "text/html",
    "js": "text/javascript",
    "css": "text/css",
    "svg": "image/svg+xml",
}
NAMED_BY_CONTENT = re.compile(r"\w+\.[0-9A-Z]{8}\.\w+")
"""What never changes under its name, so that browsers need not ask for it again."""
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src blob:; "
        "connect-src 'self'; frame-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Vary": "Accept-Encoding",
}

router = APIRouter(include_in_schema=False, dependencies=[Depends(refuse_unknown)])


def is_served(request: Request) -> bool:
    """Say whether there is a console here (`WALKAWAY_CONSOLE`)."""
    served: bool = request.app.state.services.settings.console
    return served


def lead(request: Request, **headers: str) -> Response:
    """Lead to the page: a relative address, so that it holds below every prefix."""
    return RedirectResponse(beside(request, "console/"), 307, {"Referrer-Policy": "no-referrer", **headers})


@router.get("/console")
@router.get("/console/")
def show(request: Request, asked: Conditional) -> Response:
    """Give the page; without the slash that its files are found behind, lead there. Raises HTTPException 404."""
    if request.scope.get("raw_path", b"").endswith(b"/") or request.scope["path"].endswith("/"):
        return _file(request, PAGE, asked)
    if not is_served(request):
        raise HTTPException(404)
    return lead(request)


@router.get("/console/{file}")
def give(request: Request, file: str, asked: Conditional) -> Response:
    """Give a file of the page's. Raises HTTPException 404 for what is none of them."""
    return _file(request, file, asked)


def _file(request: Request, name: str, asked: Conditions) -> Response:
    if not is_served(request) or name not in _names():
        raise HTTPException(404)
    kept = "public, max-age=31536000, immutable" if NAMED_BY_CONTENT.fullmatch(name) else "no-cache"
    packed = accepts(listed(request, "accept-encoding"), "gzip")
    body = (STATIC / (f"{name}.gz" if packed else name)).read_bytes()
    tag = tag_of(hashlib.sha256(body).hexdigest())
    headers = {**HEADERS, "Cache-Control": kept, "ETag": tag}
    if asked.unchanged(tag):
        return not_modified(**headers)
    if packed:
        headers["Content-Encoding"] = "gzip"
    return Response(body, headers=headers, media_type=TYPES[name.rpartition(".")[2]])


def _names() -> frozenset[str]:
    return frozenset(each.name for each in STATIC.iterdir() if each.name.rpartition(".")[2] in TYPES)
