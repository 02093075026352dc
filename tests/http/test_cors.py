"""Pages of named origins use the API from a browser: asked first without a key, and shown every answer."""

from collections.abc import Iterator

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from dev.routes import apps
from tests.kit import runs, sse
from tests.kit.servers import KEYS, Running, running
from walkaway_core.http.chooser import VARIABLE
from walkaway_core.http.cors import METHODS
from walkaway_core.settings import Settings

PAGE, OTHER = "https://app.example.com", "https://example.com"
ORIGIN, SHOWN = "access-control-allow-origin", "access-control-expose-headers"
SENT = (
    "accept, authorization, content-type, idempotency-key, if-match, if-none-match, last-event-id, prefer, range, "
    "x-api-key, x-stainless-lang, x-tenant-id"
)
ALWAYS = {"cache-control", "content-language", "content-length", "content-type", "expires", "last-modified", "pragma"}
"""Headers that a page is always shown (Fetch, CORS-safelisted response-header name)."""
NOT_FOR_PAGES = {
    *("connection", "content-encoding", "content-security-policy", "date", "server", "transfer-encoding", "vary"),
    *("x-accel-buffering", "x-content-type-options"),
}
"""What is said to browsers and proxies."""
EVERY = sorted(
    {
        (VARIABLE.sub("x", str(route.path)), method)
        for app in apps().values()
        for route in iter_route_contexts(app.routes)
        for method in route.methods or ()
    }
)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    settings = Settings(keys=KEYS, rehearsal_delay=0, allow_origin=(PAGE, "http://localhost:3000"))
    with running(tmp_path_factory.mktemp("opened") / "data", settings) as found:
        yield found


@pytest.fixture
def page(opened: Running) -> Iterator[httpx.Client]:
    """What a page of a named origin sends."""
    with opened.client() as found:
        found.headers["Origin"] = PAGE
        yield found


def ask(client: httpx.Client, path: str, method: str, origin: str = PAGE) -> httpx.Response:
    """Ask as a browser does before it sends what is not plain."""
    headers = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": SENT}
    return client.options(path, headers=headers)


def test_a_browser_may_ask_first_at_every_address_and_needs_no_key_for_it(opened: Running) -> None:
    assert len(EVERY) > 60
    with opened.client(None) as client:
        for path, method in EVERY:
            answer = ask(client, path, method)
            assert (answer.status_code, answer.headers[ORIGIN]) == (200, PAGE), (path, method)
            assert method in answer.headers["access-control-allow-methods"].split(", ")
            assert answer.headers["access-control-allow-headers"] == SENT
            assert int(answer.headers["access-control-max-age"]) > 600
            assert "access-control-allow-credentials" not in answer.headers, "keys stand in headers, not in cookies"
    assert {method for _, method in EVERY} | {"HEAD"} == set(METHODS)


def test_each_named_origin_may_ask_and_no_other(opened: Running) -> None:
    with opened.client(None) as client:
        for origin in (PAGE, "http://localhost:3000"):
            assert ask(client, "/v1/sessions", "POST", origin).headers[ORIGIN] == origin
        for origin in (OTHER, "null", "http://localhost:3001", f"{PAGE}.example.org", PAGE.replace("https", "http")):
            answer = ask(client, "/v1/sessions", "POST", origin)
            assert answer.status_code == 400
            assert ORIGIN not in answer.headers


