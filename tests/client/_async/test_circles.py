"""What leads in a circle, or on and on, is an error, however it is read: nothing is asked for ever."""

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from tests.kit.clients import async_scripted, said
from walkaway import AsyncWalkaway, errors, pages

Deed = Callable[[AsyncWalkaway], Any]
CIRCLE = "has no end: at .* it goes in a circle"
LISTS: dict[str, Deed] = {
    "sessions": lambda client: client.sessions.list(),
    "messages": lambda client: client.session("sess_1").messages(),
    "firings": lambda client: client.schedules.firings("digest"),
    "files": lambda client: client.session("sess_1").files.walk(),
}
IDLE = 50
ENTRY = {"id": "x_1", "name": "a", "path": "a", "type": "file"}
EVENT = {"type": "turn.completed", "timestamp": "2026-11-29T09:00:00.000Z", "data": {"id": "msg_1"}, "id": "evt_1"}


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "IDLE", IDLE)


def circling(*cursors: str) -> Callable[[httpx2.Request], httpx2.Response]:
    """Serve pages that lead from one cursor to the next, and from the last one to the first; a hundred at the most."""
    asked = 0

    def handle(request: httpx2.Request) -> httpx2.Response:
        nonlocal asked
        if request.url.path == "/v1/me":
            return said({"features": ["recursive_files", "feed"]})
        asked += 1
        assert asked < 100
        behind = cursors[asked % len(cursors)]
        if request.url.path == "/v1/events":
            return said({"events": [EVENT | {"id": f"evt_{behind}"}], "next": behind})
        return said([ENTRY | {"id": f"x_{asked}"}], x_next_cursor=behind)

    return handle


@pytest.mark.parametrize("cursors", [("a",), ("a", "b", "c")], ids=["its own", "of three"])
@pytest.mark.parametrize("deed", LISTS.values(), ids=LISTS)
async def test_a_list_of_pages_that_lead_back(deed: Deed, cursors: tuple[str, ...]) -> None:
    async with async_scripted(circling(*cursors)) as client:
        with pytest.raises(errors.NotWalkaway, match=CIRCLE):
            [each async for each in deed(client)]


async def test_a_list_is_read_twice_and_as_far_as_is_wanted() -> None:
    async with async_scripted(circling("a", "b", "c")) as client:
        found = client.sessions.list()
        for _ in range(2):
            assert len(await found.first(3)) == 3


def endless(*given: list[dict[str, Any]]) -> Callable[[httpx2.Request], httpx2.Response]:
    """Serve pages, the last one again and again, each behind a cursor of its own."""
    asked = 0

    def handle(request: httpx2.Request) -> httpx2.Response:
        nonlocal asked
        if request.url.path == "/v1/me":
            return said({"features": ["recursive_files", "feed"]})
        page, asked = given[min(asked, len(given) - 1)], asked + 1
        assert asked < 1000
        if request.url.path == "/v1/events":
            return said({"events": page, "next": f"evt_{asked}"})
        return said(page, x_next_cursor=f"c{asked}")

    return handle


@pytest.mark.parametrize(("page", "why"), [([], f"{IDLE} pages in a row had nothing new"), ([ENTRY], CIRCLE)])
@pytest.mark.parametrize("deed", LISTS.values(), ids=LISTS)
async def test_a_list_whose_every_cursor_is_another_one(deed: Deed, page: list[dict[str, Any]], why: str) -> None:
    async with async_scripted(endless(page)) as client:
        with pytest.raises(errors.NotWalkaway, match=why):
            [each async for each in deed(client)]


async def test_a_list_of_which_little_fits_is_read_as_far_as_is_wanted() -> None:
    """As a filter passes over most of it: many pages are empty, and more follow."""
    few: list[list[dict[str, Any]]] = [[]] * (IDLE - 1)
    async with async_scripted(endless(*few, [ENTRY], *few, [ENTRY | {"id": "x_2"}])) as client:
        assert [each.id for each in await client.sessions.list().first(2)] == ["x_1", "x_2"]


@pytest.mark.parametrize("follow", [False, True])
async def test_a_feed_that_tells_the_same_for_ever(*, follow: bool) -> None:
    async with async_scripted(endless([EVENT]), patience=0.02) as client:
        with pytest.raises(errors.WalkawayError, match=f"{IDLE} pages in a row had nothing new"):
            [event async for event in client.feed.events(follow=follow)]


@pytest.mark.parametrize("cursors", [("a",), ("a", "b")])
async def test_a_feed_that_leads_back(cursors: tuple[str, ...]) -> None:
    async with async_scripted(circling(*cursors)) as client:
        with pytest.raises(errors.NotWalkaway, match=CIRCLE):
            [event async for event in client.feed.events(follow=False)]


async def test_who_follows_such_a_feed_waits_and_does_not_ask_at_once() -> None:
    async with async_scripted(circling("a"), first_wait=0.01, patience=0.02) as client:
        with pytest.raises(errors.ConnectionLost, match=CIRCLE):
            [event async for event in client.feed.events()]


async def test_a_log_whose_page_comes_again() -> None:
    events = [{"id": number, "event": "text.delta", "data": {"content": "x"}} for number in range(1000)]
    pages = [events] * 5

    async with async_scripted(lambda _: said({"events": pages.pop(), "done": False})) as client:
        with pytest.raises(errors.NotWalkaway, match=CIRCLE):
            [event async for event in client.turn("sess_1/msg_1").events(after=-1, follow=False)]
    assert len(pages) == 3


@pytest.mark.parametrize("name", [".", "deeper" * 50])
async def test_a_folder_that_is_in_itself(name: str) -> None:
    """Of a server that lists folder by folder."""

    def handle(request: httpx2.Request) -> httpx2.Response:
        is_me = request.url.path == "/v1/me"
        return said({"features": []} if is_me else [{"name": name, "type": "directory"}])

    async with async_scripted(handle) as client:
        with pytest.raises(errors.NotWalkaway, match="in a circle"):
            [each async for each in client.session("sess_1").files.walk()]
