"""Events of sessions, over a real server: listed, followed in both orders, and replayed from any place."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anthropic
import pytest
from anthropic.lib.sessions import accumulate_managed_agents_event
from anthropic.types.beta.sessions import BetaManagedAgentsSessionThread, BetaManagedAgentsStreamSessionEvents
from pydantic import TypeAdapter

from tests.dialects.managed.conftest import client_of
from tests.dialects.managed.test_sessions import WEATHER, answer, send, turn_of
from tests.kit import sse
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.servers import KEYS, Running, running
from walkaway_core.settings import Settings

STREAMED: TypeAdapter[Any] = TypeAdapter(BetaManagedAgentsStreamSessionEvents)
VERSION = {"anthropic-version": "2026-10-21"}
Event = tuple[str, str, dict[str, Any]]
"""A cursor, a type and the data."""


@pytest.fixture
def server(scripted: Running) -> Running:
    """One whose model is scripted."""
    return scripted


@pytest.fixture
def session(sdk: Any) -> str:
    return made(sdk)


def made(sdk: Any) -> str:
    agent = sdk.beta.agents.create(name="Ada", model="claude-sonnet-5", tools=[WEATHER])
    return str(sdk.beta.sessions.create(agent=agent.id, environment_id=sdk.beta.environments.create(name="here").id).id)


@contextmanager
def opened(server: Running, path: str, **headers: str) -> Iterator[Iterator[Event]]:
    """Open a stream; give its events as they come."""
    with server.client() as client, client.stream("GET", path, headers={**VERSION, **headers}) as answered:
        assert answered.status_code == 200, answered.read()
        yield sse.blocks(answered.iter_lines())


def stream(session: str) -> str:
    return f"/v1/sessions/{session}/events/stream"


def to_idle(events: Iterator[Event]) -> list[Event]:
    read = []
    for event in events:
        read.append(event)
        if event[1] == "session.status_idle":
            break
    return read


def types(events: list[Event]) -> list[str]:
    return [type_ for _, type_, _ in events]


def says(model: MessagesApi, *texts: str) -> None:
    model.replies = [Reply([text(each)], pieces=3) for each in texts]


def said(server: Running, model: MessagesApi, session: str, *texts: str) -> None:
    """Let one turn after the other run to its end."""
    for each in texts:
        says(model, each)
        turn_of(server, session, send(server, session))


class TestOrders:
    def test_who_sends_first_is_shown_the_turn_though_it_is_over(
        self, server: Running, model: MessagesApi, session: str
    ) -> None:
        said(server, model, session, "Uno", "Dos")
        with opened(server, stream(session)) as events:
            read = to_idle(events)
        assert [data["content"][0]["text"] for _, type_, data in read if type_ == "agent.message"] == ["Dos"]
        assert types(read)[0] == "user.message"

    def test_who_opens_first_sees_no_older_rest(self, server: Running, model: MessagesApi, session: str) -> None:
        said(server, model, session, "Uno")
        with opened(server, stream(session)) as events:
            to_idle(events)
        with opened(server, stream(session)) as events:
            says(model, "Dos")
            send(server, session)
            assert "Dos" in str(to_idle(events))

    def test_who_had_left_before_the_end_is_told_of_it(self, server: Running, model: MessagesApi, session: str) -> None:
        gate = threading.Event()
        model.replies = [Reply([text("Uno dos")], pieces=2, gate=gate)]
        turn = send(server, session)
        with opened(server, stream(session)) as events:
            assert "span.model_request_start" in (type_ for _, type_, _ in events)
        gate.set()
        turn_of(server, session, turn)
        with opened(server, stream(session)) as events:
            assert "Uno dos" in str(to_idle(events))

    def test_who_interrupts_what_rests_is_told_that_it_does(
        self, sdk: Any, server: Running, model: MessagesApi, session: str
    ) -> None:
        said(server, model, session, "Uno")
        with opened(server, stream(session)) as events:
            to_idle(events)
        sdk.beta.sessions.events.send(session, events=[{"type": "user.interrupt"}])
        for again in (False, True):
            with opened(server, stream(session)) as events:
                if again:
                    says(model, "Dos")
                    send(server, session)
                read = to_idle(events)
                assert types(read)[0] == ("user.message" if again else "user.interrupt")

    def test_who_comes_in_the_middle_is_shown_the_beginning(
        self, server: Running, model: MessagesApi, session: str
    ) -> None:
        said(server, model, session, "Uno")
        model.replies = [Reply([call("get_weather", city="Kiel")]), Reply([text("Rain.")])]
        turn = send(server, session)
        turn_of(server, session, turn, "waiting")
        with opened(server, stream(session)) as events:
            assert types(to_idle(events))[-3] == "agent.custom_tool_use"
        answer(server, session)
        turn_of(server, session, turn)
        with opened(server, stream(session)) as events:
            read = to_idle(events)
        assert types(read)[0] == "user.custom_tool_result", "what lies behind the pause, which was seen"
        assert "Rain." in str(read)

    @pytest.mark.parametrize("told_by", ["retrieve", "list", "events"])
    def test_an_end_that_was_told_otherwise_is_not_told_again(
        self, sdk: Any, server: Running, model: MessagesApi, session: str, told_by: str
    ) -> None:
        said(server, model, session, "Uno")
        match told_by:
            case "retrieve":
                sdk.beta.sessions.retrieve(session)
            case "list":
                sdk.beta.sessions.list()
            case _:
                sdk.beta.sessions.events.list(session)
        with opened(server, stream(session)) as events:
            says(model, "Dos")
            send(server, session)
            assert "Uno" not in str(to_idle(events))

    def test_who_asks_sees_a_call_while_it_is_written(self, server: Running, model: MessagesApi, session: str) -> None:
        model.replies = [Reply([call("get_weather", city="Kiel")], pieces=3)]
        turn_of(server, session, send(server, session), "waiting")
        with opened(server, f"{stream(session)}?event_deltas[]=agent.tool_use") as events:
            told = [data for _, _, data in to_idle(events)]
        begun, *pieces = [each for each in told if each["type"].startswith("event_")]
        (use,) = [each for each in told if each["type"] == "agent.custom_tool_use"]
        assert begun["event"] == {"type": "agent.tool_use", "id": use["id"], "name": "get_weather"}
        assert json.loads("".join(each["delta"]["content"]["text"] for each in pieces)) == use["input"]

    def test_a_stream_stays_open_from_turn_to_turn(self, server: Running, model: MessagesApi, session: str) -> None:
        with opened(server, stream(session)) as events:
            for each in ("Uno", "Dos"):
                says(model, each)
                send(server, session)
                assert each in str(to_idle(events))

    def test_a_stream_ends_when_the_session_is_archived(
        self, sdk: Any, server: Running, model: MessagesApi, session: str
    ) -> None:
        with opened(server, stream(session)) as events:
            sdk.beta.sessions.archive(session)
            assert types([*events]) == ["session.thread_status_terminated", "session.status_terminated"]
        with opened(server, stream(session)) as events:
            assert types([*events])[-1] == "session.status_terminated"

    def test_who_comes_back_behind_the_end_of_an_archived_session_is_told_that_it_is_the_end(
        self, sdk: Any, server: Running, session: str
    ) -> None:
        sdk.beta.sessions.archive(session)
        with opened(server, stream(session)) as events:
            cursor, _, data = [*events][-1]
        with opened(server, stream(session), **{"last-event-id": cursor}) as events:
            assert [*events] == []
        with opened(server, f"{stream(session)}?after={data['id']}") as events:
            assert [*events] == []
        with server.client() as client:
            for asked in ({"after": data["id"]}, {"after": "", "types": "agent.message"}):
                query = {**asked, "wait": 25}
                listed = client.get(f"/v1/sessions/{session}/events", params=query, headers=VERSION, timeout=15)
                assert listed.json()["data"] == [], "at once"

    def test_a_stream_ends_when_the_session_is_deleted(self, sdk: Any, server: Running, session: str) -> None:
        with opened(server, stream(session)) as events:
            sdk.beta.sessions.delete(session)
            assert types([*events]) == ["session.deleted"]


def test_a_platform_that_holds_no_longer_ends_a_stream_without_a_word(model: MessagesApi, tmp_path: Path) -> None:
    """Nor before: a program sits on its stream while somebody decides."""
    settings = Settings(model="test-model", base_url=model.url, keys=KEYS, hold_seconds=1)
    with running(tmp_path / "data", settings) as server, client_of(server) as sdk:
        key = made(sdk)
        model.replies = [Reply([call("get_weather", city="Kiel")])]
        turn_of(server, key, send(server, key), "waiting")
        with opened(server, stream(key)) as events:
            read = [*events]
        assert types(read)[-1] == "session.status_idle"
        with opened(server, stream(key), **{"last-event-id": read[-1][0]}) as events:
            assert [*events] == []


class TestReplay:
    @pytest.fixture
    def read(self, server: Running, model: MessagesApi, session: str) -> list[Event]:
        """All that is told of two turns, one with a call that waits; previews as well."""
        said(server, model, session, "Uno")
        model.replies = [Reply([text("I ask."), call("get_weather", city="Kiel")]), Reply([text("Rain.")])]
        turn = send(server, session)
        turn_of(server, session, turn, "waiting")
        answer(server, session)
        turn_of(server, session, turn)
        whole = self.rest(server, session, {}, "?after=&", until="Rain.")
        assert [data["stop_reason"]["type"] for _, type_, data in whole if type_ == "session.status_idle"] == [
            "end_turn",
            "requires_action",
            "end_turn",
        ]
        return whole

    def rest(
        self, server: Running, session: str, headers: dict[str, str], query: str = "?", *, until: int | str
    ) -> list[Event]:
        """Read so many events that follow a place, or up to the rest behind a text."""
        path = stream(session) + query + "event_deltas[]=agent.message&event_deltas[]=agent.thinking"
        with opened(server, path, **headers) as events:
            read: list[Event] = []
            for event in events:
                read.append(event)
                over = event[1] == "session.status_idle" and isinstance(until, str) and until in str(read)
                if over or len(read) == until:
                    break
        return read

    def test_whoever_comes_back_behind_any_event_gets_the_rest(
        self, server: Running, session: str, read: list[Event]
    ) -> None:
        for number in range(len(read) - 1):
            left = read[number + 1 :]
            assert self.rest(server, session, {"last-event-id": read[number][0]}, until=len(left)) == left
        left = read[len(read) // 2 :]
        assert self.rest(server, session, {}, f"?after={read[len(read) // 2 - 1][0]}&", until=len(left)) == left

    def test_whoever_comes_back_between_what_came_of_one_event_gets_the_rest_of_it(
        self, sdk: Any, server: Running, session: str, read: list[Event]
    ) -> None:
        for _ in range(2):
            sdk.beta.sessions.events.send(session, events=[{"type": "user.interrupt"}])
        sdk.beta.sessions.archive(session)
        whole = self.rest(server, session, {"last-event-id": read[-1][0]}, until=8)
        assert types(whole[:3]) == ["user.interrupt", "session.thread_status_idle", "session.status_idle"]
        assert types(whole[6:]) == ["session.thread_status_terminated", "session.status_terminated"]
        for number, (cursor, _, data) in enumerate(whole[:-1]):
            left = whole[number + 1 :]
            for place in (cursor, data["id"]):
                assert self.rest(server, session, {"last-event-id": place}, until=len(left)) == left

    def test_an_events_id_names_its_place_as_well(self, server: Running, session: str, read: list[Event]) -> None:
        ids = [data.get("id", "") for _, _, data in read]
        for number in (1, ids.index(next(data["id"] for _, type_, data in read if type_ == "agent.custom_tool_use"))):
            left = read[number + 1 :]
            assert self.rest(server, session, {"last-event-id": ids[number]}, until=len(left)) == left

    def test_what_names_no_event_begins_where_a_stream_begins(
        self, server: Running, model: MessagesApi, session: str, read: list[Event]
    ) -> None:
        for nothing in ("17", "sevt_" + "0" * 30, "sevt_" + "0" * 24 + "s000001", read[0][0] + "!"):
            with opened(server, stream(session), **{"last-event-id": nothing}) as events:
                says(model, "more")
                send(server, session)
                assert "more" in str(to_idle(events))

    def test_a_connection_lost_at_every_event_loses_nothing(
        self, server: Running, model: MessagesApi, session: str
    ) -> None:
        model.replies = [Reply([text("I look around, and then I say more of it.")], pieces=4, pause=0.02)]
        send(server, session)
        read: list[Event] = []
        while not read or read[-1][1] != "session.status_idle":
            path = stream(session) + "?event_deltas[]=agent.message" + ("" if read else "&after=")
            with opened(server, path, **({"last-event-id": read[-1][0]} if read else {})) as events:
                read.append(next(events))
        assert len({cursor for cursor, _, _ in read}) == len(read)
        grown: Any = None
        for _, type_, data in read:
            if type_ in ("event_start", "event_delta"):
                grown = accumulate_managed_agents_event(grown, _typed(data))
        (whole,) = (data for _, type_, data in read if type_ == "agent.message")
        assert "".join(block.text for block in grown.content) == whole["content"][0]["text"]


def _typed(data: dict[str, Any]) -> Any:
    return STREAMED.validate_json(json.dumps(data))


class TestList:
    @pytest.fixture
    def whole(self, sdk: Any, server: Running, model: MessagesApi, session: str) -> list[str]:
        said(server, model, session, "Uno", "Dos")
        return [event.id for event in sdk.beta.sessions.events.list(session)]

    @pytest.mark.parametrize("limit", [1, 2, 7, 1000])
    def test_pages_are_the_whole_in_either_order(self, sdk: Any, session: str, whole: list[str], limit: int) -> None:
        assert [event.id for event in sdk.beta.sessions.events.list(session, limit=limit)] == whole
        back = sdk.beta.sessions.events.list(session, limit=limit, order="desc")
        assert [event.id for event in back] == whole[::-1]

    def test_it_is_narrowed_before_it_is_cut(self, sdk: Any, session: str, whole: list[str]) -> None:
        page = sdk.beta.sessions.events.list(session, types=["agent.message"], limit=1)
        assert ([event.type for event in page.data], bool(page.next_page)) == (["agent.message"], True)
        assert [event.content[0].text for event in page] == ["Uno", "Dos"]
        first = sdk.beta.sessions.events.list(session, types=["user.message"]).data[1].processed_at
        later = sdk.beta.sessions.events.list(session, created_at_gte=first)
        assert "agent.message" in [event.type for event in later]
        assert all(event.processed_at >= first for event in later)
        assert not sdk.beta.sessions.events.list(
            session, created_at_lt=later.data[0].processed_at.replace(year=2000)
        ).data

    def test_the_last_event_of_a_session_that_rests_says_so(self, sdk: Any, session: str, whole: list[str]) -> None:
        assert sdk.beta.sessions.events.list(session).data[-1].type == "session.status_idle"
        assert sdk.beta.sessions.events.list(session, order="desc", limit=1).data[0].id == whole[-1]

    def test_who_polls_waits_for_what_is_not_there_yet(
        self, server: Running, model: MessagesApi, session: str, whole: list[str]
    ) -> None:
        with server.client() as client:
            ask: dict[str, Any] = {"params": {"after": whole[-1], "wait": 20}, "headers": VERSION}
            nothing = client.get(
                f"/v1/sessions/{session}/events", params={"after": whole[-1], "wait": 0.1}, headers=VERSION
            )
            assert nothing.json()["data"] == []
            says(model, "Tres")
            turn_of(server, session, send(server, session))
            more = client.get(f"/v1/sessions/{session}/events", **ask).json()["data"]
            assert more[0]["type"] == "session.thread_status_running"
            everything = client.get(f"/v1/sessions/{session}/events", params={"after": ""}, headers=VERSION).json()[
                "data"
            ]
        assert [event["id"] for event in everything] == [*whole, *(event["id"] for event in more)]

    @pytest.mark.parametrize(
        ("params", "field"),
        [
            ({"types[]": "agent.nothing"}, "types"),
            ({"limit": 1001}, "limit"),
            ({"limit": 0}, "limit"),
            ({"order": "up"}, "order"),
            ({"page": "page_x"}, "page"),
            ({"created_at[gte]": "yesterday"}, "created_at[gte]"),
            ({"after": "sevt_" + "0" * 30}, "after"),
            ({"wait": 3}, "wait"),
            ({"after": "", "order": "desc"}, "after"),
            ({"colour": "red"}, "colour"),
        ],
    )
    def test_what_cannot_be_asked_is_refused_by_name(
        self, server: Running, session: str, params: dict[str, Any], field: str
    ) -> None:
        with server.client() as client:
            refused = client.get(f"/v1/sessions/{session}/events", params=params, headers=VERSION)
        assert (refused.status_code, refused.json()["error"]["type"]) == (400, "invalid_request_error")
        assert field in refused.json()["error"]["message"]

    def test_a_cursor_is_its_own_lists(self, sdk: Any, session: str, whole: list[str]) -> None:
        page = sdk.beta.sessions.events.list(session, limit=1).next_page
        for other in ({"order": "desc"}, {"types": ["user.message"]}):
            with pytest.raises(anthropic.BadRequestError, match="page"):
                sdk.beta.sessions.events.list(session, page=page, **other)


def test_a_budget_that_is_used_up_says_what_was_used_then(
    sdk: Any, server: Running, model: MessagesApi, session: str
) -> None:
    asked = sdk.beta.sessions.retrieve(session)
    budget = {"type": "limit", "max_list_cost": {"amount": "100", "currency": "USD"}}
    key = sdk.beta.sessions.create(agent=asked.agent.id, environment_id=asked.environment_id, budget=budget).id
    uses = {"input_tokens": 1_000_000}
    model.replies = [Reply([call("get_weather", city="Kiel")], usage=uses), Reply([text("More.")], usage=uses)]
    turn = send(server, key)
    turn_of(server, key, turn, "waiting")
    answer(server, key)
    turn_of(server, key, turn)
    usage, rests = sdk.beta.sessions.events.list(key, types=["session.usage", "session.status_idle"]).data[-2:]
    assert (rests.stop_reason.type, usage.type) == ("budget_reached", "session.usage")
    assert (usage.usage.input_tokens, usage.budget.max_list_cost.amount) == (1_000_000, "100")
    sdk.beta.sessions.update(key, budget={**budget, "max_list_cost": {"amount": "100000", "currency": "USD"}})
    turn_of(server, key, send(server, key))
    assert sdk.beta.sessions.retrieve(key).usage.input_tokens == 2_000_000
    (again,) = sdk.beta.sessions.events.list(key, types=["session.usage"]).data
    assert again.usage.input_tokens == 1_000_000, "and not what was used since"


class TestPreviews:
    def test_they_grow_to_the_message(self, sdk: Any, server: Running, model: MessagesApi, session: str) -> None:
        says(model, "Once upon a time, and ever after")
        send(server, session)
        grown: Any = None
        with sdk.beta.sessions.events.stream(session, event_deltas=["agent.message"]) as events:
            for event in events:
                before, grown = grown, accumulate_managed_agents_event(grown, event)
                if event.type == "agent.message":
                    assert (before.id, before.content) == (event.id, event.content)
                if event.type == "session.status_idle":
                    break
        assert grown.content[0].text == "Once upon a time, and ever after"

    @pytest.mark.parametrize("asked", [["agent.tool_result"], ["agent.message"] * 101])
    def test_others_are_refused(self, server: Running, session: str, asked: list[str]) -> None:
        with server.client() as client:
            refused = client.get(stream(session), params={"event_deltas[]": asked}, headers=VERSION)
        assert (refused.status_code, "event_deltas" in refused.text) == (400, True)


class TestThreads:
    def test_the_primary_one_is_the_session(self, sdk: Any, server: Running, model: MessagesApi, session: str) -> None:
        said(server, model, session, "Uno")
        raw = sdk.beta.sessions.threads.with_raw_response.list(session).http_response.json()
        TypeAdapter(BetaManagedAgentsSessionThread).validate_json(json.dumps(raw["data"][0]), strict=True)
        (thread,) = sdk.beta.sessions.threads.list(session)
        assert (thread.parent_thread_id, thread.status, thread.agent.name) == (None, "idle", "Ada")
        assert sdk.beta.sessions.threads.retrieve(thread.id, session_id=session).id == thread.id
        assert not sdk.beta.sessions.threads.list(session, statuses=["running"]).data
        with pytest.raises(anthropic.BadRequestError, match="'asleep' is no status; there are"):
            sdk.beta.sessions.threads.list(session, extra_query={"statuses": "idle,asleep"})
        events = [event.id for event in sdk.beta.sessions.events.list(session)]
        assert [event.id for event in sdk.beta.sessions.threads.events.list(thread.id, session_id=session)] == events
        says(model, "Dos")
        send(server, session)
        with sdk.beta.sessions.threads.events.stream(thread.id, session_id=session) as read:
            first = next(event for event in read if event.type.startswith("session.thread_status"))
            assert (first.session_thread_id, first.agent_name) == (thread.id, "Ada")
            assert next(event for event in read if event.type == "session.status_idle")

    def test_it_cannot_be_archived_alone(self, sdk: Any, session: str) -> None:
        (thread,) = sdk.beta.sessions.threads.list(session)
        with pytest.raises(anthropic.BadRequestError, match="archive the session"):
            sdk.beta.sessions.threads.archive(thread.id, session_id=session)

    def test_there_is_no_other(self, sdk: Any, session: str) -> None:
        with pytest.raises(anthropic.NotFoundError):
            sdk.beta.sessions.threads.retrieve("sthr_" + "0" * 24, session_id=session)


@pytest.mark.parametrize("path", ["events", "events/stream", "stream", "threads"])
def test_another_tenants_session_is_unknown(server: Running, session: str, path: str) -> None:
    with server.client("beta-key") as stranger:
        refused = stranger.get(f"/v1/sessions/{session}/{path}", headers=VERSION)
    assert (refused.status_code, refused.json()["error"]["type"]) == (404, "not_found_error")
