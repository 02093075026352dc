"""What no route takes, in a table of every kind and every route of every dialect that has a body of JSON."""

import asyncio
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from walkaway_core.dialects import DIALECTS
from walkaway_core.http.access import Keyring
from walkaway_core.http.app import create_app
from walkaway_core.http.chooser import Chooser
from walkaway_core.settings import Settings
from walkaway_local.stack import LocalStack

JSON = {"Content-Type": "application/json"}
REFUSED = {"native": 400, "responses": 400, "managed": 400}
MOUNTS = {dialect.name: dialect.mount for dialect in DIALECTS}
"""By dialect, the status with which it refuses a body; of the others 422."""
FLAWS = {
    "deep": ("[" * 64 + "]" * 64, "deeper than 64"),
    "deep enough to break pydantic": ("[" * 300 + "]" * 300, "deeper than 64"),
    "deep objects": ('{"a":' * 300 + "1" + "}" * 300, "deeper than 64"),
    "deep enough to break json": ("[" * 100_000 + "]" * 100_000, "deeper than 64"),
    "beyond all numbers": ("1e999", "number that JSON does not have"),
    "NaN": ("[NaN]", "number that JSON does not have"),
    "infinity": ('{"b": -Infinity}', "number that JSON does not have"),
    "too many digits": ("1" * 5000, "more digits"),
    "half a character": ('"x\\ud83c"', "surrogate"),
    "half a name": ('{"\\udf89": 1}', "surrogate"),
}


class App:
    """The app in this process, and every route of it that has a body of JSON."""

    def __init__(self, chooser: Chooser) -> None:
        self._chooser = chooser
        self.apps = chooser.apps
        self.routes = [
            (name, method, f"{MOUNTS[name]}{context.path}")
            for name, app in chooser.apps.items()
            for context in iter_route_contexts(app.routes)
            if getattr(context, "body_field", None)
            for method in sorted(context.methods or ())
        ]

    @property
    def reads(self) -> list[str]:
        """The paths of every GET."""
        apps = self._chooser.apps.items()
        contexts = [(name, context) for name, app in apps for context in iter_route_contexts(app.routes)]
        return [f"{MOUNTS[name]}{context.path}" for name, context in contexts if "GET" in (context.methods or ())]

    def ask(self, method: str, path: str, **said: Any) -> httpx.Response:
        return asyncio.run(self._ask(method, path, **said))

    def broken(self, method: str, path: str) -> httpx.Response:
        """Ask for what breaks, and is then raised once more for the log."""
        return asyncio.run(self._ask(method, path, raises=False))

    async def _ask(self, method: str, path: str, *, raises: bool = True, **said: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self._chooser, raise_app_exceptions=raises)
        async with httpx.AsyncClient(transport=transport, base_url="http://walkaway", timeout=30) as client:
            return await client.request(method, path, **said)

    def lists(self) -> list[Any]:
        paths = ("/v1/sessions", "/v1/agents", "/v1/webhooks", "/api/v1/runs", "/api/tools", "/stats")
        answers = [self.ask("GET", path) for path in paths]
        assert {answer.status_code for answer in answers} == {200}
        return [answer.json() for answer in answers]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    stack = LocalStack(tmp_path_factory.mktemp("gate"), Settings(rehearsal_delay=0))
    yield App(create_app(stack.services, Keyring({}), DIALECTS))
    stack.close()


@pytest.mark.parametrize("flaw", FLAWS)
def test_no_route_takes_it(app: App, flaw: str) -> None:
    given, why = FLAWS[flaw]
    before = app.lists()
    assert len(app.routes) >= 14
    for dialect, method, path in app.routes:
        for body in (
            f'{{"metadata": {{"a": {given}}}}}',
            f'{{"metadata": {{"a": {given}}}, "name": "n"}}'.encode("utf-16"),
        ):
            answer = app.ask(method, path, content=body, headers=JSON)
            assert answer.status_code == REFUSED.get(dialect, 422), (method, path, answer.text[:200])
            assert why in answer.text, (method, path)
            assert len(answer.content) < 4096
            if flaw not in {"deep enough to break json", "too many digits"}:
                assert "metadata" in answer.text, (method, path, "it is named")
    assert app.lists() == before


OPTIONAL = (
    "/v1/sessions",
    "/v1/webhooks/{webhook}/rotate",
    "/v1/schedules/{schedule}/run",
    "/v1/webhook_endpoints/{endpoint}/rotate_secret",
)
"""Where the body may be left out."""


@pytest.mark.parametrize("body", ["null", " null\n", "[]", '""', "0", "false"])
def test_a_body_is_an_object(app: App, body: str) -> None:
    before = app.lists()
    for dialect, method, path in app.routes:
        if body.strip() == "null" and method == "POST" and path in OPTIONAL:
            continue
        for headers in (JSON, {}):
            answer = app.ask(method, path, content=body.encode(), headers=headers)
            assert answer.status_code == REFUSED.get(dialect, 422), (method, path, answer.text[:200])
            assert "must be a JSON object" in answer.text, (method, path, answer.text[:200])
    assert app.lists() == before


