"""Behind API Gateway: addresses begin with a stage, fields come in lines, streams end before the platform cuts them."""

import asyncio
import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.kit import sse
from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.servers import KEYS, running
from walkaway_core.http.gateway import Staged
from walkaway_core.http.request_ids import CAME
from walkaway_core.settings import Settings


def passed_on(scope: dict[str, Any]) -> dict[str, Any]:
    """Give the scope that the app behind the middleware sees."""
    seen: list[Any] = []

    async def app(inner: Any, *_: Any) -> None:
        seen.append(inner)

    asyncio.run(Staged(app)({"type": "http", "headers": [], "path": "/v1/x", **scope}, None, None))  # type: ignore[arg-type]
    found: dict[str, Any] = seen[0]
    return found


@pytest.mark.parametrize(
    ("context", "root"),
    [
        ({"stage": "prod", "path": "/prod/v1/x"}, "/prod"),
        ({"stage": "prod", "path": "/prod"}, "/prod"),  # the root, without its slash
        ({"stage": "prod", "path": "/v1/x"}, ""),  # a custom domain
        ({"stage": "prod", "path": "/production/v1/x"}, ""),
        ({}, ""),
    ],
)
def test_the_stage_is_the_root_path_unless_a_custom_domain_leaves_it_out(context: dict[str, str], root: str) -> None:
    header = (b"x-amzn-request-context", json.dumps(context).encode())
    for scope in ({"aws.event": {"requestContext": context}}, {"headers": [header]}):
        found = passed_on(scope)
        assert (found.get("root_path", ""), found["path"]) == (root, f"{root}/v1/x")


def test_the_adapters_header_does_not_overrule_the_event() -> None:
    forged = (b"x-amzn-request-context", b'{"stage": "evil", "path": "/evil/v1/x"}')
    found = passed_on({"aws.event": {"requestContext": {"stage": "prod", "path": "/prod/v1/x"}}, "headers": [forged]})
    assert found["root_path"] == "/prod"


@pytest.mark.parametrize(("said", "ago"), [(-20_000, 20), (20_000, 0), (None, 0)])
def test_a_request_came_when_the_gateway_had_it(said: int | None, ago: float) -> None:
    context = {} if said is None else {"requestTimeEpoch": int(time.time() * 1000) + said}
    header = (b"x-amzn-request-context", json.dumps(context).encode())
    for scope in ({"aws.event": {"requestContext": context}}, {"headers": [header]}):
        assert time.monotonic() - passed_on(scope)[CAME] == pytest.approx(ago, abs=5)


@pytest.mark.parametrize("lines", [["1", "2"], ['"a", "b"', "*"], ["a=1", "b=2", "c=3"], ["one"]])
def test_a_field_in_several_lines_is_in_several_lines_again(lines: list[str]) -> None:
    event = {"requestContext": {}, "multiValueHeaders": {"Some-Field": lines, "Accept": ["x"]}}
    joined = [(b"accept", b"x"), (b"some-field", ", ".join(lines).encode()), (b"host", b"h")]
    inner = passed_on({"aws.event": event, "headers": joined})
    kept = [(b"some-field", line.encode()) for line in lines]
    assert list(inner["headers"]) == [(b"accept", b"x"), *kept, (b"host", b"h")]


def test_a_stream_ends_after_its_time_and_its_reader_goes_on_where_it_was(model: MessagesApi, tmp_path: Path) -> None:
    held = Reply([text("One two three")], gate=threading.Event())
    model.replies = [held]
    settings = Settings(model="test-model", base_url=model.url, keys=KEYS, stream_seconds=1)
    with running(tmp_path / "data", settings) as server, server.client() as client:
        session = sse.new(client)
        before = time.monotonic()
        first = sse.send(client, session, "Count")
        assert time.monotonic() - before < 20
        assert [event.id for event in first] == list(range(len(first)))
        assert "message.completed" not in [event.event for event in first], "it was cut in the middle, and cleanly"
        assert held.gate
        held.gate.set()
        url = f"/v1/sessions/{session}/responses/{first[0].data['id']}/events"
        seen = list(first)
        for _ in range(30):  # a reader comes back until it has the end
            seen += sse.read(client.get(url, headers={"Last-Event-ID": str(seen[-1].id)}))
            if seen[-1].event == "message.completed":
                break
    assert [event.id for event in seen] == list(range(len(seen)))
    assert seen[-1].event == "message.completed"
    assert sse.text(seen) == "One two three"
