"""The OpenAPI documents say what the routes answer, errors and media types included."""

import contextlib
import http.client
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dev.routes import apps
from tests.kit import sse
from tests.kit.documented import Documented
from tests.kit.servers import KEYS, PATIENCE, Running, listening
from walkaway_core.dialects import DIALECTS
from walkaway_core.http.access import Keyring
from walkaway_core.http.app import create_app
from walkaway_core.http.chooser import VARIABLE
from walkaway_core.settings import Settings
from walkaway_local.stack import LocalStack

KEY = {"X-API-Key": next(iter(KEYS))}

MOUNTS = {dialect.name: dialect.mount for dialect in DIALECTS}
DOCUMENTS = {name: app.openapi() for name, app in apps().items()}
OPERATIONS = {
    f"{method.upper()} {MOUNTS[name]}{path}": (name, operation)
    for name, document in DOCUMENTS.items()
    for path, methods in document["paths"].items()
    for method, operation in methods.items()
}

ONCE = {
    "POST /v1/sessions/{session}/messages",
    "POST /v1/sessions",
    "POST /v1/agents",
    "POST /v1/webhooks",
    "POST /v1/schedules",
    "POST /v1/schedules/{schedule}/run",
    "POST /v1/schedules/{schedule}/backfill",
}
"""What takes an Idempotency-Key, which may be another request's."""


def described(operation: str, status: int) -> dict[str, Any]:
    content: dict[str, Any] = OPERATIONS[operation][1]["responses"][str(status)]["content"]
    return content


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_the_kit_answers_is_there(operation: str) -> None:
    name, what = OPERATIONS[operation]
    answers = set(what["responses"])
    assert ("401" in answers) is (operation != "GET /health")
    assert "413" in answers, "whatever is sent along is counted"
    assert {"403", "408", "429", "431"} <= answers, "the server on one machine answers so by itself"
    assert ("415" in answers) is ("requestBody" in what or operation.startswith("PUT")), "a body may be packed"
    if name == "native":
        assert "400" in answers, "a parameter may be unknown"
        assert ("422" in answers) is (operation in ONCE)


@pytest.mark.parametrize(
    ("operation", "status", "kinds"),
    [
        ("GET /api/v1/runs/{run}/stream", 200, {"text/event-stream"}),
        ("GET /api/agent/{agent_id}/status/{task_id}/events", 200, {"text/event-stream"}),
        ("GET /api/v1/runs/{run}/result", 409, {"application/json"}),
        ("POST /api/workflow/upload-run-input", 400, {"application/json"}),
    ],
)
def test_media_types(operation: str, status: int, kinds: set[str]) -> None:
    assert set(described(operation, status)) == kinds


def test_each_dialect_describes_errors_as_it_writes_them(client: httpx.Client) -> None:
    for path, operation, fields in (
        ("/v1/agents/x", "GET /v1/agents/{agent}", {"error", "message"}),
        ("/api/v1/runs/x", "GET /api/v1/runs/{run}", {"detail"}),
        ("/api/workflow/run/1", "GET /api/workflow/run/{task_id}", {"detail"}),
        ("/managed/v1/agents/x", "GET /managed/v1/agents/{agent}", {"type", "error", "request_id"}),
    ):
        name = described(operation, 404)["application/json"]["schema"]["$ref"].rpartition("/")[2]
        schema = DOCUMENTS[OPERATIONS[operation][0]]["components"]["schemas"][name]
        assert fields <= set(schema["properties"])
        assert set(client.get(path).json()) == fields


def test_a_mismatch_is_answered_as_it_is_described(client: httpx.Client) -> None:
    path = f"/v1/sessions/{sse.new(client)}/messages"
    headers = {"Idempotency-Key": "openapi", "Prefer": "respond-async"}
    assert client.post(path, json={"message": "a"}, headers=headers).status_code == 202
    assert client.post(path, json={"message": "b"}, headers=headers).json()["error"] == "idempotency.mismatch"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_is_sent_along_is_counted_wherever_it_is_sent(server: Running, operation: str) -> None:
    method, _, path = operation.partition(" ")
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=30)
    with contextlib.closing(connection):
        connection.request(method, VARIABLE.sub("1", path), headers=KEY | {"Content-Length": "200000000"})
        status = connection.getresponse().status
    described(operation, status)
    assert status == 413 or method == "GET" or "/files/" in path, "a route that only reads looks at nothing"


@pytest.mark.parametrize(
    ("operation", "asked"),
    [
        ("POST /v1/sessions/{session}/messages", {"message": "x", "attachments": [{"path": ".."}]}),
        ("POST /v1/sessions", {"file_access": {"read": ["a/../.."]}}),
        ("POST /api/workflow/execute/{agent_id}", {"inputs": {"images": {"1": "/etc/hosts"}}}),
        ("POST /api/workflow/execute/{agent_id}/with-files", {"inputs": {"images": {"1": "a\0b"}}}),
        ("POST /api/tools/register", {"tools": [{"name": f"t{n}", "schema_data": {}} for n in range(100)]}),
    ],
)
def test_what_use_cases_refuse_is_there(client: httpx.Client, operation: str, asked: dict[str, Any]) -> None:
    agent = client.post("/v1/agents", json={"name": "refuses"})
    path = operation.partition(" ")[2].format_map({"session": sse.new(client), "agent_id": "refuses"})
    if path.endswith("/with-files"):
        answer = client.post(path, files={name: (None, json.dumps(value)) for name, value in asked.items()})
    else:
        answer = client.post(path, json=asked)
    if path.endswith("/register"):
        others = [{**tool, "name": f"{tool['name']}b"} for tool in asked["tools"]]
        answer = client.post(path, json={"tools": others})
    client.delete(f"/v1/agents/{agent.json()['id']}")
    assert answer.status_code == (409 if path.endswith("/register") else 403), answer.text
    described(operation, answer.status_code)


def test_a_server_of_the_tests_says_what_no_document_has(tmp_path: Path) -> None:
    def teapot(request: Request) -> Response:
        return Response(status_code=418)

    stack = LocalStack(tmp_path / "data", Settings())
    chooser = create_app(stack.services, Keyring({}), DIALECTS)
    chooser.apps["runs"].router.routes.insert(0, Route("/stats", teapot))
    documented = Documented(chooser)
    with contextlib.closing(stack), listening(documented) as url:
        for path in ("/stats", "/v1/sessions", "/nowhere"):
            httpx.get(f"{url}{path}", timeout=PATIENCE)
    assert documented.undocumented() == ["GET /stats: 418"]
