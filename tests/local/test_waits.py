"""Turns that wait for a busy service on one machine: nothing runs meanwhile, and nothing is lost with the server."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.kit import sse
from tests.kit.clock import ShiftedClock
from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.patience import holds
from tests.kit.servers import Running, running, served
from tests.kit.set_clock import SetClock, needs_a_compiler
from walkaway_core.settings import Settings

SECONDS = 600
MODEL = "test-model"


def waits(data: Path) -> bool:
    """Whether an execution stands in its Wait state, by what is stored."""
    with closing(sqlite3.connect(data / "walkaway.db")) as database:
        rows = database.execute("SELECT body FROM items WHERE pk = 'SYS#MACHINE'").fetchall()
    return any(b'"state":"Wait"' in bytes(body) for (body,) in rows)


def begin(client: httpx.Client, model: MessagesApi, seconds: int = SECONDS) -> tuple[str, str]:
    """Send a message whose turn finds the service busy; give its session and its id."""
    model.replies = [Reply(status=529, error="overloaded", retry_after=str(seconds)), Reply([text("Here I am.")])]
    session = sse.new(client, persistent=True)
    url = f"/v1/sessions/{session}/messages"
    sent = client.post(url, json={"message": "go"}, headers={"Prefer": "respond-async"})
    return session, sent.json()["response_id"]


def events(client: httpx.Client, session: str, turn: str) -> list[sse.Seen]:
    return sse.read(client.get(f"/v1/sessions/{session}/responses/{turn}/events"))


def test_a_server_that_is_killed_in_a_wait_goes_on_waiting(tmp_path: Path, model: MessagesApi) -> None:
    data = tmp_path / "data"
    environ = {"ANTHROPIC_BASE_URL": model.url, "WALKAWAY_MODEL": MODEL}
    with served(data, environ=environ) as server, server.client() as client:
        session, turn = begin(client, model)
        assert holds(lambda: waits(data))
        server.kill()
    with served(data, environ=environ) as server, server.client() as client:
        assert client.get(f"/v1/sessions/{session}").json()["busy"] is True
        server.kill()
    assert waits(data)
    assert len(model.requests) == 1
    clock = ShiftedClock()
    clock.ahead = SECONDS + 20
    with running(data, Settings(model=MODEL, base_url=model.url), clock) as later, later.client(None) as client:
        seen = events(client, session, turn)
        assert client.get(f"/v1/sessions/{session}").json()["busy"] is False
    assert [event.id for event in seen] == list(range(len(seen)))
    assert [e.data["attempt"] for e in seen if e.event == "step.started"] == [1, 2]
    assert (seen[-1].event, sse.text(seen)) == ("message.completed", "Here I am.")
    assert len(model.requests) == 2


@needs_a_compiler
@pytest.mark.deep
@pytest.mark.parametrize("by", [-3600, 3600])
def test_a_clock_that_is_set_without_a_server_makes_a_wait_no_longer(
    tmp_path: Path, model: MessagesApi, by: int
) -> None:
    data, wall = tmp_path / "data", SetClock(tmp_path)
    environ = {**wall.environ, "ANTHROPIC_BASE_URL": model.url, "WALKAWAY_MODEL": MODEL}
    with served(data, environ=environ) as server, server.client() as client:
        session, turn = begin(client, model, 35)
        assert holds(lambda: waits(data))
        assert holds((data / "clock").exists)
        server.kill()
    wall.set(by)
    with served(data, environ=environ) as server, server.client() as client:
        assert holds(lambda: len(model.requests) == 2) or holds(lambda: len(model.requests) == 2), "in a minute"
        assert sse.text(events(client, session, turn)) == "Here I am."


def machine(server: Running) -> Any:
    return server.stack._machine


def test_a_cancel_in_a_wait_ends_it_for_all_and_leaves_no_timer(tmp_path: Path, model: MessagesApi) -> None:
    data = tmp_path / "data"
    settings = Settings(model=MODEL, base_url=model.url)
    with running(data, settings) as server, server.client(None) as client:
        session, turn = begin(client, model)
        assert holds(lambda: waits(data))
        assert len(machine(server)._timers) == 1
        assert machine(server)._live
        client.post(f"/v1/sessions/{session}/responses/{turn}/cancel")
        assert events(client, session, turn)[-1].event == "message.cancelled"
        assert client.get(f"/v1/sessions/{session}").json()["busy"] is False
        assert len(machine(server)._timers) == 0
        assert holds(lambda: not machine(server)._live)
        assert not waits(data)
        assert sse.send(client, session, "and now")[-1].event == "message.completed"
    assert len(model.requests) == 2
