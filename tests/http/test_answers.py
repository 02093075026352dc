"""Answers go out whatever is stored: what is older than the gate for JSON takes no list with it."""

import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts

from dev.routes import apps
from tests.http.test_body_limit import App
from tests.kit.sandboxes import skip_without_bubblewrap
from walkaway_core.dialects import DIALECTS
from walkaway_core.http.access import LOCAL_TENANT, Keyring
from walkaway_core.http.app import create_app
from walkaway_core.ports.items import Change
from walkaway_core.settings import Settings
from walkaway_core.store.keys import SessionKey
from walkaway_local.stack import LocalStack


@dataclass(frozen=True)
class World:
    app: App
    stack: LocalStack

    def session(self) -> str:
        """A session with a sibling on each side in the list."""
        names = [self.app.ask("POST", "/v1/sessions", json={}).json()["id"] for _ in range(3)]
        return str(names[1])

    def store(self, session: str, **facts: Any) -> None:
        self.stack.services.table.write(Change(*SessionKey(LOCAL_TENANT, session).item, set=facts))


@pytest.fixture
def world(tmp_path: Any) -> Iterator[World]:
    stack = LocalStack(tmp_path, Settings(rehearsal_delay=0))
    yield World(App(create_app(stack.services, Keyring({}), DIALECTS)), stack)
    stack.close()


def nested(levels: int, inner: str = "1") -> str:
    return "[" * levels + inner + "]" * levels


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        (f'{{"a": {nested(256)}}}', {"a": json.loads(nested(256))}),
        (f'{{"a": {nested(700)}}}', {"a": json.loads(nested(700))}),
        ('{"a": "x\\ud83c"}', {"a": "x\ufffd"}),
        ('{"\\ud83c": 1}', {"\ufffd": 1}),
        (f'{{"a": {nested(300, chr(34) + "x" + chr(92) + "udf89" + chr(34))}}}', None),
        ('{"a": 1e999}', {"a": None}),
    ],
    ids=["256 deep", "700 deep", "half", "half a name", "half, 300 deep", "1e999"],
)
def test_a_session_that_is_older_than_the_gate_is_shown(world: World, stored: str, shown: Any) -> None:
    session = world.session()
    world.store(session, metadata=stored)
    read = world.app.ask("GET", f"/v1/sessions/{session}")
    listed = world.app.ask("GET", "/v1/sessions")
    assert (read.status_code, listed.status_code) == (200, 200)
    assert listed.json()[1] == read.json()
    assert len(listed.json()) == 3
    assert shown in (None, read.json()["metadata"])
    changed = world.app.ask("PATCH", f"/v1/sessions/{session}", json={"metadata": {"b": 1}})
    assert changed.status_code < 500
    mended = world.app.ask(
        "PATCH", f"/v1/sessions/{session}", json={"metadata": dict.fromkeys(read.json()["metadata"])}
    )
    assert mended.status_code < 500
    assert world.app.ask("DELETE", f"/v1/sessions/{session}").status_code == 204


GARBAGE = {
    "empty": b"",
    "no JSON": b"\xff\x00{",
    "cut": b'{"content": [{"te',
    "no object": b"[1]",
    "half": b'{"\\ud83c": "\xed\xa0\x80"}',
    "not finite": b'{"a": [NaN, 1e999]}',
    "very deep": b"[" * 100_000,
}
ASYNC = {"Prefer": "respond-async"}
TOOL = {"name": "look", "description": "Looks", "schema_data": {"type": "object"}}


