"""The pages for people where there is no console: below any prefix, told or not, and for hosts of any name."""

import html
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.kit import linked
from tests.kit.servers import PATIENCE, listening, running
from walkaway_core.dialects import DIALECTS
from walkaway_core.http.access import Keyring
from walkaway_core.http.app import create_app
from walkaway_core.settings import Settings
from walkaway_core.store.services import Services

BROWSER = {"Accept": "text/html"}


def app(keyring: Keyring | None = None) -> ASGIApp:
    services = Services(*([None] * 7), settings=Settings(console=False))  # type: ignore[arg-type,misc]
    return create_app(services, keyring or Keyring({}), DIALECTS)


def mounted(inner: ASGIApp) -> ASGIApp:
    return Starlette(routes=[Mount("/a/b c", inner)])


def silent(inner: ASGIApp) -> ASGIApp:
    """A proxy that cuts the prefix off, and says nothing of it."""

    async def proxy(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["path"].startswith("/a/b c/")
        await inner({**scope, "path": scope["path"].removeprefix("/a/b c")}, receive, send)

    return proxy


@pytest.mark.parametrize("prefixed", [mounted, silent])
@pytest.mark.parametrize("path", ["/", "/docs"])
def test_pages_lead_back_below_a_prefix(prefixed: Any, path: str) -> None:
    with listening(prefixed(app())) as url, httpx.Client(timeout=PATIENCE) as client:
        base = f"{url}/a/b%20c"
        page = client.get(f"{base}{path}", headers=BROWSER)
        assert len(linked.check(client, page, base)) >= 2
        if prefixed is mounted and path == "/":
            assert f"curl {base}/v1/sessions " in page.text
            assert client.get(f"{base}/").json()["docs"] == f"{base}/docs"


def test_what_comes_from_outside_is_escaped() -> None:
    with listening(mounted(app())) as url:
        for path in ("/", "/docs"):
            hostile = {"Host": 'x"><script>alert(1)</script>', **BROWSER}
            page = httpx.get(f"{url}/a/b%20c{path}", headers=hostile, timeout=PATIENCE)
            assert "<script>alert" not in page.text
            assert page.status_code == 200
            refused = httpx.get(f"{url}/a/b%20c{path}?<script>alert(2)</script>", headers=hostile, timeout=PATIENCE)
            assert (refused.status_code, refused.headers["content-type"]) == (400, "application/json")


def test_a_key_is_spoken_of_where_one_is_needed(tmp_path: Path) -> None:
    for keys, said in (({}, False), ({"secret": "alpha"}, True)):
        with running(tmp_path / f"{said}", Settings(keys=keys, console=False)) as server:
            page = httpx.get(server.url, headers=BROWSER, timeout=PATIENCE).text
            assert ("KEY" in page) is said
            assert "secret" not in page


def test_the_front_doors_commands_work(tmp_path: Path) -> None:
    with running(tmp_path / "data", Settings(console=False)) as server, httpx.Client(timeout=30) as client:
        page = client.get(server.url, headers=BROWSER).text
        (lines,) = re.findall("<pre>(.*?)</pre>", page, re.DOTALL)
        text = html.unescape(lines)
        create, send, read = re.findall(r"curl (\S+)", text)
        bodies = re.findall(r"-d '(.*)'", text)
        headers = {"Content-Type": "application/json"}
        session = client.post(create, content=bodies[0], headers=headers).json()["id"]
        assert "message.completed" in client.post(send.replace("ID", session), content=bodies[1], headers=headers).text
        assert client.get(read.replace("ID", session)).status_code == 200


def test_nothing_of_another_host_is_served_as_docs() -> None:
    with listening(app()) as url:
        assert httpx.get(f"{url}/redoc", timeout=PATIENCE).status_code == 404
        assert httpx.get(f"{url}/docs/oauth2-redirect", timeout=PATIENCE).status_code == 404
