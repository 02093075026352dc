"""What a request is told of a write of which nobody knows what came: 503, when to ask again, and what to look at."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.http.test_body_limit import App
from tests.kit.faulty import FaultyTable
from walkaway_core.dialects import DIALECTS
from walkaway_core.http import errors
from walkaway_core.http.access import Keyring
from walkaway_core.http.app import create_app
from walkaway_core.settings import Settings
from walkaway_local.stack import LocalStack

WRITES = {
    "/v1/sessions": {},
    "/v1/agents": {"name": "a"},
    "/v1/webhooks": {"url": "https://example.com/"},
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[tuple[App, FaultyTable]]:
    stack = LocalStack(tmp_path, Settings(rehearsal_delay=0))
    table = FaultyTable(stack.services.table)
    yield App(create_app(replace(stack.services, table=table), Keyring({}), DIALECTS)), table
    stack.close()


@pytest.mark.parametrize("fault", ["lost", "after effect"])
@pytest.mark.parametrize("path", WRITES)
def test_an_unknown_outcome_is_503_and_never_called_safe(world: tuple[App, FaultyTable], path: str, fault: str) -> None:
    app, table = world
    table.at(1, fault)
    answer = app.ask("POST", path, json=WRITES[path])
    assert (answer.status_code, answer.json()["error"]) == (503, "unavailable"), answer.text
    assert int(answer.headers["Retry-After"]) > 0
    assert errors.LOOK in answer.json()["message"]
    assert len(app.ask("GET", path).json()) == (fault == "after effect")
