"""Keys and tenants: nobody without a key, and nothing of another tenant, on any route."""

import contextlib
import http.client
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest
from fastapi.routing import APIRoute

from tests.kit import sse
from tests.kit.servers import PATIENCE, Running, running
from walkaway_core.dialects.native import files, messages, responses, sessions
from walkaway_core.settings import Settings

ROUTES = [
    (method, route.path)
    for module in (sessions, messages, responses, files)
    for route in module.router.routes
    if isinstance(route, APIRoute)
    for method in sorted(route.methods or ())
]
SESSION_ROUTES = [(method, path) for method, path in ROUTES if "{session}" in path]
BODIES = {"POST": {"message": "hello"}, "PATCH": {"metadata": {"stolen": True}}}


def ask(client: httpx.Client, method: str, path: str, session: str, response: str) -> httpx.Response:
    url = path.replace("{session}", session).replace("{response_id}", response).replace("{path:anything}", "secret.txt")
    body = None if path.endswith("/cancel") else BODIES.get(method)
    return client.request(method, url, json=body, content=b"x" if method == "PUT" else None)


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer wrong"}, {"X-API-Key": ""}, {"Authorization": "Basic x"}]
)
def test_no_route_answers_without_a_known_key(server: Running, method: str, path: str, headers: dict[str, str]) -> None:
    with server.client(None) as client:
        client.headers.update(headers)
        answer = ask(client, method, path, "sess_x", "msg_x")
        assert (answer.status_code, answer.json()["error"]) == (401, "unauthorized")
        assert "Authorization: Bearer" in answer.json()["message"]


def test_either_header_carries_the_key_and_bearer_wins(server: Running) -> None:
    with server.client(None) as client:
        assert client.get("/v1/sessions", headers={"X-API-Key": "alpha-key"}).status_code == 200
        both = {"X-API-Key": "alpha-key", "Authorization": "Bearer wrong"}
        assert client.get("/v1/sessions", headers=both).status_code == 401


@pytest.mark.parametrize(("method", "path"), SESSION_ROUTES)
def test_a_foreign_session_answers_exactly_like_an_unknown_one(
    client: httpx.Client, stranger: httpx.Client, method: str, path: str
) -> None:
    session = sse.new(client)
    response = sse.send(client, session, "Write a poem about walls.")[0].data["id"]
    client.put(f"/v1/sessions/{session}/files/secret.txt", content=b"secret")
    foreign = ask(stranger, method, path, session, response)
    unknown = ask(stranger, method, path, "sess_000000000000000000000000", "msg_000000000000000000000000")
    assert (foreign.status_code, foreign.content) == (unknown.status_code, unknown.content)
    assert foreign.status_code == 404
    theirs, nobodys = (
        {name: value for name, value in answer.headers.items() if name not in ("date", "x-request-id")}
        for answer in (foreign, unknown)
    )
    assert theirs == nobodys
    mine = client.get(f"/v1/sessions/{session}").json()
    assert (mine["busy"], mine["metadata"]) == (False, {})
    assert client.get(f"/v1/sessions/{session}/files/secret.txt").content == b"secret"


@pytest.mark.parametrize(
    "path", [path for method, path in SESSION_ROUTES if "{response_id}" in path and method == "GET"]
)
def test_a_turn_is_found_only_through_its_own_session(client: httpx.Client, path: str) -> None:
    one, two = sse.new(client), sse.new(client)
    response = sse.send(client, one, "Write a poem about doors.")[0].data["id"]
    answer = ask(client, "GET", path, two, response)
    assert (answer.status_code, answer.json()["error"]) == (404, "response.not_found")


def test_lists_and_files_show_only_ones_own(client: httpx.Client, stranger: httpx.Client) -> None:
    mine, theirs = sse.new(client), sse.new(stranger)
    listed = [record["id"] for record in stranger.get("/v1/sessions").json()]
    assert theirs in listed
    assert mine not in listed
    client.put(f"/v1/sessions/{mine}/files/only-mine.txt", content=b"x")
    assert stranger.get(f"/v1/sessions/{theirs}/files/only-mine.txt").status_code == 404
    assert stranger.delete("/v1/sessions?older_than=0s").json()["deleted"] >= 1
    assert client.get(f"/v1/sessions/{mine}").status_code == 200


@pytest.mark.parametrize("odd", ["sess_%00", "sess_%23x", "..", "%ff", "x" * 5000, "sess_/../../x", "😀"])
def test_an_odd_id_is_an_unknown_one(server: Running, odd: str) -> None:
    where = httpx.URL(server.url)
    for url in (f"/v1/sessions/{odd}", f"/v1/sessions/{odd}/messages", f"/v1/sessions/{odd}/responses/{odd}/events"):
        with contextlib.closing(http.client.HTTPConnection(where.host, where.port, timeout=PATIENCE)) as connection:
            connection.request("GET", quote(url, safe="/%."), headers={"Authorization": "Bearer alpha-key"})
            assert connection.getresponse().status == 404  # of the address as it is: httpx would resolve its dots


def test_health_needs_no_key(server: Running) -> None:
    with server.client(None) as client:
        assert client.get("/health").json()["status"] == "ok"


def test_unknown_addresses_and_methods_answer_in_the_contracts_shape(client: httpx.Client) -> None:
    for method, url, status in (("GET", "/nothing", 404), ("PUT", "/v1/sessions", 405), ("GET", "/v1", 404)):
        answer = client.request(method, url)
        assert answer.status_code == status
        assert set(answer.json()) == {"error", "message"}


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server without keys."""
    with running(tmp_path_factory.mktemp("open") / "data", Settings(rehearsal_delay=0)) as found:
        yield found


def test_without_keys_any_key_or_none_will_do(open_server: Running) -> None:
    for key in (None, "pk_whatever"):
        with open_server.client(key) as client:
            assert client.post("/v1/sessions").status_code == 201


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Host": "127.0.0.1.evil.example"},
    ],
)
def test_without_keys_a_web_page_of_another_site_cannot_use_it(open_server: Running, headers: dict[str, str]) -> None:
    with open_server.client(None) as client:
        answer = client.post("/v1/sessions", headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (403, "forbidden_host")


def test_without_keys_localhost_by_any_name_can(open_server: Running) -> None:
    port = httpx.URL(open_server.url).port
    with open_server.client(None) as client:
        for host in ("localhost", f"localhost:{port}", f"[::1]:{port}", "127.0.0.1"):
            assert client.get("/v1/sessions", headers={"Host": host}).status_code == 200
            assert client.get("/v1/sessions", headers={"Host": host, "Origin": f"http://{host}"}).status_code == 200


def test_the_documentation_covers_every_route_with_examples(server: Running) -> None:
    with server.client(None) as client:
        document = client.get("/openapi.json").json()
    for method, path in ROUTES:
        operation = document["paths"][path.replace(":anything", "")][method.lower()]
        assert operation["summary"]
        assert operation["description"]
        assert "HTTPValidationError" not in str(operation["responses"])
        assert "401" in operation["responses"]
    schemas = document["components"]["schemas"]
    for name in ("SessionCreate", "SessionRecord", "MessageCreate", "ResponseRecord", "EventsPage", "ErrorBody"):
        assert schemas[name]["examples"], name
