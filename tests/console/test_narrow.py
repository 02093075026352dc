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


def test_the_row_below_the_field_is_one_at_1280_pixels(browser: Browser, server: Running) -> None:
    with server.client(None) as client:
        asking = said(client, "Write a poem about snow to snow.md", approve=["write_file"])
    wide = {"viewport": {"width": 1280, "height": 800}}
    with watching(browser, f"{server.url}/console/#/s/{asking}", **wide) as console:
        expect(console.page.locator(".reply .switch")).to_be_visible()
        in_one_row(console.page.locator(".composer .under"))


def test_a_long_message_leaves_its_button_in_view(telephone: Watched) -> None:
    page = telephone.page
    page.get_by_label("What shall I do?").fill("and one more line\n" * 60)
    expect(page.get_by_role("button", name="Start")).to_be_in_viewport(ratio=1)


def test_a_file_with_a_long_name_can_be_left_out_again(telephone: Watched) -> None:
    page = telephone.page
    name = f"{'ä' * 125}.json"
    page.locator(".composer input[type=file]").set_input_files({"name": name, "mimeType": "text/plain", "buffer": b"a"})
    leave = page.get_by_role("button", name=f"Leave out {name}")
    expect(leave).to_be_visible()
    box, size = leave.bounding_box(), page.viewport_size
    assert box
    assert size
    assert 0 <= box["x"] <= size["width"] - box["width"]
    leave.click()
    expect(leave).to_have_count(0)


SMALL = """boxes => boxes.map(box => box.getBoundingClientRect())
    .filter(({ width, height }) => width < 24 || height < 24).length"""
CUT = """icons => icons.filter(icon => {
    const [inner, outer] = [icon, icon.closest("button")].map(each => each.getBoundingClientRect());
    return inner.left < outer.left || inner.right > outer.right;
}).length"""


def test_a_long_name_leaves_its_picture_and_its_buttons_large_enough_to_be_hit(
    telephone: Watched, server: Running
) -> None:
    page = telephone.page
    with server.client(None) as client:
        made = said(client, f"Write a 3-page report on tidal power to {'long-' * 30}report.md")
    telephone.go(f"s/{made}")
    chip = page.locator(".entry .chip").first
    chip.get_by_role("button", name="Download").scroll_into_view_if_needed()
    assert chip.locator("button").evaluate_all(SMALL) == 0
    assert chip.locator("button svg").evaluate_all(CUT) == 0
    telephone.go(f"s/{made}?side=activity")
    expect(page.locator(".waterfall summary").first).to_be_visible()
    assert page.locator(".waterfall summary").evaluate_all(SMALL) == 0


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
