"""Sessions by the SDK: made, read, changed, archived and deleted, each answer as its own types have it."""

import json
import threading
import time
from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import Any

import anthropic
import pytest
from anthropic.types.beta import BetaManagedAgentsSession
from pydantic import TypeAdapter

from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.servers import Running
from walkaway_core.store import sessions
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.lifetimes import FOR_EVER

ADAPTER = TypeAdapter(BetaManagedAgentsSession)
WEATHER = {
    "type": "custom",
    "name": "get_weather",
    "description": "Says how the weather is",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
Make = Callable[..., Any]


def strict(answer: Any) -> dict[str, Any]:
    """Hold an answer against the SDK's own type, every field as it came, and give it as JSON."""
    text = answer.http_response.text
    ADAPTER.validate_json(text, strict=True)
    body: dict[str, Any] = json.loads(text)
    assert not BetaManagedAgentsSession.model_fields.keys() - body.keys()
    return body


@pytest.fixture
def server(scripted: Running) -> Running:
    """One whose model is scripted, and whose list is its own."""
    return scripted


@pytest.fixture
def agent(sdk: Any) -> Any:
    return sdk.beta.agents.create(name="Reporter", model="claude-sonnet-5", system="Cite.", tools=[WEATHER])


@pytest.fixture
def environment(sdk: Any) -> str:
    return str(sdk.beta.environments.create(name="Anywhere").id)


@pytest.fixture
def make(sdk: Any, agent: Any, environment: str) -> Make:
    def made(**said: Any) -> dict[str, Any]:
        asked = {"agent": agent.id, "environment_id": environment, **said}
        return strict(sdk.beta.sessions.with_raw_response.create(**asked))

    return made


def native(id_: str) -> str:
    return "sess_" + id_.removeprefix("sesn_")


def key(id_: str) -> SessionKey:
    return SessionKey("alpha", native(id_))


def send(server: Running, id_: str, message: str = "Hello") -> str:
    """Begin a turn; give its id."""
    with server.client() as client:
        path, background = f"/v1/sessions/{native(id_)}/messages", {"Prefer": "respond-async"}
        return str(client.post(path, json={"message": message}, headers=background).json()["response_id"])


def turn_of(server: Running, id_: str, turn: str, until: str = "ended") -> dict[str, Any]:
    with server.client() as client:
        path = f"/v1/sessions/{native(id_)}/responses/{turn}"
        found: dict[str, Any] = client.get(path, params={"wait": 20, "until": until}).json()
        return found


def run(server: Running, model: MessagesApi, id_: str) -> dict[str, Any]:
    """Let a turn run to its end."""
    model.replies = [Reply([text("Hello to you")])]
    return turn_of(server, id_, send(server, id_))


def events(server: Running, id_: str) -> list[dict[str, Any]]:
    """Read the events of a session, as the sessions API has them."""
    with server.client() as client:
        found: list[dict[str, Any]] = client.get(f"/v1/sessions/{native(id_)}/events", params={"wait": 0}).json()[
            "events"
        ]
        return found


def answer(server: Running, id_: str) -> None:
    """Answer the call that a turn waits for."""
    with server.client() as client:
        path = f"/v1/sessions/{native(id_)}"
        (waits,) = client.get(path).json()["pending_tool_calls"]
        answers = {"results": [{"call_id": waits["call_id"], "output": "sunny"}]}
        assert client.post(f"{path}/tool_results", json=answers).status_code < 300


def refused(status: int, ask: Callable[[], Any]) -> str:
    with pytest.raises(anthropic.APIStatusError) as caught:
        ask()
    assert caught.value.status_code == status
    assert caught.value.response.headers["x-should-retry"] == "false"
    return str(caught.value.message)


class TestMaking:
    def test_a_session_is_idle_and_says_everything(
        self, sdk: Any, make: Make, agent: Any, environment: str, server: Running
    ) -> None:
        made = make(title="Nightly", metadata={"team": "ops"})
        assert (made["status"], made["title"], made["metadata"]) == ("idle", "Nightly", {"team": "ops"})
        assert made["environment_id"] == environment
        assert (made["agent"]["id"], made["agent"]["version"], made["agent"]["system"]) == (agent.id, 1, "Cite.")
        assert made["agent"]["tools"] == [WEATHER]
        empty = ("resources", "vault_ids", "outcome_evaluations")
        assert [made[name] for name in empty] == [[], [], []]
        assert (made["deployment_id"], made["budget"], made["archived_at"]) == (None, None, None)
        usage = made["usage"]
        assert (usage["input_tokens"], usage["output_tokens"], usage["cache_read_input_tokens"]) == (0, 0, 0)
        assert usage["list_cost"] == {"amount": "0", "currency": "USD"}
        assert strict(sdk.beta.sessions.with_raw_response.retrieve(made["id"]))["id"] == made["id"]
        stored = sessions.get(server.stack.services, key(made["id"]))
        assert (stored.options.ttl, stored.options.network) == (FOR_EVER, True)

    def test_later_versions_of_the_agent_do_not_reach_it(
        self, sdk: Any, make: Make, agent: Any, server: Running
    ) -> None:
        made = make()
        sdk.beta.agents.update(agent.id, system="Be brief.", tools=[])
        assert sdk.beta.sessions.retrieve(made["id"]).agent.system == "Cite."
        with server.client() as client:
            shown = client.get(f"/v1/sessions/{native(made['id'])}").json()
        assert (shown["instructions"], shown["tools"]) == ("Cite.", ["get_weather"])

    def test_a_version_and_overrides_are_taken(self, sdk: Any, make: Make, agent: Any) -> None:
        sdk.beta.agents.update(agent.id, system="Be brief.")
        assert make()["agent"]["version"] == 2
        assert make(agent={"type": "agent", "id": agent.id, "version": 1})["agent"]["system"] == "Cite."
        other = make(agent={"type": "agent_with_overrides", "id": agent.id, "system": None, "tools": []})["agent"]
        assert (other["version"], other["system"], other["tools"]) == (2, None, [])

    @pytest.mark.parametrize(
        ("said", "status", "names"),
        [
            ({"agent": "agent_" + "0" * 24}, 404, "agent"),
            ({"agent": {"type": "agent", "id": "agent_" + "0" * 24}}, 404, "agent"),
            ({"environment_id": "env_" + "0" * 24}, 404, "environment"),
            ({"environment_id": None}, 400, "environment_id"),
            ({"vault_ids": ["vlt_1"]}, 400, "vault_ids"),
            ({"resources": [{"type": "github_repository", "url": "https://github.com/a/b"}]}, 400, "resources[0].type"),
            ({"resources": [{"type": "memory_store", "memory_store_id": "memstore_1"}]}, 400, "resources[0].type"),
            ({"metadata": {str(n): "" for n in range(17)}}, 400, "metadata"),
            ({"metadata": {"a": "x" * 513}}, 400, "metadata.a"),
            ({"title": "two\nlines"}, 400, "title"),
            ({"title": "x" * 501}, 400, "title"),
            ({"budget": {"type": "limit", "max_list_cost": {"amount": "0", "currency": "USD"}}}, 400, "budget"),
            ({"budget": {"type": "limit", "max_list_cost": {"amount": "2.5", "currency": "USD"}}}, 400, "amount"),
            ({"budget": {"type": "limit", "max_list_cost": {"amount": "5", "currency": "EUR"}}}, 400, "currency"),
            ({"extra_body": {"colour": "red"}}, 400, "colour"),
        ],
    )
    def test_what_is_not_taken_is_named(self, make: Make, said: dict[str, Any], status: int, names: str) -> None:
        assert names in refused(status, lambda: make(**said))

    def test_an_archived_agent_is_refused_and_so_is_an_environment(
        self, sdk: Any, make: Make, agent: Any, environment: str
    ) -> None:
        there = make()["id"]
        sdk.beta.environments.archive(environment)
        assert f"{environment} is archived" in refused(400, make)
        sdk.beta.agents.archive(agent.id)
        assert f"{agent.id} is archived" in refused(400, make)
        assert sdk.beta.sessions.retrieve(there).status == "idle"

    def test_metadata_may_be_as_large_as_they_can_be(self, make: Make) -> None:
        whole = {f"{n:064}": "\N{PILE OF POO}" * 512 for n in range(16)}
        assert make(metadata=whole)["metadata"] == whole


class TestBeginning:
    def said(self, *texts: str) -> list[dict[str, Any]]:
        return [{"type": "user.message", "content": [{"type": "text", "text": each}]} for each in texts]

    def test_it_begins_with_what_is_said_as_it_is_made(self, sdk: Any, make: Make, model: MessagesApi) -> None:
        made = make(title="Nightly", metadata={"a": "1"}, initial_events=self.said("Begin.", "And be quick."))
        assert (made["status"] in {"running", "idle"}, made["title"], made["metadata"]) == (True, "Nightly", {"a": "1"})
        with sdk.beta.sessions.events.stream(made["id"]) as stream:
            next(event for event in stream if event.type == "session.status_idle")
        (said,) = model.requests[0]["messages"]
        assert [block["text"] for block in said["content"]] == ["Begin.", "And be quick."]
        assert sdk.beta.sessions.events.list(made["id"]).data[-1].type == "session.status_idle"

    def test_what_it_cannot_begin_with_makes_none(self, sdk: Any, make: Make) -> None:
        outcome = {"type": "user.define_outcome", "description": "a", "rubric": {"type": "text", "content": "b"}}
        assert "initial_events[1]" in refused(400, lambda: make(initial_events=[*self.said("Begin."), outcome]))
        assert "initial_events" in refused(400, lambda: make(initial_events=self.said(*["Begin."] * 51)))
        assert sdk.beta.sessions.list().data == []


class TestSentAgain:
    def test_a_request_that_is_sent_again_makes_no_second_session(
        self, server: Running, sdk: Any, agent: Any, environment: str
    ) -> None:
        body = {"agent": agent.id, "environment_id": environment, "title": "Once"}

        def ask(count: int) -> str:
            headers = {"x-stainless-retry-count": str(count), "anthropic-version": "2026-10-21"}
            with server.client() as client:
                return str(client.post("/v1/sessions", json=body, headers=headers).json()["id"])

        first, second = ask(0), ask(0)
        assert first != second
        assert {ask(1), ask(1)} == {first, second}
        assert len(sdk.beta.sessions.list().data) == 2

    def test_it_begins_once(self, server: Running, sdk: Any, agent: Any, environment: str, model: MessagesApi) -> None:
        text_ = {"type": "text", "text": "Begin."}
        events_ = [{"type": "user.message", "content": [text_]}]
        body = {"agent": agent.id, "environment_id": environment, "initial_events": events_}
        made = set()
        for count in range(3):
            headers = {"x-stainless-retry-count": str(count), "anthropic-version": "2026-10-21"}
            with server.client() as client:
                made.add(client.post("/v1/sessions", json=body, headers=headers).json()["id"])
        (id_,) = made
        with sdk.beta.sessions.events.stream(id_) as stream:
            next(event for event in stream if event.type == "session.status_idle")
        assert len(model.requests) == 1

    def test_a_key_makes_one(self, sdk: Any, make: Make) -> None:
        named = {"extra_headers": {"Idempotency-Key": "one"}}
        assert make(**named)["id"] == make(**named)["id"]
        assert "Idempotency-Key" in refused(422, lambda: make(title="Another", **named))


class TestUpdating:
    def test_what_is_named_is_changed_and_the_rest_stays(self, sdk: Any, make: Make) -> None:
        id_ = make(title="Nightly", metadata={"team": "ops", "run": "1"})["id"]
        update = sdk.beta.sessions.with_raw_response.update
        assert strict(update(id_, metadata={"run": None, "by": "cron"}))["metadata"] == {"team": "ops", "by": "cron"}
        changed = strict(update(id_, title="Weekly"))
        assert (changed["title"], changed["metadata"]) == ("Weekly", {"team": "ops", "by": "cron"})
        assert strict(update(id_, title=None))["title"] is None
        assert strict(update(id_))["metadata"] == {"team": "ops", "by": "cron"}

    def test_its_log_says_what_has_changed_once(self, sdk: Any, make: Make, server: Running) -> None:
        id_ = make(title="Nightly")["id"]
        sdk.beta.sessions.update(id_, title="Weekly", metadata={"a": "1"})
        sdk.beta.sessions.update(id_, title="Weekly", metadata={"a": "1"})
        sdk.beta.sessions.update(id_, agent={"tools": []})
        told = events(server, id_)
        assert [event["event"] for event in told] == ["session.updated", "session.updated"]
        assert told[0]["data"]["changes"] == {"title": "Weekly", "metadata": {"a": "1"}}
        assert told[1]["data"]["changes"]["agent"]["tools"] == []
        assert told[1]["data"]["changes"].keys() == {"agent"}

    def test_what_the_sessions_api_changes_is_told_in_its_place_once(
        self, sdk: Any, make: Make, server: Running, model: MessagesApi
    ) -> None:
        id_, gate = make()["id"], threading.Event()
        run(server, model, id_)
        with server.client() as client:

            def patch(**said: Any) -> None:
                assert client.patch(f"/v1/sessions/{native(id_)}", json=said).status_code == 200

            for _ in range(2):
                patch(title="Hello")  # as it was called by its first message, and now is by somebody
            patch(metadata={"a": 1, "b": "2"})
            model.replies = [held := Reply([text("Hello to you")], gate=gate)]
            turn = send(server, id_)
            assert held.reached.wait(10)
            patch(title="Weekly", metadata={"a": None})
            gate.set()
            turn_of(server, id_, turn)
            patch(title="")
        listed = sdk.beta.sessions.events.list(id_).data
        with sdk.beta.sessions.events.stream(id_, extra_query={"after": ""}) as stream:
            streamed = [*islice((event for event in stream if event.processed_at), len(listed))]
        assert streamed == listed
        told = [event.to_dict() for event in listed if event.type == "session.updated"]
        assert [{name: said.get(name) for name in ("title", "metadata") if name in said} for said in told] == [
            {"title": "Hello"},
            {"metadata": {"a": "1", "b": "2"}},
            {"title": "Weekly", "metadata": {"b": "2"}},
            {"title": None},
        ]
        kinds = [event.type for event in listed]
        assert kinds[-2:] == ["session.status_idle", "session.updated"]
        assert kinds.index("session.updated", kinds.index("session.updated") + 2) < len(kinds) - 3, "while it ran"
        now = sdk.beta.sessions.retrieve(id_)
        assert (now.title, now.metadata) == (None, {"b": "2"})

    def test_tools_are_those_of_the_next_turn(self, sdk: Any, make: Make, server: Running, model: MessagesApi) -> None:
        id_ = make()["id"]
        other = {**WEATHER, "name": "get_tide"}
        changed = strict(sdk.beta.sessions.with_raw_response.update(id_, agent={"tools": [other]}))
        assert [tool["name"] for tool in changed["agent"]["tools"]] == ["get_tide"]
        with server.client() as client:
            assert client.get(f"/v1/sessions/{native(id_)}").json()["tools"] == ["get_tide"]
        assert run(server, model, id_)["tools"] == ["get_tide"]

    @pytest.mark.parametrize(
        ("said", "names"),
        [
            ({"vault_ids": ["vlt_1"]}, "vault_ids"),
            ({"agent": {"mcp_servers": [{"type": "url", "name": "a", "url": "https://a.example"}]}}, "mcp_servers"),
            ({"agent": {"tools": [WEATHER, WEATHER]}}, "get_weather"),
            ({"budget": {"type": "limit", "max_list_cost": {"amount": "5", "currency": "USD"}}}, "budget_create_only"),
            ({"metadata": {"a": "x" * 513}}, "metadata.a"),
            ({"extra_body": {"colour": "red"}}, "colour"),
        ],
    )
    def test_what_is_not_taken_is_named_and_changes_nothing(
        self, sdk: Any, make: Make, said: dict[str, Any], names: str
    ) -> None:
        id_ = make(title="Nightly")["id"]
        assert names in refused(400, lambda: sdk.beta.sessions.update(id_, **{"title": "Weekly", **said}))
        assert sdk.beta.sessions.retrieve(id_).title == "Nightly"

    def test_one_without_a_title_is_not_called_by_its_first_message(
        self, sdk: Any, make: Make, server: Running, model: MessagesApi
    ) -> None:
        id_ = make()["id"]
        run(server, model, id_)
        assert sdk.beta.sessions.retrieve(id_).title is None
        assert sdk.beta.sessions.update(id_, title="Hello").title == "Hello"


class TestWaiting:
    def test_it_says_for_which_events_answers_it_waits(
        self, sdk: Any, make: Make, server: Running, model: MessagesApi
    ) -> None:
        id_ = make()["id"]
        retrieve = partial(sdk.beta.sessions.with_raw_response.retrieve, id_)
        assert strict(retrieve())["pending_tool_calls"] == []
        model.replies = [
            Reply([call("get_weather", "c1", city="Porto"), call("get_weather", "c2", city="Kiel")]),
            Reply([text("Rain.")]),
        ]
        turn = send(server, id_)
        turn_of(server, id_, turn, "waiting")
        rests = sdk.beta.sessions.events.list(id_).data[-1]
        asked = rests.stop_reason.event_ids
        assert len(asked) == 2
        assert strict(retrieve())["pending_tool_calls"] == asked
        (listed,) = json.loads(sdk.beta.sessions.with_raw_response.list().http_response.text)["data"]
        assert listed["pending_tool_calls"] == asked
        for each, left in ((asked[1], asked[:1]), (asked[0], [])):
            result = {"type": "user.custom_tool_result", "custom_tool_use_id": each}
            sdk.beta.sessions.events.send(id_, events=[result])
            assert strict(retrieve())["pending_tool_calls"] == left
        turn_of(server, id_, turn)


class TestEnding:
    def test_an_archived_session_can_be_read_and_takes_nothing(self, sdk: Any, make: Make, server: Running) -> None:
        id_ = make(title="Nightly")["id"]
        archived = strict(sdk.beta.sessions.with_raw_response.archive(id_))
        assert archived["status"] == "terminated"
        assert archived["archived_at"]
        assert strict(sdk.beta.sessions.with_raw_response.archive(id_))["archived_at"] == archived["archived_at"]
        assert "archived" in refused(400, lambda: sdk.beta.sessions.update(id_, title="Weekly"))
        with server.client() as client:
            sent = client.post(f"/v1/sessions/{native(id_)}/messages", json={"message": "Hello"})
            assert sent.status_code == 400
            assert "archived" in sent.json()["message"]
        assert [event["event"] for event in events(server, id_)] == ["session.archived"]

    def test_deleted_ones_are_gone(self, sdk: Any, make: Make) -> None:
        id_ = make()["id"]
        gone = sdk.beta.sessions.delete(id_)
        assert (gone.id, gone.type) == (id_, "session_deleted")
        refused(404, lambda: sdk.beta.sessions.retrieve(id_))
        refused(404, lambda: sdk.beta.sessions.delete(id_))
        assert sdk.beta.sessions.list().data == []

    def test_a_deletion_that_is_sent_again_has_what_came_of_it(self, sdk: Any, make: Make, stranger_sdk: Any) -> None:
        id_, again = make()["id"], {"extra_headers": {"x-stainless-retry-count": "1"}}
        assert sdk.beta.sessions.delete(id_, **again).id == id_
        assert sdk.beta.sessions.delete(id_, **again).id == id_
        refused(404, lambda: sdk.beta.sessions.delete(id_))
        refused(404, lambda: stranger_sdk.beta.sessions.delete(id_, **again))
        refused(404, lambda: sdk.beta.sessions.delete("sesn_" + "0" * 24, **again))

    def test_one_that_runs_stays(self, sdk: Any, make: Make, server: Running, model: MessagesApi) -> None:
        id_, gate = make()["id"], threading.Event()
        model.replies = [held := Reply([text("Hello to you")], gate=gate)]
        turn = send(server, id_)
        assert held.reached.wait(10)
        assert sdk.beta.sessions.retrieve(id_).status == "running"
        assert "cannot be archived while its status is" in refused(400, lambda: sdk.beta.sessions.archive(id_))
        assert "Cannot delete session while it is running" in refused(400, lambda: sdk.beta.sessions.delete(id_))
        assert "idle" in refused(400, lambda: sdk.beta.sessions.update(id_, agent={"tools": []}))
        assert sdk.beta.sessions.update(id_, title="While it runs").title == "While it runs"
        gate.set()
        turn_of(server, id_, turn)
        assert sdk.beta.sessions.archive(id_).status == "terminated"

    @pytest.mark.parametrize("way", ["archive", "delete"])
    def test_one_that_waits_ends_first(
        self, sdk: Any, make: Make, server: Running, model: MessagesApi, way: str
    ) -> None:
        id_ = make()["id"]
        model.replies = [Reply([call("get_weather", city="Porto")])]
        turn = send(server, id_)
        turn_of(server, id_, turn, "waiting")
        assert sdk.beta.sessions.retrieve(id_).status == "idle"
        getattr(sdk.beta.sessions, way)(id_)
        if way == "archive":
            assert turn_of(server, id_, turn)["status"] == "cancelled"
            assert sdk.beta.sessions.retrieve(id_).status == "terminated"
            assert [event["event"] for event in events(server, id_)][-2:] == ["message.cancelled", "session.archived"]
        else:
            refused(404, lambda: sdk.beta.sessions.retrieve(id_))


class TestOlderClients:
    def test_what_they_add_to_addresses_means_nothing(self, sdk: Any, make: Make, agent: Any) -> None:
        said = {"extra_query": {"beta": "true"}}
        id_ = make(**said)["id"]
        calls = sdk.beta.sessions
        assert calls.retrieve(id_, **said).id == calls.update(id_, title="a", **said).id == id_
        assert calls.list(**said).data[0].id == calls.archive(id_, **said).id == calls.delete(id_, **said).id


class TestUse:
    def test_it_shows_what_turns_that_are_over_have_used(
        self, sdk: Any, make: Make, server: Running, model: MessagesApi
    ) -> None:
        id_ = make()["id"]
        counts = {"input_tokens": 100_000, "output_tokens": 5000, "cache_creation_input_tokens": 70}
        written = {"cache_creation": {"ephemeral_5m_input_tokens": 50, "ephemeral_1h_input_tokens": 20}}
        model.replies = [Reply([text("Hello to you")], usage={**counts, **written, "cache_read_input_tokens": 9})]
        turn_of(server, id_, send(server, id_))
        turn = turn_of(server, id_, send(server, id_))
        shown = strict(sdk.beta.sessions.with_raw_response.retrieve(id_))
        usage = shown["usage"]
        assert (usage["input_tokens"], usage["output_tokens"]) == (200_000, 10_000)
        assert usage["cache_read_input_tokens"] == 18
        assert usage["cache_creation"] == {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 40}
        assert usage["list_cost_usd"] == pytest.approx(2 * turn["cost_usd"])
        assert usage["list_cost"] == {"amount": str(round(200 * turn["cost_usd"])), "currency": "USD"}
        assert 0 < usage["active_seconds"] == shown["stats"]["active_seconds"] <= shown["stats"]["duration_seconds"]

    def test_waiting_is_no_activity(self, sdk: Any, make: Make, server: Running, model: MessagesApi) -> None:
        id_ = make()["id"]
        model.replies = [Reply([call("get_weather", city="Porto")])]
        turn_of(server, id_, send(server, id_), "waiting")
        first, second = (sdk.beta.sessions.retrieve(id_).stats for _ in range(2))
        assert first.active_seconds == second.active_seconds
        assert first.duration_seconds < second.duration_seconds


class TestBudget:
    def limit(self, cents: int) -> dict[str, Any]:
        return {"type": "limit", "max_list_cost": {"amount": str(cents), "currency": "USD"}}

    def spend(self, server: Running, model: MessagesApi, id_: str) -> dict[str, Any]:
        """Use up more than a dollar."""
        model.replies = [Reply([text("Hello to you")], usage={"input_tokens": 1_000_000, "output_tokens": 1})]
        return turn_of(server, id_, send(server, id_))

    def test_no_model_is_called_beyond_it_until_it_is_raised(
        self, sdk: Any, make: Make, server: Running, model: MessagesApi
    ) -> None:
        made = make(budget=self.limit(100))
        assert made["budget"] == self.limit(100)
        assert self.spend(server, model, made["id"])["status"] == "completed"
        asked = len(model.requests)
        ended = self.spend(server, model, made["id"])
        assert (ended["status"], ended["error_code"], len(model.requests)) == ("failed", "max_cost", asked)
        update = sdk.beta.sessions.with_raw_response.update
        assert "budget_not_raised" in refused(400, lambda: update(made["id"], budget=self.limit(150)))
        assert strict(update(made["id"], budget=self.limit(10_000)))["budget"] == self.limit(10_000)
        assert self.spend(server, model, made["id"])["status"] == "completed"

    def test_it_can_be_taken_away_and_then_not_be_set_again(
        self, sdk: Any, make: Make, server: Running, model: MessagesApi
    ) -> None:
        id_ = make(budget=self.limit(100))["id"]
        assert strict(sdk.beta.sessions.with_raw_response.update(id_, budget=None))["budget"] is None
        assert [event["data"]["changes"] for event in events(server, id_)] == [{"budget": None}]
        assert "budget_create_only" in refused(400, lambda: sdk.beta.sessions.update(id_, budget=self.limit(500)))

    def test_one_that_is_raised_holds_for_the_turn_that_runs(
        self, sdk: Any, make: Make, server: Running, model: MessagesApi
    ) -> None:
        id_, gate = make(budget=self.limit(100))["id"], threading.Event()
        much = {"input_tokens": 1_000_000, "output_tokens": 1}
        held = Reply([call("get_weather", city="Porto")], gate=gate, usage=much)
        model.replies = [held, Reply([text("Hello to you")])]
        turn = send(server, id_)
        assert held.reached.wait(10)
        sdk.beta.sessions.update(id_, budget=self.limit(10_000))
        gate.set()
        turn_of(server, id_, turn, "waiting")
        answer(server, id_)
        assert turn_of(server, id_, turn)["status"] == "completed"

    def test_a_model_without_a_price_has_none(self, sdk: Any, make: Make) -> None:
        nobody = sdk.beta.agents.create(name="Reporter", model="qwen3")
        said = refused(400, lambda: make(agent=nobody.id, budget=self.limit(100)))
        assert "model_not_budgetable" in said


class TestTrouble:
    def test_a_long_wait_for_the_models_service_is_told(
        self, sdk: Any, make: Make, server: Running, model: MessagesApi
    ) -> None:
        id_ = make()["id"]
        model.replies = [Reply(status=529, error="busy", kind="overloaded_error", retry_after="20")]
        turn = send(server, id_)
        deadline = time.monotonic() + 20
        while sdk.beta.sessions.retrieve(id_).status != "rescheduling":
            assert time.monotonic() < deadline
        assert [each.id for each in sdk.beta.sessions.list(statuses=["rescheduling"])] == [id_]
        assert "while it is running" in refused(400, lambda: sdk.beta.sessions.delete(id_))
        with server.client() as client:
            client.post(f"/v1/sessions/{native(id_)}/responses/{turn}/cancel")


class TestOthers:
    def test_a_session_of_another_tenant_is_unknown(self, make: Make, stranger_sdk: Any) -> None:
        id_ = make()["id"]
        calls = stranger_sdk.beta.sessions
        for ask in (calls.retrieve, calls.update, calls.archive, calls.delete):
            refused(404, partial(ask, id_))
        assert calls.list(include_archived=True).data == []

    @pytest.mark.parametrize("id_", ["sesn_1", "sess_" + "0" * 24, "sesn_" + "0" * 24, "sesn_" + "Z" * 24, "%2e%2e"])
    def test_an_id_of_nothing_is_unknown(self, sdk: Any, id_: str) -> None:
        refused(404, lambda: sdk.beta.sessions.retrieve(id_))

    def test_a_session_of_the_sessions_api_is_shown_and_not_listed(self, sdk: Any, server: Running) -> None:
        with server.client() as client:
            made = client.post("/v1/sessions", json={"metadata": {"a": 1, "b": "c"}, "instructions": "Be brief."})
        id_ = "sesn_" + made.json()["id"].removeprefix("sess_")
        shown = strict(sdk.beta.sessions.with_raw_response.retrieve(id_))
        assert shown["metadata"] == {"a": "1", "b": "c"}
        assert shown["agent"]["system"] == "Be brief."
        assert sdk.beta.sessions.update(id_, title="Mine").title == "Mine"
        refused(400, lambda: sdk.beta.sessions.update(id_, agent={"tools": []}))
        assert sdk.beta.sessions.list().data == []
        assert sdk.beta.sessions.archive(id_).status == "terminated"
