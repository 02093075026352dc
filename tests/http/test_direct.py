"""Routes that are answered directly are answered as FastAPI answers them; what is not plain is FastAPI's."""

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel
from starlette.types import Receive, Scope, Send

from tests.kit.servers import KEYS
from walkaway_core.dialects import DIALECTS
from walkaway_core.errors import NotFound
from walkaway_core.http.access import Called, Keyring
from walkaway_core.http.app import create_app
from walkaway_core.http.chooser import Chooser
from walkaway_core.http.dialect import Dialect, Surface
from walkaway_core.http.direct import Shadowed, direct
from walkaway_core.http.errors import Errors
from walkaway_core.settings import Settings
from walkaway_core.store.services import Services
from walkaway_local.stack import LocalStack

KEY = {"Authorization": "Bearer alpha-key"}
ASYNC = {"Prefer": "respond-async"}
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Asked:
    """A request. `plain`: it is to be answered directly."""

    method: str
    path: str
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    plain: bool = True
    key: dict[str, str] = field(default_factory=lambda: KEY)


SESSION, RESPONSE, RUN = "/v1/sessions/SESSION", "/v1/sessions/SESSION/responses/RESPONSE", "/api/v1/runs/RUN"
EVENTS, MESSAGES = f"{RESPONSE}/events", f"{SESSION}/messages"
TASK, START = "/api/agent/walker/status/TASK", "/api/workflow/execute/walker"
ONCE = {"Idempotency-Key": "a", **ASYNC}
POEM = {"message": "Write a poem"}
REQUESTS = [
    *(Asked("GET", path) for path in (SESSION, RESPONSE, RUN, TASK, "/api/workflow/run/TASK")),
    *(Asked("GET", path, key={}) for path in (SESSION, RESPONSE, EVENTS, RUN, TASK)),
    *(Asked("GET", SESSION, key={name: "beta-key"}) for name in ("X-API-Key", "x-api-key")),
    *(
        Asked("GET", SESSION, key={"Authorization": value})
        for value in ("bearer alpha-key", "Bearer  alpha-key ", "Basic alpha-key", "Bearer", "alpha-key", "Bearer no")
    ),
    Asked("GET", SESSION, key={"Authorization": "Bearer alpha-key", "X-API-Key": "nobody's"}),
    *(Asked("GET", path) for path in ("/v1/sessions/sess_0", "/v1/sessions/%C3%A9", "/v1/sessions/a%20b")),
    *(Asked("GET", path) for path in (f"{SESSION}/responses/msg_0", "/api/v1/runs/run_0")),
    Asked("GET", f"{SESSION}?"),
    Asked("GET", f"{SESSION}?a=1", plain=False),
    Asked("GET", f"{RUN}?a=1", plain=False),
    Asked("GET", f"{TASK}/events?since_seq=3&since_seq=4", plain=False),
    *(Asked("GET", path, plain=False) for path in ("/v1/sessions/a%2Fb", f"{SESSION}/", "/v1/sessions//")),
    *(Asked(method, SESSION, plain=False) for method in ("OPTIONS", "PUT")),
    *(Asked(method, EVENTS, plain=False) for method in ("POST", "DELETE")),
    Asked("GET", "/api/agent/walker/status/0", plain=True),
    Asked("GET", "/api/agent/walker/status/x", plain=False),
    Asked("GET", "/api/agent/nobody/status/TASK"),
    *(Asked("GET", path) for path in (EVENTS, f"{SESSION}/events?format=json", f"{RUN}/stream", f"{TASK}/events")),
    Asked("GET", f"{TASK}/events?since_seq=3"),
    Asked("GET", f"{TASK}/events?since_seq=x", plain=False),
    *(
        Asked("GET", f"{EVENTS}?{query}")
        for query in (
            "after=3",
            "after=3&limit=2",
            "format=json&limit=1000",
            "wait=0.5",
            "after=",
            "after=x",
            "after=999",
        )
    ),
    *(
        Asked("GET", f"{EVENTS}?{query}", plain=False)
        for query in ("limit=0", "limit=1001", "limit=x", "wait=26", "format=xml", "other=1", "after=1&after=2")
    ),
    *(Asked("GET", EVENTS, headers={"Accept": accept}) for accept in ("application/json", "text/event-stream", "*/*")),
    *(Asked("GET", EVENTS, headers={"Last-Event-ID": at}) for at in ("4", "x", "999", "")),
    Asked("POST", MESSAGES, POEM, ONCE),
    Asked("POST", MESSAGES, POEM, {"Idempotency-Key": "a"}),
    Asked("POST", MESSAGES, POEM, {**ONCE, "Content-Type": "application/json; charset=utf-8"}),
    Asked("POST", MESSAGES, {"message": "Write another"}, ONCE),
    Asked("POST", MESSAGES, {"message": "  "}, ONCE),
    Asked("POST", MESSAGES, POEM, {**ONCE, "Idempotency-Key": "x" * 300}),
    Asked("POST", MESSAGES, POEM, ONCE, key={}),
    Asked("POST", "/v1/sessions/sess_0/messages", POEM, ONCE),
    *(
        Asked("POST", MESSAGES, body, {**ONCE, **JSON}, plain=False)
        for body in (
            b"",
            b"{",
            b"null",
            b"[]",
            b"7",
            b'{"message": 1}',
            b'{"a": 1}',
            b'{"message": NaN}',
            b"[" * 99_999,
        )
    ),
    *(Asked("POST", MESSAGES, b"{", {**ONCE, **JSON}, plain=not key, key=key) for key in ({}, KEY)),
    *(
        Asked("POST", MESSAGES, json.dumps(POEM).encode(), {**ONCE, "Content-Type": kind}, plain=False)
        for kind in ("text/plain", "application/vnd.x+json", "", "nonsense")
    ),
    Asked("POST", MESSAGES, {"message": "x" * 1_000_001}, ONCE, plain=False),
    Asked("POST", MESSAGES, b" " * 4_000_001, {**ONCE, **JSON}, plain=False),
    Asked("POST", MESSAGES, [b'{"message": ', b'"Write a poem"}'], {**ONCE, **JSON}, plain=False),
    Asked("POST", "/api/v1/runs", {"prompt": "hi", "idempotency_key": "b"}),
    Asked("POST", "/api/v1/runs/", {"prompt": "hi"}, {"Idempotency-Key": "b"}),
    Asked("POST", "/api/v1/runs", {"prompt": "hi", "recipe_name": "nobody"}),
    Asked("POST", "/api/v1/runs", {"prompt": 1}, plain=False),
    Asked("POST", "/api/v1/runs", {"prompt": "hi", "idempotency_key": "b"}, key={}),
    Asked("POST", START.replace("walker", "nobody"), {}),
    Asked("POST", START, {"inputs": 1}, plain=False),
    Asked("POST", START.replace("walker", "nobody"), {}, {"X-Tenant-Id": "x" * 201}, plain=False),
]


