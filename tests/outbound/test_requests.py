"""Requests to addresses that others choose: judged when connecting, bounded in size and time."""

import gzip
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.kit.sites import Site
from walkaway_core.outbound import requests
from walkaway_core.outbound.addresses import Forbidden
from walkaway_core.outbound.requests import Unreachable


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

    def test_a_certificate_is_asked_for_without_the_last_dot(self, monkeypatch: Any) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:
            answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", server.getsockname())]
            monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer)
            asked = pool.submit(self._first_bytes, server)
            with pytest.raises(Unreachable):
                fetch(f"https://whole.example.:{server.getsockname()[1]}/", loopback=True)
        assert b"whole.example\0" in asked.result(), "the name ends, and the next extension begins"

    def _first_bytes(self, server: socket.socket) -> bytes:
        with server.accept()[0] as connection:
            return connection.recv(4096)

    def test_an_ipv6_address_is_named_in_brackets(self) -> None:
        if not socket.has_ipv6:
            pytest.skip("there is no IPv6")
        with socket.create_server(("::1", 0), family=socket.AF_INET6) as server, ThreadPoolExecutor(1) as pool:
            port = server.getsockname()[1]
            reply = pool.submit(fetch, f"http://[::1]:{port}/a;b", loopback=True)
            with server.accept()[0] as receiver:
                head = receiver.recv(10_000).decode()
                receiver.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
            assert reply.result().status == 204
        assert head.startswith("GET /a;b HTTP/1.1\r\n")
        assert f"Host: [::1]:{port}\r\n" in head

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
