"""API Gateway and the Lambda Web Adapter in front of a deployment, as an ASGI app: routes as the template has them."""

import asyncio
import base64
import json
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from starlette.types import Message, Receive, Scope, Send

from dev.deployment import Deployment
from dev.rest_api import ANY
from dev.template import Stack
from walkaway_core import deployed

DOMAIN = "AWS::ApiGateway::DomainName"
MISSING = "MISSING_AUTHENTICATION_TOKEN"
"""What API Gateway calls a request for which there is no route."""
TOO_LARGE, BODY_BYTES = "REQUEST_TOO_LARGE", 10_485_760
"""What it calls one whose body has more bytes than these (API Gateway quotas)."""
EVENT_BYTES = 6_291_456
"""As many may be a function's payload (Lambda quotas)."""
TOO_LONG = b'{"message": "Request Too Long"}'
"""What API Gateway answers, with 413, for Lambda where a payload has more; none of its own answers stands for that."""


@dataclass(frozen=True)
class Route:
    """A method of the API, or `*`: its path as the template writes it, its function, whether it streams."""

    method: str
    path: str
    function: str
    streamed: bool

    @property
    def pattern(self) -> re.Pattern[str]:
        """What its path looks like."""
        parts = re.split(r"\{(\w+)(\+?)\}", self.path)
        pattern = re.escape(parts[0])
        for name, greedy, rest in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
            pattern += f"(?P<{name}>{'.+' if greedy else '[^/]+'})" + re.escape(rest)
        return re.compile(pattern, re.DOTALL)

    @property
    def rank(self) -> tuple[tuple[int, ...], bool]:
        """Sorts what is more specific before what is less so."""
        kinds = (0 if part[:1] != "{" else 2 if part.endswith("+}") else 1 for part in self.path.split("/"))
        return (tuple(kinds), self.method == "*")


def routes(stack: Stack) -> Iterator[Route]:
    """The routes of a stack's API."""
    for path, methods in stack.resolved("Api")["Body"]["paths"].items():
        for method, operation in methods.items():
            integration = operation["x-amazon-apigateway-integration"]
            parts = re.fullmatch(
                r".*path/(?P<version>.+)/functions/(.+:)?(?P<name>\w+)(\.Arn)?/(?P<call>[\w-]+)", integration["uri"]
            )
            assert parts, integration["uri"]
            streamed = integration.get("responseTransferMode") == "STREAM"
            called = ("2021-11-15", "response-streaming-invocations") if streamed else ("2015-03-31", "invocations")
            assert (parts["version"], parts["call"]) == called, integration
            yield Route("*" if method == ANY else method.upper(), path, parts["name"], streamed)


def chosen(candidates: Iterable[Route], method: str, path: str) -> Route | None:
    """Choose as API Gateway does: the most specific of the paths that take the method."""
    fitting = (route for route in candidates if route.method in (method, "*") and route.pattern.fullmatch(path))
    return min(fitting, key=lambda route: route.rank, default=None)


@dataclass
class Taken:
    """A request that was passed on: to which function, and when, by the machine's clock. `ended` 0: it goes on."""

    function: str
    path: str
    began: float
    ended: float = 0.0


