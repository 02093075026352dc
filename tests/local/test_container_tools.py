"""An agent with a container over HTTP, in bubblewrap: one thing after the other, whatever ends in between."""

import base64
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.kit import sse
from tests.kit.messages_api import Block, MessagesApi, Reply, call, text
from tests.kit.sandboxes import needs_bubblewrap
from tests.kit.servers import KEYS, Running, running
from walkaway_core.agent.tools.container import holding
from walkaway_core.agent.tools.tool import ToolContext
from walkaway_core.engine import creating
from walkaway_core.log import transcript
from walkaway_core.settings import Settings
from walkaway_core.store import containers, identified, sessions
from walkaway_core.store.keys import SessionKey

pytestmark = needs_bubblewrap
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@dataclass
class Agent:
    """A session with a container, whose model makes the calls that a test names."""

    server: Running
    api: MessagesApi
    key: SessionKey

    def asks(self, *calls: Block) -> list[sse.Seen]:
        """Have calls made in one step; give the turn's events."""
        self.api.replies = [Reply(list(calls)), Reply([text("done")])]
        with self.server.client() as client:
            events = sse.send(client, self.key.session, "go")
        assert events[-1].event == "message.completed", events[-1]
        return events

    def does(self, *calls: Block) -> list[Any]:
        """Have them made; give the contents of their results as the model gets them."""
        self.asks(*calls)
        return [block["content"] for block in self.api.requests[-1]["messages"][-1]["content"]]

    def sh(self, command: str) -> Any:
        return self.does(call("bash", f"c{len(self.api.requests)}", command=command))[0]


def began(server: Running, api: MessagesApi) -> Agent:
    asked = sessions.options({"persistent": True, "model": "test-model", "toolset": "container"})
    return Agent(server, api, creating.create(server.stack.services, "alpha", asked, {}).key)


@pytest.fixture
def agent(scripted: Running, model: MessagesApi) -> Agent:
    return began(scripted, model)


def generations(data: Path, agent: Agent) -> list[str]:
    return [each.name for each in (data / "containers" / "alpha" / agent.key.session).iterdir()]


def test_calls_of_one_step_are_carried_out_in_their_order(
    agent: Agent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Later ones look sooner again here: whatever but the order let them begin, they would be first.

    The first one takes as long as it may take on a busy machine until they look at all.
    """

    def pause(context: ToolContext) -> None:
        context.allotted.check()
        context.services.clock.sleep(holding.LOOK / 4 ** len(context.earlier))

    monkeypatch.setattr(holding, "_pause", pause)
    said = agent.does(
        call("bash", "c1", command="sleep 1.5; echo one > f; cd /tmp"),
        call("bash", "c2", command="echo two >> /workspace/f; pwd"),
        call("write", "c3", file_path="/mnt/session/outputs/o.txt", content="out"),
        call("read", "c4", file_path="f"),
        call("glob", "c5", pattern="*"),
    )
    assert said == ["", "/tmp", "Wrote 3 bytes to /mnt/session/outputs/o.txt", "one\ntwo\n", "/workspace/f"]
    services = agent.server.stack.services
    [file], _ = identified.listing(services, "alpha", limit=9, newest_first=False, scope=agent.key.session)
    assert (file.name, b"".join(identified.read(services, file))) == ("o.txt", b"out")
    assert generations(tmp_path / "data", agent) == [containers.open_(services, agent.key).generation]


def test_an_image_is_shown_to_the_model_and_named_to_readers(agent: Agent) -> None:
    agent.sh(f"base64 -d <<< {PNG} > a.png")
    events = agent.asks(call("read", "c2", file_path="a.png"))
    [result] = agent.api.requests[-1]["messages"][-1]["content"]
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
    assert result["content"] == [image]
    entries = transcript.entries(agent.server.stack.services, agent.key)
    assert [entry.body["content"] for entry in entries if entry.call is not None][-1] == [image]
    told = [event.data["content"] for event in events if event.event == "tool_result"]
    assert told == [f"[image: image/png, {len(base64.b64decode(PNG))} bytes]"]


def test_a_cancelled_command_changes_nothing_and_the_next_one_begins_soon(agent: Agent, tmp_path: Path) -> None:
    agent.sh("echo before > f")
    agent.api.replies = [Reply([call("bash", "c9", command="echo after > f; sleep 61.9")])]
    messages, deadline = f"/v1/sessions/{agent.key.session}/messages", time.monotonic() + 20
    with agent.server.client() as client:
        begun = client.post(messages, json={"message": "go"}, headers={"Prefer": "respond-async"}).json()
        while not sleeping("61.9"):
            assert time.monotonic() < deadline
            threading.Event().wait(0.05)
        client.post(f"/v1/sessions/{agent.key.session}/responses/{begun['response_id']}/cancel")
    assert agent.sh("cat f; echo now > f") == "before"
    assert not sleeping("61.9")
    assert agent.sh("cat f") == "now"
    assert len(generations(tmp_path / "data", agent)) == 1


def sleeping(seconds: str) -> bool:
    return subprocess.run(["pgrep", "-f", f"^sleep {seconds}$"], stdout=subprocess.DEVNULL, check=False).returncode == 0


def test_what_was_there_is_there_after_a_restart(model: MessagesApi, tmp_path: Path) -> None:
    settings = Settings(model="test-model", base_url=model.url, keys=KEYS)
    with running(tmp_path / "data", settings) as server:
        agent = began(server, model)
        agent.sh("cd /tmp; x=kept; echo there > f; chmod 700 f")
    with running(tmp_path / "data", settings) as server:
        agent = Agent(server, model, agent.key)
        assert agent.sh("echo $x; stat -c %a f; cat f") == "kept\n700\nthere"
