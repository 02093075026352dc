"""Requests are sent again where that is safe, and nothing of the HTTP library's reaches a caller."""

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from tests.kit.clients import async_quick, async_scripted, no, said
from tests.kit.servers import free_port
from walkaway import AsyncWalkaway, errors

NOT_SENT, NO_ANSWER = httpx2.ConnectError("nobody"), httpx2.ReadError("it broke")
SESSION = {"id": "sess_1"}
Trouble = Exception | httpx2.Response


class Server:
    """Has troubles, and then answers. `asked`: what came, each with its Idempotency-Key."""

    def __init__(self, *troubles: Trouble, features: tuple[str, ...] = ()) -> None:
        self.troubles, self.features = list(troubles), features
        self.asked: list[tuple[str, str]] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/v1/me":
            return said({"features": list(self.features)}) if self.features else no(404, "not_found")
        self.asked.append((request.method, request.headers.get("idempotency-key", "")))
        if self.troubles:
            trouble = self.troubles.pop(0)
            if isinstance(trouble, Exception):
                raise trouble
            return trouble
        if request.url.path.endswith("/messages"):
            return said({"response_id": "msg_1", "status": "in_progress", "outcome": "started", "after": -1}, 202)
        return said(SESSION) if request.method != "DELETE" else httpx2.Response(204)


Deed = Callable[[AsyncWalkaway], Any]
GET: Deed = lambda client: client.sessions.get("sess_1")  # noqa: E731 - rows of the table below
DELETE: Deed = lambda client: client.sessions.delete("sess_1")  # noqa: E731
SEND: Deed = lambda client: client.session("sess_1").send("go")  # noqa: E731
CREATE: Deed = lambda client: client.sessions.create()  # noqa: E731
PUT: Deed = lambda client: client.session("sess_1").files.delete("a.txt")  # noqa: E731
AGAIN = (errors.Unreachable, errors.ServerFailed, errors.TooManyRequests)


@pytest.mark.parametrize(
    ("deed", "trouble", "features", "repeated"),
    [
        (GET, NOT_SENT, (), True),
        (GET, NO_ANSWER, (), True),
        (GET, no(503), (), True),
        (GET, no(500), (), True),
        (DELETE, NO_ANSWER, (), True),
        (PUT, no(502), (), True),
        (SEND, NOT_SENT, (), True),
        (SEND, NO_ANSWER, (), True),
        (SEND, no(429), (), True),
        (SEND, no(504), (), True),
        (CREATE, NOT_SENT, (), True),
        (CREATE, no(429), (), True),
        (CREATE, no(503), (), True),
        (CREATE, NO_ANSWER, (), False),
        (CREATE, no(500), (), False),
        (CREATE, NO_ANSWER, ("idempotent_creates",), True),
        (CREATE, no(500), ("idempotent_creates",), True),
    ],
)
async def test_each_row_of_the_table(deed: Deed, trouble: Trouble, features: tuple[str, ...], repeated: bool) -> None:
    server = Server(trouble, features=features)
    async with async_scripted(server) as client:
        if repeated:
            await deed(client)
        else:
            with pytest.raises(AGAIN) as caught:
                await deed(client)
            assert isinstance(caught.value, errors.ServerFailed) or getattr(caught.value, "sent", False)
    assert len(server.asked) == 1 + repeated
    assert len({key for _, key in server.asked}) == 1  # the second one is the same request
    if deed in {SEND, CREATE}:
        assert server.asked[0][1]


async def test_a_key_of_the_callers_is_taken() -> None:
    server = Server(NO_ANSWER)
    async with async_scripted(server) as client:
        await client.session("sess_1").send("go", idempotency_key="order-7")
    assert server.asked == [("POST", "order-7")] * 2


async def test_two_messages_have_two_keys() -> None:
    server = Server()
    async with async_scripted(server) as client:
        await client.session("sess_1").send("go")
        await client.session("sess_1").send("go")
    assert len(set(server.asked)) == 2


async def test_what_is_gone_at_a_repeated_delete_was_deleted() -> None:
    async with async_scripted(Server(NO_ANSWER, no(404, "session.not_found"))) as client:
        await client.sessions.delete("sess_1")
    async with async_scripted(Server(no(404, "session.not_found"))) as client:
        with pytest.raises(errors.NotFound):
            await client.sessions.delete("sess_1")


GONE: list[Deed] = [
    DELETE,
    lambda client: client.session("sess_1").delete(),
    lambda client: client.session("sess_1").files.delete("a.txt"),
    lambda client: client.agents.delete("agt_1"),
    lambda client: client.webhooks.delete("whk_1"),
    lambda client: client.schedules.delete("sch_1"),
]


@pytest.mark.parametrize("deed", GONE)
async def test_nothing_is_deleted_by_what_stands_in_between(deed: Deed) -> None:
    page = httpx2.Response(200, html="<form>Log in</form>")
    for troubles in ((page,), (NO_ANSWER, httpx2.Response(404, html="<h1>Nothing here</h1>"))):
        async with async_scripted(Server(*troubles)) as client:
            with pytest.raises(errors.NotWalkaway):
                await deed(client)
    async with async_scripted(Server(httpx2.Response(200, headers={"X-Request-Id": "req_1"}))) as client:
        await deed(client)


