"""Every key that the list of keys names does what it says: in one page, from one to the next."""

import threading
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.console.test_session import STOCK, begun
from tests.kit.browsers import Watched, needs_chromium
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.servers import Running

pytestmark = [needs_chromium, pytest.mark.deep]
Holds = Callable[[Page], None]


def heading(name: str) -> Holds:
    return lambda page: expect(page.locator("main h1")).to_contain_text(name)


def focused(selector: str) -> Holds:
    return lambda page: expect(page.locator(selector)).to_be_focused()


def there(selector: str, count: int = 1, has: str = "") -> Holds:
    return lambda page: expect(page.locator(selector, has_text=has)).to_have_count(count)


def tab(name: str) -> Holds:
    return lambda page: expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")


DRAWN = """() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(drawn))))"""
"""Ends when what has been drawn listens: it does so behind the frame in which it is seen."""
PAGES = [("s", "Sessions"), ("f", "Files"), ("a", "Agents"), ("h", "Schedules"), ("w", "Webhooks"), ("r", "Runs")]
TABLE: list[tuple[str, Holds]] = [
    *[(f"g {letter}", heading(name)) for letter, name in [*PAGES, (",", "Settings"), ("i", "Welcome")]],
    ("?", there("dialog[open]", has="Keys")),
    ("j", there("dialog[open]", has="Keys")),  # what is below does not listen
    ("Escape", there("dialog[open]", 0)),
    ("Control+k", focused("dialog .find")),
    ("Escape", there("dialog[open]", 0)),
    ("c", focused("textarea[data-composer=new]")),
    ("g s", focused("textarea[data-composer=new]")),  # letters are text where one types
    ("Escape", there("textarea:focus", 0)),
    ("g s", heading("Sessions")),
    ("/", focused("[data-filter]")),
    ("t h e Space b a l l a d", there(".row-of")),
    ("Escape", there("[data-filter]:focus", 0)),
    ("j", focused(".row-of [data-row], .row-of a")),
    ("Enter", heading("the ballad")),
    ("f", tab("Files")),
    ("e", tab("Events")),
    ("Escape", there(".turns li", 2)),
    ("[", there(".turns [aria-current]", has="second verse")),
    ("[", there(".turns [aria-current]", has="the ballad")),
    ("]", there(".turns [aria-current]", has="second verse")),
    ("]", there(".turns [aria-current]", has="second verse")),
    ("[", there(".turns [aria-current]", has="the ballad")),
    ("r", focused(".reply textarea")),
    ("m o r e Control+Enter", there(".you", has="more")),
    ("Escape", there("textarea:focus", 0)),
    ("Escape", there(".head button", has="Cancel")),  # it is known by then that the turn runs
    ("x", there("dialog[open]", has="Cancel this turn?")),
    ("Escape", there("dialog[open]", 0)),
    ("c", focused("textarea[data-composer=new]")),
    ("Escape", heading("Welcome")),
    ("k", focused(".card a >> nth=-1")),
    ("j", focused(".card a >> nth=-1")),
]


def test_keys_do_what_the_list_says(console: Watched, server: Running, model: MessagesApi) -> None:
    page, gate = console.page, threading.Event()
    model.replies = [Reply([text("One.")]), Reply([text("Two.")]), Reply([text("three four")], gate=gate)]
    with server.client(None) as client:
        session = begun(client, "Sing the ballad")
        client.get(f"/v1/sessions/{session}/events", params={"format": "json", "wait": 20})
        client.post(f"/v1/sessions/{session}/messages", json={"message": "The second verse", "on_busy": "enqueue"})
    expect(page.locator(".card .mark.completed")).to_have_count(1)
    page.locator("main").focus()
    for number, (keys, holds) in enumerate(TABLE):
        for key in keys.split():
            page.keyboard.press(key)
        try:
            holds(page)
        except AssertionError as wrong:
            raise AssertionError(f"key {number}, {keys}: {wrong}") from None
        page.evaluate(DRAWN)
    gate.set()


def test_questions_are_answered_by_keys(console: Watched, server: Running, model: MessagesApi) -> None:
    page = console.page
    model.replies = [
        Reply([call("write_file", path="a.md", content="# A")]),
        Reply([call("write_file", call_id="toolu_2", path="b.md", content="# B")]),
        Reply([call("stock", call_id="toolu_3")]),
        Reply([text("All asked.")]),
    ]
    with server.client(None) as client:
        begun(client, "Ask me", approve=["write_file"], tools=[STOCK])
    page.locator("main").focus()
    for file, keys in (("a.md", "j a"), ("b.md", "j d")):
        expect(page.locator(".question")).to_contain_text(file)
        for key in keys.split():
            page.keyboard.press(key)
    expect(page.locator(".question textarea")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".question textarea")).to_have_count(0)
    page.locator(".question").focus()
    for key in ("d", "n", "o", "p", "e", "Control+Enter"):
        page.keyboard.press(key)
    expect(page.locator(".question")).to_contain_text("stock")
    page.locator(".question").focus()
    for key in ("a", "7", "Control+Enter"):  # it approves nothing where an answer is asked for, but begins that
        page.keyboard.press(key)
    expect(page.locator(".question")).to_have_count(0)
    expect(page.locator("li.card", has_text="Ask me")).to_contain_text("All asked.")
    denied, answered = (asked["messages"][-1] for asked in model.requests[-2:])
    assert "nope" in str(denied["content"][-1])
    assert "7" in str(answered["content"][-1]["content"])
