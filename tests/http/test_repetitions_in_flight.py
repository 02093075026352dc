"""What SDKs send again while another process still carries out the first one: of each POST one makes something."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from anthropic import Anthropic
from openai import OpenAI
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.servers import KEYS, PATIENCE, Running, listening
from walkaway_core.dialects import DIALECTS
from walkaway_core.http.access import Keyring
from walkaway_core.http.app import create_app
from walkaway_core.http.gateway import Staged
from walkaway_core.http.request_ids import RequestIds
from walkaway_core.ports.items import Put, Write

STOP = {"type": "user.interrupt"}
MANAGED = {"anthropic-version": "2023-06-01"}
Ask = Callable[[httpx.Client, int], httpx.Response]


class Held:
    """A table that holds what a request with a count would make until `go`."""

    def __init__(self, table: Any) -> None:
        self._table = table
        self.reached, self.go = threading.Event(), threading.Event()
        self.partition = ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)

    def write(self, *writes: Write) -> None:
        made = [write for write in writes if isinstance(write, Put) and "#REPEATED#" in write.item.pk]
        if made and not self.reached.is_set():
            self.partition = made[0].item.pk
            self.reached.set()
            assert self.go.wait(PATIENCE)
        self._table.write(*writes)


@dataclass
class Two:
    """Two processes with the same table; what the slow one writes is held."""

    running: Running
    slow: httpx.Client
    quick: httpx.Client
    held: Held
    came: threading.Event
    """The head of a request has come to the slow one."""

    def race(self, ask: Ask) -> tuple[httpx.Response, httpx.Response]:
        """Send to the slow one, and again to the quick one before the first is written; give both answers."""
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(ask, self.slow, 0)
            try:
                assert self.held.reached.wait(PATIENCE)
                again = ask(self.quick, 1)
            finally:
                self.held.go.set()
            return first.result(), again

    @property
    def made(self) -> int:
        """How many such requests have made something."""
        return len(self.running.stack.services.table.query(self.held.partition, after="#~").items)


@pytest.fixture
def two(scripted: Running, model: MessagesApi) -> Iterator[Two]:
    model.replies = [Reply([text("Hello")]) for _ in range(4)]
    services = scripted.stack.services
    held = Held(services.table)
    chooser, came = create_app(replace(services, table=held), Keyring(KEYS), DIALECTS), threading.Event()

    async def noted(scope: Scope, receive: Receive, send: Send) -> None:
        came.set()
        await chooser(scope, receive, send)

    apps: list[ASGIApp] = [Staged(RequestIds(noted)), RequestIds(create_app(services, Keyring(KEYS), DIALECTS))]
    headers = {"Authorization": "Bearer alpha-key"}
    with (
        listening(apps[0]) as slow,
        listening(apps[1]) as quick,
        httpx.Client(base_url=slow, headers=headers, timeout=PATIENCE) as first,
        httpx.Client(base_url=quick, headers=headers, timeout=PATIENCE) as second,
    ):
        yield Two(scripted, first, second, held, came)


def made(two: Two, path: str, body: dict[str, Any], headers: dict[str, str] = MANAGED) -> str:
    answer = two.quick.post(path, json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def agent(two: Two) -> str:
    return made(two, "/v1/agents", {"name": "Reporter", "model": "test-model"})


def environment(two: Two) -> str:
    return made(two, "/v1/environments", {"name": "Anywhere"})


def session(two: Two) -> str:
    return made(two, "/v1/sessions", {"agent": agent(two), "environment_id": environment(two)})


def file(two: Two, headers: dict[str, str]) -> str:
    form = {"purpose": "user_data"} if headers is not MANAGED else {}
    return str(two.quick.post("/v1/files", files={"file": ("a.txt", b"A")}, data=form, headers=headers).json()["id"])


def said(words: str) -> list[dict[str, Any]]:
    return [{"type": "user.message", "content": [{"type": "text", "text": words}]}]


def of_session(two: Two, **more: Any) -> dict[str, Any]:
    return {"agent": agent(two), "environment_id": environment(two), **more}


def mounted(two: Two) -> dict[str, Any]:
    return {"type": "file", "file_id": file(two, MANAGED)}


def behind(two: Two) -> dict[str, Any]:
    before = made(two, "/v1/responses", {"model": "test-model", "input": "Begin"}, {})
    return {**RESPONSE, "input": "Go on", "previous_response_id": before}


ITEM = {"role": "user", "content": "Hello"}
RESPONSE = {"model": "test-model", "input": "Say hello", "background": True}
UPLOAD = {"filename": "a.txt", "bytes": 1, "mime_type": "text/plain", "purpose": "user_data"}
OF_MANAGED: Mapping[str, Callable[[Two], tuple[str, dict[str, Any]]]] = {
    "agent": lambda _: ("/v1/agents", {"name": "Reporter", "model": "test-model"}),
    "version": lambda two: (f"/v1/agents/{agent(two)}", {"version": 1, "description": "Another one"}),
    "environment": lambda _: ("/v1/environments", {"name": "Anywhere"}),
    "session": lambda two: ("/v1/sessions", of_session(two)),
    "session that begins": lambda two: ("/v1/sessions", of_session(two, initial_events=said("Begin"))),
    "session with a file": lambda two: ("/v1/sessions", of_session(two, resources=[mounted(two)])),
    "resource": lambda two: (f"/v1/sessions/{session(two)}/resources", mounted(two)),
    "message": lambda two: (f"/v1/sessions/{session(two)}/events", {"events": said("Go on")}),
    "interrupt": lambda two: (f"/v1/sessions/{session(two)}/events", {"events": [STOP, *said("Go on")]}),
}
OF_RESPONSES: Mapping[str, Callable[[Two], tuple[str, dict[str, Any]]]] = {
    "response": lambda _: ("/v1/responses", RESPONSE),
    "response behind another": lambda two: ("/v1/responses", behind(two)),
    "webhook": lambda _: (
        "/v1/webhook_endpoints",
        {"name": "x", "url": "https://a.example/", "event_types": ["response.completed"]},
    ),
    "upload": lambda _: ("/v1/uploads", UPLOAD),
    "conversation": lambda _: ("/v1/conversations", {"metadata": {"topic": "ferries"}}),
    "items": lambda two: (f"/v1/conversations/{made(two, '/v1/conversations', {}, {})}/items", {"items": [ITEM]}),
}


def asking(path: str, headers: dict[str, str], **body: Any) -> Ask:
    def ask(client: httpx.Client, count: int) -> httpx.Response:
        return client.post(path, headers={**headers, "x-stainless-retry-count": str(count)}, **body)

    return ask


def check(two: Two, first: httpx.Response, again: httpx.Response) -> None:
    assert again.status_code == 200, again.text
    assert (first.status_code, first.headers["x-should-retry"]) == (503, "true"), first.text
    assert "send it again" in first.json()["error"]["message"]
    assert two.made == 1


@pytest.mark.parametrize("what", OF_MANAGED)
def test_of_managed_agents(two: Two, what: str) -> None:
    path, body = OF_MANAGED[what](two)
    check(two, *two.race(asking(path, MANAGED, json=body)))
    if what in ("agent", "environment", "session", "session that begins", "session with a file", "resource"):
        assert len(two.quick.get(path, headers=MANAGED).json()["data"]) == 1


@pytest.mark.parametrize("what", OF_RESPONSES)
def test_of_responses(two: Two, what: str, model: MessagesApi) -> None:
    path, body = OF_RESPONSES[what](two)
    before = len(model.requests)
    first, again = two.race(asking(path, {}, json=body))
    check(two, first, again)
    if path == "/v1/responses":
        told = two.quick.get(f"{path}/{again.json()['id']}", params={"stream": "true"})
        assert '"type":"response.completed"' in told.text
        assert len(model.requests) == before + 1
    if what == "items":
        assert two.quick.get(path).json()["data"] == again.json()["data"]


@pytest.mark.parametrize("headers", [MANAGED, {}], ids=["managed", "responses"])
def test_of_files(two: Two, headers: dict[str, str]) -> None:
    form = {} if headers else {"purpose": "user_data"}
    check(two, *two.race(asking("/v1/files", headers, files={"file": ("a.txt", b"A")}, data=form)))
    assert len(two.quick.get("/v1/files", headers=headers).json()["data"]) == 1


def test_of_parts(two: Two) -> None:
    upload = made(two, "/v1/uploads", UPLOAD, {})
    check(two, *two.race(asking(f"/v1/uploads/{upload}/parts", {}, files={"data": b"A"})))


@pytest.mark.parametrize("vendor", ["anthropic", "openai"])
def test_who_still_waits_has_its_own(two: Two, vendor: str) -> None:
    """It was another caller's, with an equal body: its SDK sends it again by itself, and nobody notices."""
    slow, path, headers = str(two.slow.base_url), "/v1/conversations", dict[str, str]()
    if vendor == "anthropic":
        path, headers = "/v1/environments", MANAGED

    def ask(client: httpx.Client, count: int) -> Any:
        if client is two.quick:
            return asking(path, headers, json={"name": "Anywhere"} if headers else {})(client, count)
        if headers:
            with Anthropic(base_url=slow, api_key="alpha-key", max_retries=2) as anthropic:
                return anthropic.beta.environments.with_raw_response.create(name="Anywhere").http_response
        with OpenAI(base_url=f"{slow}/v1", api_key="alpha-key", max_retries=2) as openai:
            return openai.conversations.with_raw_response.create().http_response

    first, again = two.race(ask)
    assert [first.status_code, again.status_code] == [200, 200]
    assert json.loads(first.text)["id"] != again.json()["id"]
    assert two.made == 2