class Gateway:
    """Serves the stage of a deployment's API at `/prod`, and under a name of its own, if it has one, at the root."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        stack = deployment.applied.stack
        self._routes = list(routes(stack))
        self._stage = f"/{stack.resolved('ApiprodStage')['StageName']}"
        self._answers = stack.resolved("Api")["Body"]["x-amazon-apigateway-gateway-responses"]
        self.taken: list[Taken] = []
        """What it has passed on."""
        self._domains = {stack.resolved(name)["DomainName"] for name, _ in stack.resources(DOMAIN)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        named = self._named(scope)
        path = scope["path"] if named else scope["path"].removeprefix(self._stage) or "/"
        if len(path) > 1 and not any(route.pattern.fullmatch(path) for route in self._routes):
            path = path.removesuffix("/")
        route = chosen(self._routes, scope["method"], path)
        if route is None or (path == scope["path"] and not named):
            await self._itself(MISSING, send)
            return
        self.taken.append(taken := Taken(route.function, path, time.monotonic()))
        try:
            await self._passed(scope, route, path, receive, send)
        finally:
            taken.ended = time.monotonic()

    async def _passed(self, scope: Scope, route: Route, path: str, receive: Receive, send: Send) -> None:
        """Have the function of a route answer."""
        body = await _body(receive)
        if len(body) > BODY_BYTES:
            await self._itself(TOO_LARGE, send)
            return
        context = {"stage": self._stage[1:], "path": scope["path"], "resourcePath": route.path, "protocol": "HTTP/1.1"}
        context |= {
            "httpMethod": scope["method"],
            "requestId": "r",
            "requestTimeEpoch": int(time.time() * 1000),
            "identity": {"sourceIp": "127.0.0.1"},
            "apiId": "api",
        }
        event = proxy_event(scope, route, path, context, body)
        if len(json.dumps(event)) > EVENT_BYTES:
            await _send(send, 413, [(b"content-type", b"application/json")], TOO_LONG)
            return
        if route.streamed:
            await self._stream(scope, path, context, _again(body, receive), send)
            return
        answer = await asyncio.to_thread(self._deployment.invoke, route.function, event)
        body = base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"].encode()
        multi = [(name, value) for name, values in answer["multiValueHeaders"].items() for value in values]
        headers = [(name.encode(), value.encode()) for name, value in [*answer["headers"].items(), *multi]]
        await _send(send, answer["statusCode"], headers, body)

    def _named(self, scope: Scope) -> bool:
        """Say whether a request came by a name of the API's own, which is mapped at the root."""
        host = next((value for name, value in scope["headers"] if name == b"host"), b"")
        return host.decode("latin-1").partition(":")[0] in self._domains

    async def _itself(self, kind: str, send: Send) -> None:
        """Answer without a function."""
        answer = self._answers[kind]
        headers = [(b"content-type", b"application/json")]
        for name, value in answer["responseParameters"].items():
            headers.append((name.removeprefix("gatewayresponse.header.").encode(), value.strip("'").encode()))
        await _send(send, int(answer["statusCode"]), headers, answer["responseTemplates"]["application/json"].encode())

    async def _stream(self, scope: Scope, path: str, context: dict[str, Any], receive: Receive, send: Send) -> None:
        """Pass a request on as HTTP, as the adapter does."""
        headers = [pair for pair in scope["headers"] if not pair[0].startswith(b"x-amzn-")]
        headers.append((b"x-amzn-request-context", json.dumps(context).encode()))
        await deployed.app("stream")({**scope, "path": path, "root_path": "", "headers": headers}, receive, send)


def proxy_event(scope: Scope, route: Route, path: str, context: dict[str, Any], body: bytes) -> dict[str, Any]:
    """The event of a REST API's proxy integration (API Gateway developer guide, input format)."""
    match = route.pattern.fullmatch(path)
    assert match
    headers: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        headers.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
    headers["X-Forwarded-Proto"] = [scope["scheme"]]
    query = parse_qs(scope["query_string"].decode(), keep_blank_values=True)
    return {
        "resource": route.path,
        "path": path,
        "httpMethod": scope["method"],
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": match.groupdict() or None,
        "stageVariables": None,
        "requestContext": context,
        "body": base64.b64encode(body).decode() if body else None,
        "isBase64Encoded": bool(body),
    }


async def _body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message: Message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _again(body: bytes, receive: Receive) -> Receive:
    """Give a body that was read, and then what else comes."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def give() -> Message:
        return left.pop() if left else await receive()

    return give


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    kept = [pair for pair in headers if pair[0].lower() not in (b"content-length", b"transfer-encoding")]
    kept.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": kept})
    await send({"type": "http.response.body", "body": body})
