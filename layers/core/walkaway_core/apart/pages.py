"""Reading a page of the web: fetched from public addresses alone, parsed, and given as text."""

from collections.abc import Mapping
from typing import Any

from walkaway_core.apart.child import Failed
from walkaway_core.outbound import redirects
from walkaway_core.outbound.addresses import Forbidden
from walkaway_core.outbound.domains import Domains
from walkaway_core.outbound.requests import Reply, Unreachable
from walkaway_wire import charsets

MOST_BYTES = 2_000_000
MOST_SHOWN = 50_000
SECONDS = 30.0
HEADERS = {"User-Agent": "Walkaway", "Accept": "text/html, text/*;q=0.9, application/json;q=0.9"}
READABLE = ("text/", "application/json", "application/xml", "application/xhtml+xml")


CHARACTERS_PER_TOKEN = 4
"""By which a limit in tokens is kept, since no model is asked."""


def read(address: str, loopback: bool, narrow: Mapping[str, Any] | None = None) -> str:  # noqa: FBT001 - JSON has no names
    """Fetch a page, and give where it was and its text, cut with a note. Raises Failed with a sentence about it.

    `narrow`: `allowed_domains`, `blocked_domains`, `max_content_tokens`, as `AgentSettings.web_fetch` has them.
    """
    narrow = narrow or {}
    domains = Domains(narrow.get("allowed_domains", ()), narrow.get("blocked_domains", ()))
    most = min(MOST_SHOWN, narrow.get("max_content_tokens", MOST_SHOWN) * CHARACTERS_PER_TOKEN)
    try:
        url, reply = redirects.get(
            address, HEADERS, seconds=SECONDS, most=MOST_BYTES, loopback=loopback, domains=domains
        )
    except (Forbidden, Unreachable) as error:
        raise Failed(f"{address[:200]!r} cannot be fetched: {error}") from None
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    if reply.status >= 400:
        raise Failed(f"{url} answers {reply.status}")
    if not kind.startswith(READABLE):
        raise Failed(f"{url} is {kind or 'of no kind'}, which is no text")
    text = _text(reply, kind)
    cut = reply.cut or len(text) > most
    return f"{url}\n\n{text[:most]}" + ("\n\n[cut off here]" if cut else "")


def _text(reply: Reply, kind: str) -> str:
    label = reply.headers.get("content-type", "").lower().partition("charset=")[2].partition(";")[0].strip("\"' ")
    text = charsets.text(reply.body, label)
    if "html" not in kind:
        return text
    return _markdown(text)


def _markdown(page: str) -> str:
    from bs4 import BeautifulSoup
    from bs4.exceptions import ParserRejectedMarkup
    from markdownify import MarkdownConverter

    try:
        soup = BeautifulSoup(page, "html.parser")
        for unread in soup(["script", "style", "noscript", "template", "img", "svg"]):
            unread.decompose()
        lines = (line.rstrip() for line in MarkdownConverter(heading_style="ATX").convert_soup(soup).splitlines())
        return "\n".join(line for line in lines if line)
    except RecursionError:
        raise Failed("The page is nested so deeply that it cannot be read") from None
    except (ParserRejectedMarkup, ValueError, AssertionError):
        raise Failed("The page is no HTML that can be read") from None
