"""Every page in both themes, wide and narrow: nothing is wrong with it for those who cannot see or point.

Of each there is a picture for people, in `dist/console/`; nothing compares them.
"""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.kit.browsers import needs_chromium, watching
from tests.kit.servers import Running, running
from walkaway_core.settings import Settings

pytestmark = [needs_chromium, pytest.mark.deep]
PICTURES = Path(__file__).parents[2] / "dist/console"
ALL = {"read": [""], "write": [""]}
STOCK = {"name": "stock", "description": "Tell how many", "parameters": {"type": "object", "properties": {}}}


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, dict[str, str]]]:
    """A server on which there is something of everything, and the places of its pages."""
    settings = Settings(rehearsal_delay=0, outbound_loopback=True)
    with running(tmp_path_factory.mktemp("full") / "data", settings) as server, server.client(None) as client:
        done = said(client, "Write a short report on moss to moss.md")
        said(client, "Refuse this, which is cyber")
        asking = said(client, "Write a poem about rain to rain.md", approve=["write_file"])
        said(client, "What is in stock?", tools=[STOCK])
        asked = {"name": "careful", "instructions": "Ask.", "tools": [STOCK]}
        agent = client.post("/v1/agents", json=asked).json()["id"]
        client.patch(f"/v1/agents/{agent}", json={"instructions": "Ask first.\nThen do it."})
        hook = client.post("/v1/webhooks", json={"url": "http://127.0.0.1:9/hook", "name": "reports"}).json()["id"]
        client.post(f"/v1/webhooks/{hook}/test")
        when = {"name": "digest", "cron": "0 8 * * 1-5", "timezone": "Europe/Berlin", "message": "The digest"}
        digest = client.post("/v1/schedules", json=when).json()["id"]
        client.post(f"/v1/schedules/{digest}/run")
        when = {"name": "tidy", "every": 86_400, "action": "prune", "prune": {"older_than": "720h"}}
        tidy = client.post("/v1/schedules", json=when).json()["id"]
        client.post("/api/v1/runs", json={"prompt": "Analyze data"}).raise_for_status()
        yield (
            server,
            {
                "inbox": "",
                "sessions": "sessions",
                "session": f"s/{done}",
                "asking": f"s/{asking}",
                "files": f"s/{done}?side=files",
                "file": f"s/{done}?file=moss.md",
                "events": f"s/{done}?side=events",
                "facts": f"s/{done}?side=facts",
                "workspace": "files",
                "schedules": "schedules",
                "schedule": f"schedules/{digest}",
                "tidy": f"schedules/{tidy}",
                "new_schedule": "schedules/new",
                "agents": "agents",
                "agent": f"agents/{agent}",
                "new_agent": "agents/new",
                "webhooks": "webhooks",
                "webhook": f"webhooks/{hook}",
                "new_webhook": "webhooks/new",
                "runs": "runs",
                "settings": "settings",
            },
        )


def said(client: httpx.Client, message: str, **more: object) -> str:
    made = {"file_access": ALL, "persistent": True, "ttl": 86400, **more}
    session: str = client.post("/v1/sessions", json=made).json()["id"]
    told, headers = {"message": message}, {"Prefer": "respond-async"}
    turn = client.post(f"/v1/sessions/{session}/messages", json=told, headers=headers).json()["response_id"]
    client.get(f"/v1/sessions/{session}/responses/{turn}", params={"wait": 25, "until": "waiting"})
    return session


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_is_wrong_with_any_page(
    browser: Browser, full: tuple[Running, dict[str, str]], theme: str, width: int
) -> None:
    server, places = full
    PICTURES.mkdir(parents=True, exist_ok=True)
    options = {"viewport": {"width": width, "height": 900}, "color_scheme": theme, "reduced_motion": "reduce"}
    wrong = []
    with watching(browser, f"{server.url}/console/", **options) as console:
        page = console.page
        for name, place in places.items():
            console.go(place)
            expect(page.locator("main[aria-busy=false] h1")).to_have_count(1)
            expect(page.locator("[aria-busy=true]")).to_have_count(0)
            page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            page.screenshot(path=PICTURES / f"{name}-{theme}-{width}.png")
            for each in Axe().run(page).response["violations"]:
                wrong += [f"{name}: {each['id']}: {node['html'][:200]}" for node in each["nodes"]]
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wrong.append(f"{name}: it is wider than the window")
    assert wrong == []


def test_signing_in_is_for_everybody(browser: Browser, tmp_path: Path) -> None:
    with (
        running(tmp_path / "data", Settings(keys={"k": "a"})) as server,
        watching(browser, f"{server.url}/console/") as console,
    ):
        expect(console.page.get_by_label("API key")).to_be_focused()
        console.page.screenshot(path=PICTURES / "signin.png")
        assert Axe().run(console.page).response["violations"] == []
