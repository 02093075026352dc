"""Logs of 20,000 events: four times what is in 5,000 takes about four times as long, dropped or of a server."""

import time

import pytest
from playwright.sync_api import Page, expect

from tests.kit import long_logs
from tests.kit.browsers import Watched, needs_chromium
from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.servers import Running
from tests.kit.shapes import MODEL

pytestmark = [needs_chromium, pytest.mark.deep]
FEW, MANY, ROUNDS = 5_000, 20_000, 2
MOST = 9.0
"""Times as long, where twice as much each time would take four times and what is quadratic sixteen times."""


def opened(page: Page, kind: long_logs.Kind, events: int) -> float:
    """Drop a log, and give the seconds until its end is drawn."""
    return long_logs.dropped(page, f"{kind.__name__}-{time.monotonic()}.jsonl", long_logs.saved(kind, events))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", [long_logs.said, long_logs.called, long_logs.talked])
def test_a_dropped_log_takes_as_much_longer_as_it_is_longer(console: Watched, kind: long_logs.Kind) -> None:
    page = console.page
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    few, many = (min(opened(page, kind, events) for _ in range(ROUNDS)) for events in (FEW, MANY))
    assert many < MOST * max(few, 0.1)
    expect(page.locator(".turn").last).to_be_in_viewport()


def test_a_long_turn_folds_what_is_over(console: Watched) -> None:
    page = console.page
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    opened(page, long_logs.called, MANY)
    assert page.locator(".entry").count() < 500
    expect(page.locator(".entry.text").last).to_contain_text("Step 1999")
    page.locator(".fold").first.locator("summary").click()
    expect(page.locator(".entry.text").first).to_contain_text("Step 1: what is there?")
    expect(page.locator(".waterfall li")).to_have_count(400)
    page.locator(".waterfall .call summary").last.click()
    expect(page.locator(".waterfall .call pre").first).to_have_text("ls")
    page.get_by_role("tab", name="Events").click()
    expect(page.locator("#side")).to_contain_text("the last 300 of which are shown")
    page.get_by_label("Events with a text").fill("toolu_7")
    page.get_by_label("Events of one name").select_option("tool_result")
    expect(page.locator("#side .dim").first).to_contain_text("111 events")


def test_earlier_turns_are_drawn_as_one_scrolls_up(console: Watched) -> None:
    page = console.page
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    opened(page, long_logs.talked, FEW)
    expect(page.locator(".turn")).to_have_count(20)
    first = page.locator(".turn").first
    page.locator(".conversation .scroll").hover()
    page.mouse.wheel(0, -100_000)
    expect(page.locator(".turn")).to_have_count(40)
    assert page.locator("#msg_481").evaluate("turn => turn.getBoundingClientRect().top") > 0
    expect(first).to_have_id("msg_461")
    page.locator(".turns button").nth(2).click()
    expect(page.locator("#msg_3")).to_be_in_viewport()


@pytest.mark.timeout(300)
def test_a_session_takes_as_much_longer_as_it_is_longer(console: Watched, server: Running, model: MessagesApi) -> None:
    page, taken = console.page, []
    with server.client(None) as client:
        for events in (FEW, MANY):
            model.replies = [Reply([text(long_logs.WORDS * events)], pieces=len(long_logs.WORDS))]
            session = client.post("/v1/sessions", json={"model": MODEL, "persistent": True, "ttl": 86400}).json()["id"]
            told = {"message": f"Say {events}"}
            client.post(f"/v1/sessions/{session}/messages", json=told, timeout=200).raise_for_status()
            rounds = []
            for _ in range(ROUNDS):
                console.go("settings")
                expect(page.get_by_role("heading", level=1, name="Settings")).to_be_visible()
                begun = time.perf_counter()
                console.go(f"s/{session}")
                expect(page.locator(".turns .mark.completed")).to_have_count(1, timeout=long_logs.LONGEST)
                long_logs.settled(page)
                rounds.append(time.perf_counter() - begun)
            taken.append(min(rounds))
    assert taken[1] < MOST * max(taken[0], 0.1)
