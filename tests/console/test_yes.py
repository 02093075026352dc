"""A yes is said to what was seen: whole, in its order, and to nothing that came to stand where another call stood."""

from playwright.sync_api import expect

from tests.console.test_session import begun
from tests.kit.browsers import Watched, needs_chromium
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.servers import Running

pytestmark = needs_chromium


def test_a_click_too_many_is_no_yes_to_the_next_call(console: Watched, server: Running, model: MessagesApi) -> None:
    model.replies = [
        Reply(
            [call("write_file", "one", path="1.md", content="1"), call("write_file", "two", path="2.md", content="2")]
        ),
        Reply([text("Done.")]),
    ]
    with server.client(None) as client:
        console.go(f"s/{begun(client, 'Write both', approve=['write_file'])}")
    page = console.page
    cards = page.locator(".question")
    yes = cards.get_by_role("button", name="Approve")
    expect(cards).to_have_count(2)
    page.evaluate("""() => document.addEventListener("click", () => {
        const box = document.querySelectorAll(".question")[1].querySelector("button.main");
        new MutationObserver((_, seen) => {
            if (document.querySelectorAll(".question").length > 1) return;
            seen.disconnect();
            box.dispatchEvent(new MouseEvent("click", { detail: 1, bubbles: true, cancelable: true }));
        }).observe(document.body, { childList: true, subtree: true });
    }, { once: true, capture: true })""")
    yes.first.click()
    expect(cards).to_have_count(1)
    expect(yes).to_be_enabled()
    asked = [each for each in console.requests if each.endswith("/tool_results")]
    assert len(asked) == 1
    yes.click()
    expect(page.locator(".entry.text")).to_contain_text("Done.")


def test_what_a_call_hides_is_shown(console: Watched, server: Running, model: MessagesApi) -> None:
    hidden = {"path": "notes\u202etxt.sh", "content": "a\npath: b.md\u200b"}
    model.replies = [Reply([call("write_file", "long", **hidden, more="x" * 70_000)]), Reply([text("Done.")])]
    with server.client(None) as client:
        console.go(f"s/{begun(client, 'Write it', approve=['write_file'])}")
    asked = console.page.locator(".question")
    expect(asked.locator("pre")).to_contain_text("path: notes<U+202E>txt.sh")
    expect(asked.locator("pre")).to_contain_text("\n  path: b.md<U+200B>")
    expect(asked.get_by_role("button", name="Show all 70.1k characters")).to_be_visible()
