"""The container's tool that reads pages, and what narrows it."""

from typing import Any

import pytest

from tests.kit.engine import Engine
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.sites import Site
from tests.kit.steps import of, run


@pytest.fixture(autouse=True)
def loopback(engine: Engine) -> None:
    object.__setattr__(engine.services.settings, "outbound_loopback", True)


def fetched(engine: Engine, model: MessagesApi, url: str, **narrow: Any) -> dict[str, Any]:
    model.replies = [Reply([call("web_fetch", url=url)]), Reply([text("done")])]
    session = engine.session(toolset="container", allowed_tools=("web_fetch",), web_fetch=narrow or None)
    return of(run(engine, engine.turn(session)), "tool_result")[0]


def test_pages_of_other_domains_are_not_read(engine: Engine, model: MessagesApi, site: Site) -> None:
    url = site.html("/page", "plain", "text/plain")
    assert fetched(engine, model, url)["content"] == f"{url}\n\nplain"
    assert fetched(engine, model, url, allowed_domains=["127.0.0.1"])["content"] == f"{url}\n\nplain"
    asked = len(site.asked)
    other = fetched(engine, model, url, allowed_domains=["docs.example.com"])
    assert (other["is_error"], "docs.example.com" in other["content"]) == (True, True), other
    blocked = fetched(engine, model, url, blocked_domains=["127.0.0.1"])
    assert (blocked["is_error"], "not read here" in blocked["content"]) == (True, True), blocked
    assert len(site.asked) == asked


def test_a_redirect_leads_to_no_other_domain(engine: Engine, model: MessagesApi, site: Site) -> None:
    page = site.html("/page", "plain", "text/plain").replace("127.0.0.1", "localhost")
    site.pages["/there"] = (302, {"Location": page}, b"")
    url = f"{site.url}/there"
    assert fetched(engine, model, url)["content"] == f"{page}\n\nplain"
    other = fetched(engine, model, url, allowed_domains=["127.0.0.1"])
    assert (other["is_error"], "localhost is none of" in other["content"]) == (True, True), other


def test_a_page_has_up_to_so_many_tokens(engine: Engine, model: MessagesApi, site: Site) -> None:
    url = site.html("/page", "x" * 100, "text/plain")
    assert fetched(engine, model, url, max_content_tokens=20)["content"] == f"{url}\n\n{'x' * 80}\n\n[cut off here]"
    assert fetched(engine, model, url, max_content_tokens=25)["content"] == f"{url}\n\n{'x' * 100}"