def test_a_request_has_come_when_its_head_has(two: Two) -> None:
    """Its body may take long, and its repetition be through before."""
    rest, path = threading.Event(), "/v1/environments"

    def body() -> Iterator[bytes]:
        yield b'{"name": '
        assert rest.wait(PATIENCE)
        yield b'"Anywhere"}'

    with ThreadPoolExecutor(1) as pool:
        headers = {"content-type": "application/json"}
        first = pool.submit(lambda: asking(path, {**MANAGED, **headers}, content=body())(two.slow, 0))
        try:
            assert two.came.wait(PATIENCE)
            again = asking(path, MANAGED, json={"name": "Anywhere"})(two.quick, 1)
        finally:
            rest.set()
            two.held.go.set()
        check(two, first.result(), again)


def test_a_request_has_come_when_the_gateway_says_so(two: Two) -> None:
    """Its function may start when its repetition is through; what is asked for anew after that is carried out."""
    two.held.go.set()

    def ask(client: httpx.Client, count: int, came: float) -> httpx.Response:
        context = {"x-amzn-request-context": json.dumps({"requestTimeEpoch": int(came * 1000)})}
        return asking("/v1/environments", {**MANAGED, **context}, json={"name": "Anywhere"})(client, count)

    came = time.time()
    again = ask(two.quick, 1, came)
    ended = int(time.time() * 1000)
    while int(time.time() * 1000) == ended:  # of one millisecond nobody can say what came first
        time.sleep(0.0002)
    anew = ask(two.slow, 0, time.time())
    assert anew.status_code == 200
    first = ask(two.slow, 0, came)
    assert [again.status_code, first.status_code, first.headers["x-should-retry"]] == [200, 503, "true"]
    assert two.made == 2
