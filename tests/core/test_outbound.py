"""Requests to addresses that others choose: only public ones, judged when connecting; and the tool that makes them."""

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.core.test_step import of, run
from tests.kit.engine import Engine
from tests.kit.messages_api import MessagesApi, Reply, call, text
from walkaway_core.agent.tools import web
from walkaway_core.outbound import addresses, requests
from walkaway_core.outbound.addresses import Forbidden
from walkaway_core.outbound.requests import Unreachable

REFUSED = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "169.254.170.2", "100.64.0.1", "100.127.255.254", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1",
    "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%lo",
    "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254",
    "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a9fe:a9fe::1",
    "2001:0:4136:e378:8000:63bf:5601:5601",
]  # fmt: skip
PUBLIC = ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "100.63.255.255", "100.128.0.1", "172.32.0.1", "11.0.0.1"]


@pytest.mark.parametrize("address", REFUSED)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    with pytest.raises(Forbidden):
        addresses.judge(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_not(address: str) -> None:
    addresses.judge(address)


@pytest.mark.parametrize("address", ["169.254.169.254", "10.0.0.1", "::ffff:169.254.169.254", "fe80::1"])
def test_loopback_alone_is_what_development_allows(address: str) -> None:
    addresses.judge("127.0.0.1", loopback=True)
    addresses.judge("::1", loopback=True)
    with pytest.raises(Forbidden):
        addresses.judge(address, loopback=True)


class Site:
    """A web server on loopback, which says what a test wants."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[str] = []
        self.hang = threading.Event()
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                if self.path == "/hang":
                    site.hang.wait(20)
                if self.path == "/slowly":
                    self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                    while not site.hang.wait(0.1):
                        self.wfile.write(b"X-More: 1\r\n")
                status, headers, body = site.pages.get(self.path, (404, {}, b""))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.path == "/drip":
                    while not site.hang.wait(0.05):
                        self.wfile.write(b"x")
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign]
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def html(self, path: str, body: str, kind: str = "text/html; charset=utf-8") -> str:
        self.pages[path] = (200, {"Content-Type": kind}, body.encode())
        return self.url + path


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.hang.set()
    made.server.shutdown()
    made.server.server_close()


def fetch(url: str, *, loopback: bool, seconds: float = 5.0, most: int = 1000) -> requests.Reply:
    with requests.connections(seconds, loopback=loopback) as pool:
        return requests.request(pool, "GET", url, {}, most=most)


class TestRequest:
    @pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]"])
    def test_loopback_is_refused_however_it_is_spelled(self, site: Site, name: str) -> None:
        port = site.url.rpartition(":")[2]
        with pytest.raises((Forbidden, Unreachable)):
            fetch(f"http://{name}:{port}/", loopback=False)
        assert site.asked == []
        assert fetch(f"http://127.0.0.1:{port}/", loopback=True).status == 404

    def test_a_name_that_also_has_a_private_address_is_refused(self, monkeypatch: Any) -> None:
        answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)) for ip in ("1.1.1.1", "10.0.0.1")]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers)
        with pytest.raises(Forbidden, match=r"10\.0\.0\.1"):
            fetch("http://two.example/", loopback=False)

    def test_a_name_that_answers_otherwise_the_second_time_gains_nothing(self, site: Site, monkeypatch: Any) -> None:
        looked: list[str] = []
        real = socket.getaddrinfo

        def resolve(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
            if host != "rebind.example":
                return real(host, port, *rest, **more)
            looked.append(host)
            ip = "127.0.0.1" if len(looked) == 1 else "169.254.169.254"
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port))]

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        port = site.url.rpartition(":")[2]
        assert fetch(f"http://rebind.example:{port}/", loopback=True).status == 404
        assert len(looked) == 1
        with pytest.raises(Forbidden):
            fetch(f"http://rebind.example:{port}/", loopback=True)

    @pytest.mark.parametrize(
        "url", ["ftp://a.example/", "file:///etc/passwd", "http://", "gopher://x", "x", "http:///a"]
    )
    def test_what_is_no_web_address_is_refused(self, url: str) -> None:
        with pytest.raises(Forbidden):
            fetch(url, loopback=True)

    def test_other_ports_are_refused(self, monkeypatch: Any) -> None:
        answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("1.1.1.1", 22))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer)
        with pytest.raises(Forbidden, match="port 22"):
            fetch("http://a.example:22/", loopback=False)

    def test_size_and_time_are_bounded(self, site: Site) -> None:
        url = site.html("/long", "x" * 5000)
        reply = fetch(url, loopback=True, most=1000)
        assert (len(reply.body), reply.cut) == (1000, True)
        begun = time.monotonic()
        for path in ("/hang", "/drip", "/slowly"):
            site.pages[path] = (200, {}, b"")
            with pytest.raises(Unreachable):
                fetch(site.url + path, loopback=True, seconds=0.5, most=10**9)
        assert time.monotonic() - begun < 15, "each ended in its time, and not when the other side wanted"

    def test_what_is_packed_is_not_unpacked(self, site: Site) -> None:
        site.pages["/bomb"] = (200, {"Content-Encoding": "gzip"}, gzip.compress(b"x" * 10**6))
        assert fetch(site.url + "/bomb", loopback=True, most=10_000).body[:2] == b"\x1f\x8b"


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
    def test_what_is_no_text_too_deep_or_missing_is_an_error(
        self, engine: Engine, model: MessagesApi, site: Site
    ) -> None:
        site.pages["/image"] = (200, {"Content-Type": "image/png"}, b"\x89PNG")
        site.html("/deep", "<div>" * 20_000 + "x")
        for path, said in (("/image", "image/png"), ("/deep", "deeply"), ("/none", "404")):
            result = self.fetched(engine, model, site.url + path)
            assert (result["is_error"], said in result["content"]) == (True, True), result

    def test_loopback_is_refused_without_the_setting(self, engine: Engine, model: MessagesApi, site: Site) -> None:
        result = self.fetched(engine, model, site.html("/page", "secret"))
        assert (result["is_error"], site.asked) == (True, [])

    def test_it_is_there_only_where_a_session_asks_for_it(self, engine: Engine, model: MessagesApi) -> None:
        for allowed, there in ((None, False), (("fetch_url",), True)):
            model.replies = [Reply([text("done")])]
            run(engine, engine.turn(engine.session(allowed_tools=allowed)))
            assert (web.FetchUrl.name in [tool["name"] for tool in model.requests[-1]["tools"]]) == there
