"""From a task to its file, by mouse and by keyboard; and being greeted with what ended meanwhile."""

import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.kit.browsers import Watched, needs_chromium, open_in, watching
from tests.kit.servers import Running, served

pytestmark = needs_chromium


def begun(client: httpx.Client, message: str, **settings: object) -> tuple[str, str]:
    made = {"file_access": {"read": [""], "write": [""]}, "persistent": True, "ttl": 86400, **settings}
    session = client.post("/v1/sessions", json=made).json()["id"]
    path = f"/v1/sessions/{session}/messages"
    sent = client.post(path, json={"message": message}, headers={"Prefer": "respond-async"}).json()
    return session, sent["response_id"]


def ended(client: httpx.Client, session: str, turn: str) -> dict[str, object]:
    params: dict[str, str | int] = {"wait": 25, "until": "ended"}
    found: dict[str, object] = client.get(f"/v1/sessions/{session}/responses/{turn}", params=params).json()
    return found


def test_the_first_task_and_its_file(browser: Browser, tmp_path: Path) -> None:
    with served(tmp_path / "data") as server, watching(browser, f"{server.url}/") as console:
        page = console.page
        expect(page.get_by_role("heading", name="Hand over a task")).to_be_visible()
        page.get_by_role("button", name="A report").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Write a 3-page report on tidal power")
        expect(page.locator(".standing")).to_contain_text("done")
        expect(page.locator(".you")).to_have_text("You: Write a 3-page report on tidal power to report.md")
        with page.expect_download() as saved:
            page.get_by_role("button", name="Download report.md").first.click()
        with server.client() as client:
            session = client.get("/v1/sessions").json()[0]["id"]
            written = client.get(f"/v1/sessions/{session}/files/report.md").content
        assert Path(saved.value.path()).read_bytes() == written
        assert saved.value.suggested_filename == "report.md"
        foreign = [asked for asked in console.requests if not asked.split()[1].startswith((server.url, "blob:"))]
        assert foreign == []


def test_the_first_page_asks_for_little(browser: Browser, tmp_path: Path) -> None:
    with served(tmp_path / "data") as server, watching(browser) as console:
        page = console.page
        with page.expect_request("**/v1/events?after=evt_*&wait=25&format=json"):
            page.goto(f"{server.url}/console/")
        asked = [re.sub(r"(?<=evt_)\w+|(?<=\.)[0-9A-Z]{8}(?=\.)", "…", each) for each in console.requests]
        assert sorted(each.replace(f"GET {server.url}/", "") for each in asked) == [
            "console/",
            "console/icon.svg",
            "console/part.….js",
            "console/style.….css",
            "v1/events?after=evt_…&wait=25&format=json",
            "v1/events?after=now&limit=1000&format=json",
            "v1/me",
            "v1/sessions?limit=100",
        ]
        with page.expect_request("**/v1/agents?limit=100"):  # which somebody who gives a task may want
            page.get_by_label("What shall I do?").press("S")


@pytest.mark.parametrize(("name", "made"), [("Slides", "bees.pptx"), ("One that asks first", "")])
def test_the_other_first_tasks(browser: Browser, tmp_path: Path, name: str, made: str) -> None:
    with served(tmp_path / "data") as server, watching(browser, f"{server.url}/") as console:
        page = console.page
        page.get_by_role("list", name="Tasks to begin with").get_by_role("button", name=name).click()
        if made:
            expect(page.locator(".standing")).to_contain_text("done")
            expect(page.get_by_role("button", name=f"Download {made}").first).to_be_visible()
        else:
            expect(page.locator(".question")).to_contain_text("write_file")
            expect(page).to_have_title("(1) Walkaway")
            page.get_by_role("button", name="Approve").click()
            expect(page.locator(".standing")).to_contain_text("done")
            expect(page).to_have_title("Walkaway")


def test_the_desktop_tells_who_wants_that_and_looks_elsewhere(browser: Browser, server: Running) -> None:
    with watching(browser) as console, server.client(None) as client:
        page = console.page
        page.context.grant_permissions(["notifications"], origin=server.url)
        page.add_init_script("""
            window.told = [];
            window.Notification = class {
                static permission = "granted";
                static requestPermission = async () => "granted";
                constructor(title, { body }) { window.told.push(`${title}: ${body}`); }
            };
        """)
        page.goto(f"{server.url}/console/#/settings")
        asks = {"approve": ["list_files"]}
        expect(page.locator("main")).to_have_attribute("aria-busy", "false")
        begun(client, "Which files are there, unseen?", **asks)
        expect(page).to_have_title("(1) Walkaway")
        assert page.evaluate("window.told") == []  # nobody has asked for it
        page.get_by_label("Tell me on the desktop").check()
        page.evaluate("Object.defineProperty(document, 'hidden', { get: () => true, configurable: true })")
        begun(client, "Which files are there, seen?", **asks)
        expect(page).to_have_title("(2) Walkaway")
        assert page.evaluate("window.told") == ["Walkaway needs you: Which files are there, seen?"]


