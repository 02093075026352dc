"""The OpenAPI document: what FastAPI makes of the routes, with the errors that they really give."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from walkaway_core.http.dialect import Surface
from walkaway_core.http.errors import DESCRIBED
from walkaway_wire.resources import ErrorBody

EVERYWHERE = (400, 401, 412, 413, 415, 503)
"""What no route need declare: a dialect's kit answers it, where the operation can be answered so (`_applies`)."""
CONNECTIONS = (403, 408, 429, 431)
"""What the server on one machine answers by itself, in the native shape: no dialect has seen such a request."""


def install(app: FastAPI, surface: Surface) -> None:
    """Let an app give its document: made when first asked for, by analysing the routes once more for that alone."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app, surface)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's documented way to extend it


def _document(app: FastAPI, surface: Surface) -> dict[str, Any]:
    """Write it, without what an operation never answers, and FastAPI's 422 where the dialect says that otherwise."""
    everywhere: dict[int | str, dict[str, Any]] = {
        code: {"model": surface.errors.described(code), "description": HTTPStatus(code).phrase} for code in EVERYWHERE
    }
    everywhere |= {code: {"model": ErrorBody, "description": HTTPStatus(code).phrase} for code in CONNECTIONS}
    shown = FastAPI(
        title=app.title,
        version=app.version,
        description=app.description,
        license_info=app.license_info,
        responses=everywhere,
    )
    for router in surface.routers:
        _describe(router)
        shown.include_router(router)
    made = shown.openapi()
    own = {(route.path, method.lower(), code) for route, method, code in _said(surface)}
    for name, path in made["paths"].items():
        for method, operation in path.items():
            answers = operation["responses"]
            for code in EVERYWHERE:
                if not _applies(code, method, operation, surface) and (name, method, code) not in own:
                    answers.pop(str(code), None)
            if not surface.errors.validates_as_fastapi and "HTTPValidationError" in str(answers.get("422")):
                del answers["422"]
    if not surface.errors.validates_as_fastapi:
        for name in ("HTTPValidationError", "ValidationError"):
            made["components"]["schemas"].pop(name, None)
    return made


def _said(surface: Surface) -> Iterator[tuple[APIRoute, str, int | str]]:
    """Give what routes without a body say themselves that they refuse: by how things stand, and not by what is sent."""
    for route in (route for router in surface.routers for route in router.routes if isinstance(route, APIRoute)):
        yield from (
            (route, method, 400)
            for method in route.methods or ()
            if method in {"POST", "DELETE"} and 400 in route.responses
        )


def _describe(router: APIRouter) -> None:
    """Say the models of errors in the way that FastAPI knows (`errors.answers`)."""
    for route in router.routes:
        if isinstance(route, APIRoute):
            route.responses = {
                code: {"model" if name == DESCRIBED else name: value for name, value in answer.items()}
                for code, answer in route.responses.items()
            }


def _applies(code: int, method: str, operation: dict[str, Any], surface: Surface) -> bool:
    """Say whether an operation can be answered so: by what it is sent, and what the dialect refuses."""
    body, keyed = "requestBody" in operation, "security" in operation
    sent = {each["name"] for each in operation.get("parameters", ()) if each["in"] != "path"}
    return {
        400: surface.refuses_unknown or body or bool(sent),
        401: keyed,
        412: surface.refuses_unknown and keyed and (method != "get" or "if-match" in sent),
        413: True,  # whatever is sent along is counted
        415: body or method == "put",
        503: keyed or "503" in operation["responses"],
    }[code]