@dataclass(frozen=True)
class Full:
    """A server with one of everything, and what answers of it."""

    app: App
    data: Path
    paths: list[str]
    stack: LocalStack

    def damage(self, where: str, body: bytes) -> int:
        """Write into SQLite by hand; how many rows that were."""
        with sqlite3.connect(self.data / "walkaway.db", isolation_level=None) as connection:
            return connection.execute(f"UPDATE items SET body = ? WHERE {where} AND length(body) > 0", (body,)).rowcount


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with one of everything."""
    skip_without_bubblewrap()  # agents whose tools could never run are refused
    data = tmp_path_factory.mktemp("filled") / "data"
    stack = LocalStack(data, Settings(rehearsal_delay=0, outbound_loopback=True))
    app = App(create_app(stack.services, Keyring({}), DIALECTS))
    stack.run()
    agent = app.ask("POST", "/v1/agents", json={"name": "walker"}).json()["id"]
    app.ask("POST", "/api/tools/register", json={"tools": [TOOL]})
    hook = app.ask("POST", "/v1/webhooks", json={"url": "http://127.0.0.1:9/"}).json()["id"]
    delivery = app.ask("POST", f"/v1/webhooks/{hook}/test").json()["id"]
    session = app.ask("POST", "/v1/sessions", json={"agent": agent, "persistent": True}).json()["id"]
    message = {"message": "Write a poem to poem.md"}
    turn = app.ask("POST", f"/v1/sessions/{session}/messages", json=message, headers=ASYNC).json()["response_id"]
    app.ask("GET", f"/v1/sessions/{session}/responses/{turn}/events")
    daily = {"name": "daily", "cron": "0 8 * * *", "message": "Say hello"}
    schedule = app.ask("POST", "/v1/schedules", json=daily).json()["id"]
    app.ask("POST", f"/v1/schedules/{schedule}/run")
    run = app.ask("POST", "/api/v1/runs", json={"prompt": "hi"}).json()["job_id"]
    app.ask("GET", f"/api/v1/runs/{run}/stream")
    task = app.ask("POST", f"/api/workflow/execute/{agent}", json={"inputs": {"strings": {"1": "hi"}}}).json()[
        "task_id"
    ]
    app.ask("GET", f"/api/agent/{agent}/status/{task}/events")
    first = app.ask("POST", "/v1/responses", json={"input": "hi"}).json()["id"]
    on = {"previous_response_id": first}
    response, fork = (app.ask("POST", "/v1/responses", json={"input": "on", **on}).json()["id"] for _ in range(2))
    kept = app.ask("POST", "/v1/files", data={"purpose": "user_data"}, files={"file": ("a.txt", b"a")}).json()["id"]
    begun = {"bytes": 1, "filename": "b.txt", "mime_type": "text/plain", "purpose": "user_data"}
    upload = app.ask("POST", "/v1/uploads", json=begun).json()["id"]
    part = app.ask("POST", f"/v1/uploads/{upload}/parts", files={"data": ("b", b"b")}).json()["id"]
    endpoint = {"name": "over", "url": "http://127.0.0.1:9/", "event_types": ["response.completed"]}
    endpoint_id = app.ask("POST", "/v1/webhook_endpoints", json=endpoint).json()["id"]
    added = {"items": [{"role": "user", "content": "Remember ferries"}]}
    talk = app.ask("POST", "/v1/conversations", json=added).json()["id"]
    app.ask("POST", "/v1/responses", json={"input": "hi", "conversation": talk})
    item = app.ask("GET", f"/v1/conversations/{talk}/items?order=asc").json()["data"][0]["id"]
    managed = of_managed(app)
    stack.close()
    names = {
        "session": session,
        "response_id": turn,
        "response": response,
        "conversation_id": talk,
        "item_id": item,
        "first": first,
        "fork": fork,
        "file": kept,
        "upload": upload,
        "part": part,
        "endpoint": endpoint_id,
        "webhook": hook,
        "delivery": delivery,
        "run": run,
    }
    names |= {"agent": agent, "agent_id": agent, "task_id": str(task), "version": "1", "schedule": schedule}
    names |= {"model": "rehearsal", "console": "icon.svg", **managed}
    (data.parent / "names.json").write_text(json.dumps(names))
    return data


def of_managed(app: App) -> dict[str, str]:
    """Make one of everything that Managed Agents have; give their names."""
    below, tools = "/managed/v1", [{"type": "agent_toolset_20260401"}]
    environment = app.ask("POST", f"{below}/environments", json={"name": "e"}).json()["id"]
    agent = app.ask("POST", f"{below}/agents", json={"name": "a", "model": "claude-x", "tools": tools}).json()["id"]
    file = app.ask("POST", f"{below}/files", files={"file": ("a.txt", b"a")}).json()["id"]
    begun = {"type": "user.message", "content": [{"type": "text", "text": "Run `date > d.txt`"}]}
    asked = {"agent": agent, "environment_id": environment, "resources": [{"type": "file", "file_id": file}]}
    made = app.ask("POST", f"{below}/sessions", json={**asked, "initial_events": [begun]}).json()
    native = f"/v1/sessions/sess_{made['id'].removeprefix('sesn_')}/responses"
    app.ask("GET", f"{native}/{app.ask('GET', native).json()[0]['id']}/events")  # to its end
    thread = app.ask("GET", f"{below}/sessions/{made['id']}/threads").json()["data"][0]["id"]
    names = {"session": made["id"], "agent": agent, "file": file, "resource": made["resources"][0]["id"]}
    return {f"managed {name}": named for name, named in names.items()} | {"environment": environment, "thread": thread}


def address(path: str, names: dict[str, str]) -> str:
    """Fill in the address of a route; several dialects call their own by the same name."""
    managed = [("/managed", name, f"managed {name}") for name in ("session", "agent", "file", "resource")]
    for area, name, own in (
        *(("/v1/responses", "response_id", "response"), ("/console", "file", "console")),
        *managed,
    ):
        if path.startswith(area):
            names = {**names, name: names[own]}
    return re.sub(r"{(\w+)(:\w+)?}", lambda found: names[found[1]], path)


@pytest.fixture
def full(filled: Path, tmp_path: Path) -> Iterator[Full]:
    data = tmp_path / "data"
    shutil.copytree(filled, data)
    names = json.loads((filled.parent / "names.json").read_text())
    short: Any = {"stream_seconds": 0.1, "hold_seconds": 0.1}
    stack = LocalStack(data, Settings(**short))
    app = App(create_app(stack.services, Keyring({}), DIALECTS))
    for name, ours in apps().items():  # to write documents takes longer than all else here, and has nothing of the data
        app.apps[name].openapi_schema = ours.openapi()
    found = [address(path, names) for path in app.reads if not re.search("{path", path)]
    pages = [f"{path}?format=json" for path in found if path.startswith("/v1") and "events" in path]
    yield Full(app, data, [*found, *pages], stack)
    stack.close()


@pytest.mark.parametrize(
    "garbage", ["half", *(pytest.param(name, marks=pytest.mark.deep) for name in GARBAGE if name != "half")]
)
@pytest.mark.parametrize(
    "where",
    [
        "sk LIKE 'SESSION#%'",
        "sk LIKE 'ENTRY#%'",
        "sk GLOB 'AGENT#*'",
        "pk LIKE '%#REGISTRY'",
        "sk LIKE 'TASK#%'",
        "sk LIKE 'WEBHOOK#%'",
        "sk LIKE 'evt_%'",
        "sk GLOB '[0-9]*'",
        "sk LIKE 'RESPONSE#%'",
        "sk LIKE 'INPUT#%'",
        "sk LIKE 'SETTINGS#%'",
        "pk LIKE '%#FILES'",
        "pk LIKE '%#UPLOADS'",
        "sk LIKE 'ENVIRONMENT#%'",
        "pk LIKE '%#MANAGED'",
    ],
)
def test_no_read_breaks_because_of_one_record(full: Full, where: str, garbage: str) -> None:
    assert full.damage(where, GARBAGE[garbage]), "there is such a record"
    for path in full.paths:
        answer = full.app.ask("GET", path, headers={"Last-Event-ID": ""})
        assert answer.status_code < 500, (path, answer.text[:500])


class TestRefusals:
    """Nothing is done with what nobody can read any more, but deleting it."""

    def test_an_agent(self, full: Full) -> None:
        full.damage("sk GLOB 'AGENT#*'", b"{")
        agent = full.app.ask("GET", "/v1/agents").json()[-1]
        assert (agent["name"], "no JSON" in agent["description"]) == ("unreadable", True)
        path, session = f"/v1/agents/{agent['id']}", full.app.ask("GET", "/v1/sessions").json()[-1]["id"]
        for answer in (
            full.app.ask("PATCH", path, json={"instructions": "Be brief."}),
            full.app.ask("POST", "/v1/sessions", json={"agent": agent["id"]}),
            full.app.ask("POST", f"/v1/sessions/{session}/messages", json={"message": "go"}),
        ):
            assert answer.status_code == 400, answer.text
            assert "cannot be read" in answer.json()["message"]
        assert full.app.ask("DELETE", path).status_code == 204
        assert agent["id"] not in {each["id"] for each in full.app.ask("GET", "/v1/agents").json()}

    def test_a_webhook(self, full: Full) -> None:
        full.damage("sk LIKE 'WEBHOOK#%'", b"{")
        hook = full.app.ask("GET", "/v1/webhooks").json()[0]
        assert (hook["status"], "cannot be read" in hook["reason"]) == ("disabled", True)
        path = f"/v1/webhooks/{hook['id']}"
        for answer in (full.app.ask("PATCH", path, json={"status": "enabled"}), full.app.ask("POST", f"{path}/rotate")):
            assert answer.status_code == 400, answer.text
        assert full.app.ask("DELETE", path).status_code == 204

    def test_a_session(self, full: Full) -> None:
        full.damage("sk LIKE 'SESSION#%'", b"{")
        sessions = full.app.ask("GET", "/v1/sessions").json()
        assert all("unreadable" in session["metadata"] for session in sessions)
        path = f"/v1/sessions/{sessions[0]['id']}"
        assert sessions[0]["file_access"] == {"read": [], "write": []}
        assert full.app.ask("PUT", f"{path}/files/a.txt", content=b"x").status_code == 403
        assert full.app.ask("DELETE", path).status_code == 204

    def test_a_registered_tool(self, full: Full) -> None:
        full.damage("pk LIKE '%#REGISTRY'", b"{")
        assert full.app.ask("GET", "/api/tools").json()["schemas"][0]["name"] == "unreadable"
        agent = full.app.ask("GET", "/v1/agents").json()[0]["id"]
        assert full.app.ask("POST", f"/api/workflow/execute/{agent}", json={}).status_code == 200
        assert full.app.ask("POST", "/api/tools/register", json={"tools": [TOOL]}).status_code == 200
        assert full.app.ask("GET", "/api/tools").json()["schemas"][0]["name"] == TOOL["name"]

    def test_a_conversation(self, full: Full) -> None:
        full.damage("sk LIKE 'ENTRY#%'", b"{")
        path = next(path for path in full.paths if path.endswith("/messages"))
        said = full.app.ask("GET", path).json()
        assert {entry["role"] for entry in said} == {"user", "assistant", "tool"}
        assert all("cannot be read any more" in json.dumps(entry["content"]) for entry in said)

    def test_a_body_whose_file_is_gone(self, full: Full) -> None:
        session = full.app.ask("POST", "/v1/sessions", json={}).json()["id"]
        path = f"/v1/sessions/{session}/messages"
        turn = full.app.ask("POST", path, json={"message": "long " * 60_000}, headers=ASYNC).json()["response_id"]
        full.app.ask("POST", f"/v1/sessions/{session}/responses/{turn}/cancel")
        shutil.rmtree(next((full.data / "workspace").glob("*/bodies")))
        said = full.app.ask("GET", path)
        assert (said.status_code, "cannot be read any more" in said.text) == (200, True)


@pytest.mark.parametrize("damage", ["body = '{'", "facts = '{}'"])
def test_an_execution_that_nobody_can_read_keeps_no_server_from_its_start(full: Full, damage: str) -> None:
    full.app.ask("POST", "/v1/sessions", json={})
    with sqlite3.connect(full.data / "walkaway.db", isolation_level=None) as connection:
        row = ("SYS#MACHINE", "msg_x-1", '{"status": "running"}', b'{"input": {}}', None)
        connection.execute("INSERT INTO items VALUES (?, ?, ?, ?, ?)", row)
        connection.execute(f"UPDATE items SET {damage} WHERE sk = 'msg_x-1'")
    full.stack.run()
    assert full.app.ask("GET", "/v1/sessions").status_code == 200


@pytest.mark.parametrize("character", ["\u2028", "\x01"])
def test_what_is_too_large_in_bytes_is_told_and_makes_nothing(world: World, character: str) -> None:
    said = {"instructions": character * 100_000}
    for path, asked in (("/v1/sessions", said), ("/v1/agents", {"name": "a", **said})):
        answer = world.app.ask("POST", path, json=asked)
        assert (answer.status_code, answer.json()["error"]) == (413, "too_large"), answer.text
        assert world.app.ask("GET", path).json() == []


def test_what_breaks_is_told_in_the_words_of_its_dialect(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.stack.services.table, "query", lambda *_, **__: 1 / 0)
    shapes = {"/v1/sessions": "message", "/api/v1/runs": "detail", "/api/tools": "detail"}
    for path, name in shapes.items():
        answer = world.app.broken("GET", path)
        assert answer.status_code == 500
        assert name in answer.json(), answer.text


def test_apps_of_one_process_share_their_routes_and_wrap_each_once(tmp_path: Path) -> None:
    stack = LocalStack(tmp_path / "data", Settings())
    for _ in range(3):
        chooser = create_app(stack.services, Keyring({}), DIALECTS)
    stack.close()
    writers = [
        context.response_field.serialize_json
        for app in chooser.apps.values()
        for context in iter_route_contexts(app.routes)
        if getattr(context, "response_field", None)
    ]
    assert writers
    assert not any(hasattr(writer.serialize, "serialize") for writer in writers)
