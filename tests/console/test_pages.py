"""Schedules, webhooks and agents: made, looked at, changed and deleted."""

import zipfile
from collections.abc import Iterator

import pytest
from playwright.sync_api import FilePayload, expect

from tests.kit.browsers import Watched, needs_chromium
from tests.kit.receivers import Receiver, receiving
from tests.kit.servers import Running

pytestmark = [needs_chromium, pytest.mark.deep]


@pytest.fixture
def receiver(server: Running) -> Iterator[Receiver]:
    object.__setattr__(server.stack.services.settings, "outbound_loopback", True)
    with receiving() as found:
        yield found


def test_a_schedule_is_made_looked_at_paused_and_run(console: Watched, server: Running) -> None:
    page = console.page
    console.go("schedules")
    page.get_by_role("button", name="New schedule").click()
    page.get_by_label("Name").fill("digest")
    page.get_by_label("What is to be done?").fill("The digest for {{scheduled_at}}")
    page.get_by_label("Cron").fill("61 8 * * *")
    expect(page.locator("output .wrong")).to_contain_text("cron")
    page.get_by_role("button", name="weekdays at 8").click()
    page.get_by_label("Time zone").fill("Europe/Berlin")
    expect(page.locator("output")).to_contain_text("Monday through Friday")
    expect(page.locator("output li")).to_have_count(5)
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", level=1, name="digest")).to_be_visible()
    page.get_by_role("button", name="Run now").click()
    fired = page.locator("tbody tr")
    expect(fired).to_have_count(1)
    expect(fired).to_contain_text("manual")
    expect(fired.locator(".mark.completed")).to_have_count(1, timeout=60_000)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("What is to be done?").fill("Another digest")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("pre", has_text="Another digest")).to_be_visible()
    page.get_by_role("button", name="Backfill").click()
    page.get_by_label("From").fill("2026-11-02T00:00")
    page.get_by_label("To", exact=True).fill("2026-11-03T23:00")
    page.get_by_role("button", name="Fire them").click()
    expect(page.locator("tbody tr", has_text="backfill")).to_have_count(2)
    console.go("schedules")
    page.get_by_role("button", name="Resume digest").click()
    expect(page.get_by_role("button", name="Pause digest")).to_be_visible()
    with server.client(None) as client:
        assert client.get("/v1/schedules/digest").json()["status"] == "active"
    page.get_by_role("link", name="digest").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("A schedule begins a turn by itself")).to_be_visible()


def test_a_webhook_is_made_tried_and_told_again(console: Watched, server: Running, receiver: Receiver) -> None:
    page = console.page
    console.go("webhooks")
    page.get_by_role("button", name="New webhook").click()
    page.get_by_label("Address").fill(receiver.url)
    page.get_by_label("Name").fill("reports")
    page.get_by_role("button", name="Create").click()
    secret = page.locator("[data-secret]")
    expect(secret).to_contain_text("whsec_")
    first = secret.inner_text()
    page.get_by_role("button", name="I have it").click()
    expect(page.get_by_role("heading", level=1, name="reports")).to_be_visible()
    page.get_by_role("button", name="Send a test").click()
    expect(page.locator(".delivery .mark.completed")).to_have_count(1)
    page.locator(".delivery summary").click()
    expect(page.locator(".sent pre").first).to_contain_text("webhook.test")
    page.get_by_role("button", name="Send again").click()
    expect(page.locator(".delivery", has_text="2 attempts")).to_have_count(1)
    page.get_by_role("button", name="New secret").click()
    page.get_by_role("button", name="Make it").click()
    expect(secret).to_contain_text("whsec_")
    assert secret.inner_text() != first
    page.get_by_role("button", name="I have it").click()
    page.get_by_role("button", name="Disable").click()
    expect(page.get_by_role("button", name="Enable")).to_be_visible()
    with server.client(None) as client:
        assert client.get("/v1/webhooks").json()[0]["status"] == "disabled"
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("A webhook is an address of yours")).to_be_visible()


def test_an_agent_is_made_changed_compared_and_tried(console: Watched, server: Running) -> None:
    page = console.page
    console.go("agents")
    page.get_by_role("button", name="New agent").click()
    page.get_by_role("button", name="A careful one").click()
    page.get_by_label("Steps of a turn").fill("0")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("alert")).to_contain_text("max_steps")
    page.get_by_label("Steps of a turn").fill("20")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", level=1, name="careful")).to_be_visible()
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Instructions").fill("Say what you are about to do.\nThen ask.")
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.locator(".rows > li")).to_have_count(2)
    expect(page.locator(".diff .new")).to_contain_text(["+ Say what you are about to do.", "+ Then ask."])
    expect(page.locator(".diff .old")).to_contain_text("before you do it")
    page.get_by_label("What shall careful do?").fill("Write a poem about rain to rain.md")
    page.get_by_role("button", name="Start").click()
    expect(page.locator(".question")).to_contain_text("write_file")
    with server.client(None) as client:
        agent = client.get("/v1/agents/careful").json()
        assert client.get("/v1/sessions").json()[0]["agent"] == agent["id"]
    console.go(f"agents/{agent['id']}")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("An agent is a name for a way to work")).to_be_visible()


def test_files_are_added_looked_at_packed_and_deleted(console: Watched, server: Running) -> None:
    page = console.page
    console.go("files")
    page.locator("label.button input").set_input_files(
        [
            FilePayload(name="ü.txt", mimeType="text/plain", buffer="grüß".encode()),
            FilePayload(name="b.csv", mimeType="text/csv", buffer=b"a,b\n1,2\n"),
        ]
    )
    expect(page.locator(".file-row")).to_have_count(2)
    page.get_by_role("button", name="b.csv", exact=True).click()
    expect(page.locator(".preview td").first).to_have_text("1")
    page.get_by_role("button", name="Close").click()
    with server.client(None) as client:
        session = client.get("/v1/sessions").json()[0]["id"]
        client.put(f"/v1/sessions/{session}/files/deep/er/c.md", content=b"# C").raise_for_status()
    console.go("files/deep")
    page.get_by_role("button", name="er", exact=True).click()
    expect(page.locator(".way")).to_have_text("workspace / deep / er")
    expect(page.locator(".file-row")).to_have_count(1)
    page.get_by_role("link", name="workspace").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="This folder as a zip").click()
    with zipfile.ZipFile(saved.value.path()) as archive:
        assert archive.testzip() is None
        assert {each: archive.read(each) for each in archive.namelist()} == {
            "b.csv": b"a,b\n1,2\n",
            "deep/er/c.md": b"# C",
            "ü.txt": "grüß".encode(),
        }
    page.get_by_role("button", name="Delete b.csv").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator(".file-row")).to_have_count(2)


def test_runs_are_counted_and_lead_to_their_sessions(console: Watched, server: Running) -> None:
    page = console.page
    console.go("runs")
    expect(page.get_by_text("There is no run here")).to_be_visible()
    with server.client(None) as client:
        run = client.post("/api/v1/runs", json={"prompt": "Say hello to Ada"}).json()["job_id"]
        client.post("/api/v1/runs", json={"prompt": "Refuse this, which is cyber"})
    expect(page.locator("li.card")).to_have_count(2)
    expect(page.locator("li.card .mark.failed")).to_have_count(1)
    page.get_by_role("button", name="succeeded").click()
    expect(page.locator("li.card")).to_have_count(1)
    page.get_by_role("link", name=run).click()
    expect(page.locator(".you")).to_contain_text("Say hello to Ada")
