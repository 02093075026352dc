"""On a server that runs no commands, what needs them is refused in words, and does not quietly come to nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import pytest

from tests.kit.servers import KEYS, Running, running
from walkaway_core.settings import Settings
from walkaway_local.sandbox import bubblewrap

TOOLSET = "agent_toolset_20260401"
WHOLE = [{"type": TOOLSET}]
ONLY_READ = [{"type": TOOLSET, "default_config": {"enabled": False}, "configs": [{"name": "read", "enabled": True}]}]
ONLY_FETCH = [
    {"type": TOOLSET, "default_config": {"enabled": False}, "configs": [{"name": "web_fetch", "enabled": True}]}
]
WHY = r"cannot run on this server\. Commands cannot be run: .*bubblewrap.* or say enabled: false"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A server on a machine without bubblewrap."""
    monkeypatch.setattr(bubblewrap, "NEEDED", ("no-such-bwrap",))
    with running(tmp_path / "data", Settings(keys=KEYS, rehearsal_delay=0)) as found:
        yield found


@pytest.fixture
def place(sdk: Any) -> str:
    return str(sdk.beta.environments.create(name="e").id)


@pytest.mark.parametrize("tools", [WHOLE, ONLY_READ])
def test_an_agent_that_could_not_use_its_tools_is_refused(sdk: Any, tools: list[Any]) -> None:
    with pytest.raises(anthropic.BadRequestError, match=f"tools: .*read.* {WHY}"):
        sdk.beta.agents.create(name="n", model="claude-sonnet-5", tools=tools)
    agent = sdk.beta.agents.create(name="n", model="claude-sonnet-5")
    with pytest.raises(anthropic.BadRequestError, match=WHY):
        sdk.beta.agents.update(agent.id, version=1, tools=tools)
    assert sdk.beta.agents.retrieve(agent.id).version == 1


def test_an_agent_without_them_is_at_work(sdk: Any, place: str) -> None:
    agent = sdk.beta.agents.create(name="n", model="claude-sonnet-5", tools=ONLY_FETCH)
    session = sdk.beta.sessions.create(agent=agent.id, environment_id=place)
    with pytest.raises(anthropic.BadRequestError, match=WHY):
        sdk.beta.sessions.update(session.id, agent={"tools": WHOLE})
    overridden = {"type": "agent_with_overrides", "id": agent.id, "tools": WHOLE}
    with pytest.raises(anthropic.BadRequestError, match=WHY):
        sdk.beta.sessions.create(agent=overridden, environment_id=place)


def test_a_session_of_an_agent_from_better_days_is_refused(
    sdk: Any, place: str, monkeypatch: pytest.MonkeyPatch, server: Running
) -> None:
    with monkeypatch.context() as better:
        better.setattr(type(server.stack.sandbox), "problem", lambda _: None)
        agent = sdk.beta.agents.create(name="n", model="claude-sonnet-5", tools=WHOLE)
    with pytest.raises(anthropic.BadRequestError, match=f"agent: .*{WHY}"):
        sdk.beta.sessions.create(agent=agent.id, environment_id=place)
    assert list(sdk.beta.sessions.list()) == []
    assert sdk.beta.agents.update(agent.id, version=1, name="m").name == "m", "what is not about them is taken"


def test_nothing_is_mounted_where_nothing_could_read_it(sdk: Any, place: str) -> None:
    agent = sdk.beta.agents.create(name="n", model="claude-sonnet-5")
    file = sdk.beta.files.upload(file=("a.txt", b"a")).id
    mount = {"type": "file", "file_id": file}
    with pytest.raises(anthropic.BadRequestError, match=r"resources: nothing can read .*bubblewrap"):
        sdk.beta.sessions.create(agent=agent.id, environment_id=place, resources=[mount])
    session = sdk.beta.sessions.create(agent=agent.id, environment_id=place)
    with pytest.raises(anthropic.BadRequestError, match="nothing can read what is mounted"):
        sdk.beta.sessions.resources.add(session.id, **mount)
