"""Every page in both themes, wide and narrow: nothing is wrong with it for those who cannot see or point.

Of each there is a picture for people, in `dist/console/`; nothing compares them.
"""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.kit.browsers import Watched, needs_chromium, watching
from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.servers import Running, running
from tests.kit.shapes import MODEL
from walkaway_core.settings import Settings

pytestmark = [needs_chromium, pytest.mark.deep]
PICTURES = Path(__file__).parents[2] / "dist/console"
ALL = {"read": [""], "write": [""]}
WIDTHS = [390, 834, 1440]
EMPTY = ["", "sessions", "files", "schedules", "agents", "webhooks", "runs"]
OPENED: dict[str, Callable[[Page], None]] = {
    "palette": lambda page: page.keyboard.press("Control+k"),
    "keys": lambda page: page.keyboard.press("?"),
}
STOCK = {"name": "stock", "description": "Tell how many", "parameters": {"type": "object", "properties": {}}}


LONG = "Compare every ferry line of the Aegean by price, duration, luggage and what happens to missed connections " * 2
RIGHT_TO_LEFT = "اكتب تقريرا قصيرا عن الجسور القديمة to bridges.md 🌉"
DRAWN = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 200"><rect width="400" height="200" fill="#9cf"/>
<path d="M0 150q100-90 200 0t200 0V200H0z" fill="#36c"/></svg>"""
LONG_NAME = "n" * 120 + ".txt"
ROWS = "day;high water;low water;note\n" + "".join(f"{day};3.{day % 10} m;0.{day % 7} m;\n" for day in range(1, 800))
FILES = {
    "tides.csv": ROWS.encode(),
    "plan.json": b'{"title": "Porto", "days": [{"day": 1, "tides": [3.1, 0.4]}], "done": false}',
    "drawing.svg": DRAWN.encode(),
    "console.png": (Path(__file__).parents[2] / "docs/console.png").read_bytes(),
    "page.html": b"<!doctype html>\n<title>Tides</title>\n<h1>Tides of Porto</h1>\n",
    "paper.pdf": b"Dear all,\nthis is a letter.\n",
    "data.bin": bytes(range(256)) * 40,
    LONG_NAME: b"long",
    "تقرير عن الجسور.txt": "من اليمين".encode(),
    "🚢 ferries & more #1 100%.md": b"# Ferries\n\n| line | price |\n|---|---|\n| Blue | 41 |\n",
}


@pytest.fixture(scope="module")
def full(model: MessagesApi, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, dict[str, str]]]:
    """A server on which there is something of everything, and the places of its pages."""
    settings = Settings(base_url=model.url, rehearsal_delay=0, outbound_loopback=True)
    gate = threading.Event()
    with running(tmp_path_factory.mktemp("full") / "data", settings) as server, server.client(None) as client:
        done = said(client, "Write a short report on moss to moss.md")
        said(client, RIGHT_TO_LEFT)
        failed = said(client, "Refuse this, which is cyber")
        asking = said(client, "Write a poem about rain to rain.md", approve=["write_file"])
        said(client, "What is in stock?", tools=[STOCK])
        model.replies = [Reply([text("one two three")], gate=gate)]
        begun = client.post("/v1/sessions", json={"model": MODEL}).json()["id"]
        told, headers = {"message": LONG}, {"Prefer": "respond-async"}
        client.post(f"/v1/sessions/{begun}/messages", json=told, headers=headers).raise_for_status()
        client.patch(f"/v1/sessions/{begun}", json={"metadata": {"percent": 62, "status": "writing chapter 4"}})
        for name, body in FILES.items():
            client.put(f"/v1/sessions/{done}/files/harbour/{quote(name)}", content=body).raise_for_status()
        asked = {"name": "careful", "instructions": "Ask.", "tools": [STOCK]}
        agent = client.post("/v1/agents", json=asked).json()["id"]
        client.patch(f"/v1/agents/{agent}", json={"instructions": "Ask first.\nThen do it."})
        hook = client.post("/v1/webhooks", json={"url": "http://127.0.0.1:9/hook", "name": "reports"}).json()["id"]
        client.post(f"/v1/webhooks/{hook}/test")
        when = {"name": "digest", "cron": "0 8 * * 1-5", "timezone": "Europe/Berlin", "message": "The digest"}
        digest = client.post("/v1/schedules", json=when).json()["id"]
        client.post(f"/v1/schedules/{digest}/run")
        prunes = {"name": "tidy", "every": 86_400, "action": "prune", "prune": {"older_than": "720h"}}
        tidy = client.post("/v1/schedules", json=prunes).json()["id"]
        paused = client.post("/v1/schedules", json={**when, "name": "refused", "message": "Refuse, cyber"}).json()["id"]
        client.post(f"/v1/schedules/{paused}/run")
        client.patch(f"/v1/schedules/{paused}", json={"status": "paused", "note": "until the bridge is open again"})
        client.post("/api/v1/runs", json={"prompt": "Analyze data"}).raise_for_status()
        yield (
            server,
            {
                "inbox": "",
                "sessions": "sessions",
                "session": f"s/{done}",
                "asking": f"s/{asking}",
                "failed": f"s/{failed}",
                "working": f"s/{begun}",
                "gone": "s/sess_nothing",
                "files": f"s/{done}?side=files",
                "file": f"s/{done}?file=moss.md",
                "forbidden": f"s/{done}?file=nothing.md",
                "events": f"s/{done}?side=events",
                "facts": f"s/{done}?side=facts",
                "workspace": "files",
                "folder": "files/harbour",
                **{
                    f"look_{name.rpartition('.')[2]}": f"files/harbour?file={quote(f'harbour/{name}', '')}"
                    for name in FILES
                },
                "look_at_a_long_name": f"files/harbour?file={quote(f'harbour/{LONG_NAME}', '')}",
                "schedules": "schedules",
                "schedule": f"schedules/{digest}",
                "tidy": f"schedules/{tidy}",
                "paused": f"schedules/{paused}",
                "new_schedule": "schedules/new",
                "agents": "agents",
                "agent": f"agents/{agent}",
                "new_agent": "agents/new",
                "webhooks": "webhooks",
                "webhook": f"webhooks/{hook}",
                "new_webhook": "webhooks/new",
                "runs": "runs",
                "settings": "settings",
                "unknown": "nothing",
            },
        )
        gate.set()


def said(client: httpx.Client, message: str, **more: object) -> str:
    made = {"file_access": ALL, "persistent": True, "ttl": 86400, **more}
    session: str = client.post("/v1/sessions", json=made).json()["id"]
    told, headers = {"message": message}, {"Prefer": "respond-async"}
    turn = client.post(f"/v1/sessions/{session}/messages", json=told, headers=headers).json()["response_id"]
    client.get(f"/v1/sessions/{session}/responses/{turn}", params={"wait": 25, "until": "waiting"})
    return session


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wrong_with_any_page(
    browser: Browser, full: tuple[Running, dict[str, str]], theme: str, width: int
) -> None:
    server, places = full
    with watching(browser, f"{server.url}/console/", **seen(theme, width)) as console:
        wrong = [each for name, place in places.items() for each in looked_at(console, name, place, theme, width)]
        for name, act in OPENED.items():
            act(console.page)
            wrong += looked_at(console, name, None, theme, width)
            console.page.keyboard.press("Escape")
            expect(console.page.locator("dialog[open]")).to_have_count(0)
        console.page.context.set_offline(offline=True)
        wrong += looked_at(console, "offline", "files", theme, width)
        console.page.context.set_offline(offline=False)
    assert wrong == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wrong_where_there_is_nothing(browser: Browser, tmp_path: Path, theme: str, width: int) -> None:
    with (
        running(tmp_path / "data", Settings(rehearsal_delay=0)) as server,
        watching(browser, f"{server.url}/console/", **seen(theme, width)) as console,
    ):
        wrong = [each for place in EMPTY for each in looked_at(console, f"no_{place or 'tasks'}", place, theme, width)]
    assert wrong == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_signing_in_is_for_everybody(browser: Browser, tmp_path: Path, theme: str, width: int) -> None:
    with (
        running(tmp_path / "data", Settings(keys={"k": "a"})) as server,
        watching(browser, f"{server.url}/console/", **seen(theme, width)) as console,
    ):
        page = console.page
        expect(page.get_by_label("API key")).to_be_focused()
        wrong = looked_at(console, "signin", None, theme, width)
        page.get_by_label("API key").fill("wrong")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_be_visible()
        wrong += looked_at(console, "signin_refused", None, theme, width)
    assert wrong == []


def seen(theme: str, width: int) -> dict[str, Any]:
    return {"viewport": {"width": width, "height": 900}, "color_scheme": theme, "reduced_motion": "reduce"}


def looked_at(console: Watched, name: str, place: str | None, theme: str, width: int) -> list[str]:
    """Photograph a page, and say what is wrong with it."""
    page = console.page
    if place is not None:
        console.go(place)
    expect(page.locator("main:not([aria-busy=true]) h1")).to_have_count(1)
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    expect(page.get_by_text("Fetching …")).to_have_count(0)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}-{theme}-{width}.png")
    found = Axe().run(page).response["violations"]
    wrong = [f"{name}: {each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        wrong.append(f"{name}: it is wider than the window")
    return wrong


def test_pictures_are_drawn_from_what_the_page_has(console: Watched) -> None:
    pictures = console.page.locator("nav.pages .icon").filter(visible=True)
    expect(pictures.first).to_be_visible()
    boxes = pictures.evaluate_all("found => found.map((each) => each.getBBox()).map((box) => box.width + box.height)")
    assert len(boxes) >= 8
    assert all(boxes)
