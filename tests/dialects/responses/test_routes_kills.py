"""SIGKILL of a real server under OpenAI's own client: the program ends with the same output, and nothing runs twice."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from openai import APIConnectionError, OpenAI

from tests.kit import sse
from tests.kit.clock import ShiftedClock
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.restarts import Restarted, restarted
from tests.kit.servers import PATIENCE, Running, running
from walkaway_core.dialects.responses import sse as responses_sse
from walkaway_core.settings import Settings
from walkaway_core.store.due import START_WITHIN

TRIES = 20
"""How often the SDK comes again: it waits for at most 8 s between two tries, and a start takes one."""
FILES = {"type": "mcp", "server_label": "walkaway", "allowed_tools": ["write_file"], "require_approval": "never"}
PRICE = {"type": "function", "name": "lookup_price", "parameters": {"type": "object", "properties": {}}}
WRITE = [text("I write."), call("write_file", "toolu_write", path="moss.md", content="Moss")]
END = [text("Moss grows slowly.")]
MODEL = "test-model"


@dataclass
class Scene:
    """A server that may die, its model, and a program; `seen` is set once the program has read of its response."""

    server: Restarted
    model: MessagesApi
    client: Any
    seen: threading.Event = field(default_factory=threading.Event)

    def create(self, **asked: Any) -> Any:
        return self.client.responses.create(model=MODEL, **asked)

    def say(self, *replies: list[dict[str, Any]]) -> None:
        """Have the model say this next."""
        self.model.replies = [Reply(blocks) for blocks in replies]

    def hold(self, number: int, *replies: list[dict[str, Any]]) -> Reply:
        """Have it say this next, and wait in the middle of one, which it says again where it is asked again."""
        held = Reply(replies[number], gate=threading.Event())
        said = [Reply(blocks) for blocks in replies]
        self.model.replies = [*said[:number], held, *said[number:]]
        return held


@pytest.fixture
def scene(tmp_path: Path, model: MessagesApi) -> Iterator[Scene]:
    environ = {"ANTHROPIC_BASE_URL": model.url, "WALKAWAY_MODEL": MODEL}
    with (
        restarted(tmp_path / "data", **environ) as server,
        OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=TRIES) as client,
    ):
        yield Scene(server, model, client)


def plain(scene: Scene, **asked: Any) -> Any:
    scene.seen.set()
    return scene.create(**asked)


def stream(scene: Scene, **asked: Any) -> Any:
    """Read a stream to its end, and behind a torn connection on from the last number; hold it against a whole one."""
    events: list[Any] = []
    reading = scene.create(stream=True, **asked)
    for _ in range(2):
        try:
            for event in reading:
                events.append(event)
                scene.seen.set()
        except APIConnectionError:
            last = events[-1].sequence_number
            reading = scene.client.responses.retrieve(events[0].response.id, stream=True, starting_after=last)
        else:
            break
    assert events == list(scene.client.responses.retrieve(events[0].response.id, stream=True))
    assert events[-1].type == "response.completed"
    return events[-1].response


def background(scene: Scene, **asked: Any) -> Any:
    made = scene.create(background=True, **asked)
    scene.seen.set()
    while made.status in ("queued", "in_progress"):
        made = scene.client.responses.retrieve(made.id)
    return made


def both(scene: Scene, **asked: Any) -> Any:
    return stream(scene, background=True, **asked)


def fresh(scene: Scene) -> dict[str, Any]:
    del scene
    return {"input": "Write a page on moss", "tools": [FILES]}


def functions(scene: Scene) -> dict[str, Any]:
    scene.say([call("lookup_price", "toolu_price")])
    asked = scene.create(input="What is it?", tools=[PRICE])
    answer = {"type": "function_call_output", "call_id": asked.output[0].call_id, "output": "12 euros"}
    return {"input": [answer], "tools": [PRICE], "previous_response_id": asked.id}


def approval(scene: Scene) -> dict[str, Any]:
    tools = [{**FILES, "require_approval": "always"}]
    scene.say(WRITE)
    asked = scene.create(input="Write a page on moss", tools=tools)
    answer = {"type": "mcp_approval_response", "approval_request_id": asked.output[-1].id, "approve": True}
    return {"input": [answer], "tools": tools, "previous_response_id": asked.id}


def chain(scene: Scene) -> dict[str, Any]:
    scene.say([text("One.")])
    return {"input": "Go on", "previous_response_id": scene.create(input="Begin").id}


def fork(scene: Scene) -> dict[str, Any]:
    asked = chain(scene)
    scene.create(**asked)
    return asked


def turns(scene: Scene) -> list[dict[str, Any]]:
    """Every turn there is, and how many calls of tools of the server's were begun in it."""
    with httpx.Client(base_url=scene.server.url, timeout=PATIENCE) as client:
        return [
            {**turn, "runs": [event.event for event in read(client, session["id"], turn["id"])].count(RUNS)}
            for session in client.get("/v1/sessions").json()
            for turn in client.get(f"/v1/sessions/{session['id']}/responses").json()
        ]


RUNS = "tool_use.executing"


def read(client: httpx.Client, session: str, turn: str) -> list[sse.Seen]:
    return sse.read(client.get(f"/v1/sessions/{session}/responses/{turn}/events"))


CASES = [
    (plain, fresh, 0),
    (plain, fresh, 1),
    (stream, fresh, 1),
    (background, fresh, 1),
    (both, fresh, 1),
    (stream, functions, 0),
    (plain, approval, 0),
    (background, chain, 0),
    (stream, fork, 0),
    (plain, fork, 0),
]
MORE = [
    pytest.param(kind, use, 0, marks=pytest.mark.deep)
    for kind in (plain, stream, background, both)
    for use in (fresh, functions, approval, chain, fork)
    if (kind, use, 0) not in CASES
]


