"""Answers of another shape than a Walkaway's are told in a sentence, and none goes on for ever."""

import itertools
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from tests.kit.clients import Body, said, scripted
from walkaway import Walkaway, errors
from walkaway._sync import streams

Deed = Callable[[Walkaway], Any]
OBJECTS: dict[str, Deed] = {
    "me": lambda client: client.me(),
    "create": lambda client: client.sessions.create(),
    "get": lambda client: client.sessions.get("sess_1"),
    "update": lambda client: client.session("sess_1").update(title="x"),
    "delete_many": lambda client: client.sessions.delete_many(status="idle"),
    "send": lambda client: client.session("sess_1").send("go"),
    "ask": lambda client: client.session("sess_1").ask("go"),
    "run": lambda client: client.run("go"),
    "refresh": lambda client: client.turn("sess_1/msg_1").refresh(),
    "wait": lambda client: client.turn("sess_1/msg_1").wait(),
    "result": lambda client: client.turn("sess_1/msg_1").result(),
    "agent": lambda client: client.agents.get("a"),
    "new agent": lambda client: client.agents.create(name="a"),
    "webhook": lambda client: client.webhooks.get("ep_1"),
    "rotate": lambda client: client.webhooks.rotate("ep_1"),
    "test": lambda client: client.webhooks.test("ep_1"),
    "redeliver": lambda client: client.webhooks.redeliver("ep_1", "evt_1"),
    "schedule": lambda client: client.schedules.get("digest"),
    "new schedule": lambda client: client.schedules.create(cron="@daily", message="x"),
    "fired": lambda client: client.schedules.run("digest"),
    "preview": lambda client: client.schedules.preview(cron="@daily"),
    "upload": lambda client: client.session("sess_1").files.upload(b"x", "a.txt"),
}
LISTS: dict[str, Deed] = {
    "sessions": lambda client: client.sessions.list().first(1),
    "turns": lambda client: client.session("sess_1").turns().first(1),
    "agents": lambda client: client.agents.list().first(1),
    "webhooks": lambda client: client.webhooks.list(),
    "schedules": lambda client: client.schedules.list().first(1),
    "firings": lambda client: client.schedules.firings("digest").first(1),
    "backfill": lambda client: client.schedules.backfill("digest", 1, 2),
    "files": lambda client: client.session("sess_1").files.list(),
}
NONE = ["null", "7", '"x"', "[1]", "[[]]", "[null]", "[{}]", "<html></html>", "", "\x00", "{"]
OBJECT = ["{}", '{"id": 5}', '{"id": null}', '{"id": ""}', "[]"]


def answering(body: str) -> Callable[[httpx2.Request], httpx2.Response]:
    return lambda _: httpx2.Response(200, content=body.encode())


@pytest.mark.parametrize("body", NONE + OBJECT)
@pytest.mark.parametrize("deed", OBJECTS.values(), ids=OBJECTS)
def test_what_is_no_such_record_is_no_walkaway(deed: Deed, body: str) -> None:
    with scripted(answering(body)) as client:
        with pytest.raises(errors.NotWalkaway, match=r"but not as Walkaway does\. Is the address right\?"):
            deed(client)


@pytest.mark.parametrize("body", [*NONE, *OBJECT[:-1], '[{"id": 5}]', '[{"name": "a"}]'])
@pytest.mark.parametrize("deed", LISTS.values(), ids=LISTS)
def test_what_is_no_such_list_is_no_walkaway(deed: Deed, body: str) -> None:
    with scripted(answering(body)) as client:
        with pytest.raises(errors.NotWalkaway, match=r"but not as Walkaway does\. Is the address right\?"):
            deed(client)


@pytest.mark.parametrize(
    "more",
    [
        '"pending_tool_calls": "x"',
        '"pending_tool_calls": [7]',
        '"pending_tool_calls": [{"expires_at": "x"}]',
        '"files": 7',
        '"usage": "x"',
        '"steps": "x"',
        '"steps": 1e999',
        '"steps": 9e99',
        '"steps": true',
        '"steps": []',
        '"output_text": [1e999]',
        f'"steps": {"9" * 5000}',
        '"files": {}',
        '"files": [{"size": 3}]',
    ],
)
def test_what_is_read_of_a_turn_has_its_kind(more: str) -> None:
    with scripted(answering(f'{{"id": "msg_1", "status": "completed", {more}}}')) as client:
        with pytest.raises(errors.NotWalkaway):
            client.turn("sess_1/msg_1").refresh()


