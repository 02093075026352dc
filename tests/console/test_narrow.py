"""A window as narrow as a telephone: bars keep to one row, and every page is within reach."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.console.test_looks import said
from tests.kit.browsers import Watched, needs_chromium, watching
from tests.kit.servers import Running

pytestmark = [needs_chromium, pytest.mark.deep]
NARROW = {"viewport": {"width": 390, "height": 844}}


@pytest.fixture
def telephone(browser: Browser, server: Running) -> Iterator[Watched]:
    with watching(browser, f"{server.url}/console/", **NARROW) as found:
        yield found


def in_one_row(bar: Locator) -> None:
    """Raises AssertionError where two buttons of a bar do not have the same middle, or one is out of sight."""
    middles = set()
    for button in bar.locator("button:visible, summary:visible, label.bare:visible, .switch:visible").all():
        expect(button).to_be_in_viewport(ratio=1)
        box = button.bounding_box()
        assert box
        middles.add(round((box["y"] + box["height"] / 2) / 4))
    assert max(middles) - min(middles) <= 1


def test_bars_keep_to_one_row(telephone: Watched, server: Running) -> None:
    page = telephone.page
    with server.client(None) as client:
        asking = said(client, "Write a poem about rain, which is long, to rain.md", approve=["write_file"])
    telephone.go(f"s/{asking}")
    expect(page.get_by_role("button", name="Cancel", exact=True)).to_be_visible()
    expect(page.locator(".reply .switch")).to_be_visible()
    expect(page.locator(".head").get_by_text("waits for you")).to_be_in_viewport()
    page.locator(".head h1 button").evaluate("button => button.remove()")
    in_one_row(page.locator(".head"))
    in_one_row(page.locator(".composer .under"))


@pytest.mark.parametrize("name", ["Settings", "Runs", "Files"])
def test_every_page_is_within_reach(telephone: Watched, name: str) -> None:
    page = telephone.page
    more = page.get_by_role("navigation").get_by_role("button", name="More")
    link = page.get_by_role("navigation").get_by_role("link", name=name)
    expect(more).to_be_in_viewport(ratio=1)
    if name != "Files":
        expect(link).to_be_hidden()
        more.click()
    expect(link).to_be_in_viewport(ratio=1)
    link.click()
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
    expect(page.get_by_role("navigation").get_by_role("link", name="Runs")).to_be_hidden()
