"""The first request that may start a turn wakes the server, and no other."""

import asyncio
import threading

import pytest
from starlette.types import Message, Receive, Scope, Send

from walkaway_local.woken import Woken


class Server:
    def __init__(self) -> None:
        self.passed: list[str] = []
        self.woken = threading.Semaphore(0)
        self.app = Woken(self._inner, self.woken.release)

    async def _inner(self, scope: Scope, _: Receive, __: Send) -> None:
        self.passed.append(scope["method"])

    def ask(self, *methods: str) -> None:
        async def receive() -> Message:
            return {"type": "http.disconnect"}

        async def send(_: Message) -> None:
            pass

        for method in methods:
            asyncio.run(self.app({"type": "http", "method": method}, receive, send))


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_it_wakes_once(method: str) -> None:
    server = Server()
    server.ask(method, method)
    assert server.passed == [method, method]
    assert server.woken.acquire(timeout=20)
    assert not server.woken.acquire(timeout=0.05)


def test_who_only_looks_wakes_nothing() -> None:
    server = Server()
    server.ask("GET", "HEAD", "OPTIONS")
    assert server.passed == ["GET", "HEAD", "OPTIONS"]
    assert not server.woken.acquire(timeout=0.05)