class Door:
    """One of the two ways into a dialect, for a client in this process: `chosen` goes through the chooser."""

    def __init__(self, chooser: Chooser) -> None:
        self._chooser = chooser
        self.direct = True
        self.passed: list[str] = []
        """What FastAPI was asked through the chooser."""
        for app in chooser.apps.values():
            app.build_middleware_stack = self._watched(app.build_middleware_stack)  # type: ignore[method-assign]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.direct:
            await self._chooser(scope, receive, send)
        else:
            dialect = self._chooser.choose(scope["path"], ())
            await self._chooser.apps[dialect.name](scope, receive, send)

    def _watched(self, build: Any) -> Any:
        def build_watched() -> Any:
            app = build()

            async def passing(scope: Scope, receive: Receive, send: Send) -> None:
                self.passed.append(scope["path"])
                await app(scope, receive, send)

            return passing

        return build_watched


@dataclass(frozen=True)
class World:
    door: Door
    names: dict[str, str]

    def ask(self, asked: Asked, *, through: bool) -> httpx.Response:
        self.door.direct = through
        self.door.passed.clear()
        path = asked.path
        for name, value in self.names.items():
            path = path.replace(name, value)
        return asyncio.run(self._ask(asked, path))

    async def _ask(self, asked: Asked, path: str) -> httpx.Response:
        said: dict[str, Any] = {"json": asked.body}
        if isinstance(asked.body, bytes | list):
            said = {"content": asked.body if isinstance(asked.body, bytes) else _pieces(asked.body)}
        transport = httpx.ASGITransport(self.door)
        async with httpx.AsyncClient(transport=transport, base_url="http://walkaway", timeout=30) as client:
            return await client.request(asked.method, path, headers={**asked.headers, **asked.key}, **said)


async def _pieces(pieces: list[bytes]) -> Any:
    for piece in pieces:
        yield piece


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    stack = LocalStack(tmp_path_factory.mktemp("direct"), Settings(keys=KEYS, rehearsal_delay=0))
    stack.run()
    world = World(Door(create_app(stack.services, Keyring(KEYS), DIALECTS)), {})

    def post(path: str, body: Any, headers: dict[str, str] | None = None) -> Any:
        return world.ask(Asked("POST", path, body, headers or {}), through=True).json()

    post("/v1/agents", {"name": "walker"})
    world.names["SESSION"] = session = post("/v1/sessions", {"persistent": True})["id"]
    world.names["RESPONSE"] = post(f"/v1/sessions/{session}/messages", POEM, ONCE)["response_id"]
    world.names["RUN"] = post("/api/v1/runs", {"prompt": "hi", "idempotency_key": "b"})["job_id"]
    world.names["TASK"] = str(post(START, {})["task_id"])
    for path in (EVENTS, f"{RUN}/stream", f"{TASK}/events"):
        world.ask(Asked("GET", path), through=True)  # to its end
    yield world
    stack.close()


