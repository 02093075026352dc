"""Schedules, webhooks and agents: made, looked at, changed and deleted."""

import threading
import time
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import FilePayload, expect

from tests.console.test_session import ALL, begun
from tests.kit.browsers import Watched, needs_chromium
from tests.kit.hooks import until
from tests.kit.messages_api import MessagesApi, Reply, call, text
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
    page.get_by_label("Name").fill("digest")
    page.get_by_label("What is to be done?").fill("The digest for {{scheduled_at}}")
    page.get_by_label("Cron").fill("61 8 * * *")
    expect(page.locator("output .wrong")).to_contain_text("cron")
    page.get_by_role("button", name="weekdays at 8").click()
    page.get_by_label("Time of the day").fill("07:30")
    page.get_by_role("button", name="Sat").click()
    expect(page.get_by_label("Cron")).to_have_value("30 7 * * 1-5,6")
    page.get_by_role("button", name="Sat").click()
    page.get_by_label("Time zone").fill("Europe/Berlin")
    expect(page.locator("output")).to_contain_text("Monday through Friday")
    expect(page.locator("output li")).to_have_count(5)
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", level=1, name="digest")).to_be_visible()
    page.get_by_role("button", name="Run now").click()
    expect(page.locator(".upcoming li")).to_have_count(10)
    expect(page.locator(".upcoming li").first).to_contain_text("07:30 AM in Europe/Berlin")
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
    switch = page.get_by_role("switch", name="digest fires")
    expect(switch).not_to_be_checked()
    switch.click()
    expect(switch).to_be_checked()
    with server.client(None) as client:
        assert client.get("/v1/schedules/digest").json()["status"] == "active"
    page.get_by_role("link", name="digest").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("A schedule begins a turn by itself")).to_be_visible()


def test_a_schedule_that_deletes_sessions_says_so_and_can_be_changed(console: Watched, server: Running) -> None:
    page = console.page
    with server.client(None) as client:
        agent = client.post("/v1/agents", json={"name": "digger"}).json()
        for _ in range(3):
            client.post("/v1/sessions").raise_for_status()
    console.go("schedules/new")
    page.get_by_label("Name").fill("tidy")
    page.get_by_label("It deletes sessions").check()
    expect(page.get_by_label("What is to be done?")).to_have_count(0)
    page.get_by_label("Unused for days").fill("1.5")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", level=1, name="tidy")).to_be_visible()
    expect(page.locator("main")).to_contain_text("idle and that nobody has used for 1.5 days")
    with server.client(None) as client:
        assert client.get("/v1/schedules/tidy").json()["prune"]["older_than"] == "36h"
        page.get_by_role("button", name="Edit").click()
        page.get_by_label("Unused for days").fill("0")
        page.get_by_role("button", name="Save").click()
        page.get_by_role("button", name="Run now").click()
        row = page.locator("tbody tr", has_text="sessions deleted")
        expect(row.locator(".mark.completed")).to_have_count(1)
        expect(row).not_to_contain_text(" 0 sessions")
        assert client.get("/v1/sessions").json() == []
        console.go("schedules")
        expect(page.locator("li.card", has_text="tidy")).to_contain_text("deletes sessions that are idle")
        page.get_by_role("link", name="tidy").click()
        page.get_by_role("button", name="Edit").click()
        page.get_by_label("It gives a task").check()
        page.get_by_label("What is to be done?").fill("Say hello")
        page.get_by_label("Agent").select_option("digger")
        page.get_by_role("button", name="Save").click()
        expect(page.locator("pre", has_text="Say hello")).to_be_visible()
        page.get_by_role("button", name="Edit").click()
        page.get_by_label("It deletes sessions").check()
        page.get_by_label("Unused for days").fill("30")
        page.get_by_role("button", name="Save").click()
        expect(page.locator("main")).to_contain_text("nobody has used for 30 days")
        made = client.get("/v1/schedules/tidy").json()
        assert (made["action"], made["message"], made["agent"], made["session"]) == ("prune", "", "", None)
        client.delete("/v1/schedules/tidy").raise_for_status()
        client.delete(f"/v1/agents/{agent['id']}").raise_for_status()


