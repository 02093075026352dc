"""What goes with a model call besides the conversation: where the service's tools left files, how it caches."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.kit.engine import Engine
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.steps import run
from walkaway_core.agent import prompt, surroundings
from walkaway_core.engine import sending
from walkaway_core.ports.sandbox import NoSandbox


def left(expires: datetime) -> Reply:
    """An answer whose tools have left files in a container."""
    end: dict[str, Any] = {
        "type": "message_delta",
        "delta": {
            "stop_reason": "end_turn",
            "stop_sequence": None,
            "container": {"id": "container_1", "expires_at": expires.isoformat().replace("+00:00", "Z")},
        },
        "usage": {"output_tokens": 5},
    }
    block = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "done"}}
    message: dict[str, Any] = {"id": "m", "content": []}
    return Reply(raw=[{"type": "message_start", "message": message}, block, end, {"type": "message_stop"}])


@pytest.mark.parametrize(("hours", "sent"), [(1, "container_1"), (-1, None)])
def test_a_container_is_named_while_it_is_there(engine: Engine, model: MessagesApi, hours: int, sent: Any) -> None:
    key = engine.session()
    there = datetime.fromtimestamp(engine.clock.now(), UTC) + timedelta(hours=hours)
    model.replies = [left(there), Reply([text("hello")])]
    for number in range(3):
        run(engine, sending.send(engine.services, key, f"Question {number}").turn)
    assert [request.get("container") for request in model.requests] == [None, sent, sent]


@pytest.mark.parametrize(("seconds", "lives"), [(20, None), (200, "1h"), (4000, None)])
def test_what_was_late_once_is_cached_for_an_hour(
    engine: Engine, model: MessagesApi, seconds: int, lives: str | None
) -> None:
    key = engine.session(persistent=True)
    model.replies = [Reply([call("list_files")]), Reply([text("hello")])]
    run(engine, sending.send(engine.services, key, "One").turn)
    engine.clock.time += seconds
    run(engine, sending.send(engine.services, key, "Two").turn)
    first, *_, last = model.requests
    assert "ttl" not in first["system"][0]["cache_control"]
    assert last["system"][0]["cache_control"].get("ttl") == lives
    assert last["messages"][-1]["content"][-1]["cache_control"].get("ttl") == lives


class TestContainer:
    """What an agent is told of a container of its session's own."""

    def told(self, engine: Engine, model: MessagesApi, **options: Any) -> dict[str, Any]:
        model.replies = [Reply([text("hello")])]
        key = engine.session(toolset="container", instructions="Be brief.", **options)
        run(engine, sending.send(engine.services, key, "One").turn)
        return model.requests[-1]

    def test_it_is_told_where_things_are_and_has_those_tools_alone(
        self, engine: Engine, model: MessagesApi, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(NoSandbox, "problem", lambda _: None)
        asked = self.told(engine, model)
        assert asked["system"][0]["text"] == f"{surroundings.CONTAINER}\n\nBe brief."
        names = [tool["name"] for tool in asked["tools"]]
        assert names == ["bash", "edit", "glob", "grep", "read", "web_fetch", "write"]
        monkeypatch.setattr(NoSandbox, "places", lambda _: {"/workspace": "/tmp/w/workspace", "/tmp": "/tmp"})
        asked = self.told(engine, model, allowed_tools=("read", "web_search"))
        assert "these places stand elsewhere: /workspace at /tmp/w/workspace. " in asked["system"][0]["text"]
        assert [tool["name"] for tool in asked["tools"]] == ["read", "web_search"]

    def test_without_tools_of_its_own_it_is_told_nothing(self, engine: Engine, model: MessagesApi) -> None:
        asked = self.told(engine, model, allowed_tools=())
        assert asked["system"][0]["text"] == "Be brief."
        assert not asked.get("tools")

    def test_where_no_command_can_be_run_it_is_told_that(self, engine: Engine, model: MessagesApi) -> None:
        asked = self.told(engine, model, allowed_tools=("bash", "read"))
        assert asked["system"][0]["text"] == f"{prompt.NO_COMMANDS}\n\nBe brief."