@pytest.mark.parametrize("asked", REQUESTS, ids=lambda asked: f"{asked.method} {asked.path} {str(asked.body)[:20]}")
def test_the_answer_is_fastapis(world: World, asked: Asked) -> None:
    mine = world.ask(asked, through=True)
    assert bool(world.door.passed) is not asked.plain
    its = world.ask(asked, through=False)
    assert world.door.passed
    assert (mine.status_code, mine.content) == (its.status_code, its.content)
    assert sorted(mine.headers.multi_items()) == sorted(its.headers.multi_items())
    if its.status_code == 200:
        assert mine.content


class Told(BaseModel):
    thread: str


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": "Bearer alpha-key"}, 200),
        ({"Authorization": "bearer  alpha-key "}, 200),
        ({"Authorization": "Bearer alpha-key", "X-API-Key": "beta-key"}, 200),
        ({"Authorization": "Basic alpha-key", "X-API-Key": "alpha-key"}, 200),
        ({"Authorization": "Bearer", "X-API-Key": "alpha-key"}, 200),
        ({"X-API-Key": "beta-key"}, 404),
        ({"Authorization": "Bearer nobody's", "X-API-Key": "alpha-key"}, 401),
        ({"Authorization": "Basic alpha-key"}, 401),
        ({"Authorization": "alpha-key"}, 401),
        ({"X-API-Key": ""}, 401),
        ({}, 401),
    ],
)
def test_a_bearer_token_wins_over_the_other_header(world: World, headers: dict[str, str], status: int) -> None:
    for through in (True, False):
        assert world.ask(Asked("GET", SESSION, key=headers), through=through).status_code == status


def made(services: Services, dialect: Dialect) -> None:
    """Make an app with one dialect, and what its requests go through."""
    create_app(services, Keyring({}), [dialect]).door(dialect)


def surface(*routers: APIRouter) -> Dialect:
    return Dialect("other", lambda: Surface(routers, Errors(), "Other", ""), at=("/",))


def in_thread() -> Told:
    return Told(thread=threading.current_thread().name)


def nothing() -> None:
    """Answer nothing."""


@pytest.mark.parametrize("quick", [True, False])
def test_who_only_reads_stays_on_the_event_loop_where_reading_is_quick(tmp_path: Path, *, quick: bool) -> None:
    router = APIRouter()
    router.get("/")(direct(in_thread))
    router.post("/")(direct(in_thread))
    stack = LocalStack(tmp_path, Settings())
    assert stack.services.table.quick
    services = stack.services if quick else replace(stack.services, table=Slow())
    client = World(Door(create_app(services, Keyring({}), [surface(router)])), {})
    mine = threading.current_thread().name
    read, written = (client.ask(Asked(method, "/"), through=True).json()["thread"] for method in ("GET", "POST"))
    stack.close()
    assert (read == mine) is quick
    assert written != mine


class Slow:
    """A Table that is elsewhere, and is not asked here."""

    quick = False

    def __getattr__(self, name: str) -> Any:
        raise NotImplementedError(name)


def test_what_breaks_is_told_in_the_dialects_words_and_to_the_log(tmp_path: Path) -> None:
    router, stack = APIRouter(), LocalStack(tmp_path, Settings())

    @router.get("/broken")
    @direct
    def broken() -> None:
        raise RuntimeError("out of order")

    @router.get("/missing")
    @direct
    async def missing(caller: Called) -> None:
        raise NotFound(caller.tenant)

    client = World(Door(create_app(stack.services, Keyring({}), [surface(router)])), {})
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    scope = {"type": "http", "method": "GET", "path": "/broken", "headers": [], "query_string": b""}
    with pytest.raises(RuntimeError, match="out of order"):
        asyncio.run(client.door(scope, receive, send))
    assert (sent[0]["status"], json.loads(sent[1]["body"])["error"]) == (500, "internal")
    assert client.ask(Asked("GET", "/missing"), through=True).status_code == 404
    stack.close()


@pytest.mark.parametrize(
    ("first", "second"), [("/things/{thing}", "/things/all"), ("/things/new", "/things/{thing}"), ("/{a}", "/{b}")]
)
def test_a_route_that_another_one_hides_is_refused_when_its_app_is_made(
    tmp_path: Path, first: str, second: str
) -> None:
    router, stack = APIRouter(), LocalStack(tmp_path, Settings())
    router.get(first)(nothing)
    router.post(second)(direct(in_thread))
    made(stack.services, surface(router))
    router.get(second)(direct(in_thread))
    with pytest.raises(Shadowed, match=f"GET {first} is declared before {second}"):
        made(stack.services, surface(router))
    stack.close()


def test_a_function_that_asks_for_what_is_not_known_here_is_refused_when_its_app_is_made(tmp_path: Path) -> None:
    router, stack = APIRouter(), LocalStack(tmp_path, Settings())

    @router.get("/")
    @direct
    def odd(request: Request, which: int = 0, x: Annotated[str, Header()] = "") -> Response:
        raise NotImplementedError(request, which, x)

    with pytest.raises(TypeError, match="which"):
        made(stack.services, surface(router))
    stack.close()