def test_every_kind_of_answer_is_shown_to_the_page(page: httpx.Client) -> None:
    session = sse.new(page, persistent=True)
    at = f"/v1/sessions/{session}"
    with page.stream("POST", f"{at}/messages", json={"message": "Write a report to report.md"}) as stream:
        assert stream.headers[ORIGIN] == PAGE
        turn = stream.headers["x-response-id"]
        assert sse.read(stream)[-1].event == "message.completed"
    run = page.post("/api/v1/runs", json={"prompt": "go"}, headers={"Idempotency-Key": "k"})
    asked = [
        ("GET", at, {}, 200),
        ("HEAD", at, {}, 200),
        ("GET", f"{at}/responses/{turn}/events", {}, 200),
        ("GET", f"{at}/responses/{turn}/events", {"Last-Event-ID": "99999999999999999999"}, 400),
        ("GET", f"{at}/files/report.md", {"Range": "bytes=0-1"}, 206),
        ("GET", f"{at}/files/report.md", {"Range": "bytes=99999999-"}, 416),
        ("PUT", f"{at}/files/report.md", {"If-Match": '"x"'}, 412),
        ("GET", "/v1/sessions?limit=1", {}, 200),
        ("GET", "/v1/nothing", {}, 404),
        ("GET", "/v1/sessions/x", {}, 404),
        ("PATCH", "/health", {}, 405),
        ("POST", "/v1/sessions", {"Content-Type": "application/json"}, 400),
        ("POST", "/v1/sessions", {"Content-Encoding": "gzip", "Content-Type": "application/json"}, 415),
        ("GET", "/v1/sessions", {"Authorization": "Bearer wrong"}, 401),
        ("GET", "/api/v1/runs", {"Authorization": "Bearer wrong"}, 401),
        ("GET", "/api/v1/runs/x", {}, 404),
        ("GET", "/docs", {}, 200),
    ]
    answers = [run]
    for method, path, headers, status in asked:
        answers.append(page.request(method, path, headers=headers, content=b"{" if method == "POST" else None))
        assert answers[-1].status_code == status, (method, path, answers[-1].text)
    later = {"Prefer": "respond-async"}
    answers.append(page.post(f"{at}/messages", json={"message": "Go"}, headers=later))
    runs.over(page, run.json())
    assert sse.read(page.get(answers[-1].headers["location"]))[-1].event == "message.completed"
    for answer in answers:
        assert answer.headers[ORIGIN] == PAGE
        assert "Origin" in answer.headers["vary"]
        shown = {name.lower() for name in answer.headers[SHOWN].split(", ")}
        ours = {name for name in answer.headers if not name.startswith("access-control-")}
        assert ours - ALWAYS - NOT_FOR_PAGES <= shown, answer.request
    given = {name for answer in answers for name in answer.headers}
    assert {"etag", "location", "retry-after", "content-range", "x-next-cursor", "link", "allow"} <= given


def test_what_breaks_is_shown_as_well(page: httpx.Client, opened: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(opened.stack.services.table), "query", lambda *_, **__: 1 / 0)
    answer = page.get("/v1/agents")
    assert (answer.status_code, answer.headers[ORIGIN]) == (500, PAGE)


def test_pages_of_other_origins_are_shown_nothing(opened: Running) -> None:
    with opened.client() as client:
        answer = client.get("/v1/sessions", headers={"Origin": OTHER})
        assert ORIGIN not in answer.headers
        assert "Origin" in answer.headers["vary"], "or a cache would give one origin's answer to another"
        assert ORIGIN not in client.get("/v1/sessions").headers


def test_everybodys_pages_may_be_let_in(tmp_path_factory: pytest.TempPathFactory) -> None:
    settings = Settings(keys=KEYS, allow_origin=("*",))
    with running(tmp_path_factory.mktemp("all") / "data", settings) as server, server.client(None) as client:
        assert ask(client, "/v1/sessions", "POST", OTHER).headers[ORIGIN] == "*"
        answer = client.get("/v1/sessions", headers={"Origin": OTHER})
        assert (answer.status_code, answer.headers[ORIGIN]) == (401, "*")


def test_nothing_is_said_to_browsers_unless_an_origin_is_named(server: Running) -> None:
    with server.client() as client:
        answers = [ask(client, "/v1/sessions", "POST"), client.get("/v1/sessions", headers={"Origin": PAGE})]
    assert [answer.status_code for answer in answers] == [405, 200]
    assert not [name for answer in answers for name in answer.headers if name.startswith("access-control-")]
