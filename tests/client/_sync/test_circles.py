"""What leads in a circle is an error, however it is read: nothing is asked for ever."""

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from tests.kit.clients import said, scripted
from walkaway import Walkaway, errors

Deed = Callable[[Walkaway], Any]
CIRCLE = "has no end: at .* it goes in a circle"
LISTS: dict[str, Deed] = {
    "sessions": lambda client: client.sessions.list(),
    "messages": lambda client: client.session("sess_1").messages(),
    "firings": lambda client: client.schedules.firings("digest"),
    "files": lambda client: client.session("sess_1").files.walk(),
}
EVENT = {"type": "turn.completed", "timestamp": "2026-11-29T09:00:00.000Z", "data": {"id": "msg_1"}, "id": "evt_1"}


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
        return said([{"id": "x_1", "name": "a", "path": "a", "type": "file"}], x_next_cursor=behind)

    return handle


@pytest.mark.parametrize("cursors", [("a",), ("a", "b", "c")], ids=["its own", "of three"])
@pytest.mark.parametrize("deed", LISTS.values(), ids=LISTS)
def test_a_list_of_pages_that_lead_back(deed: Deed, cursors: tuple[str, ...]) -> None:
    with scripted(circling(*cursors)) as client:
        with pytest.raises(errors.NotWalkaway, match=CIRCLE):
            [each for each in deed(client)]


def test_a_list_is_read_twice_and_as_far_as_is_wanted() -> None:
    with scripted(circling("a", "b", "c")) as client:
        found = client.sessions.list()
        for _ in range(2):
            assert len(found.first(3)) == 3


@pytest.mark.parametrize("cursors", [("a",), ("a", "b")])
def test_a_feed_that_leads_back(cursors: tuple[str, ...]) -> None:
    with scripted(circling(*cursors)) as client:
        with pytest.raises(errors.NotWalkaway, match=CIRCLE):
            [event for event in client.feed.events(follow=False)]


def test_who_follows_such_a_feed_waits_and_does_not_ask_at_once() -> None:
    with scripted(circling("a"), patience=0.02) as client:
        with pytest.raises(errors.ConnectionLost, match=CIRCLE):
            [event for event in client.feed.events()]


def test_a_log_whose_page_comes_again() -> None:
    events = [{"id": number, "event": "text.delta", "data": {"content": "x"}} for number in range(1000)]
    pages = [events] * 5

    with scripted(lambda _: said({"events": pages.pop(), "done": False})) as client:
        with pytest.raises(errors.NotWalkaway, match=CIRCLE):
            [event for event in client.turn("sess_1/msg_1").events(after=-1, follow=False)]
    assert len(pages) == 3


@pytest.mark.parametrize("name", [".", "deeper" * 50])
def test_a_folder_that_is_in_itself(name: str) -> None:
    """Of a server that lists folder by folder."""

    def handle(request: httpx2.Request) -> httpx2.Response:
        is_me = request.url.path == "/v1/me"
        return said({"features": []} if is_me else [{"name": name, "type": "directory"}])

    with scripted(handle) as client:
        with pytest.raises(errors.NotWalkaway, match="in a circle"):
            [each for each in client.session("sess_1").files.walk()]
