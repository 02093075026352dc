"""What goes with a model call besides the conversation: where the service's tools left files, how it caches."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.kit.engine import Engine
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.steps import run
from walkaway_core.engine import sending


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
