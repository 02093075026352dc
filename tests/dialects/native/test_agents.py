"""Agents over HTTP: made, changed, deleted, and what sessions and their turns make of them."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.kit import sse
from tests.kit.asking import TIME, WEATHER
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.servers import Running
from walkaway_core.ports.items import Item, Put
from walkaway_core.store import keys
from walkaway_wire import jsontext

NUMBERS = iter(range(10**6))


def make(client: httpx.Client, **fields: Any) -> dict[str, Any]:
    answer = client.post("/v1/agents", json={"name": f"agent {next(NUMBERS)}", **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


class TestAgents:
    def test_made_read_changed_listed_deleted(self, client: httpx.Client) -> None:
        made = make(client, instructions="Be brief.", max_steps=7, allowed_tools=["read_file"])
        assert (made["version"], made["max_steps"], made["allowed_tools"]) == (1, 7, ["read_file"])
        for called in (made["id"], made["name"]):
            assert client.get(f"/v1/agents/{called}").json() == made
        changed = client.patch(f"/v1/agents/{made['id']}", json={"max_steps": 8, "description": "mine"}).json()
        assert {**changed, "updated_at": 0} == {
            **made, "version": 2, "max_steps": 8, "description": "mine", "updated_at": 0
        }  # fmt: skip
        assert client.get(f"/v1/agents/{made['id']}").json() in client.get("/v1/agents").json()
        assert client.delete(f"/v1/agents/{made['name']}").status_code == 204
        assert client.get(f"/v1/agents/{made['id']}").json()["error"] == "agent.not_found"
        assert made["id"] not in [agent["id"] for agent in client.get("/v1/agents").json()]
        assert make(client, name=made["name"])["id"] != made["id"], "the name is free again"

    def test_a_name_is_one_agents(self, client: httpx.Client) -> None:
        one, two = make(client), make(client)
        taken = [
            client.post("/v1/agents", json={"name": one["name"]}),
            client.patch(f"/v1/agents/{two['id']}", json={"name": one["name"]}),
        ]
        assert [(answer.status_code, answer.json()["error"]) for answer in taken] == [(409, "agent.name_taken")] * 2
        renamed = client.patch(f"/v1/agents/{two['id']}", json={"name": f"{two['name']} new"}).json()
        assert client.get(f"/v1/agents/{renamed['name']}").json()["id"] == two["id"]
        assert client.get(f"/v1/agents/{two['name']}").status_code == 404

    def test_of_forty_at_once_one_gets_the_name(self, server: Running) -> None:
        def post(_: int) -> int:
            with server.client() as client:
                return client.post("/v1/agents", json={"name": "wanted by many"}).status_code

        with ThreadPoolExecutor(8) as pool:
            assert sorted(pool.map(post, range(40))) == [201] + [409] * 39

    def test_changes_at_once_are_all_kept(self, server: Running, client: httpx.Client) -> None:
        made = make(client)

        def patch(field: str) -> None:
            with server.client() as own:
                assert own.patch(f"/v1/agents/{made['id']}", json={field: 300}).status_code == 200

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(patch, ["max_steps", "turn_timeout", "max_output_tokens"] * 4))
        found = client.get(f"/v1/agents/{made['id']}").json()
        assert [found[field] for field in ("max_steps", "turn_timeout", "max_output_tokens")] == [300] * 3
        assert found["version"] == 13

    def test_pages(self, stranger: httpx.Client) -> None:
        made = [make(stranger)["id"] for _ in range(5)]
        stranger.delete(f"/v1/agents/{made[2]}")
        first = stranger.get("/v1/agents", params={"limit": 2})
        rest = stranger.get("/v1/agents", params={"limit": 9, "after": first.headers["x-next-cursor"]})
        assert [a["id"] for a in first.json() + rest.json()] == [made[4], made[3], made[1], made[0]]

    def test_a_stranger_sees_nothing(self, client: httpx.Client, stranger: httpx.Client) -> None:
        made = make(client)
        for called in (made["id"], made["name"]):
            for method in ("GET", "PATCH", "DELETE"):
                answer = stranger.request(method, f"/v1/agents/{called}", json={} if method == "PATCH" else None)
                assert answer.status_code == 404
            assert stranger.post("/v1/sessions", json={"agent": called}).status_code == 404

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"name": ""},
            {"name": "x" * 201},
            {"name": "a", "toolbox": []},
            {"name": "a", "allowed_tools": ["nothing"]},
            {"name": "a", "max_steps": 0},
            {"name": "a", "model": "model-of-nobody"},
            {"name": "a", "persistent": True},
        ],
        ids=str,
    )
    def test_what_cannot_be_is_refused(self, client: httpx.Client, body: dict[str, Any]) -> None:
        answer = client.post("/v1/agents", json=body)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


class TestSessions:
    def test_a_session_takes_what_the_agent_says_but_for_what_it_says_itself(self, client: httpx.Client) -> None:
        made = make(client, instructions="Be brief.", max_steps=7, turn_timeout=100)
        session = client.post("/v1/sessions", json={"agent": made["name"], "max_steps": 9}).json()
        shown = {name: session[name] for name in ("agent", "instructions", "max_steps", "turn_timeout")}
        assert shown == {"agent": made["id"], "instructions": "Be brief.", "max_steps": 9, "turn_timeout": 100}
        client.patch(f"/v1/agents/{made['id']}", json={"instructions": "Be long.", "max_steps": 8})
        later = client.get(f"/v1/sessions/{session['id']}").json()
        assert (later["instructions"], later["max_steps"]) == ("Be long.", 9)

    def test_an_unknown_agent_is_told(self, client: httpx.Client) -> None:
        answer = client.post("/v1/sessions", json={"agent": "nobody"})
        assert (answer.status_code, answer.json()["error"]) == (404, "agent.not_found")

    def test_a_turn_keeps_the_agent_that_it_began_with(self, scripted: Running, model: MessagesApi) -> None:
        first = Reply([call("list_files")], gate=threading.Event())
        model.replies = [first, Reply([text("done")]), Reply([text("again")])]
        with scripted.client() as client:
            made = make(client, instructions="Version one.", allowed_tools=["list_files"])
            session = sse.new(client, persistent=True, agent=made["id"])
            url = f"/v1/sessions/{session}"
            sent = client.post(f"{url}/messages", json={"message": "go"}, headers={"Prefer": "respond-async"}).json()
            change = {"instructions": "Version two.", "allowed_tools": ["read_file"]}
            assert client.patch(f"/v1/agents/{made['id']}", json=change).status_code == 200
            assert first.gate
            first.gate.set()
            with client.stream("GET", f"{url}/responses/{sent['response_id']}/events") as answer:
                sse.read(answer)
            assert client.delete(f"/v1/agents/{made['id']}").status_code == 204
            sse.send(client, session, "more")
        said = [("one." in str(request["system"]), "two." in str(request["system"])) for request in model.requests]
        assert said == [(True, False), (True, False), (False, True)]
        tools = [[tool["name"] for tool in request["tools"]] for request in model.requests]
        assert tools == [["list_files"], ["list_files"], ["read_file"]]


class TestVersions:
    def test_each_version_is_as_it_was_with_its_tools_in_full(self, client: httpx.Client) -> None:
        made = make(client, instructions="Be brief.", tools=[TIME])
        url = f"/v1/agents/{made['id']}"
        client.patch(url, json={"instructions": "Be long.", "tools": [WEATHER, TIME], "description": "two"})
        client.patch(url, json={"name": f"{made['name']} new"})
        listed = client.get(f"{url}/versions").json()
        assert [version["version"] for version in listed] == [3, 2, 1]
        assert [version["name"] for version in listed] == [f"{made['name']} new", made["name"], made["name"]]
        assert [version["tools"] for version in listed] == [["get_weather", "get_time"]] * 2 + [["get_time"]]
        first = client.get(f"{url}/versions/1").json()
        assert (first["instructions"], first["description"], first["updated_at"]) == (
            "Be brief.", None, made["created_at"]
        )  # fmt: skip
        assert first["tools"] == [TIME | {"timeout": None}]
        again = client.post("/v1/agents", json={"name": f"{made['name']} again", "tools": first["tools"]})
        assert again.status_code == 201, again.text
        newest = client.get(url).json()
        assert (
            client.get(f"{url}/versions/3").json().items()
            >= {name: value for name, value in newest.items() if name not in ("tools", "created_at")}.items()
        )

    def test_they_come_in_pages_and_others_are_not_there(self, client: httpx.Client, stranger: httpx.Client) -> None:
        made = make(client)
        url = f"/v1/agents/{made['id']}/versions"
        for number in range(4):
            client.patch(f"/v1/agents/{made['id']}", json={"max_steps": number + 1})
        seen: list[int] = []
        params = {"limit": "2"}
        while True:
            page = client.get(url, params=params)
            seen += [version["version"] for version in page.json()]
            if "x-next-cursor" not in page.headers:
                break
            params["after"] = page.headers["x-next-cursor"]
        assert seen == [5, 4, 3, 2, 1]
        for other in ("0", "6", "-1", "99999999999"):
            assert client.get(f"{url}/{other}").json()["error"] == "agent.not_found"
        assert client.get(f"{url}/one").status_code == 400
        assert client.get(url, params={"after": "agt_1"}).json()["error"] == "cursor.invalid"
        assert stranger.get(url).status_code == stranger.get(f"{url}/1").status_code == 404

    def test_of_a_version_that_an_earlier_release_kept_the_settings_are_shown(
        self, server: Running, client: httpx.Client
    ) -> None:
        made = make(client, instructions="Be brief.")
        client.patch(f"/v1/agents/{made['id']}", json={"instructions": "Be long."})
        table, key = server.stack.services.table, keys.agent_version("alpha", made["id"], 1)
        (stored,) = table.get(key)
        assert stored
        body = {"settings": jsontext.loads(stored.body)["settings"]}
        table.write(Put(Item(*key, {}, jsontext.dump_bytes(body))))
        first = client.get(f"/v1/agents/{made['id']}/versions/1").json()
        assert (first["instructions"], first["name"], first["updated_at"]) == ("Be brief.", None, None)
