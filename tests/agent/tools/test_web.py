"""The tool that reads pages of the web."""

from typing import Any

import pytest

from tests.kit.engine import Engine
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.sites import Site
from tests.kit.steps import of, run
from walkaway_core.agent.tools import web


class TestTool:
    @pytest.fixture
    def loopback(self, engine: Engine) -> None:
        object.__setattr__(engine.services.settings, "outbound_loopback", True)

    def fetched(self, engine: Engine, model: MessagesApi, url: str) -> dict[str, Any]:
        model.replies = [Reply([call("fetch_url", url=url)]), Reply([text("done")])]
        events = run(engine, engine.turn(engine.session(allowed_tools=("fetch_url",))))
        return of(events, "tool_result")[0]

    @pytest.mark.usefixtures("loopback")
    def test_a_page_becomes_text(self, engine: Engine, model: MessagesApi, site: Site) -> None:
        page = (
            "<html><script>alert(1)</script><h1>Tides</h1><p>High at <b>noon</b>, see <a href='/x'>here</a>.</p></html>"
        )
        result = self.fetched(engine, model, site.html("/page", page))
        assert result["content"] == f"{site.url}/page\n\n# Tides\nHigh at **noon**, see [here](/x)."
        assert not result["is_error"]

    @pytest.mark.usefixtures("loopback")
    def test_redirects_are_followed_and_judged(self, engine: Engine, model: MessagesApi, site: Site) -> None:
        site.pages["/there"] = (302, {"Location": "/page"}, b"")
        site.pages["/away"] = (302, {"Location": "http://169.254.169.254/latest/meta-data"}, b"")
        site.pages["/round"] = (301, {"Location": "/round"}, b"")
        site.html("/page", "plain", "text/plain")
        assert self.fetched(engine, model, f"{site.url}/there")["content"] == f"{site.url}/page\n\nplain"
        away = self.fetched(engine, model, f"{site.url}/away")
        assert (away["is_error"], "no public address" in away["content"]) == (True, True)
        assert "more than 5 times" in self.fetched(engine, model, f"{site.url}/round")["content"]

    @pytest.mark.usefixtures("loopback")
    @pytest.mark.parametrize(
        ("location", "path"),
        [
            ("/ünï".encode(), "/%C3%BCn%C3%AF"),
            ("/ünï".encode("latin-1"), "/%FCn%EF"),
            (b"/a b?x=%2F;v=1", "/a%20b?x=%2F;v=1"),
            (b"/page;v=1", "/page;v=1"),
        ],
        ids=ascii,
    )
    def test_redirects_are_followed_however_they_are_written(
        self, engine: Engine, model: MessagesApi, site: Site, location: bytes, path: str
    ) -> None:
        site.pages["/there"] = (302, {"Location": location.decode("latin-1")}, b"")
        site.html(path, "plain", "text/plain")
        assert self.fetched(engine, model, f"{site.url}/there")["content"].endswith("\n\nplain")

    @pytest.mark.usefixtures("loopback")
    def test_a_redirect_to_no_address_is_an_error(self, engine: Engine, model: MessagesApi, site: Site) -> None:
        site.pages["/there"] = (302, {"Location": "http://[zz/"}, b"")
        result = self.fetched(engine, model, f"{site.url}/there")
        assert (result["is_error"], "redirects to 'http://[zz/'" in result["content"]) == (True, True), result

    @pytest.mark.usefixtures("loopback")
    def test_what_is_no_text_too_deep_or_missing_is_an_error(
        self, engine: Engine, model: MessagesApi, site: Site
    ) -> None:
        site.pages["/image"] = (200, {"Content-Type": "image/png"}, b"\x89PNG")
        site.html("/deep", "<div>" * 20_000 + "x")
        for path, said in (("/image", "image/png"), ("/deep", "deeply"), ("/none", "404")):
            result = self.fetched(engine, model, site.url + path)
            assert (result["is_error"], said in result["content"]) == (True, True), result

    @pytest.mark.usefixtures("loopback")
    @pytest.mark.parametrize(
        "location",
        [
            "http://[",
            "http://[::1",
            "//[x",
            "http://a:b/",
            "http://127.0.0.1:99999/",
            "http://127.0.0.1:0/",
            "http://127.0.0.1.1/",
            "http://[v1.x]/",
            "http://xn--/",
            "http://\x85.example/",
            "",
            "\xff",
        ],
    )
    def test_an_address_that_is_none_is_the_pages_fault(
        self, engine: Engine, model: MessagesApi, site: Site, location: str
    ) -> None:
        site.pages["/there"] = (302, {"Location": location}, b"")
        result = self.fetched(engine, model, f"{site.url}/there")
        assert (result["is_error"], "itself broke" in result["content"]) == (True, False), result

    @pytest.mark.usefixtures("loopback")
    @pytest.mark.parametrize(
        "charset",
        ["idna", "punycode", "undefined", "raw_unicode_escape", "unicode_escape", "utf-7", "hex", "no; x", '"'],
    )
    def test_a_charset_that_is_none_is_read_as_utf_8(
        self, engine: Engine, model: MessagesApi, site: Site, charset: str
    ) -> None:
        body = "é \\ud800".encode() + b" \xed\xa0\x80 xn--\xff"
        site.pages["/page"] = (200, {"Content-Type": f"text/plain; charset={charset}"}, body)
        result = self.fetched(engine, model, f"{site.url}/page")
        assert not result["is_error"], result
        assert result["content"].startswith(f"{site.url}/page\n\né \\ud800 \ufffd")
        assert model.requests[-1]["messages"][-1]["content"][0]["content"] == result["content"]

    @pytest.mark.usefixtures("loopback")
    @pytest.mark.parametrize(
        "page",
        [
            "<![a",
            "<!DOCTYPE [",
            "<ol start='²'><li>x</ol>",
            "<td colspan=²>x",
            "<a href='http://['>x</a>",
            "&#xd800; &#0; x",
        ],
    )
    def test_html_that_is_none_is_read_or_the_pages_fault(
        self, engine: Engine, model: MessagesApi, site: Site, page: str
    ) -> None:
        result = self.fetched(engine, model, site.html("/page", page))
        assert "itself broke" not in result["content"]
        assert model.requests[-1]["messages"][-1]["content"][0]["content"] == result["content"]

    def test_loopback_is_refused_without_the_setting(self, engine: Engine, model: MessagesApi, site: Site) -> None:
        result = self.fetched(engine, model, site.html("/page", "secret"))
        assert (result["is_error"], site.asked) == (True, [])

    def test_it_is_there_only_where_a_session_asks_for_it(self, engine: Engine, model: MessagesApi) -> None:
        for allowed, there in ((None, False), (("fetch_url",), True)):
            model.replies = [Reply([text("done")])]
            run(engine, engine.turn(engine.session(allowed_tools=allowed)))
            assert (web.FetchUrl.name in [tool["name"] for tool in model.requests[-1]["tools"]]) == there
