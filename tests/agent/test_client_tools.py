"""Tools that the caller runs: what can be one, and whose they are."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.http.test_body_limit import App
from tests.kit import sse
from tests.kit.asking import TIME, WEATHER, Asking, error, output, time_call
from tests.kit.engine import Engine
from tests.kit.messages_api import MessagesApi, Reply, call, text
from walkaway_core.agent import client_tools
from walkaway_core.dialects import DIALECTS
from walkaway_core.http.access import Keyring
from walkaway_core.http.app import create_app
from walkaway_core.ports.items import Item, Put
from walkaway_core.settings import Settings
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.transaction import Transaction
from walkaway_local.stack import LocalStack
from walkaway_wire.tools import FunctionTool


class TestTools:
    @pytest.mark.parametrize(
        ("tools", "about"),
        [
            ([{**TIME, "name": "no spaces"}], "name"),
            ([{**TIME, "name": "x" * 65}], "name"),
            ([{**TIME, "name": ""}], "name"),
            ([{**TIME, "description": "é" * 8193}], "16386 bytes"),
            ([{**TIME, "parameters": {"type": "string"}}], "schema of an object"),
            ([{**TIME, "parameters": {"type": "object", "properties": []}}], "properties"),
            ([{**TIME, "type": "web_search"}], "type"),
            ([{**TIME, "timeout": 0}], "timeout"),
            ([{**TIME, "function": {}}], "function"),
            ([TIME, TIME], "'get_time'"),
            ([{**TIME, "name": "bash"}], "'bash'"),
            ([{**TIME, "name": f"t{n}"} for n in range(129)], "128"),
        ],
    )
    def test_what_cannot_be_a_tool_is_refused_by_name(self, client: httpx.Client, tools: Any, about: str) -> None:
        for path, body in (("/v1/sessions", {}), ("/v1/agents", {"name": "never made"})):
            answer = client.post(path, json={**body, "tools": tools})
            assert error(answer) == (400, "invalid_request")
            assert about in answer.json()["message"]

    def test_a_name_of_the_servers_is_free_where_its_tool_is_left_out(
        self, own: httpx.Client, model: MessagesApi
    ) -> None:
        tools, allowed = [{**TIME, "name": "bash"}, {**TIME, "name": "web_search"}], ["bash", "web_search"]
        for said in ({"allowed_tools": allowed}, {"allowed_tools": allowed[1:]}, {}):
            for path in ("/v1/sessions", "/v1/agents"):
                answer = own.post(path, json={"tools": tools, "name": "never made"} | said)
                assert error(answer) == (400, "invalid_request"), said
        asking = Asking(own, model, call("bash", "toolu_1", zone="x"), tools=tools, allowed_tools=["read_file"])
        assert [pending["call_id"] for pending in asking.pending()] == ["toolu_1"]
        assert [tool["name"] for tool in model.requests[-1]["tools"]] == ["read_file", "bash", "web_search"]
        asking.answer(output("toolu_1"))
        assert asking.end()[-1].event == "message.completed"

    def test_the_callers_tool_goes_before_where_an_agent_has_come_to_have_both(
        self, own: httpx.Client, model: MessagesApi
    ) -> None:
        tools = [{**TIME, "name": "bash"}]
        assert own.post("/v1/agents", json={"name": "shell", "disallowed_tools": ["bash"]}).status_code == 201
        asking = Asking(own, model, call("bash", "toolu_1", zone="x"), agent="shell", tools=tools)
        assert own.patch("/v1/agents/shell", json={"disallowed_tools": []}).status_code == 200
        asking.pending()
        asking.answer(output("toolu_1"))
        asking.end()
        model.replies = [Reply([call("bash", "toolu_2", zone="y")]), Reply([text("done")])]
        asking.turn = asking.send("go")
        assert [pending["call_id"] for pending in asking.pending()] == ["toolu_2"]
        assert [tool["name"] for tool in model.requests[-1]["tools"]].count("bash") == 1
        asking.answer(output("toolu_2"))
        asking.end()

    @pytest.mark.parametrize("names", [["nothing"], ["get_time"], ["web_search"]])
    def test_what_cannot_wait_for_a_yes_is_refused(self, client: httpx.Client, names: list[str]) -> None:
        answer = client.post("/v1/sessions", json={"tools": [TIME], "approve": names})
        assert error(answer) == (400, "invalid_request")
        assert names[0] in answer.json()["message"]

    def test_as_many_and_as_large_as_the_limits_allow(self, own: httpx.Client, model: MessagesApi) -> None:
        tools = [{**TIME, "name": f"{n:03}{'x' * 61}", "description": "é" * 8192} for n in range(128)]
        asking = Asking(own, model, call(tools[127]["name"], "toolu_last", zone="x"), tools=tools)
        assert own.get(asking.url).json()["tools"] == [tool["name"] for tool in tools]
        asking.pending()
        asking.answer(output("toolu_last"))
        assert asking.end()[-1].event == "message.completed"
        assert model.requests[-1]["tools"][-1]["description"] == "é" * 8192

    def test_the_lists_of_allowed_tools_are_about_the_servers(self, own: httpx.Client, model: MessagesApi) -> None:
        asking = Asking(own, model, time_call(), allowed_tools=["read_file", "get_time"])
        asking.pending()
        assert [tool["name"] for tool in model.requests[-1]["tools"]] == ["read_file", "get_time", "get_weather"]
        refused = own.post("/v1/sessions", json={"tools": [TIME], "allowed_tools": ["get_weather"]})
        assert error(refused) == (400, "invalid_request")

    def test_what_is_said_is_shown(self, client: httpx.Client) -> None:
        session = sse.new(client, tools=[TIME, WEATHER], approve=["bash"], tool_timeout=60)
        shown = client.get(f"/v1/sessions/{session}").json()
        said = {name: shown[name] for name in ("tools", "approve", "tool_timeout")}
        assert said == {"tools": ["get_time", "get_weather"], "approve": ["bash"], "tool_timeout": 60}

    def test_an_agents_tools_are_its_sessions_and_versions_keep_theirs(
        self, own: httpx.Client, model: MessagesApi
    ) -> None:
        agent = own.post("/v1/agents", json={"name": "clock", "tools": [TIME], "approve": ["bash"]}).json()
        assert (agent["tools"], agent["approve"]) == (["get_time"], ["bash"])
        asking = Asking(own, model, time_call(), then=[Reply([time_call("toolu_2")])], agent="clock", tools=[WEATHER])
        asking.end()
        assert "There is no tool 'get_time'" in asking.told()[0][0], "what the session says goes before"
        session = own.post("/v1/sessions", json={"agent": "clock", "persistent": True}).json()
        assert session["tools"] == ["get_time"]
        asking.session = session["id"]
        model.replies = [Reply([time_call("toolu_3")]), Reply([time_call("toolu_4")]), Reply([text("done")])]
        asking.turn = asking.send("go")
        asking.pending()
        changed = own.patch("/v1/agents/clock", json={"tools": [WEATHER]}).json()
        assert changed["tools"] == ["get_weather"]
        assert own.patch("/v1/agents/clock", json={"max_steps": 9}).json()["tools"] == ["get_weather"]
        asking.answer(output("toolu_3"))
        assert asking.pending()[0]["call_id"] == "toolu_4", "the turn goes on with what it began with"
        asking.answer(output("toolu_4"))
        asking.end()
        assert own.get(asking.url).json()["tools"] == ["get_weather"]


@pytest.mark.parametrize("body", [b"{", b"{}", b"[]", b"[1]", b'[{"name": "other"}]'])
def test_no_turn_goes_on_without_tools_that_cannot_be_read(engine: Engine, body: bytes) -> None:
    stored = client_tools.store(engine.services, "t", "sess_1", [FunctionTool.model_validate(TIME)])
    settings = AgentSettings(**stored.settings)
    tx = Transaction(engine.services.table)
    stored.keep(tx)
    tx.commit()
    assert [tool["name"] for tool in client_tools.load(engine.services, "t", settings)] == [TIME["name"]]
    engine.services.table.write(Put(Item(*next(iter(tx)).key, body=body)))
    with pytest.raises(LookupError, match="cannot be read"):
        client_tools.load(engine.services, "t", settings)


LARGE = [{**TIME, "name": f"look_{n}", "parameters": {"type": "object", "title": "x" * 15_000}} for n in range(20)]
"""Definitions that have no room in an item."""


def kept(data: Path) -> set[str]:
    """The files that hold large bodies."""
    return {str(path) for path in (data / "data" / "workspace").rglob("*") if path.is_file()}


def test_what_is_refused_leaves_nothing(tmp_path: Path) -> None:
    stack = LocalStack(tmp_path / "data", Settings(rehearsal_delay=0))
    app = App(create_app(stack.services, Keyring({}), DIALECTS))
    for name in ("first", "second"):
        assert app.ask("POST", "/v1/agents", json={"name": name, "tools": LARGE[:1]}).status_code == 201
    tools = [{"name": f"t{n}", "description": "d", "schema_data": {"title": "x" * 15_000}} for n in range(20)]
    assert app.ask("POST", "/api/tools/register", json={"tools": tools}).status_code == 200
    agent = app.ask("POST", "/v1/agents", json={"name": "third"}).json()["id"]
    before, files = app.lists(), kept(tmp_path)
    large: dict[str, Any] = {"tools": LARGE}
    for method, path, body, status in (
        ("POST", "/v1/sessions", {**large, "model": "no such model"}, 400),
        ("POST", "/v1/sessions", {**large, "metadata": {"a": "x" * 20_000}}, 413),
        ("POST", "/v1/sessions", {**large, "agent": "nobody"}, 404),
        ("POST", "/v1/sessions", {**large, "file_access": {"read": ["../x"]}}, 403),
        ("POST", "/v1/agents", {**large, "name": "first"}, 409),
        ("POST", "/v1/agents", {**large, "name": "new", "model": "no such model"}, 400),
        ("PATCH", "/v1/agents/first", {**large, "name": "second"}, 409),
        ("PATCH", "/v1/agents/first", {**large, "model": "no such model"}, 400),
        ("POST", f"/api/workflow/execute/{agent}", {"inputs": {"images": {"1": "no.png"}}}, 400),
        ("POST", f"/api/workflow/execute/{agent}", {"inputs": {"images": {"1": "http://x/"}}}, 400),
        ("POST", f"/api/workflow/execute/{agent}", {"metadata": {"a": "x" * 20_000}}, 413),
    ):
        answer = app.ask(method, path, json=body)
        assert (answer.status_code, app.lists()) == (status, before), (path, body.keys(), answer.text)
        assert kept(tmp_path) == files, (path, body.keys())
    assert app.ask("PATCH", "/v1/agents/first", json=large).status_code == 200
    assert app.ask("POST", "/v1/sessions", json=large).status_code == 201
    assert app.ask("POST", f"/api/workflow/execute/{agent}", json={}).status_code == 200
    assert len(kept(tmp_path) - files) == 3
    stack.close()
