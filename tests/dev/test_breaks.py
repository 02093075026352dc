"""Each kind of break of the API is noticed, and what only adds is not."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from dev import breaks

Change = Callable[[dict[str, Any]], object]
REF = {"$ref": "#/components/schemas/Thing"}


def document() -> dict[str, Any]:
    """One operation that takes and gives a Thing, which may hold Things."""
    fields = {
        "title": {"type": "string", "title": "Title", "maxLength": 100},
        "kind": {"type": "string", "enum": ["a", "b"]},
        "size": {"type": "integer", "minimum": 1},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "inner": {"anyOf": [REF, {"type": "null"}]},
        "all": {"type": "array", "items": REF},
    }
    thing = {"type": "object", "properties": fields, "required": ["title"]}
    content = {"content": {"application/json": {"schema": REF}}}
    query = {"name": "limit", "in": "query", "required": False, "schema": {"type": "integer"}}
    post = {"parameters": [query], "requestBody": content, "responses": {"200": content, "404": content}}
    get = {"responses": {"200": content}}
    return {
        "paths": {"/things/{id}": {"post": post}, "/things": {"get": get}},
        "components": {"schemas": {"Thing": thing, "Given": copy.deepcopy(thing)}},
    }


def thing(found: dict[str, Any]) -> dict[str, Any]:
    return found["components"]["schemas"]["Thing"]  # type: ignore[no-any-return]


def post(found: dict[str, Any]) -> dict[str, Any]:
    return found["paths"]["/things/{id}"]["post"]  # type: ignore[no-any-return]


def field(name: str, **values: Any) -> Change:
    return lambda found: thing(found)["properties"][name].update(values)


def whole(name: str, schema: Any) -> Change:
    return lambda found: thing(found)["properties"].update({name: schema})


BREAKS: dict[str, tuple[Change, str]] = {
    "a path": (lambda d: d["paths"].pop("/things"), "GET /things: removed"),
    "an operation": (lambda d: d["paths"]["/things"].pop("get"), "GET /things: removed"),
    "a parameter": (lambda d: post(d)["parameters"].clear(), "POST /things/{} query limit: removed"),
    "a parameter that must be": (lambda d: post(d)["parameters"][0].update(required=True), "query limit: required now"),
    "a new parameter that must be": (
        lambda d: post(d)["parameters"].append({"name": "x", "in": "header", "required": True}),
        "header x: required now",
    ),
    "a parameter's type": (
        lambda d: post(d)["parameters"][0].update(schema={"type": "boolean"}),
        "query limit: integer is no longer taken",
    ),
    "a body that must be": (lambda d: post(d)["requestBody"].update(required=True), "a body is required now"),
    "a body that is gone": (lambda d: post(d).pop("requestBody"), "POST /things/{} body: application/json is gone"),
    "an answer": (lambda d: post(d)["responses"].pop("200"), "POST /things/{}: 200 is answered no more"),
    "an answer's form": (
        lambda d: d["paths"]["/things"]["get"]["responses"].update({"200": {"content": {"text/plain": {}}}}),
        "GET /things 200: application/json is gone",
    ),
    "a field": (lambda d: thing(d)["properties"].pop("size"), "GET /things 200.size: removed"),
    "a field that must be sent": (lambda d: thing(d)["required"].append("size"), "body.size: required now"),
    "a field that may be missing": (lambda d: thing(d).pop("required"), "GET /things 200.title: may be missing now"),
    "no other fields": (lambda d: thing(d).update(additionalProperties=False), "body: takes no other fields now"),
    "a value": (field("kind", enum=["a"]), "body.kind: ['b'] are no longer taken"),
    "any value": (lambda d: thing(d)["properties"]["kind"].pop("enum"), "GET /things 200.kind: was one of"),
    "only some values": (field("title", enum=["x"]), "body.title: only ['x'] are taken now"),
    "a type": (field("title", type="integer"), "body.title: string is no longer taken"),
    "an answer's type": (field("title", type="integer"), "GET /things 200.title: may now be integer"),
    "null that is not taken": (whole("note", {"type": "string"}), "body.note: null is no longer taken"),
    "null that may come": (field("size", type=["integer", "null"]), "GET /things 200.size: may now be null"),
    "a wider number in an answer": (field("size", type="number"), "GET /things 200.size: may now be number"),
    "an upper limit": (field("title", maxLength=10), "body.title: maxLength is 10 now, was 100"),
    "a new limit": (
        field("note", anyOf=[{"type": "string", "maxLength": 9}, {"type": "null"}]),
        "body.note: maxLength",
    ),
    "a lower limit": (field("size", minimum=2), "body.size: minimum is 2 now, was 1"),
    "a pattern": (field("title", pattern="^x"), "body.title: must match ^x now"),
    "what an array holds": (field("all", items={"type": "string"}), "GET /things 200.all[]: may now be string"),
    "a place where references lead elsewhere": (
        lambda d: (
            whole("inner", {"$ref": "#/components/schemas/Given"})(d),
            d["components"]["schemas"]["Given"].clear(),
        ),
        "GET /things 200.inner: may now be anything",
    ),
}
ADDITIONS: dict[str, Change] = {
    "nothing": lambda _: None,
    "a path": lambda d: d["paths"].update({"/more": {"get": {"responses": {}}}}),
    "another name of a variable": lambda d: d["paths"].update({"/things/{thing}": d["paths"].pop("/things/{id}")}),
    "a parameter": lambda d: post(d)["parameters"].append({"name": "x", "in": "query", "schema": {"type": "string"}}),
    "a field": whole("more", {"type": "string"}),
    "a value": field("kind", enum=["a", "b", "c"]),
    "a higher limit": field("title", maxLength=1000),
    "a lower minimum": field("size", minimum=0),
    "an answer": lambda d: post(d)["responses"].update({"409": {}}),
    "an error that no longer occurs": lambda d: post(d)["responses"].pop("404"),
    "other texts": field("title", title="Heading", description="What it is called"),
    "a reference instead of a copy": lambda d: post(d)["requestBody"]["content"]["application/json"].update(
        schema={"$ref": "#/components/schemas/Given"}
    ),
}


def found(change: Change) -> list[str]:
    now = document()
    change(now)
    return breaks.compare({"openapi.json": document()}, {"openapi.json": now})


@pytest.mark.parametrize("name", BREAKS)
def test_a_break_is_noticed(name: str) -> None:
    change, said = BREAKS[name]
    assert [line for line in found(change) if said in line], found(change)


@pytest.mark.parametrize("name", ADDITIONS)
def test_what_only_adds_is_no_break(name: str) -> None:
    assert found(ADDITIONS[name]) == []


def test_an_operation_may_move_to_another_document_but_not_vanish() -> None:
    old, rest = document(), document()
    moved = {**document(), "paths": {"/things": rest["paths"].pop("/things")}}
    assert breaks.compare({"openapi.json": old}, {"openapi.json": rest, "openapi-b.json": moved}) == []
    assert breaks.compare({"openapi.json": old, "openapi-b.json": moved}, {"openapi-b.json": moved}) == [
        "POST /things/{}: removed"
    ]


def test_a_breaking_document_fails_the_check_and_a_release_mends_it(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breaks, "NOW", tmp_path)
    monkeypatch.setattr(breaks, "RELEASES", tmp_path / "releases")
    monkeypatch.setattr("sys.argv", ["breaks"])
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(document()))
    with pytest.raises(SystemExit, match="--release"):
        breaks.main()
    breaks.release()
    kept = next((tmp_path / "releases").rglob("*.json")).read_text()
    assert '"title":{' in kept
    assert "Title" not in kept
    breaks.main()
    now = document()
    thing(now)["required"].append("size")
    path.write_text(json.dumps(now))
    with pytest.raises(SystemExit, match=r"POST /things/\{\} body.size: required now"):
        breaks.main()
    breaks.release()
    breaks.main()
