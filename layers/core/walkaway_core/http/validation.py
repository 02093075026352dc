"""Tells what does not fit: the first problems by name and how many more there are, in a few words of any request's."""

import json
from collections.abc import Mapping
from typing import Any, Final

from fastapi import Response
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError

from walkaway_wire import gate, jsontext, words
from walkaway_wire.problems import MOST, NAMED, joined, place, short

INPUT: Final = 200
"""Characters of what was given that an answer repeats."""
FLAWED: Final = "json_flawed"
DOCS: Final = "GET /docs"

Problem = Mapping[str, Any]
_LAZY = json.JSONEncoder(allow_nan=False)


def problem(flaw: gate.Flawed) -> Problem:
    """Say of JSON that is not taken what pydantic says of what does not fit."""
    return {"type": FLAWED, "loc": ("body", *flaw.where), "msg": flaw.why, "input": None}


def sentence(error: RequestValidationError, see: str = DOCS) -> str:
    """Say what does not fit the route's description, and where that can be read, if it can (`see`)."""
    return joined([_sentence(each, see) for each in error.errors()[:NAMED]], len(error.errors()))


def as_fastapi_does(error: RequestValidationError) -> Response:
    """Write what does not fit as FastAPI does (422), with sentences of ours: for clients of servers that have it."""
    every = error.errors()
    told = [_told(each) for each in every[:NAMED]]
    while len(told) > 1 and len(jsontext.dump_bytes(told)) > MOST:
        told.pop()
    if len(told) < len(every):
        told.append({"type": "more", "loc": ["body"], "msg": f"and {len(every) - len(told)} more", "input": None})
    return Response(jsontext.dumps({"detail": told}), 422, media_type="application/json")


def _told(problem: Problem) -> dict[str, Any]:
    loc = [part[:INPUT] if isinstance(part, str) else part for part in problem["loc"][:8]]
    told: dict[str, Any] = {"type": problem["type"], "loc": loc, "msg": short(_sentence(problem), 1000)}
    told["input"] = _shown(problem.get("input"))
    if "ctx" in problem:
        told["ctx"] = _shown(jsonable_encoder(problem["ctx"]))
    return told


def _shown(given: Any) -> Any:
    """Show what was given, if it is short, and as far as JSON has it: Python reads NaN, and nobody may write it."""
    if isinstance(given, bytes | str):
        return given[:INPUT].decode(errors="replace") if isinstance(given, bytes) else given[:INPUT]
    size = 0
    try:
        for piece in _LAZY.iterencode(given):  # stops where it is too long, instead of writing all of it
            size += len(piece)
            if size > INPUT:
                return None
    except (ValueError, TypeError, RecursionError):
        return None
    return given


def _sentence(problem: Problem, see: str = DOCS) -> str:
    kind, where = problem["type"], place(problem["loc"][1:])
    part = {"query": "query parameter", "path": "part of the path", "header": "header"}.get(problem["loc"][0], "field")
    if kind == "extra_forbidden":
        return f"`{where}` is no {part} here; remove it{see and f', or see {see} for what there is'}"
    if kind == "json_invalid":
        return "The body is not JSON; send a JSON object with Content-Type: application/json"
    if kind in ("model_attributes_type", "dict_type", "model_type") and not where:
        return "The body must be a JSON object, sent with Content-Type: application/json"
    if kind == "missing":
        return f"The {part} `{where}` is missing" if where else "The body is missing; send a JSON object"
    name = f"The name `{where}`" if problem["loc"][-1] == "[key]" else f"`{where}`" if where else "The body"
    return f"{name}{':' if kind == 'value_error' else ''} {words.says(problem)}"
