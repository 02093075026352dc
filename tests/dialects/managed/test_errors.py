"""Every error has the shape that the SDK reads, its request's id, and whether it may be sent again."""

from pathlib import Path
from typing import Any

import anthropic
import httpx
import pytest
from starlette.requests import Request

from tests.dialects.managed.conftest import client_of
from tests.kit.servers import KEYS, Running, running
from walkaway_core.dialects.managed import ids
from walkaway_core.dialects.managed.errors import request_id
from walkaway_core.http.request_ids import NAMED
from walkaway_core.settings import Settings

VERSION = {"anthropic-version": "2026-10-21"}
JSON = {"content-type": "application/json"}
ODD = [b"", b"[]", b"{", b'{"name": NaN}', b'{"name": "\xff"}', b'{"name": "\\ud800", "model": "m"}']


@pytest.mark.parametrize("path", ["/v1/nothing", "/managed/v1/nothing", "/v1/sessions/x/nothing", "/managed"])
def test_an_address_that_is_not_there(client: httpx.Client, path: str) -> None:
    answer = client.get(path, headers=VERSION)
    body = answer.json()
    assert (answer.status_code, body["type"], body["error"]["type"]) == (404, "error", "not_found_error")
    assert "/v1/agents" in body["error"]["message"]
    assert answer.headers["request-id"] == body["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["x-should-retry"] == "false"


def test_without_the_headers_it_is_the_sessions_apis(client: httpx.Client) -> None:
    assert client.get("/v1/nothing").json()["error"] == "not_found"


def test_messages_are_not_served_and_the_sdk_says_so(sdk: Any) -> None:
    with pytest.raises(anthropic.NotFoundError) as refused:
        sdk.messages.create(model="claude-sonnet-5", max_tokens=5, messages=[{"role": "user", "content": "Hi"}])
    assert "ANTHROPIC_BASE_URL" in refused.value.message
    assert "/v1/sessions" in refused.value.message
    assert str(refused.value.request_id).startswith("req_")


@pytest.mark.parametrize("family", ["deployments", "skills", "memory_stores", "vaults"])
def test_families_that_are_not_served_say_so(sdk: Any, family: str) -> None:
    with pytest.raises(anthropic.NotFoundError, match=r"There are no .* here"):
        getattr(sdk.beta, family).list()


def test_webhooks_are_made_without_the_headers(client: httpx.Client) -> None:
    answer = client.post("/v1/webhooks", headers=VERSION, json={"url": "https://example.com/"})
    assert answer.status_code == 404
    assert "without the header anthropic-version" in answer.json()["error"]["message"]


def test_an_unknown_key(server: Running) -> None:
    with client_of(server, "nobodys-key") as stranger, pytest.raises(anthropic.AuthenticationError) as refused:
        stranger.models.list()
    assert refused.value.type == "authentication_error"


def test_a_workspace_is_the_keys_own(sdk: Any) -> None:
    with pytest.raises(anthropic.PermissionDeniedError, match=ids.workspace("alpha")) as refused:
        sdk.models.list(workspace_id=ids.workspace("beta"))
    assert refused.value.type == "permission_error"
    assert sdk.models.list(workspace_id=ids.workspace("alpha")).data


def test_a_large_body_is_refused_by_its_length(client: httpx.Client) -> None:
    body = b'{"name": "' + b"n" * 32_000_000 + b'"}'
    answer = client.post("/managed/v1/agents", content=body, headers=JSON)
    assert (answer.status_code, answer.json()["error"]["type"]) == (413, "invalid_request_error")
    small = client.post("/managed/v1/agents", content=body[:30_000_000] + body[-2:], headers=JSON)
    assert (small.status_code, "`name`" in small.json()["error"]["message"]) == (400, True)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"name": NaN}', b'{"name": "\xff"}', b'{"name": "\\ud800", "model": "m"}']
)
def test_what_is_no_json(client: httpx.Client, body: bytes) -> None:
    answer = client.post("/managed/v1/agents", content=body, headers=JSON)
    assert (answer.status_code, answer.json()["type"]) == (400, "error")


def test_pages_of_other_origins_are_shown_the_requests_id(tmp_path: Path) -> None:
    origin = "https://app.example.com"
    settings = Settings(keys=KEYS, rehearsal_delay=0, allow_origin=(origin,))
    with running(tmp_path / "data", settings) as server, server.client() as client:
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        asked["Access-Control-Request-Headers"] = "anthropic-version,x-api-key,x-stainless-lang,anthropic-beta"
        before = client.options("/v1/agents", headers=asked)
        assert (before.status_code, "anthropic-version" in before.headers["access-control-allow-headers"]) == (
            200,
            True,
        )
        answer = client.get("/v1/nothing", headers={"Origin": origin, **VERSION})
        assert answer.headers["access-control-allow-origin"] == origin
        assert {"Request-Id", "X-Should-Retry"} <= set(answer.headers["access-control-expose-headers"].split(", "))


def test_a_method_that_an_address_does_not_take(client: httpx.Client) -> None:
    answer = client.post("/managed/v1/models")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert answer.json()["error"] == {
        "type": "invalid_request_error",
        "message": "This address does not take POST",
    }


def test_an_id_of_a_platform_gets_the_beginning_that_clients_look_for() -> None:
    assert request_id(Request({"type": "http", NAMED: "0a-1b"})) == "req_0a-1b"
    assert request_id(Request({"type": "http", NAMED: "req_1"})) == "req_1"
    assert request_id(Request({"type": "http"})) == ""
