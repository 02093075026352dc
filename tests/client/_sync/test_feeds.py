"""The feed against a real server: what happens, with handles, from any place on."""

import httpx2
import pytest

from tests.kit.clients import no, quick, said, scripted
from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.servers import Running
from walkaway import errors


def test_what_happens_is_told_with_handles(scripted: Running, model: MessagesApi) -> None:
    model.replies = [Reply([text("one")]), Reply([text("two")])]
    with quick(scripted.url) as client:
        first = client.run("go")
        there = [event for event in client.feed.events("", follow=False)]
        assert [event.type for event in there] == ["session.created", "turn.started", "turn.completed"]
        assert there[1].turn.ref == first.turn.ref
        assert there[0].session_id == first.turn.session_id
        assert 0 <= there[2].at - there[0].at < 60
        second = client.run("go")
        for event in client.feed.events():
            if event.type == "turn.completed":
                break
        assert event.turn.ref == second.turn.ref
        assert (event.turn.result()).text == "two"
        again = [event for event in client.feed.events(there[0].id, follow=False)]
        assert {each.id for each in there[1:]} <= {each.id for each in again}
        assert len({each.id for each in again}) == len(again)


def test_what_comes_twice_is_given_once_and_trouble_is_waited_out() -> None:
    body = {"type": "turn.completed", "timestamp": "2026-11-29T09:00:00.000Z", "data": {"id": "msg_1"}}
    answers = [
        said({"events": [{**body, "id": "evt_1"}], "next": "a"}),
        no(503, "unavailable"),
        said({"events": [{**body, "id": "evt_1"}, {**body, "id": "evt_2"}], "next": "b"}),
        said({"events": [], "next": "b"}),
    ]

    def handle(request: httpx2.Request) -> httpx2.Response:
        return said({"features": ["feed"]}) if request.url.path == "/v1/me" else answers.pop(0)

    with scripted(handle) as client:
        assert [event.id for event in client.feed.events(follow=False)] == ["evt_1", "evt_2"]
        assert client.feed.cursor == "b"


PAGES = {
    "a page": lambda: httpx2.Response(200, html="<p>Please log in"),
    "a no": lambda: httpx2.Response(403, html="<p>No"),
    "nothing there": lambda: httpx2.Response(404, html="<p>Nothing"),
    "other JSON": lambda: httpx2.Response(200, json={"up": True}),
    "a no in JSON": lambda: httpx2.Response(403, json={"message": "Forbidden"}),
}
"""What something in between may say."""


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("first", [True, False], ids=["at first", "later"])
def test_what_something_in_between_says_is_waited_out(page: str, first: bool) -> None:
    body = {"type": "turn.completed", "timestamp": "2026-11-29T09:00:00.000Z", "data": {"id": "msg_1"}, "id": "evt_1"}
    empty = {"events": [], "next": "b"}
    come = [said({"events": [body], "next": "b"}), said(empty)]
    between = [PAGES[page](), PAGES[page]()]

    def handle(request: httpx2.Request) -> httpx2.Response:
        is_me = request.url.path == "/v1/me"
        if between and is_me == first:
            return between.pop()
        return said({"features": ["feed"]}) if is_me else come.pop(0)

    with scripted(handle) as client:
        assert [event.id for event in client.feed.events(follow=False)] == ["evt_1"]


def test_what_walkaway_refuses_is_raised() -> None:
    for status, code in [(401, ""), (403, "forbidden"), (400, "cursor.invalid")]:

        def handle(request: httpx2.Request, refusal: tuple[int, str] = (status, code)) -> httpx2.Response:
            return said({"features": ["feed"]}) if request.url.path == "/v1/me" else no(*refusal)

        with scripted(handle) as client:
            with pytest.raises(errors.Refused):
                [event for event in client.feed.events()]


def test_an_older_server_behind_a_gateway_has_none() -> None:
    gateway = {"message": "Missing Authentication Token"}
    with scripted(lambda _: httpx2.Response(403, json=gateway)) as client:
        with pytest.raises(errors.FeatureMissing, match="has no feed"):
            [event for event in client.feed.events()]


def test_an_older_server_has_none() -> None:
    with scripted(lambda _: no(404, "not_found")) as client:
        with pytest.raises(errors.FeatureMissing, match="has no feed"):
            [event for event in client.feed.events()]


def test_a_server_that_is_away_at_the_beginning_is_waited_for() -> None:
    asked = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.path)
        if len(asked) < 30:
            raise httpx2.ConnectError("nobody is there")
        return said({"features": ["feed"]} if request.url.path == "/v1/me" else {"events": [], "next": "2"})

    with scripted(handle) as client:
        assert [event for event in client.feed.events(follow=False)] == []
        assert client.feed.cursor == "2"


def test_patience_has_an_end_at_the_beginning_too() -> None:
    def handle(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("nobody is there")

    with scripted(handle, patience=0.02) as client:
        with pytest.raises(errors.ConnectionLost, match="nobody is there") as lost:
            [event for event in client.feed.events("7")]
    assert lost.value.cursor == "7"
