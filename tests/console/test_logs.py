"""Logs: saved as files and opened again, and shown as they were after a reload."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.console.test_session import begun
from tests.kit.browsers import Watched, needs_chromium
from tests.kit.hooks import until
from tests.kit.long_logs import DROP
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.servers import Running
from tests.kit.shapes import MODEL

pytestmark = [needs_chromium, pytest.mark.deep]
KIND = '{"id": "msg_1:0", "event": %s}'


def test_a_saved_log_is_dropped_and_only_looked_at(console: Watched, server: Running, model: MessagesApi) -> None:
    page = console.page
    model.replies = [Reply([text("First this ![a](a.png)"), call("write_file", path="a.md", content="# A")])]
    with server.client(None) as client:
        session = begun(client, "Write it down", approve=["write_file"])
        console.go(f"s/{session}")
        expect(page.locator(".question")).to_be_visible()
        page.locator(".head summary").click()
        with page.expect_download() as saved:
            page.get_by_role("button", name="Save the log").click()
        log = Path(saved.value.path()).read_text()
        client.delete(f"/v1/sessions/{session}").raise_for_status()
    console.go("settings")
    expect(page.get_by_role("heading", level=1, name="Settings")).to_be_visible()
    asked = len(console.requests)
    assert page.evaluate(DROP, ["it.jsonl", log]) is False
    expect(page.get_by_role("heading", level=1, name="it.jsonl")).to_be_visible()
    expect(page.locator(".standing")).to_have_text(f"read only · {len(log.splitlines())} events")
    expect(page.locator(".you")).to_have_text("You: Write it down")
    expect(page.locator(".entry.text")).to_contain_text("First this [a]")
    expect(page.locator(".entry.call")).to_contain_text("write_file")
    expect(page.locator(".question, .composer")).to_have_count(0)
    expect(page.get_by_role("tab")).to_have_text(["Activity", "Events"])
    assert [each for each in console.requests[asked:] if "/v1/sessions/" in each and "GET" not in each] == []
    assert [each for each in console.requests[asked:] if "/files/" in each] == []


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("", "There is no event in this file"),
        ('\n{"id": 3}', "Line 2 is no event"),
        ("\x00PNG", "Line 1 is no event"),
        ("\x1f\x8b\x08", "Line 1 is no event"),
        (KIND % '"message.completed", "data": {"files": 3}', "Line 1 is no event of a log: what it says of message.c"),
    ],
)
def test_a_file_that_is_no_log_is_not_opened(console: Watched, body: str, sentence: str) -> None:
    page = console.page
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.evaluate(DROP, ["it.jsonl", body]) is False
    expect(page.locator(".said .wrong")).to_contain_text(sentence)
    assert page.url.endswith(("/console/", "#/"))


def test_a_reload_shows_what_was_shown(console: Watched, server: Running, model: MessagesApi) -> None:
    page = console.page
    model.replies = [Reply([text("word " * 3000)], pieces=2000)] * 4
    with server.client(None) as client:
        session = client.post("/v1/sessions", json={"model": MODEL, "persistent": True, "ttl": 86400}).json()["id"]
        for number in range(4):
            client.post(f"/v1/sessions/{session}/messages", json={"message": f"Number {number}"}).raise_for_status()
    console.go(f"s/{session}?side=events")
    expect(page.locator(".turns .mark.completed")).to_have_count(4)
    page.get_by_label("Say more …").fill("Half a thought")
    page.locator(".conversation .scroll").focus()
    page.keyboard.press("Home")
    for _ in range(2):
        page.keyboard.press("PageDown")
    expect(page.get_by_role("button", name="To the end")).to_be_visible()
    until(lambda: page.evaluate("() => Object.keys(sessionStorage).some((name) => name.includes(' at '))"))
    page.locator(".turn").nth(1).evaluate("turn => turn.parentElement.parentElement.scrollBy(0, 37)")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    top = page.locator(".turn").first.evaluate("turn => turn.getBoundingClientRect().top")
    assert top < -100
    page.reload()
    expect(page.locator(".turns .mark.completed")).to_have_count(4)
    expect(page.locator(".you").first).to_contain_text("Number 0")
    first = page.locator(".turn").first
    until(lambda: abs(first.evaluate("turn => turn.getBoundingClientRect().top") - top) < 3)
    expect(page.get_by_role("tab", name="Events")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_label("Say more …")).to_have_value("Half a thought")
