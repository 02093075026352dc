"""HEAD wherever GET is (RFC 9110, 9.1), every method in `Allow`, nothing at what only ends like an address."""

import http.client
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from dev.routes import apps
from tests.kit import sse
from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.servers import Running

GETS = [path for app in apps().values() for path, methods in app.openapi()["paths"].items() if "get" in methods]
PAGES = ["/", "/docs", "/docs/swagger-ui.css", "/openapi.json", "/openapi/runs.json", "/api/v1/runs/", "/nowhere"]
FRAMING = {"date", "transfer-encoding", "x-request-id"}
"""Need not be the same (RFC 9110, 9.3.2), or is of each request its own."""


@dataclass(frozen=True)
class Ids:
    names: dict[str, str]

    def fill(self, path: str) -> str:
        for name, value in self.names.items():
            path = path.replace(f"{{{name}}}", value)
        return path


@pytest.fixture(scope="module")
def ids(server: Running) -> Iterator[Ids]:
    with server.client() as client:
        session = sse.new(client)
        turn = sse.send(client, session, "Write a poem")[0].data["id"]
        client.put(f"/v1/sessions/{session}/files/a/f.txt", content=b"0123456789").raise_for_status()
        agent = client.post("/v1/agents", json={"name": "heads"}).json()["id"]
        webhook = client.post("/v1/webhooks", json={"url": "https://example.com/"}).json()["id"]
        delivery = client.post(f"/v1/webhooks/{webhook}/test").json()["id"]
        schedule = client.post("/v1/schedules", json={"cron": "0 8 * * *", "message": "hello"}).json()["id"]
        run = client.post("/api/v1/runs", json={"prompt": "hello"}).json()["job_id"]
        task = str(client.post("/api/workflow/execute/heads", json={}).json()["task_id"])
        names = {"session": session, "response_id": turn, "agent": agent, "webhook": webhook, "delivery": delivery}
        for stream in (f"/api/v1/runs/{run}/stream", f"/api/agent/heads/status/{task}/events"):
            client.get(stream)  # to its end, so that what is asked twice stays the same
        yield Ids(names | {"run": run, "agent_id": "heads", "task_id": task, "path": "a/f.txt", "schedule": schedule})
        client.delete(f"/v1/agents/{agent}")
        client.delete(f"/v1/webhooks/{webhook}")
        client.delete(f"/v1/schedules/{schedule}")


@pytest.mark.parametrize("path", [*GETS, *PAGES])
def test_head_answers_what_get_does_without_the_body(client: httpx.Client, ids: Ids, path: str) -> None:
    with client.stream("GET", ids.fill(path)) as got:
        status, headers = got.status_code, {name: v for name, v in got.headers.items() if name not in FRAMING}
        if not headers.get("content-type", "").startswith("text/event-stream"):
            got.read()
    head = client.head(ids.fill(path))
    assert (head.status_code, head.content) == (status, b"")
    assert {name: v for name, v in head.headers.items() if name not in FRAMING} == headers
    assert client.get("/health").is_success, "nothing of it is left in the connection"


def test_head_of_a_stream_does_not_wait_for_its_end(own: httpx.Client, model: MessagesApi) -> None:
    session = sse.new(own)
    model.replies = [Reply([text("never")], then="stall")]
    turn = own.post(
        f"/v1/sessions/{session}/messages", json={"message": "go"}, headers={"Prefer": "respond-async"}
    ).json()["response_id"]
    for path in (f"/v1/sessions/{session}/events", f"/v1/sessions/{session}/responses/{turn}/events"):
        head = own.head(path)
        assert (head.status_code, head.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert own.post(f"/v1/sessions/{session}/responses/{turn}/cancel").status_code == 202


def test_head_has_no_ranges_and_needs_a_key(client: httpx.Client, ids: Ids) -> None:
    url = ids.fill("/v1/sessions/{session}/files/{path}")
    head = client.head(url, headers={"Range": "bytes=0-3"})
    assert (head.status_code, head.headers["content-length"]) == (200, "10")
    assert client.head(url, headers={"Authorization": ""}).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/v1/sessions", "DELETE, GET, HEAD, POST"),
        ("POST", "/v1/sessions/{session}", "DELETE, GET, HEAD, PATCH"),
        ("POST", "/v1/sessions/{session}/files/{path}", "DELETE, GET, HEAD, PUT"),
        ("HEAD", "/v1/sessions/{session}/tool_results", "POST"),
        ("OPTIONS", "/v1/agents", "GET, HEAD, POST"),
        ("PUT", "/api/v1/runs", "GET, HEAD, POST"),
        ("PATCH", "/api/v1/runs/{run}", "DELETE, GET, HEAD"),
        ("POST", "/openapi.json", "GET, HEAD"),
    ],
)
def test_allow_has_all_methods(client: httpx.Client, ids: Ids, method: str, path: str, allow: str) -> None:
    answer = client.request(method, ids.fill(path))
    assert (answer.status_code, answer.headers["allow"]) == (405, allow)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("PUT", "/v1/sessions/{session}/files/a%0Ab", 403, "path.invalid"),
        ("PUT", "/v1/sessions/{session}/files/a/f.txt%0A", 403, "path.invalid"),
        ("DELETE", "/v1/sessions/{session}/files/a/f.txt%0A", 403, "path.invalid"),
        ("GET", "/v1/sessions/{session}/files/%0A", 403, "path.invalid"),
        ("GET", "/health%0A", 404, "not_found"),
        ("GET", "*", 404, "not_found"),
        ("OPTIONS", "*", 404, "not_found"),
        ("HEAD", "/health%0A", 404, None),
        ("POST", "/v1/sessions%0A", 404, "not_found"),
        ("POST", "/v1/sessions/{session}/messages%0A", 404, "not_found"),
        ("DELETE", "/v1/sessions/{session}%0A", 404, "session.not_found"),
    ],
)
def test_what_is_no_address_or_has_a_line_break_is_told(
    client: httpx.Client, ids: Ids, method: str, path: str, status: int, code: str | None
) -> None:
    connection = http.client.HTTPConnection(client.base_url.host, client.base_url.port or 0)
    connection.request(method, ids.fill(path), b"{}" if method in ("PUT", "POST") else None, dict(client.headers))
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    assert answer.status == status
    assert code is None or f'"{code}"' in body
    assert client.get(ids.fill("/v1/sessions/{session}/files/{path}")).content == b"0123456789"