def test_an_edit_moves_no_times_that_it_leaves_alone(console: Watched, server: Running) -> None:
    page = console.page
    with server.client(None) as client:
        made = client.post("/v1/schedules", json={"name": "pulse", "every": 86_400, "message": "Tick"}).json()
        console.go(f"schedules/{made['id']}/edit")
        until(lambda: int(time.time()) > int(made["created_at"]))  # times are whole seconds
        page.get_by_label("What is to be done?").fill("Tock")
        page.get_by_role("button", name="Save").click()
        expect(page.locator("pre", has_text="Tock")).to_be_visible()
        expect(page.locator(".upcoming li")).to_have_count(10)
        assert client.get("/v1/schedules/pulse").json()["upcoming"] == made["upcoming"]
        client.delete("/v1/schedules/pulse").raise_for_status()


def test_what_became_of_times_is_seen_at_a_glance(console: Watched, server: Running) -> None:
    page = console.page
    asked = {"name": "nightly", "cron": "0 3 * * *", "timezone": "Asia/Tokyo", "message": "Refuse this, which is cyber"}
    with server.client(None) as client:
        client.post("/v1/schedules", json=asked).raise_for_status()
        client.post("/v1/schedules/nightly/run").raise_for_status()
        turn = until(lambda: failed(client, "nightly"))
        sentence = client.get(f"/v1/sessions/{turn['session_id']}/responses/{turn['response_id']}").json()["error"]
        client.post("/v1/schedules/nightly/run", json={"message": "Say hello"}).raise_for_status()
        console.go("schedules")
        card = page.locator("li.card", has_text="nightly")
        expect(card.locator("time + small")).to_have_text("03:00 AM in Asia/Tokyo")
        expect(card.locator(".dots-row .mark")).to_have_count(2)
        card.locator(".dots-row a").click()
        row = page.locator("tr[aria-current]")
        expect(row).to_be_focused()
        expect(row).to_contain_text(sentence)
        expect(page.locator(".strip li")).to_have_count(30)
        expect(page.locator(".strip [aria-current=date]")).to_contain_text("1 failed")
        expect(page.locator(".strip .ahead")).to_have_count(7)
        client.patch("/v1/schedules/nightly", json={"status": "paused", "note": "holidays"}).raise_for_status()
        expect(page.get_by_role("status").filter(has_text="holidays")).to_be_visible()
        client.delete("/v1/schedules/nightly").raise_for_status()


def failed(client: httpx.Client, schedule: str) -> dict[str, str] | None:
    """Give the newest firing, once its turn has failed."""
    found: dict[str, str] = client.get(f"/v1/schedules/{schedule}/firings").json()[0]
    return found if found["turn_status"] == "failed" else None


def test_a_webhook_is_made_tried_and_told_again(console: Watched, server: Running, receiver: Receiver) -> None:
    page = console.page
    console.go("webhooks")
    expect(page.locator("pre")).to_contain_text("verify(body, headers)")
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
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Description").fill("For the archive")
    page.get_by_label("schedule.failed").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("For the archive")).to_be_visible()
    console.go("webhooks")
    expect(page.locator("li.card")).to_contain_text("100 % of the last 1 delivery taken")
    page.get_by_role("link", name="reports").click()
    page.get_by_role("button", name="Disable").click()
    expect(page.get_by_role("button", name="Enable")).to_be_visible()
    with server.client(None) as client:
        (hook,) = client.get("/v1/webhooks").json()
        assert hook["status"] == "disabled"
        assert "schedule.failed" in hook["events"]
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("A webhook is an address of yours")).to_be_visible()


def test_an_agent_is_made_changed_compared_and_tried(console: Watched, server: Running) -> None:
    page = console.page
    console.go("agents")
    page.get_by_role("button", name="A careful one").click()
    page.get_by_label("Steps of a turn").fill("0")
    page.get_by_label("Dollars of a turn").fill("-1")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("alert")).to_contain_text("max_steps")
    for label, name in (("Steps of a turn", "max_steps"), ("Dollars of a turn", "max_turn_cost_usd")):
        expect(page.get_by_label(label)).to_have_attribute("aria-invalid", "true")
        expect(page.locator(".field", has=page.get_by_label(label)).locator(".wrong")).to_contain_text(f"`{name}`")
    expect(page.get_by_label("Instructions")).to_have_attribute("aria-invalid", "false")
    page.get_by_label("Steps of a turn").fill("20")
    page.get_by_label("Dollars of a turn").fill("")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", level=1, name="careful")).to_be_visible()
    stock = {
        "name": "stock",
        "description": "Tell how many",
        "parameters": {"type": "object", "properties": {"sku": {}}},
    }
    with server.client(None) as client:
        client.patch("/v1/agents/careful", json={"tools": [stock]}).raise_for_status()
    page.reload()
    page.locator("summary", has_text="stock").click()
    expect(page.locator(".json")).to_contain_text("sku")
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Instructions").fill("Say what you are about to do.\nThen ask.")
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.locator("[aria-labelledby=was] .rows > li")).to_have_count(3)
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


