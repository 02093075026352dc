"""How a plain request becomes the arguments of a route's function, worked out once from its signature."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from inspect import Parameter, iscoroutinefunction, signature
from typing import Annotated, Any, get_args, get_origin

from fastapi import Request, Response, params
from pydantic import BaseModel, TypeAdapter, ValidationError

from walkaway_core.http import answers
from walkaway_core.http.access import Called, Caller
from walkaway_core.http.parameters import odd_numbers
from walkaway_wire import gate


class NotPlain(Exception):
    """FastAPI is to see the request: something is wrong with it, or rare."""


@dataclass(frozen=True, slots=True)
class _Given:
    """Where one argument comes from. `default` is the parameter's, or Parameter.empty."""

    name: str
    sent: str
    adapter: TypeAdapter[Any]
    default: Any

    def read(self, source: Mapping[str, str]) -> Any:
        """Read it from what was sent. Raises NotPlain."""
        value = source.get(self.sent)
        if value is not None:
            return _valid(self.adapter, value)
        if self.default is Parameter.empty:
            raise NotPlain
        return self.default


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a route's function is called with, and how its answer is written. `waits`: it is a coroutine's."""

    endpoint: Callable[..., Any]
    waits: bool
    body: tuple[str, TypeAdapter[Any]] | None
    fixed: Mapping[str, type]
    paths: tuple[_Given, ...]
    headers: tuple[_Given, ...]
    queries: tuple[_Given, ...]
    query: tuple[str, TypeAdapter[Any]] | None
    """The parameter that takes the whole query as one model."""
    answers: TypeAdapter[Any]

    @classmethod
    def of(cls, endpoint: Callable[..., Any], variables: Collection[str]) -> "Arguments":
        """Read a function's signature; `variables` are those of its path. Raises TypeError for what is not known."""
        body = query = None
        fixed: dict[str, type] = {}
        given: dict[str, list[_Given]] = {"path": [], "header": [], "query": []}
        declared = signature(endpoint, eval_str=True)
        for name, parameter in declared.parameters.items():
            kind, info = _kind(parameter, variables)
            if kind in ("caller", "request", "response"):
                fixed[name] = {"caller": Caller, "request": Request, "response": Response}[kind]
            elif kind == "body":
                body = (name, TypeAdapter[Any](parameter.annotation))
            elif kind == "model":
                query = (name, TypeAdapter[Any](parameter.annotation))
            else:
                sent = (info and info.alias) or (name.replace("_", "-") if kind == "header" else name)
                adapter = TypeAdapter[Any](parameter.annotation)
                given[kind].append(_Given(name, sent, adapter, parameter.default))
        answers = TypeAdapter[Any](declared.return_annotation if not _is_response(declared.return_annotation) else None)
        paths, headers, queries = (tuple(each) for each in given.values())
        return cls(endpoint, iscoroutinefunction(endpoint), body, fixed, paths, headers, queries, query, answers)

    def decoded(self, body: bytes) -> Any:
        """Decode a body. Raises NotPlain."""
        try:
            return gate.decoded(body) if self.body else None
        except ValueError:
            raise NotPlain from None

    def values(self, request: Request, response: Response, caller: Caller, said: Any) -> dict[str, Any]:
        """Read all arguments; `said` is the decoded body. Raises NotPlain."""
        mine = {Caller: caller, Request: request, Response: response}
        values: dict[str, Any] = {name: mine[kind] for name, kind in self.fixed.items()}
        values |= {given.name: given.read(request.path_params) for given in self.paths}
        values |= {given.name: given.read(request.headers) for given in self.headers}
        values |= {given.name: given.read(request.query_params) for given in self.queries}
        if request.scope["query_string"] and not self.query and not self._asks(request.query_params.multi_items()):
            raise NotPlain
        if odd_numbers(self.endpoint, request.query_params):
            raise NotPlain
        if self.query:
            asked = dict(request.query_params)
            if len(asked) < len(request.query_params.multi_items()):
                raise NotPlain
            values[self.query[0]] = _valid(self.query[1], asked)
        if self.body:
            values[self.body[0]] = _valid(self.body[1], said)
        return values

    def _asks(self, sent: list[tuple[str, str]]) -> bool:
        """Say whether this route has all that a query names, and it is named once."""
        names = {name for name, _ in sent}
        return len(names) == len(sent) and names <= {given.sent for given in self.queries}

    def answer(self, result: Any) -> bytes:
        """Write what the function gave as JSON."""
        return answers.written(lambda: self.answers.dump_json(result, by_alias=True), result)


def _kind(parameter: Parameter, variables: Collection[str]) -> tuple[str, Any]:
    """Say what FastAPI makes of a parameter, and how it is described."""
    annotation = parameter.annotation
    for kind, its in (("caller", Called), ("request", Request), ("response", Response)):
        if annotation == its:
            return kind, None
    plain, *more = get_args(annotation) if get_origin(annotation) is Annotated else (annotation,)
    info = next((each for each in more if isinstance(each, params.Param)), None)
    is_model = isinstance(plain, type) and issubclass(plain, BaseModel)
    if parameter.name in variables:
        return "path", info
    if isinstance(info, params.Header):
        return "header", info
    if isinstance(info, params.Query):
        return "model" if is_model else "query", info
    if is_model and not more:
        return "body", None
    raise TypeError(f"the parameter {parameter} is of no kind that a direct route can have")


def _valid(adapter: TypeAdapter[Any], value: Any) -> Any:
    try:
        return adapter.validate_python(value)
    except ValidationError:
        raise NotPlain from None


def _is_response(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Response)