def test_the_same_by_keyboard_alone(browser: Browser, tmp_path: Path) -> None:
    with served(tmp_path / "data") as server, watching(browser, f"{server.url}/") as console:
        page, keys = console.page, console.page.keyboard
        expect(page.locator("textarea[data-composer]")).to_be_focused()
        keys.type("Write a short report on moss to moss.md")
        keys.press("Control+Enter")
        expect(page.locator(".standing")).to_contain_text("done")
        keys.press("f")
        expect(page.get_by_role("tab", name="Files")).to_have_attribute("aria-selected", "true")
        expect(page.locator("#side")).to_be_focused()
        keys.press("j")
        expect(page.locator("#side [data-row]", has_text="moss.md")).to_be_focused()
        keys.press("Tab")
        with page.expect_download() as saved:
            keys.press("Enter")
        assert "Moss" in Path(saved.value.path()).read_text()
        keys.press("Shift+Tab")
        keys.press("Enter")
        expect(page.locator(".preview .prose")).to_contain_text("Moss")
        keys.press("g")
        keys.press("s")
        expect(page.get_by_role("heading", name="Sessions")).to_be_visible()
        keys.press("j")
        keys.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text("moss")
        keys.press("Control+k")
        expect(page.get_by_role("combobox", name="Go to, or do")).to_be_focused()
        keys.type("setti")
        keys.press("Enter")
        expect(page.get_by_role("heading", name="Settings")).to_be_visible()
        keys.press("?")
        expect(page.get_by_role("dialog")).to_contain_text("go to any page")
        keys.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        keys.press("c")
        expect(page.locator("textarea[data-composer]")).to_be_focused()


def test_who_comes_back_is_greeted_with_what_ended(browser: Browser, server: Running) -> None:
    with watching(browser, f"{server.url}/console/") as console, server.client(None) as client:
        page, context = console.page, console.page.context
        expect(page.locator("main")).to_have_attribute("aria-busy", "false")
        page.evaluate("""() => {
            dispatchEvent(new Event("pagehide"));
            for (const name of Object.keys(localStorage)) if (name.endsWith(" visit")) {
                const visit = JSON.parse(localStorage.getItem(name));
                localStorage.setItem("then", JSON.stringify({ ...visit, seen: visit.seen - 3600e3 }));
            }
        }""")
        page.close()
        made = begun(client, "Write a report on ferries to ferries.md")
        failed = begun(client, "Refuse this, which is cyber")
        assert ended(client, *made)["status"] == "completed"
        assert ended(client, *failed)["status"] == "failed"
        context.add_init_script("""
            if (localStorage.getItem("then")) {
                localStorage.setItem(`walkaway ${location.pathname} local visit`, localStorage.getItem("then"));
                localStorage.removeItem("then");
            }""")
        back = open_in(context).page
        back.goto(f"{server.url}/console/")
        expect(back.get_by_role("heading", name="Welcome back")).to_be_visible()
        ended_since = back.locator("section", has=back.get_by_role("heading", name="Ended since you left"))
        expect(ended_since.locator("li.card", has_text="Write a report on ferries")).to_contain_text("ferries.md")
        sentence = str(ended(client, *failed)["error"])
        expect(ended_since.locator("li.card", has_text="Refuse this")).to_contain_text(sentence)
        back.get_by_role("button", name="Send again").click()
        expect(back.locator(".turn")).to_have_count(2)


@pytest.mark.parametrize(
    "place", ["", "sessions", "files", "schedules", "agents", "webhooks", "runs", "settings", "nothing"]
)
def test_each_page_has_one_heading_and_says_where_one_is(console: Watched, place: str) -> None:
    console.go(place)
    expect(console.page.locator("h1")).to_have_count(1)
    current = console.page.locator("nav.pages [aria-current=page]")
    expect(current).to_have_count(0 if place == "nothing" else 1)