def test_the_workspace_is_a_tree_that_follows_what_is_written(
    console: Watched, server: Running, model: MessagesApi
) -> None:
    page, gate = console.page, threading.Event()
    write = call("write_file", path="live/deep/made.md", content="# One")
    more = call("write_file", call_id="toolu_2", path="live/deep/made.md", content="# Two")
    model.replies = [Reply([write]), Reply([text("so far so good")], gate=gate), Reply([text("end")])]
    with server.client(None) as client:
        session = client.post("/v1/sessions", json={"file_access": ALL}).json()["id"]
        client.put(f"/v1/sessions/{session}/files/live/deep/first.txt", content=b"1").raise_for_status()
        console.go("files/live")
        turner = page.get_by_role("button", name="What is in deep")
        expect(turner).to_have_attribute("aria-expanded", "false")
        turner.click()
        expect(page.locator(".tree .tree .file-row")).to_have_count(1)
        begun(client, "Write it")
        expect(page.locator(".tree .tree .file-row")).to_have_count(2)  # while the turn goes on
        page.get_by_role("button", name="made.md", exact=True).click()
        expect(page.locator(".file .preview h2")).to_have_text("One")
        expect(page.locator(".file-row[aria-current]")).to_contain_text("made.md")
        model.replies = [Reply([more]), Reply([text("end")])]
        gate.set()
        begun(client, "Write it anew")
        expect(page.locator(".file .preview h2")).to_have_text("Two")
    page.keyboard.press("Escape")
    expect(page.locator(".file")).to_have_count(0)
    turner.click()
    expect(page.locator(".tree .tree")).to_have_count(0)


def test_a_folder_is_dropped_and_what_is_there_is_asked_for(console: Watched, server: Running, tmp_path: Path) -> None:
    page = console.page
    (tmp_path / "notes/deep").mkdir(parents=True)
    for number in range(120):  # a browser gives a hundred at once
        (tmp_path / f"notes/{number}.txt").write_text(f"{number}")
    (tmp_path / "notes/deep/ü.md").write_text("# Ü")
    console.go("files/dropped")
    expect(page.locator(".way")).to_have_text("workspace / dropped")
    devtools = page.context.new_cdp_session(page)
    files = {"items": [], "files": [str(tmp_path / "notes")], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        devtools.send("Input.dispatchDragEvent", {"type": kind, "x": 700, "y": 500, "data": files})
    expect(page.locator(".said")).to_contain_text("121 files added.", timeout=60_000)
    page.get_by_role("button", name="What is in notes").click()
    page.get_by_role("button", name="What is in deep").click()
    expect(page.get_by_role("button", name="ü.md", exact=True)).to_be_visible()
    again = FilePayload(name="0.txt", mimeType="text/plain", buffer=b"anew")
    console.go("files/dropped/notes")
    for answer, body in (("Leave it", b"0"), ("Replace", b"anew")):
        page.locator("label.button input").set_input_files([again])
        expect(page.get_by_role("dialog")).to_contain_text("There is already 0.txt here")
        page.get_by_role("dialog").get_by_role("button", name=answer).click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        with server.client(None) as client:
            path = f"/v1/sessions/{client.get('/v1/sessions').json()[0]['id']}/files/dropped/notes/0.txt"
            until(partial(_holds, client, path, body))


def _holds(client: httpx.Client, path: str, body: bytes) -> bool:
    return client.get(path).content == body


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


def test_settings_say_whether_a_model_answers(console: Watched, server: Running) -> None:
    page = console.page
    console.go("settings")
    expect(page.locator("main")).to_contain_text("walkaway keys create")
    with server.client(None) as client:
        before = len(client.get("/v1/sessions").json())
        page.get_by_role("button", name="Check rehearsal").click()
        expect(page.get_by_text("answers, after")).to_be_visible()
        until(lambda: len(client.get("/v1/sessions").json()) == before)
