"""The OpenAPI documents say what the routes answer, errors and media types included."""

from typing import Any

import httpx
import pytest

from dev.routes import apps
from tests.kit import sse

DOCUMENTS = {name: app.openapi() for name, app in apps().items()}
OPERATIONS = {
    f"{method.upper()} {path}": (name, operation)
    for name, document in DOCUMENTS.items()
    for path, methods in document["paths"].items()
    for method, operation in methods.items()
}


def described(operation: str, status: int) -> dict[str, Any]:
    content: dict[str, Any] = OPERATIONS[operation][1]["responses"][str(status)]["content"]
    return content


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_the_kit_answers_is_there(operation: str) -> None:
    name, what = OPERATIONS[operation]
    answers = set(what["responses"])
    assert ("401" in answers) is (operation != "GET /health")
    assert ("requestBody" in what or operation.startswith("PUT")) is ("413" in answers)
    if name == "native":
        assert "400" in answers, "a parameter may be unknown"
        assert ("422" in answers) is (operation == "POST /v1/sessions/{session}/messages")


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
