"""Refuses what a query says and its route does not ask for: a filter that is ignored does more than was meant."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from inspect import signature
from typing import TYPE_CHECKING, Annotated, Any, Final, get_args, get_origin

from fastapi import Request, params
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel

if TYPE_CHECKING:
    from walkaway_core.http.dialect import Surface


ODD: Final = re.compile(r"[_\s]|[^\x00-\x7f]")
"""What Python alone reads in a number; other text that is none is for a parameter's type to refuse."""


def refuse_unknown(request: Request) -> None:
    """Let a query through that has nothing but the route's own parameters, each of them once (contract A.1).

    A dialect whose clients send more says so by its surface. Raises RequestValidationError.
    """
    surface: Surface = request.app.state.surface
    sent = [name for name, _ in request.query_params.multi_items()]
    if not sent or not surface.refuses_unknown:
        return
    known = declared(request.scope["endpoint"])
    problems = [_problem("extra_forbidden", name, "is not known") for name in dict.fromkeys(sent) if name not in known]
    problems += [
        _problem("repeated", name, "is there more than once; send it once")
        for name in dict.fromkeys(sent)
        if name in known and sent.count(name) > 1
    ]
    problems += [
        _problem("number_form", name, f"is {request.query_params[name][:40]!r}, which is no number; write it in digits")
        for name in odd_numbers(request.scope["endpoint"], request.query_params)
    ]
    if problems:
        raise RequestValidationError(problems)


def odd_numbers(endpoint: Callable[..., Any], sent: Mapping[str, str]) -> list[str]:
    """Name the parameters whose numbers are none but in Python, such as 1_0, or digits of other scripts."""
    return [name for name in numbers(endpoint) if name in sent and ODD.search(sent[name])]


@cache
def declared(endpoint: Callable[..., Any]) -> frozenset[str]:
    """Name the query parameters of a route's function: those that are annotated as such, models by their fields."""
    return frozenset(name for name, _ in _declared(endpoint))


@cache
def numbers(endpoint: Callable[..., Any]) -> frozenset[str]:
    """Name those that are numbers."""
    return frozenset(name for name, kind in _declared(endpoint) if {int, float} & {kind, *get_args(kind)})


def _declared(endpoint: Callable[..., Any]) -> Iterable[tuple[str, Any]]:
    for name, parameter in signature(endpoint, eval_str=True).parameters.items():
        if get_origin(parameter.annotation) is not Annotated:
            continue
        kind, *more = get_args(parameter.annotation)
        info = next((each for each in more if isinstance(each, params.Query)), None)
        if info and isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from ((field.alias or its, field.annotation) for its, field in kind.model_fields.items())
        elif info:
            yield info.alias or name, kind


def _problem(kind: str, name: str, text: str) -> dict[str, Any]:
    return {"type": kind, "loc": ("query", name), "msg": text, "input": None}
