"""Large bodies, on every route that takes one: read once and beside the event loop, and answered as small ones are."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts

from tests.http.test_body_limit import JSON, App
from walkaway_core.dialects import DIALECTS
from walkaway_core.http import large
from walkaway_core.http.access import Keyring
from walkaway_core.http.app import create_app
from walkaway_core.settings import Settings
from walkaway_local.stack import LocalStack
from walkaway_wire import gate

MANY = 30_000
NESTED = '{"a":' * 50 + "1" + "}" * 50
LONG = "x" * MANY * 4
BODIES = {
    "lists": json.dumps({"a": [[]] * MANY}),
    "names": json.dumps({f"{number:x}": 1 for number in range(MANY)}),
    "numbers": json.dumps({"a": [1.5] * MANY}),
    "escapes": json.dumps({"message": "\né" * MANY}),
    "deep objects": f'{{"metadata":[{",".join([NESTED] * 500)}]}}',
    "what a route has many of": json.dumps(dict.fromkeys(("tools", "results", "tool_responses"), [{}] * MANY)),
    "too deep": f'{{"metadata":{{"a":{"[" * 64}{"]" * 64},"b":"{LONG}"}}}}',
    "half a character": json.dumps({"metadata": {"a": ["\ud83c"], "b": LONG}}),
    "beyond all numbers": f'{{"metadata":{{"a":[1e999],"b":"{LONG}"}}}}',
    "too many digits": f'{{"metadata":{{"a":[{"1" * 5000}],"b":"{LONG}"}}}}',
    "no JSON": f'{{"message":"{LONG}"',
    "no object": json.dumps(LONG),
    "a long message": json.dumps({"message": LONG, "prompt": "hi", "name": "n"}),
}
SLOW = {"lists", "deep objects", "what a route has many of"}
"""On every route these take more than five seconds."""
ALL = [pytest.param(kind, marks=[pytest.mark.deep] if kind in SLOW else []) for kind in BODIES]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    stack = LocalStack(tmp_path_factory.mktemp("large"), Settings(rehearsal_delay=0))
    yield App(create_app(stack.services, Keyring({}), DIALECTS))
    stack.close()


class Readings:
    """Which threads have decoded a large text, or held it against a description."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.decoded: list[str] = []
        self.fitted: list[str] = []
        for module, name in ((json, "loads"), (gate, "decoded"), (gate, "decoded_in_pieces")):
            patch.setattr(module, name, self._watched(getattr(module, name)))

    def _watched(self, decode: Any) -> Any:
        def decoded(text: Any, **more: Any) -> Any:
            if len(text) > large.LARGE:
                self.decoded.append(threading.current_thread().name)
            return decode(text, **more)

        return decoded

    def watch(self, patch: pytest.MonkeyPatch, app: App) -> None:
        """See, too, where the routes' descriptions are looked at."""
        contexts = [one for each in app.apps.values() for one in iter_route_contexts(each.routes)]
        kinds = {type(one.body_field) for one in contexts if getattr(one, "body_field", None)}
        for kind in kinds:
            patch.setattr(kind, "validate", self._fitting(kind.validate))

    def _fitting(self, validate: Any) -> Any:
        def fits(field: Any, value: Any, *more: Any, **named: Any) -> Any:
            if isinstance(value, dict | list | str) and value and named.get("loc") == ("body",):
                self.fitted.append(threading.current_thread().name)
            return validate(field, value, *more, **named)

        return fits


@pytest.mark.parametrize("kind", BODIES)
def test_it_is_read_once_and_beside_the_loop(app: App, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    body = BODIES[kind].encode()
    assert len(body) > large.LARGE
    readings = Readings(monkeypatch)
    readings.watch(monkeypatch, app)
    for _, method, path in app.routes:
        readings.decoded.clear()
        readings.fitted.clear()
        app.ask(method, path, content=body, headers=JSON)
        assert [name.rpartition("_")[0] for name in readings.decoded] == ["large-body"], (method, path)
        assert {name.rpartition("_")[0] for name in readings.fitted} <= {"large-body"}, (method, path)
        assert len(readings.fitted) <= 1, (method, path)


@pytest.mark.parametrize("kind", ALL)
def test_the_answer_is_that_of_a_body_which_is_read_at_once(
    app: App, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(app.routes) >= 14
    for _, method, path in app.routes:
        asked = {"content": BODIES[kind].encode(), "headers": JSON}
        mine = app.ask(method, path, **asked)
        with monkeypatch.context() as patch:
            patch.setattr(large, "LARGE", len(asked["content"]))
            its = app.ask(method, path, **asked)
        assert mine.status_code == its.status_code, (method, path)
        if its.status_code >= 400:
            assert mine.content == its.content, (method, path)


def test_what_else_does_not_fit_is_told_in_its_place(app: App) -> None:
    body = BODIES["lists"].encode()
    asked = {"content": body, "headers": {**JSON, "X-Tenant-Id": "x" * 201}}
    told = app.ask("POST", "/api/workflow/execute/1", **asked)
    assert told.status_code == 422
    assert "x-tenant-id" in told.text.lower()
