"""Answers that are none of Walkaway's, and logs that nobody wrote: the page says so, and goes on when it can."""

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.kit.browsers import Watched, needs_chromium, watching
from tests.kit.long_logs import DROP
from tests.kit.servers import Running

pytestmark = needs_chromium
STRANGE: list[dict[str, Any]] = [
    {"status": 200, "body": "<html>Log in to the hotel's network</html>", "content_type": "text/html"},
    {"status": 200, "json": []},
    {"status": 200, "json": {"tenant": "x"}},
    {"status": 403, "json": {"error": "forbidden", "message": "Not from there."}},
    {"status": 404, "body": "nothing here"},
]
BEGUN = [("message.created", {"at": 1}), ("step.started", {"step": 1, "at": 1})]


def answered(page: Page, path: str, **answer: Any) -> None:
    """Let a path be answered so, until `unroute_all`."""

    def give(route: Route) -> None:
        route.fulfill(**answer)

    page.route(path, give)


@pytest.mark.parametrize("answer", STRANGE, ids=["a page", "a list", "half of it", "forbidden", "not found"])
def test_a_first_answer_that_is_none_is_said_and_asked_for_again(
    browser: Browser, server: Running, answer: dict[str, Any]
) -> None:
    with watching(browser) as console:
        page = console.page
        answered(page, "**/v1/me", **answer)
        page.goto(f"{server.url}/console/")
        expect(page.get_by_role("heading", name="Walkaway does not begin")).to_be_visible()
        expect(page.get_by_role("alert")).not_to_be_empty()
        page.unroute_all()
        page.get_by_role("button", name="Try again").click()
        expect(page.locator("nav.pages")).to_be_visible()


def test_a_feed_that_is_none_is_asked_for_again(browser: Browser, server: Running) -> None:
    with watching(browser) as console:
        page = console.page
        answered(page, "**/v1/events*", status=200, body="<html>", content_type="text/html")
        page.goto(f"{server.url}/console/")
        expect(page.locator(".said .wrong")).to_contain_text("not as Walkaway does")
        expect(page.locator("main")).to_have_attribute("aria-busy", "true")
        page.unroute_all()
        expect(page.locator("main")).to_have_attribute("aria-busy", "false")
        expect(page.get_by_label("What shall I do?")).to_be_visible()


def test_what_cannot_be_drawn_takes_no_other_page_along(browser: Browser, server: Running) -> None:
    call = {"call_id": "c", "name": "bash", "arguments": None, "needs": "approval", "expires_at": 1}
    with server.client(None) as client:
        made = client.post("/v1/sessions", json={}).json()
    with watching(browser) as console:
        page = console.page
        answered(page, "**/v1/sessions?*", status=200, json=[{**made, "pending_tool_calls": [call]}])
        page.goto(f"{server.url}/console/")
        expect(page.get_by_role("heading", name="This cannot be shown")).to_be_visible()
        console.go("settings")
        expect(page.get_by_role("heading", name="Settings")).to_be_visible()


def nested(depth: int) -> str:
    return f"""{'{"a":' * depth}1{"}" * depth}"""


@pytest.mark.parametrize(
    ("events", "shown"),
    [
        ([("__proto__", {}), ("constructor", {}), ("toString", {}), ("text.delta", {"content": "Here."})], "Here."),
        (
            [
                ("tool_use.start", {"id": "c", "name": "bash"}),
                ("tool_use.input_delta", {"content": nested(50_000)}),
                ("tool_use.stop", {}),
            ],
            "nested too deep",
        ),
    ],
    ids=["names of objects", "deep"],
)
def test_a_log_that_nobody_wrote_is_shown(console: Watched, events: list[tuple[str, Any]], shown: str) -> None:
    page = console.page
    lines = [
        json.dumps({"id": f"msg_a:{number}", "event": name, "data": data})
        for number, (name, data) in enumerate([*BEGUN, *events])
    ]
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.evaluate(DROP, ["it.jsonl", "\n".join(lines)])
    expect(page.locator(".conversation")).to_contain_text(shown)
    for tab in ("Events", "Activity"):
        page.get_by_role("tab", name=tab).click()
        expect(page.locator("#side")).not_to_be_empty()


def test_a_task_whose_answer_is_lost_is_begun_once(browser: Browser, server: Running) -> None:
    with watching(browser, f"{server.url}/console/") as console:
        page = console.page

        def lose(route: Route) -> None:
            route.fetch()
            route.abort("connectionreset")

        page.route("**/messages", lose)
        page.get_by_label("What shall I do?").fill("Say hello once, however often")
        start = page.get_by_role("button", name="Start")
        start.click()
        expect(page.locator(".said .wrong")).to_be_visible()
        page.unroute_all()
        start.click()
        expect(page.locator(".standing")).to_contain_text("done")
        session = page.url.rpartition("/")[2]
        with server.client(None) as client:
            titles = [each["title"] for each in client.get("/v1/sessions").json()]
            assert titles.count("Say hello once, however often") == 1
            said = client.get(f"/v1/sessions/{session}/messages").json()
            assert [each["role"] for each in said].count("user") == 1


def test_a_file_of_many_numbers_is_drawn_as_it_is_opened(browser: Browser, server: Running) -> None:
    with server.client(None) as client:
        session = client.post("/v1/sessions", json={"file_access": {"read": [""], "write": [""]}}).json()["id"]
        table = json.dumps([*[[1] * 500] * 400, {"a": 1}])
        client.put(f"/v1/sessions/{session}/files/many.json", content=table).raise_for_status()
    with watching(browser, f"{server.url}/console/#/s/{session}?file=many.json") as console:
        tree = console.page.locator(".preview .json")
        expect(tree).to_contain_text("400: { 1 name }a: 1")
        expect(tree.locator("summary", has_text="500 entries")).to_have_count(400)
        assert tree.locator("div").count() < 1000
        tree.locator("summary", has_text="500 entries").first.click()
        expect(tree).to_contain_text("499: 1")
