"""What a query says and a route does not have is refused by name on every native route (contract A.1)."""

import re

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from dev.routes import apps
from tests.kit import sse
from tests.kit.servers import PATIENCE
from walkaway_core.dialects import DIALECTS
from walkaway_core.http.parameters import declared

NATIVE = apps()["native"]
OPERATIONS = [(method.upper(), path) for path, methods in NATIVE.openapi()["paths"].items() for method in methods]
PAGES = ["/", "/docs", "/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js"]
BODIES = {"/messages": {"message": "x"}, "/tool_results": {"results": [{"call_id": "c", "output": ""}]}}


def named(path: str, session: str) -> str:
    """Fill in a path's variables: a session that is there, and other things that are not."""
    return path.replace("{session}", session).replace("{path}", "f.txt").replace("{", "").replace("}", "")


def ask(client: httpx.Client, method: str, path: str, params: list[tuple[str, str]]) -> httpx.Response:
    body = next((body for end, body in BODIES.items() if path.endswith(end)), {"metadata": {}})
    said = {"json": body} if method in ("POST", "PATCH") else {"content": b"new"} if method == "PUT" else {}
    return client.request(method, path, params=params, **said)  # type: ignore[arg-type]


@pytest.mark.parametrize(("method", "path"), [*OPERATIONS, *(("GET", path) for path in PAGES)])
def test_an_unknown_parameter_is_refused_by_name(client: httpx.Client, method: str, path: str) -> None:
    session = sse.new(client)
    client.put(f"/v1/sessions/{session}/files/f.txt", content=b"old").raise_for_status()
    answer = ask(client, method, named(path, session), [("no_such", "1")])
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request"), answer.text
    assert "`no_such` is no query parameter here" in answer.json()["message"]
    assert client.get(f"/v1/sessions/{session}").json()["busy"] is False, "it is there, and nothing was begun"
    assert client.get(f"/v1/sessions/{session}/files/f.txt").content == b"old"


NUMBERS = [
    (method.upper(), f"{dialect.mount}{path}", each["name"])
    for dialect in DIALECTS
    for path, methods in apps()[dialect.name].openapi()["paths"].items()
    for method, operation in methods.items()
    for each in operation.get("parameters", ())
    if each["in"] == "query" and re.search("'(integer|number)'", str(each["schema"]))
]


@pytest.mark.parametrize("value", ["nan", "NaN", "inf", "-inf", "Infinity", "1e999", "-1e999"])
@pytest.mark.parametrize(("method", "path", "name"), NUMBERS)
def test_what_is_no_number_is_refused_by_name(
    client: httpx.Client, method: str, path: str, name: str, value: str
) -> None:
    named_path = named(path, sse.new(client)).replace("task_id", "1").replace("run}", "x")
    answer = client.request(method, named_path, params={name: value})
    assert answer.status_code in (400, 422), answer.text
    assert f"`{name}` must be a " in answer.text


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e999", "1.5"])
@pytest.mark.parametrize("name", ["after", "last_event_id"])
def test_what_is_no_cursor_is_refused_with_its_value(client: httpx.Client, name: str, value: str) -> None:
    for path in (f"/v1/sessions/{sse.new(client)}/events", "/v1/sessions", "/v1/agents"):
        if name == "after" or path.endswith("events"):
            answer = client.get(path, params={name: value})
            assert (answer.status_code, answer.json()["error"]) == (400, "cursor.invalid"), answer.text


@pytest.mark.parametrize(
    ("method", "path"), [("DELETE", "/v1/sessions?status=idle&status=idle"), ("GET", "/v1/agents?limit=1&limit=2")]
)
def test_a_parameter_that_is_there_twice_is_refused(client: httpx.Client, method: str, path: str) -> None:
    answer = client.request(method, path)
    assert answer.status_code == 400
    assert "more than once" in answer.json()["message"]


def test_who_has_no_key_is_told_that_first(client: httpx.Client) -> None:
    answer = httpx.get(f"{client.base_url}/v1/sessions/x?no_such=1", timeout=PATIENCE)
    assert answer.status_code == 401


def test_a_page_has_the_parameters_that_its_links_use(client: httpx.Client) -> None:
    assert client.get("/docs?api=runs").is_success
    assert client.get("/docs/swagger-ui.css?v=1").is_success


@pytest.mark.parametrize("path", ["/api/v1/runs", "/api/v1/runs/", "/stats", "/api/models", "/api/tools"])
def test_clients_of_other_servers_may_send_more(client: httpx.Client, path: str) -> None:
    assert client.get(path, params={"no_such": "1"}).status_code == 200


@pytest.mark.parametrize("dialect", [dialect.name for dialect in DIALECTS if dialect.surface().refuses_unknown])
def test_what_is_known_is_what_the_document_says(dialect: str) -> None:
    app = apps()[dialect]
    for route in iter_route_contexts(app.routes):
        for method in route.methods or ():
            operation = app.openapi()["paths"].get(route.path_format, {}).get(method.lower())
            if operation:
                documented = {each["name"] for each in operation.get("parameters", []) if each["in"] == "query"}
                assert route.endpoint
                assert declared(route.endpoint) == documented


@pytest.mark.parametrize("number", ["1_0", "١٠", "１０", "10 "])  # noqa: RUF001 - digits that Python reads
@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/sessions", "limit"),
        ("/v1/events", "wait"),
        ("/v1/events", "limit"),
        ("/v1/sessions/{session}/events", "wait"),
        ("/v1/sessions/{session}/responses", "limit"),
        ("/v1/sessions/{session}/messages", "limit"),
    ],
)
def test_what_python_alone_takes_for_a_number_is_refused(
    client: httpx.Client, path: str, name: str, number: str
) -> None:
    address = named(path, sse.new(client))
    assert client.get(address, params={name: "0" if name == "wait" else "10"}).is_success
    answer = client.get(address, params={name: number})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request"), answer.text
    assert f"`{name}` is {number!r}, which is no number" in answer.json()["message"]
