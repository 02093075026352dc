"""What an agent wrote, or put into a file, is never code and never a request in the console."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Browser, Error, Page, expect

from tests.console import hostile, naive
from tests.kit.browsers import needs_chromium, watching
from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.servers import Running
from tests.kit.shapes import MODEL

pytestmark = needs_chromium
ACCESS = {"read": [""], "write": [""]}
BLOCKS = 12
"""Texts of one answer, each of which is a block."""
TEXTS = [*hostile.RAW, *hostile.PICTURES, *hostile.LINKS]


@pytest.fixture
def elsewhere() -> Iterator[naive.Site]:
    """Another origin, which nobody must ask."""
    with naive.site() as found:
        yield found


def follow_all(page: Page) -> None:
    """Follow whatever leads out of the web: what is a link to a site may be one."""
    for link in page.locator("a[href]").all():
        href = link.evaluate("each => each.protocol")
        if href not in {"http:", "https:", "mailto:"}:
            link.evaluate("each => each.click()")


def test_there_are_enough_of_them() -> None:
    assert len(TEXTS) >= 80
    assert len({*TEXTS}) == len(TEXTS)


def test_no_text_of_an_agent_does_anything(
    browser: Browser, server: Running, model: MessagesApi, elsewhere: naive.Site
) -> None:
    with server.client(None) as client:
        made = {"model": MODEL, "persistent": True, "ttl": 86400, "file_access": ACCESS}
        session = client.post("/v1/sessions", json=made).json()["id"]
        texts = [said for _, said in hostile.markdown(elsewhere.url)]
        parts = [texts[begin : begin + BLOCKS] for begin in range(0, len(texts), BLOCKS)]
        model.replies = [Reply([text(each) for each in part]) for part in parts]
        for part in parts:
            path = f"/v1/sessions/{session}/messages"
            client.post(path, json={"message": "\n\n".join(part)}).raise_for_status()
    with watching(browser, f"{server.url}/console/#/s/{session}") as console:
        page = console.page
        expect(page.locator(".turns .mark.completed")).to_have_count(len(parts))
        expect(page.locator(".entry.text .prose:not(.written)")).to_have_count(len(texts))
        page.locator(".column").evaluate("column => column.scrollIntoView({ block: 'start' })")
        for name in ("Files", "Events", "Facts", "Activity"):
            page.get_by_role("tab", name=name).click()
        follow_all(page)
        assert (
            page.locator("main :is(script, iframe, object, embed, video, audio, link, style, form[action])").count()
            == 0
        )
        assert page.locator("main img").count() == 0
        assert page.locator(".prose [style], .prose [onerror], .prose [onload], .prose [id]").count() == 0
        settled(page)
        assert console.dialogs == []
        assert [asked for asked in console.requests if not asked.split()[1].startswith(server.url)] == []
    assert elsewhere.seen == set()


def test_no_file_does_anything_when_it_is_looked_at(browser: Browser, server: Running, elsewhere: naive.Site) -> None:
    with server.client(None) as client:
        session = client.post("/v1/sessions", json={"file_access": ACCESS}).json()["id"]
        for number, (name, body) in enumerate(hostile.FILES.items()):
            path = f"/v1/sessions/{session}/files/hostile/{name}"
            client.put(path, content=hostile.placed(body, number, elsewhere.url).encode()).raise_for_status()
    with watching(browser, f"{server.url}/console/#/s/{session}") as console:
        page = console.page
        for name in hostile.FILES:
            console.go(f"s/{session}?file=hostile%2F{name}")
            expect(page.locator(f".file[aria-label='hostile/{name}'] .preview")).to_be_visible()
            shown = page.locator(".preview").get_attribute("data-kind")
            assert shown == {"svg": "drawing", "md": "markdown", "csv": "table", "json": "json"}.get(
                name.rpartition(".")[2], "text"
            )
            assert page.locator("main iframe").count() == 0
        settled(page)
        assert console.dialogs == []
        outside = [asked for asked in console.requests if not asked.split()[1].startswith((server.url, "blob:"))]
        assert outside == []
    assert elsewhere.seen == set()


@pytest.mark.deep
def test_each_text_is_seen_where_nothing_defends_a_page(browser: Browser, elsewhere: naive.Site) -> None:
    for number, said in hostile.markdown(elsewhere.url):
        elsewhere.pages[f"/text/{number}"] = ("text/html", naive.html(said))
    opened(browser, elsewhere, [f"/text/{number}" for number in range(len(TEXTS))])
    assert [TEXTS[number] for number in range(len(TEXTS)) if f"/{number}" not in elsewhere.seen] == []


@pytest.mark.deep
def test_each_file_is_seen_where_nothing_defends_a_page(browser: Browser, elsewhere: naive.Site) -> None:
    for number, (name, body) in enumerate(hostile.FILES.items()):
        elsewhere.pages[f"/file/{number}"] = naive.as_it_is_named(name, hostile.placed(body, number, elsewhere.url))
    opened(browser, elsewhere, [f"/file/{number}" for number in range(len(hostile.FILES))])
    assert [name for number, name in enumerate(hostile.FILES) if f"/{number}" not in elsewhere.seen] == []


def settled(page: Page) -> None:
    """Wait until what was drawn is there, and a request that was made then has its answer."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.evaluate("() => fetch('../health').then((answer) => answer.status)") == 200


def opened(browser: Browser, elsewhere: naive.Site, paths: list[str]) -> None:
    """Open each page by itself, and follow its links."""
    context = browser.new_context()
    for path in paths:
        number = f"/{path.rpartition('/')[2]}"
        page = context.new_page()
        page.goto(f"{elsewhere.url}{path}", wait_until="commit")
        for _ in range(60):
            if number in elsewhere.seen:
                break
            with suppress(Error):  # it may have gone elsewhere meanwhile
                page.evaluate("document.querySelectorAll('a').forEach(each => each.click())")
            page.wait_for_timeout(25)
        page.close()
    context.close()