@pytest.mark.parametrize("after", ["null", "1e999", '"x"', "0.5", "[]"])
def test_where_a_message_stands_is_a_number_or_not_said(after: str) -> None:
    with scripted(answering(f'{{"response_id": "msg_1", "after": {after}}}')) as client:
        if after in {"null", "0.5"}:
            assert (client.session("sess_1").send("go")).cursor == ("0" if after == "0.5" else "")
        else:
            with pytest.raises(errors.NotWalkaway):
                client.session("sess_1").send("go")


@pytest.mark.parametrize("more", ['"modified": 1e999', '"size": 1e999', '"size": {}', '"modified": -1e300'])
def test_what_is_read_of_a_file_has_its_kind(more: str) -> None:
    with scripted(answering(f'[{{"name": "a", "type": "file", {more}}}]')) as client:
        with pytest.raises(errors.NotWalkaway):
            client.session("sess_1").files.list()


def test_an_event_whose_number_is_none_is_unreadable_and_the_others_are_read() -> None:
    text = '{"events": [{"id": 0, "event": "text.delta", "data": {"content": "a"}}], "done": true}'
    with scripted(answering(text.replace('"a"', "[" * 900 + "]" * 900))) as client:
        (event,) = [event for event in client.turn("sess_1/msg_1").events(after=-1, follow=False)]
        assert event.data.keys() <= {"content", "unreadable"}
    with scripted(answering(text.replace('"a"', "1e999"))) as client:
        with pytest.raises(errors.NotWalkaway):
            [event for event in client.turn("sess_1/msg_1").events(after=-1, follow=False)]


def test_a_feed_whose_events_lack_what_they_are_about() -> None:
    about: list[Any] = [{}, {"id": 7}, {"id": "msg_1", "steps": "x"}]
    told = [
        {"type": "turn.completed", "id": f"evt_{at}", "timestamp": "soon", "data": each}
        for at, each in enumerate(about)
    ]
    pages = [{"events": told, "next": "b"}, {"events": [], "next": "b"}]

    def handle(request: httpx2.Request) -> httpx2.Response:
        return said({"features": ["feed"]} if request.url.path == "/v1/me" else pages.pop(0))

    with scripted(handle) as client:
        found = [event for event in client.feed.events(follow=False)]
    assert [(event.id, event.at) for event in found] == [("evt_0", 0.0), ("evt_1", 0.0), ("evt_2", 0.0)]
    for event in found:
        with pytest.raises(errors.WalkawayError, match="is about no turn"):
            event.turn  # noqa: B018 - it raises


@pytest.mark.parametrize("body", ["[]", "{}", '{"events": 7}', '{"events": [7]}', '{"events": [{}]}', "null"])
def test_what_is_no_page_of_a_log_is_no_walkaway(body: str) -> None:
    with scripted(answering(body)) as client:
        with pytest.raises(errors.NotWalkaway):
            [event for event in client.turn("sess_1/msg_1").events(follow=False)]


def test_a_body_without_end_is_read_so_far_and_no_farther(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "BODY_BYTES", 1000)
    endless = httpx2.Response(200, stream=Body(itertools.repeat(b"x" * 300)))
    with scripted(lambda _: endless) as client:
        with pytest.raises(errors.NotWalkaway, match="answers with more than 1000 bytes"):
            client.sessions.get("sess_1")


def test_a_body_that_drips_is_waited_for_so_long_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "BODY_SECONDS", 0.05)
    with scripted(lambda _: httpx2.Response(200, stream=Body(itertools.repeat(b"x"))), retries=0) as client:
        with pytest.raises(errors.Unreachable, match=r"did not answer to the end within 0\.05 s") as caught:
            client.sessions.get("sess_1")
    assert caught.value.sent


def test_a_file_may_be_larger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "BODY_BYTES", 10)
    file = httpx2.Response(200, content=b"x" * 1000, headers={"etag": '"1"'})
    with scripted(lambda _: file) as client:
        assert len(client.session("sess_1").files.read("a.txt")) == 1000
