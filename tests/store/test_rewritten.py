"""What a later version has put into a record stays there when this one writes it anew."""

from typing import Any

import httpx

from tests.kit.servers import KEYS, Running
from walkaway_core.dialects.workflows import keys as workflow_keys
from walkaway_core.ports.items import Item, Key, Put
from walkaway_core.store import keys, rewritten
from walkaway_wire import jsontext


def item(body: dict[str, Any], **facts: int) -> Item:
    return Item("p", "s", facts, jsontext.dump_bytes(body))


def test_what_is_unknown_stays_and_what_is_known_is_as_it_is_now() -> None:
    before = item(
        {"name": "a", "gone": 1, "later": [1], "settings": {"model": "x", "effort": "low", "new": True}},
        n=1,
        failing=2,
        more=3,
    )
    after = item({"name": "b", "settings": {"model": "y"}}, n=2)
    made = rewritten.over(before, after, "gone", "failing", below={"settings": {"model", "effort"}})
    assert made.facts == {"n": 2, "more": 3}
    assert jsontext.loads(made.body) == {"name": "b", "later": [1], "settings": {"model": "y", "new": True}}


def test_a_record_that_was_not_there_is_as_it_is_made() -> None:
    assert rewritten.over(None, item({"name": "b"})) == item({"name": "b"})


def made_later(server: Running, key: Key) -> None:
    """Put in what a later version would."""
    stored = server.stack.services.table.get(key)[0]
    assert stored
    body = jsontext.loads(stored.body)
    body["later"] = {"deep": [1]}
    if "settings" in body:
        body["settings"]["sooner"] = 1
    server.stack.services.table.write(Put(Item(*key, {**stored.facts, "more": 7}, jsontext.dump_bytes(body))))


def still_there(server: Running, key: Key) -> dict[str, Any]:
    stored = server.stack.services.table.get(key)[0]
    assert stored
    assert stored.facts["more"] == 7
    body: dict[str, Any] = jsontext.loads(stored.body)
    assert body["later"] == {"deep": [1]}
    return body


def test_an_agent_keeps_it(own: httpx.Client, scripted: Running) -> None:
    agent = own.post("/v1/agents", json={"name": "a", "max_steps": 3}).json()
    key = keys.agent(KEYS["alpha-key"], agent["id"])
    made_later(scripted, key)
    assert own.patch("/v1/agents/a", json={"max_steps": 4}).json()["max_steps"] == 4
    assert still_there(scripted, key)["settings"]["sooner"] == 1
    version = scripted.stack.services.table.get(keys.agent_version(KEYS["alpha-key"], agent["id"], 2))[0]
    assert version
    assert jsontext.loads(version.body)["settings"]["sooner"] == 1


def test_a_webhook_keeps_it(own: httpx.Client, scripted: Running) -> None:
    hook = own.post("/v1/webhooks", json={"url": "https://example.com/"}).json()
    key = keys.webhook(KEYS["alpha-key"], hook["id"])
    made_later(scripted, key)
    own.patch(f"/v1/webhooks/{hook['id']}", json={"description": "new"}).raise_for_status()
    assert still_there(scripted, key)["description"] == "new"


def test_a_registered_tool_keeps_it(own: httpx.Client, scripted: Running) -> None:
    tool = {"name": "t", "description": "d", "schema_data": {"type": "object", "properties": {}}}
    own.post("/api/tools/register", json={"tools": [tool]}).raise_for_status()
    (stored,) = scripted.stack.services.table.query(workflow_keys.registered(KEYS["alpha-key"], "", "")[0]).items
    made_later(scripted, stored.key)
    own.post("/api/tools/register", json={"tools": [tool | {"description": "new"}]}).raise_for_status()
    assert still_there(scripted, stored.key)["description"] == "new"