@pytest.mark.parametrize("retries", [0, 2])
async def test_repeats_have_an_end(retries: int) -> None:
    server = Server(*[no(503, "unavailable", "The disk is full")] * 9)
    async with async_scripted(server, retries=retries) as client:
        with pytest.raises(errors.ServerFailed, match="The disk is full"):
            await client.sessions.get("sess_1")
    assert len(server.asked) == retries + 1


async def test_a_refusal_is_not_repeated() -> None:
    server = Server(no(403, "path.forbidden"))
    async with async_scripted(server) as client:
        with pytest.raises(errors.Forbidden):
            await client.sessions.get("sess_1")
    assert len(server.asked) == 1


def raised(kind: type[Exception]) -> Exception:
    return kind() if kind in {httpx2.StreamConsumed, httpx2.StreamClosed} else kind("so it is")


@pytest.mark.parametrize(
    "kind",
    [
        httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ReadTimeout, httpx2.WriteError, httpx2.PoolTimeout,
        httpx2.RemoteProtocolError, httpx2.LocalProtocolError, httpx2.ProxyError, httpx2.UnsupportedProtocol,
        httpx2.TooManyRedirects, httpx2.DecodingError, httpx2.InvalidURL, httpx2.StreamConsumed, OSError,
    ],
)  # fmt: skip
async def test_no_type_of_the_http_library_reaches_a_caller(kind: type[Exception]) -> None:
    async with async_scripted(Server(*[raised(kind) for _ in range(4)]), retries=0, patience=0) as client:
        for deed in (GET, SEND, CREATE):
            with pytest.raises(errors.Unreachable) as caught:
                await deed(client)
            assert "http://walkaway.test" in str(caught.value)
            assert caught.value.__cause__ is None
            assert caught.value.__suppress_context__
        with pytest.raises(errors.ConnectionLost):
            [event async for event in client.turn("sess_1/msg_1").events()]


async def test_a_wrong_address_says_where_it_came_from() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    async with async_quick(url, retries=0) as client:
        with pytest.raises(
            errors.Unreachable,
            match=r"cannot be reached: .*Is it running\? `walkaway serve` starts one here. The address came from url=",
        ):
            await client.sessions.get("sess_1")


async def test_what_cannot_be_called_from_here_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1")
    for url, why in (("http://a\u202e.example", "cannot be called"), ("http://192.0.2.1", "cannot be called")):
        async with AsyncWalkaway(url=url, key="k") as client:
            with pytest.raises(errors.SettingInvalid, match=why):
                await client.me()
    monkeypatch.delenv("ALL_PROXY")
    async with AsyncWalkaway(url="http://a\u202e.example", key="k") as client:
        with pytest.raises(errors.SettingInvalid, match="no address of a server"):
            await client.me()


async def test_who_waits_for_a_server_is_told_so_once(caplog: pytest.LogCaptureFixture) -> None:
    server = Server(NOT_SENT, NOT_SENT, NOT_SENT)
    async with async_scripted(server) as client:
        await client.sessions.get("sess_1")
        server.troubles = [NOT_SENT]
        await client.with_options(retries=3).sessions.get("sess_1")
    (told,) = [each for each in caplog.records if each.levelname == "WARNING"]
    assert told.name == "walkaway.transport"
    assert "cannot be reached" in told.getMessage()


async def test_options_are_changed_for_a_part_and_the_connections_stay() -> None:
    server = Server(*[no(503)] * 2)
    async with async_scripted(server) as client:
        hasty = client.with_options(retries=0, headers={"X-Team": "harbour"})
        with pytest.raises(errors.ServerFailed):
            await hasty.sessions.get("sess_1")
        await client.sessions.get("sess_1")
    assert len(server.asked) == 3


async def test_the_key_goes_to_the_server_and_no_further() -> None:
    """A redirect to another host, as for a large file, gets the request without the key."""
    seen = {}

    def handle(request: httpx2.Request) -> httpx2.Response:
        seen[request.url.host] = request.headers.get("authorization")
        if request.url.host == "walkaway.test":
            return httpx2.Response(307, headers={"location": "https://bucket.test/file"})
        return httpx2.Response(200, headers={"etag": '"1"'}, content=b"bytes")

    async with async_scripted(handle) as client:
        assert await client.session("sess_1").files.read("a") == b"bytes"
    assert seen == {"walkaway.test": "Bearer alpha-key", "bucket.test": None}


async def test_any_request_can_be_sent() -> None:
    asked: list[tuple[str, str, bytes]] = []

    def answering(request: httpx2.Request) -> httpx2.Response:
        asked.append((request.method, str(request.url.raw_path.decode()), request.read()))
        return said({"id": "x"})

    async with async_scripted(answering) as client:
        answer = await client.request("patch", "/v1/things/1", json={"a": 1}, params={"b": "c"})
        assert (answer.status, answer.json()) == (200, {"id": "x"})
        for path in ("v1/things", "http://elsewhere/v1"):
            with pytest.raises(errors.SettingInvalid):
                await client.request("GET", path)
    assert asked == [("PATCH", "/v1/things/1?b=c", b'{"a":1}')]
