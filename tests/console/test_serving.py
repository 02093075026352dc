"""The console over HTTP: whole below every prefix, kept by browsers, and with what keeps its page to itself."""

import gzip
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.kit import linked
from tests.kit.messages_api import MessagesApi
from tests.kit.servers import PATIENCE, listening, running, served
from tests.kit.shapes import Shape, deployed
from walkaway_console import STATIC
from walkaway_core.dialects import DIALECTS
from walkaway_core.http import console
from walkaway_core.http.access import Keyring
from walkaway_core.http.app import create_app
from walkaway_core.settings import Settings
from walkaway_core.store.services import Services

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
FILES = sorted(path.name for path in STATIC.iterdir() if path.name.endswith((".html", ".js", ".css", ".svg")))
POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "frame-src blob:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
}


def app() -> ASGIApp:
    services = Services(*([None] * 7), settings=Settings())  # type: ignore[arg-type,misc]
    return create_app(services, Keyring({}), DIALECTS)


def mounted(inner: ASGIApp) -> ASGIApp:
    return Starlette(routes=[Mount("/a/b c", inner)])


def silent(inner: ASGIApp) -> ASGIApp:
    """A proxy that cuts the prefix off, and says nothing of it."""

    async def proxy(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["path"].startswith("/a/b c/")
        await inner({**scope, "path": scope["path"].removeprefix("/a/b c")}, receive, send)

    return proxy


@pytest.fixture(params=["mounted", "silent", "bare"])
def base(request: pytest.FixtureRequest) -> Iterator[str]:
    around: dict[str, Any] = {"mounted": mounted, "silent": silent, "bare": lambda inner: inner}
    with listening(around[request.param](app())) as url:
        yield url if request.param == "bare" else f"{url}/a/b%20c"


def test_a_browser_is_led_to_the_page_and_its_files_below_any_prefix(base: str) -> None:
    with httpx.Client(follow_redirects=True, timeout=PATIENCE) as client:
        for path in ("/", "/console", "/console/"):
            page = client.get(f"{base}{path}", headers=BROWSER)
            assert str(page.url) == f"{base}/console/"
            assert linked.check(client, page, base), "it has files"


def test_both_shapes_serve_it_without_a_key(shape: Shape) -> None:
    with httpx.Client(follow_redirects=True, timeout=PATIENCE) as client:
        for path in ("", "/", "/console", "/console/"):
            page = client.get(f"{shape.url}{path}", headers=BROWSER)
            assert str(page.url) == f"{shape.url}/console/"
        assert len(linked.check(client, page, shape.url)) >= 3
        assert client.get(f"{shape.url}/v1/me").status_code == 401
        for path in ("/console/none.js", "/console/..%2Fsources.sha256", "/console/licenses.txt", "/console/app"):
            answer = client.get(f"{shape.url}{path}")
            assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_every_file_comes_packed_or_not_with_what_keeps_it_safe(name: str, coding: str, shape: Shape) -> None:
    with httpx.stream(
        "GET", f"{shape.url}/console/{name}", headers={"Accept-Encoding": coding}, timeout=PATIENCE
    ) as answer:
        body = b"".join(answer.iter_raw())
    headers = answer.headers
    assert headers.get("content-encoding", "identity") == coding
    assert (gzip.decompress(body) if coding == "gzip" else body) == (STATIC / name).read_bytes()
    assert {*headers["content-security-policy"].split("; ")} >= POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "Accept-Encoding" in headers["vary"]
    hashed = re.search(r"\.[0-9A-Z]{8}\.", name)
    assert headers["cache-control"] == ("public, max-age=31536000, immutable" if hashed else "no-cache")
    assert headers["content-type"].partition(";")[0] == console.TYPES[name.rpartition(".")[2]]


@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_what_a_browser_has_is_not_sent_again(coding: str, shape: Shape) -> None:
    with httpx.Client(headers={"Accept-Encoding": coding}, timeout=PATIENCE) as client:
        first = client.get(f"{shape.url}/console/")
        again = client.get(f"{shape.url}/console/", headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        kept = ("etag", "cache-control", "vary", "content-security-policy")
        assert [again.headers[name] for name in kept] == [first.headers[name] for name in kept]
        assert client.get(f"{shape.url}/console/", headers={"If-None-Match": '"another"'}).content == first.content


def test_what_a_browser_keeps_for_ever_is_named_by_its_content() -> None:
    assert [name for name in FILES if not console.NAMED_BY_CONTENT.fullmatch(name)] == ["icon.svg", "index.html"]
    assert {name.partition(".")[0] for name in FILES} == {"style", "part", "icon", "index"}


def test_it_can_be_left_out(tmp_path: Path) -> None:
    with served(tmp_path / "data", "--no-console") as server, server.client() as client:
        assert client.get("/console/").status_code == 404
        assert client.get("/console").status_code == 404
        assert client.get(f"/console/{FILES[0]}").status_code == 404
        assert "How to begin" in client.get("/", headers=BROWSER).text
        assert client.get("/").json()["name"] == "Walkaway"


def test_it_can_be_left_out_of_a_stack(model: MessagesApi) -> None:
    with deployed(model.url, parameters={"Console": "no"}) as stack, httpx.Client(timeout=PATIENCE) as client:
        assert client.get(f"{stack.url}/console/").status_code == 404
        page = client.get(f"{stack.url}/", headers=BROWSER)
        assert linked.check(client, page, stack.url) == ["/docs", "/openapi.json", *["/docs"] * 4], (
            "the others are ?api=runs, ?api=workflows, ?api=responses and ?api=managed"
        )
        assert f"{stack.url}/v1/sessions -H" in page.text
        assert page.headers["vary"] == "Accept"


def test_programs_are_not_led_anywhere(tmp_path: Path) -> None:
    with running(tmp_path / "data", Settings()) as server, server.client(None) as client:
        for accept in ("*/*", "application/json"):
            assert client.get("/", headers={"Accept": accept}).json()["name"] == "Walkaway"


def test_what_is_built_while_the_server_runs_is_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `make console-dev` does, beside `make serve`."""
    shutil.copytree(str(STATIC), tmp_path / "static")
    monkeypatch.setattr(console, "STATIC", tmp_path / "static")
    before = console._names()
    (tmp_path / "static/part.0000000A.js").write_text("")
    assert console._names() == before | {"part.0000000A.js"}
