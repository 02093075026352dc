"""A browser for tests of the console: Debian's chromium, driven by Playwright. Each page tells what it did."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP walkaway.test 127.0.0.1",  # a name that is not this machine's: no secure context
)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium: as root, `make browser`")
PATIENCE = 20_000
"""Milliseconds in which what a test waits for has to come."""
expect.set_options(timeout=PATIENCE)
REPORTS = """
window.reports = [];
addEventListener("securitypolicyviolation", (e) => window.reports.push(`${e.violatedDirective} ${e.blockedURI}`));
"""


@dataclass
class Watched:
    """A page, and what it did: `requests` by method and address, `dialogs` that it opened, `errors` in its program."""

    page: Page
    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def reports(self) -> list[str]:
        """What the page's policy forbade; of one that is closed nobody knows."""
        found: list[str] = [] if self.page.is_closed() else self.page.evaluate("window.reports")
        return found

    def go(self, place: str) -> None:
        """Go to a page of the console, by what stands behind `#/`."""
        self.page.evaluate("place => { location.hash = `#/${place}` }", place)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run a browser until the block ends."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def watching(browser: Browser, address: str = "", **options: Any) -> Iterator[Watched]:
    """Open a page in a profile of its own; raises AssertionError where its program broke or its policy was hurt."""
    context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})
    context.set_default_timeout(PATIENCE)
    context.add_init_script(REPORTS)
    watched = open_in(context)
    if address:
        watched.page.goto(address)
    yield watched
    errors, reports = watched.errors, watched.reports
    context.close()
    assert errors == []
    assert reports == []


def open_in(context: Any) -> Watched:
    """Open one more page in a profile."""
    page: Page = context.new_page()
    watched = Watched(page)
    page.on("request", lambda request: watched.requests.append(f"{request.method} {request.url}"))
    page.on("pageerror", lambda error: watched.errors.append(str(error)))

    def dismiss(dialog: Any) -> None:
        watched.dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismiss)
    return watched