@pytest.mark.parametrize(("kind", "use", "step"), [*CASES, *MORE])
def test_a_program_ends_with_the_same_output(
    scene: Scene, kind: Callable[..., Any], use: Callable[[Scene], dict[str, Any]], step: int
) -> None:
    asked = use(scene)
    turns_before, requests_before = len(turns(scene)), len(scene.model.requests)
    said = [WRITE, END] if use is fresh else [END]
    held = scene.hold(step, *said)
    with ThreadPoolExecutor(1) as pool:
        ending = pool.submit(kind, scene, **asked)
        assert held.reached.wait(30)
        assert scene.seen.wait(30)
        scene.server.kill()
        held.gate.set()  # type: ignore[union-attr]
        scene.server.start()
        made = ending.result(90)
    assert (made.status, made.output_text) == ("completed", "Moss grows slowly." if use is not fresh else TEXT)
    assert made == scene.client.responses.retrieve(made.id)
    assert len(scene.model.requests) == requests_before + len(said) + 1, "the step that was cut, and nothing else"
    now = turns(scene)
    assert len(now) == turns_before + 1
    assert sum(turn["runs"] for turn in now) == (1 if use in (fresh, approval) else 0)
    assert [item.type for item in made.output].count("mcp_call") == (1 if use in (fresh, approval) else 0)


TEXT = "I write.Moss grows slowly."


class Fatal(httpx2.HTTPTransport):
    """The server dies behind the first answer, before the program has read of it."""

    def __init__(self, server: Restarted) -> None:
        super().__init__()
        self.server, self.killed = server, False

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = super().handle_request(request)
        if not self.killed:
            self.killed = True
            answer.close()
            self.server.restart()
            raise httpx2.ReadError("the connection was torn", request=request)
        return answer


@pytest.mark.parametrize(
    "kind", [background, both, *(pytest.param(k, marks=pytest.mark.deep) for k in (plain, stream))]
)
def test_an_answer_that_was_lost_with_the_server_is_given_again(scene: Scene, kind: Callable[..., Any]) -> None:
    scene.say(END)
    transport = httpx2.Client(transport=Fatal(scene.server))
    with OpenAI(base_url=f"{scene.server.url}/v1", api_key="none", max_retries=TRIES, http_client=transport) as client:
        made = kind(Scene(scene.server, scene.model, client), input="Write a page on moss")
    assert made.output_text == "Moss grows slowly."
    assert [turn["status"] for turn in turns(scene)] == ["completed"]


def test_an_execution_that_is_lost_is_replaced(
    tmp_path: Path, model: MessagesApi, clock: ShiftedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    model.replies = [Reply(END)]
    monkeypatch.setattr(responses_sse, "HEARTBEAT", 0.05)
    with running(tmp_path / "data", Settings(model=MODEL, base_url=model.url), clock) as server:
        with monkeypatch.context() as patch:
            patch.setattr(type(server.stack.services.machine), "start", lambda *_: None)
            made = of(server).responses.create(model=MODEL, input="Go", background=True)
        assert made.status == "queued"
        reading = iter(of(server).responses.retrieve(made.id, stream=True))
        assert next(reading).type == "response.created"
        clock.ahead += START_WITHIN + 1
        assert list(reading)[-1].type == "response.completed"
        assert len(model.requests) == 1


def of(server: Running) -> Any:
    return OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0)


def tails(server: Running | Restarted, id_: str, count: int) -> list[str]:
    """What a reader gets behind every number, all at once, and from the beginning."""

    def get(after: int) -> str:
        behind = f"&starting_after={after}" if after >= 0 else ""
        answer = httpx.get(f"{server.url}/v1/responses/{id_}?stream=true{behind}", timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.text

    with ThreadPoolExecutor(count + 1) as pool:
        return list(pool.map(get, range(-1, count)))


def test_every_tail_is_the_same_at_any_age(tmp_path: Path, model: MessagesApi) -> None:
    """While it runs, behind its end, after a restart, and three weeks later."""
    settings = Settings(model=MODEL, base_url=model.url)
    held = Reply(END, gate=threading.Event())
    model.replies = [Reply(WRITE), held]
    with running(tmp_path / "data", settings) as server:
        made = of(server).responses.create(model=MODEL, input="Go", background=True, tools=[FILES])
        assert held.reached.wait(30)
        so_far = 0
        with of(server) as client, client.responses.retrieve(made.id, stream=True) as begun:
            for event in begun:
                so_far = event.sequence_number
                if event.type == "response.output_text.delta" and event.delta.startswith("Moss"):
                    break
        with ThreadPoolExecutor(1) as pool:
            live = pool.submit(tails, server, made.id, so_far + 1)
            held.gate.set()  # type: ignore[union-attr]
            whole, *behind = live.result()
        events = whole.split("\n\n")
        count = len(events) - 2
        assert behind == ["\n\n".join(events[number + 1 :]) for number in range(so_far + 1)]
        wanted = [whole, *("\n\n".join(events[number + 1 :]) for number in range(count))]
        assert tails(server, made.id, count) == wanted
    weeks = ShiftedClock()
    weeks.ahead = 21 * 86_400
    for clock in (ShiftedClock(), weeks):
        with running(tmp_path / "data", settings, clock) as again:
            assert tails(again, made.id, count) == wanted
