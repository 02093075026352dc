"""What an HTML page refers to, as a browser would find it."""

import re
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx

ANSWER_LIMIT = 6_000_000
"""What an answer through API Gateway may have in base64 (Lambda quotas, invocation payload)."""


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in ("href", "src", "action") and value]


def links(page: httpx.Response) -> list[str]:
    """The absolute addresses that a page refers to, in tags and in what its script loads; data: is left out."""
    parser = _Links()
    parser.feed(page.text)
    loaded = re.findall(r"\burl: '(.*?)'", page.text)
    return [urljoin(str(page.url), link) for link in [*parser.found, *loaded] if not link.startswith("data:")]


def check(client: httpx.Client, page: httpx.Response, base: str) -> list[str]:
    """Assert that a page names no other host and that all that it refers to is served below `base`; give the paths."""
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    found = links(page)
    for link in found:
        assert link.startswith(f"{base}/"), link
        raw = httpx.Request("GET", link, headers={"Accept-Encoding": "gzip"})
        answer = client.send(raw)
        assert answer.status_code == 200, link
        assert int(answer.headers["content-length"]) * 4 / 3 < ANSWER_LIMIT
    for host in re.findall(r"https?://([^/\s'\"<]+)", page.text):
        assert host == httpx.URL(base).netloc.decode(), host
    return [link.removeprefix(base).partition("?")[0] for link in found]