@pytest.mark.parametrize("body", [b"", None, b"null"])
def test_what_may_be_left_out_takes_every_default(app: App, body: bytes | None) -> None:
    for path, status in zip(OPTIONAL, (201, 404, 404, 404), strict=True):
        assert app.ask("POST", path, content=body, headers=JSON).status_code == status


FORM = {"Content-Type": "multipart/form-data; boundary=x"}
FORMS = ("/api/workflow/execute/x/with-files", "/api/workflow/upload-run-input")


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "identity, gzip", "aes128gcm"])
def test_a_packed_body_is_refused_by_the_name_of_its_header(app: App, coding: str) -> None:
    before = app.lists()
    packed = gzip.compress(b'{"message": "x", "name": "x", "prompt": "x", "url": "https://example.com"}')
    routes = [(method, path, JSON) for _, method, path in app.routes] + [("POST", path, FORM) for path in FORMS]
    for method, path, headers in routes:
        answer = app.ask(method, path, content=packed, headers={**headers, "Content-Encoding": coding})
        assert (answer.status_code, "Content-Encoding" in answer.text) == (415, True), (method, path, answer.text)
    assert app.lists() == before


def test_a_body_that_says_that_it_is_not_packed_is_taken(app: App) -> None:
    for headers in ({"Content-Encoding": "identity"}, {"Content-Encoding": ""}):
        assert app.ask("POST", "/v1/sessions", json={}, headers=headers).status_code == 201
    assert app.ask("POST", "/v1/sessions", headers={"Content-Encoding": "gzip"}).status_code == 201, "there is no body"


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({f"unknown_{number}": "x" for number in range(100_000)}, marks=pytest.mark.deep),
        {"x" * 1_000_000: "x" * 1_000_000},
        {f"\u0001{number}" * 100: "x" for number in range(15)},
        {f"\u2028{number}" * 100: "漢" * 1000 for number in range(19)},
        {"tools": [{"name": "a b" * 1000, "what": "x" * 1000}] * 100, "results": [{"x": "x" * 1000}] * 900},
        pytest.param(
            {"inputs": {"strings": {f"{number:030}": "x" for number in range(100_000)}}}, marks=pytest.mark.deep
        ),
        {"prompt": 1, "config": {f"{number:030}": "x" for number in range(5)}, "framework": "x" * 1_000_000},
        {"message": {"a": "x" * 1_000_000}, "on_busy": "x" * 1_000_000, "metadata": "x" * 1_000_000},
    ],
    ids=["many", "long", "control", "wide", "nested", "slots", "runs", "values"],
)
def test_no_error_has_more_than_four_kilobytes(app: App, more: dict[str, Any]) -> None:
    body = json.dumps(more)
    for dialect, method, path in app.routes:
        answer = app.ask(method, path, content=body, headers=JSON)
        assert answer.status_code < 500
        if answer.status_code >= 400:
            assert len(answer.content) < 4096, (dialect, method, path, len(answer.content))


def test_of_many_problems_ten_are_named(app: App) -> None:
    answer = app.ask("POST", "/v1/sessions", json={f"field_{number}": 1 for number in range(15)})
    message = answer.json()["message"]
    assert message.count("is no field here") == 10
    assert message.endswith("; and 5 more")
    told = app.ask("POST", "/api/tools/register", json={"tools": [{"name": 1}] * 20}).json()["detail"]
    assert len(told) == 11
    assert told[-1]["msg"] == "and 30 more"


@pytest.mark.parametrize("depth", [60, 61])
def test_as_deep_as_may_be_is_taken_and_given_out(app: App, depth: int) -> None:
    deep = json.loads("[" * depth + "]" * depth)
    made = app.ask("POST", "/v1/sessions", json={"metadata": {"a": deep}})
    assert made.json()["metadata"] == {"a": deep}
    path = f"/v1/sessions/{made.json()['id']}"
    assert app.ask("PATCH", path, json={"metadata": {"b": deep}}).json()["metadata"] == {"a": deep, "b": deep}
    assert app.ask("GET", "/v1/sessions").json()[0]["metadata"] == {"a": deep, "b": deep}
    events = app.ask("GET", f"{path}/events?format=json").json()["events"]
    assert events[0]["data"]["changes"] == {"b": deep}
    assert app.ask("DELETE", path).status_code == 204


def test_a_file_may_hold_whatever_it_wants(app: App, tmp_path: Path) -> None:
    session = app.ask("POST", "/v1/sessions").json()["id"]
    data = b'{"a": NaN, "b": "\\ud83c"}' + b"[" * 1000
    answer = app.ask("PUT", f"/v1/sessions/{session}/files/a.json", content=data, headers=JSON)
    assert answer.status_code == 201
    assert app.ask("GET", f"/v1/sessions/{session}/files/a.json").content == data
