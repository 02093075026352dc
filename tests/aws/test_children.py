"""Sessions that go on from each other's turns, on both shapes: what the model is told, and what is left in the end."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.kit import sse
from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.shapes import MODEL, Shape, until
from tests.kit.steps import asked
from walkaway_core.engine import forgetting, placing, starting
from walkaway_core.engine.starting import Message
from walkaway_core.errors import NotFound
from walkaway_core.store import bodies, sessions, starts
from walkaway_core.store.keys import SessionKey, TurnKey

LONG = "tide " * 60_000
"""What has no room in the table."""


@pytest.fixture
def client(shape: Shape) -> Iterator[httpx.Client]:
    with shape.client() as found:
        yield found
    shape.clock.ahead = 0.0


def begin(shape: Shape, client: httpx.Client, said: str, parent: TurnKey, *imported: dict[str, Any]) -> TurnKey:
    """Go on from a turn in a new session, and see the turn to its end."""
    options = sessions.options({"model": MODEL, "chain": True, "ttl": 86_400, "persistent": True})
    message = Message([{"type": "text", "text": said}])
    turn = starting.with_session(shape.services, "alpha", options, message, None, parent=parent, imported=imported)
    assert turn
    starts.begin(shape.services, turn)
    until(lambda: not client.get(f"/v1/sessions/{turn.key.session}").json()["busy"], shape)
    return turn.key


def is_gone(shape: Shape, key: SessionKey) -> bool:
    """Whether nothing is left of a session."""
    table, files = shape.services.table, shape.services.workspace
    there = table.get(key.item)[0] or table.query(key.partition).items or table.query(key.own_log.log).items
    return not (there or files.listing(bodies.root(key.tenant), key.session))


def test_a_deleted_parent_is_kept_for_its_child_and_goes_with_it(
    client: httpx.Client, shape: Shape, model: MessagesApi
) -> None:
    native = SessionKey("alpha", sse.new(client, model=MODEL, persistent=True, ttl=86_400))
    model.replies = [Reply([text("One.")])]
    sse.send(client, native.session, "one")
    first = native.turn(client.get(f"/v1/sessions/{native.session}/responses").json()[0]["id"])
    model.replies = [Reply([text("Two.")])]
    sse.send(client, native.session, "two")
    model.replies = [Reply([text("Three.")])]
    brought = {"role": "user", "content": LONG}, {"role": "assistant", "content": "I see."}
    child = begin(shape, client, "other", first, *brought)
    said = [block["text"] for message in asked(model) for block in message["content"]]
    assert said == ["one", "One.", LONG, "I see.", "other"]
    shown = client.get(f"/v1/sessions/{child.session}/messages").json()
    assert [each["role"] for each in shown] == ["user", "assistant"] * 2
    assert client.delete(f"/v1/sessions/{native.session}").status_code == 204
    assert client.get(f"/v1/sessions/{native.session}/responses/{first.turn}").status_code == 404
    shape.clock.ahead += 20 * 60 + 1
    until(lambda: "two" not in str(shape.services.table.query(native.partition).items), shape)
    model.replies = [Reply([text("Four.")])]
    grandchild = begin(shape, client, "deeper", child)
    assert [block["text"] for message in asked(model) for block in message["content"]][::2][:2] == ["one", LONG]
    forgetting.forget(shape.services, child)
    with pytest.raises(NotFound):
        placing.origin(shape.services, child)
    assert client.delete(f"/v1/sessions/{grandchild.session}").status_code == 204
    for key in (grandchild.owner, child.owner, native):
        shape.clock.ahead += 20 * 60 + 1
        until(lambda key=key: is_gone(shape, key), shape)  # type: ignore[misc]
