"""Whatever connections and servers do, the page has what the log has, and goes on."""

import json
import threading
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.kit.bad_proxy import Plan, bad_proxy
from tests.kit.browsers import Watched, needs_chromium, open_in, watching
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.restarts import restarted
from tests.kit.servers import Running
from tests.kit.shapes import MODEL

pytestmark = needs_chromium
CUTS = [Plan(cut=cut, reset=bool(cut % 2)) for cut in (1, 90, 261, 700, 1501, 2600, 4001)]
SAVED = "Save the log (JSON lines)"
TABS = 7
"""One more than a browser has connections to a server."""


def said(page: Page) -> list[dict[str, object]]:
    """Save the log as somebody does, and read it."""
    page.get_by_label("More", exact=True).click()
    with page.expect_download() as saved:
        page.get_by_role("button", name=SAVED).click()
    return [json.loads(line) for line in Path(saved.value.path()).read_text().splitlines()]


def text_of(events: list[dict[str, object]]) -> str:
    """What was said, without the spaces between its parts."""
    deltas = [each["data"]["content"] for each in events if each["event"] == "text.delta"]  # type: ignore[index]
    return "".join("".join(deltas).split())


@pytest.mark.parametrize("plans", [CUTS, [Plan(twice=True, cut=3000), Plan(byte_by_byte=True)]], ids=["cut", "strange"])
def test_a_stream_that_is_cut_loses_and_doubles_nothing(browser: Browser, server: Running, plans: list[Plan]) -> None:
    with server.client(None) as client:
        session = client.post("/v1/sessions", json={"persistent": True, "ttl": 86400}).json()["id"]
        client.post(f"/v1/sessions/{session}/messages", json={"message": "Tell a story about a ferry"})
        path = f"/v1/sessions/{session}/events"
        told = client.get(path, params={"format": "json", "limit": 1000}).json()["events"]
    with bad_proxy(server.url, []) as proxy, watching(browser, f"{proxy.url}/console/") as console:
        proxy.plans += [plan for plan in plans for _ in (0,)]
        page = console.page
        expect(page.locator("main")).to_have_attribute("aria-busy", "false")
        console.go(f"s/{session}")
        page.wait_for_function("n => document.querySelectorAll('.mark.completed').length >= n", arg=1)
        expect(page.locator(".turns .mark.completed")).to_have_count(1)
        assert [(each["id"], each["event"]) for each in said(page)] == [(each["id"], each["event"]) for each in told]
        shown = "".join(page.locator(".entry.text").all_inner_texts())
        assert "".join(shown.split()) == text_of(told)


def test_a_server_that_dies_and_comes_back_is_told_of_and_read_on(browser: Browser, tmp_path: Path) -> None:
    with (
        restarted(tmp_path / "data", WALKAWAY_REHEARSAL_DELAY="0.05") as server,
        watching(browser, f"{server.url}/console/") as console,
    ):
        page = console.page
        page.get_by_label("What shall I do?").fill("Tell a story about a ferry")
        page.get_by_role("button", name="Start").click()
        expect(page.locator(".entry.text")).not_to_have_count(0)
        server.kill()
        expect(page.locator(".banner")).to_contain_text("The server does not answer")
        expect(page.locator(".banner .count")).to_contain_text("try")
        page.locator(".reply textarea").fill("and draft this meanwhile")
        server.start()
        expect(page.locator(".banner")).to_be_empty()
        expect(page.locator(".standing")).to_contain_text("done")
        expect(page.locator(".reply textarea")).to_have_value("and draft this meanwhile")
        events = said(page)
        assert [each["event"] for each in events].count("message.completed") == 1
        page.reload()
        expect(page.locator(".reply textarea")).to_have_value("and draft this meanwhile")
        expect(page.locator(".turns .mark.completed")).to_have_count(1)
        assert said(page) == events


def test_what_nobody_looks_at_gives_its_connections_back(browser: Browser, server: Running) -> None:
    with server.client(None) as client, watching(browser) as console:
        session = client.post("/v1/sessions", json={"persistent": True, "ttl": 86400}).json()["id"]
        client.post(f"/v1/sessions/{session}/messages", json={"message": "Say one"})
        page, other = console.page, open_in(console.page.context).page
        page.clock.install()
        for each in (page, other):
            each.goto(f"{server.url}/console/#/s/{session}")
            expect(each.locator("main")).to_have_attribute("aria-busy", "false")
            expect(each.locator(".turns .mark.completed")).to_have_count(1)
        look = """hidden => {
            Object.defineProperty(document, "hidden", { get: () => hidden, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }"""
        page.evaluate(f"({look})(true)")
        page.clock.fast_forward("05:01")
        client.post(f"/v1/sessions/{session}/messages", json={"message": "Say two"})
        asks = client.post("/v1/sessions", json={"approve": ["list_files"]}).json()["id"]
        headers = {"Prefer": "respond-async"}
        client.post(f"/v1/sessions/{asks}/messages", json={"message": "Which files are there?"}, headers=headers)
        expect(other.locator(".turns .mark.completed")).to_have_count(2)
        expect(other).to_have_title("(1) Walkaway")
        assert page.locator(".turns .mark.completed").count() == 1
        assert page.title() == "Walkaway"
        page.evaluate(f"({look})(false)")
        expect(page.locator(".turns .mark.completed")).to_have_count(2)
        expect(page).to_have_title("(1) Walkaway")


@pytest.mark.deep
def test_more_tabs_than_connections_all_show_the_end(browser: Browser, server: Running, model: MessagesApi) -> None:
    gate = threading.Event()
    model.replies = [Reply([text("one two three")], gate=gate)]
    with server.client(None) as client, watching(browser) as console:
        tabs: list[Watched] = []
        for number in range(TABS):
            made = {"model": MODEL, "persistent": True, "ttl": 86400, "approve": ["list_files"]}
            session = client.post("/v1/sessions", json=made).json()["id"]
            told, headers = {"message": f"Number {number}"}, {"Prefer": "respond-async"}
            client.post(f"/v1/sessions/{session}/messages", json=told, headers=headers)
            tabs.append(open_in(console.page.context) if number else console)
            tabs[-1].page.goto(f"{server.url}/console/#/s/{session}")
        for tab in tabs:
            expect(tab.page.locator(".entry.text")).to_have_count(1)
        gate.set()
        for tab in tabs:
            expect(tab.page.locator(".turns .mark.completed")).to_have_count(1)
            expect(tab.page.locator(".standing")).to_contain_text("done")
        tabs[0].page.close()  # it followed the feed for all
        model.replies = [Reply([call("list_files")])]
        tabs[-1].page.get_by_label("Say more …").fill("Which files are there?")
        tabs[-1].page.get_by_role("button", name="Send").click()
        for tab in tabs[1:]:
            expect(tab.page).to_have_title("(1) Walkaway")
        assert [tab.errors for tab in tabs] == [[]] * TABS
