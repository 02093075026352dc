"""The console below a prefix: the stage of a stack, and one that a proxy cuts off."""

from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tests.kit.browsers import needs_chromium, watching
from tests.kit.messages_api import MessagesApi
from tests.kit.servers import listening, served
from tests.kit.shapes import deployed
from walkaway_core.store import api_keys

pytestmark = [needs_chromium, pytest.mark.deep]
PREFIX = "/tools/walk away"


class Cutting:
    """A proxy that serves another server below a prefix, and says nothing of it there. It passes on no streams."""

    def __init__(self, upstream: str) -> None:
        self._upstream = upstream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        path = scope["path"].removeprefix(PREFIX)
        headers = [(name, value) for name, value in request.headers.items() if name not in {"host", "content-length"}]
        headers = [
            (n, "application/json") if n == "accept" and "event-stream" in value else (n, value) for n, value in headers
        ]
        async with httpx.AsyncClient(base_url=self._upstream, timeout=60) as client:
            query = request.url.query
            answer = await client.request(
                scope["method"], f"{path}{query and f'?{query}'}", content=await request.body(), headers=headers
            )
        kept = {n: v for n, v in answer.headers.items() if n not in {"content-encoding", "content-length"}}
        await Response(answer.content, answer.status_code, kept)(scope, receive, send)


def test_on_a_stack_below_its_stage(browser: Browser, model: MessagesApi) -> None:
    with deployed(model.url) as stack:
        key, _ = api_keys.create(stack.services.table, stack.clock, "alpha")
        with watching(browser, f"{stack.url}/") as console:
            page = console.page
            page.get_by_label("API key").fill(key)
            page.get_by_role("button", name="Sign in").click()
            page.get_by_role("button", name="A report").click()
            expect(page.locator(".standing")).to_contain_text("done", timeout=60_000)
            expect(page.locator(".turns .mark.completed")).to_have_count(1, timeout=60_000)
            page.get_by_role("button", name="report.md", exact=True).first.click()
            expect(page.locator(".preview .prose")).to_contain_text("Tidal power")
            assert [asked for asked in console.requests if not asked.split()[1].startswith((stack.url, "blob:"))] == []


def test_below_a_prefix_that_a_proxy_cuts_off(browser: Browser, tmp_path: Path) -> None:
    with (
        served(tmp_path / "data", environ={"WALKAWAY_KEYS": "a-key=a"}) as server,
        listening(Cutting(server.url)) as url,
        watching(browser, f"{url}{PREFIX}/") as console,
    ):
        page = console.page
        page.get_by_label("API key").fill("a-key")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_label("What shall I do?").fill("Say hello")
        page.get_by_role("button", name="Start").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Say hello")
        console.go("settings")
        expect(page.locator("dd code").first).to_have_text(f"{url}/tools/walk%20away")
        expected = f"{url}/tools/walk%20away/"
        assert [asked for asked in console.requests if not asked.split()[1].startswith(expected)] == []
