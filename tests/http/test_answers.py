"""Answers go out whatever is stored: what is older than the gate for JSON takes no list with it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.http.test_body_limit import App
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
