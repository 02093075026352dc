"""The OpenAPI document: what FastAPI makes of the routes, with the errors that they really give."""

from typing import Any

from fastapi import FastAPI


def install(app: FastAPI) -> None:
    """Take out FastAPI's 422, which this API answers as 400 in the contract's shape."""
    make = app.openapi

    def document() -> dict[str, Any]:
        made = make()
        for path in made["paths"].values():
            for operation in path.values():
                operation["responses"].pop("422", None)
        for name in ("HTTPValidationError", "ValidationError"):
            made["components"]["schemas"].pop(name, None)
        return made

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's documented way to extend it
