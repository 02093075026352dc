"""The API that is made from the app's routes: what stands in it, what it cannot have, and that five dialects fit."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from samtranslator.yaml_helper import yaml_parse
from starlette.routing import BaseRoute

from dev import rest_api
from dev.gateway import Route, chosen
from dev.rest_api import ANY, TEMPLATE, written_into
from dev.routes import OWNED, Served, apps, everything, paths, served
from dev.template import Stack, transformed
from tests.aws import quotas
from tests.aws.quotas import nodes, quarrels, resource_policy, size
from tests.kit import toy
from walkaway_core.dialects import DIALECTS
from walkaway_core.http.streaming import streamed

GET = frozenset({"GET"})
LONG_NAME = "forty-letters-are-a-very-long-stack-name"
THE_APP = list(everything())
BELOW = tuple(f"{prefix}/" for prefix in OWNED)


def template_with(routes: list[Served], *owned: str) -> dict[str, Any]:
    """The transformed template with these routes."""
    return transformed(yaml_parse(written_into(TEMPLATE.read_text(), paths(routes, owned))))


def five_dialects() -> list[Served]:
    """The routes of the four that there are, and as many again below a prefix: a fifth has no more than all these."""
    return THE_APP + [Served(f"/five{r.path}", r.methods, r.streamed) for r in THE_APP]


def app_with(path: str, endpoint: Any, method: str = "GET") -> FastAPI:
    made = FastAPI(openapi_url=None)
    made.add_api_route(path, endpoint, methods=[method])
    return made


def answer() -> None:
    """Answer nothing."""


class TestQuotas:
    @pytest.mark.parametrize("routes", [THE_APP, five_dialects()], ids=["today", "five dialects"])
    def test_the_template_fits(self, routes: list[Served]) -> None:
        text = written_into(TEMPLATE.read_text(), paths(routes))
        template = transformed(yaml_parse(text))
        found = template["Resources"]["Api"]["Properties"]["Body"]["paths"]
        own = {route.path.rstrip("/") for route in routes if route.streamed or not route.path.startswith(BELOW)}
        assert len(found) == len(own) + len(BELOW)
        assert len(nodes(found)) <= quotas.PATHS
        assert not list(quarrels(found))
        assert len(text.encode()) <= quotas.TEMPLATE
        assert size(template) <= quotas.TEMPLATE
        assert len(list(Stack(template=template).resources())) <= 60, "without what only some ask for"
        assert len(template["Resources"]) == len(transformed()["Resources"]) < quotas.RESOURCES, "routes are none"
        for function in ("ApiFunction", "StreamFunction"):
            policy = resource_policy(template, function, LONG_NAME, "ap-southeast-1")
            assert len(policy["Statement"]) == 1
            assert size(policy) <= 1024 < quotas.POLICY

    def test_only_the_stage_that_is_throttled_is_made(self) -> None:
        found = transformed()["Resources"].values()
        (stage,) = (one["Properties"] for one in found if one["Type"] == "AWS::ApiGateway::Stage")
        assert stage["StageName"] == "prod"
        assert stage["MethodSettings"][0]["ThrottlingRateLimit"] == {"Ref": "RequestRate"}
        deployments = [one["Properties"] for one in found if one["Type"] == "AWS::ApiGateway::Deployment"]
        assert ["StageName" in one for one in deployments] == [False], "that would be a stage of its own"

    def test_what_is_not_allowed_is_noticed(self) -> None:
        assert list(quarrels(["/a/{b}/c", "/a/{b}/d", "/x/{b}"])) == []
        assert list(quarrels(["/a/{b}/c", "/a/{d}"])) == ["/a: {b} and {d}"]
        assert list(quarrels(["/a/{b}", "/a/{c+}"])) == ["/a: {b} and {c+}"]
        assert nodes(["/a/{b}/c", "/a/d", "/"]) == {"", "/a", "/a/{b}", "/a/{b}/c", "/a/d"}
        many = {f"P{n}": permission(f"/{n}") for n in range(50)}
        policy = resource_policy({"Parameters": {}, "Resources": many}, "ApiFunction", LONG_NAME)
        assert size(policy) > quotas.POLICY


def permission(route: str) -> dict[str, Any]:
    source = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/prod/GET/v1/sessions"
    given = {"Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com"}
    where = {"FunctionName": {"Ref": "ApiFunction"}, "SourceArn": {"Fn::Sub": source + route}}
    return {"Type": "AWS::Lambda::Permission", "Properties": {**given, **where}}


class TestPaths:
    def test_what_streams_by_one_method_or_dialect_streams_there_alone(self) -> None:
        routes = [Served("/a", GET), Served("/a", frozenset({"POST"}), streamed=True), Served("/a", GET, streamed=True)]
        assert paths(routes, ()) == {"/a": {"GET", "POST"}}
        assert paths([Served("/a", frozenset({"GET", "HEAD"}), streamed=True)], ()) == {"/a": {"GET"}}

    def test_paths_are_written_as_the_gateway_writes_them(self) -> None:
        routes = [Served("/", GET), Served("/a/", GET), Served("/a", GET), Served("/a/{n:int}/{rest:path}", GET)]
        assert list(paths(routes, ())) == ["/", "/a", "/a/{n}/{rest+}"]

    def test_a_position_has_one_name_whatever_dialects_call_it(self) -> None:
        routes = [Served("/s/{session}", GET), Served("/s/{session_id}/x/{id}", GET), Served("/t/{session_id}", GET)]
        assert list(paths(routes, ())) == ["/s/{session}", "/s/{session}/x/{id}", "/t/{session_id}"]

    def test_below_an_owned_prefix_one_greedy_path_has_what_does_not_stream(self) -> None:
        routes = [
            Served("/managed/v1/agents", GET),
            Served("/managed/v1/agents/{id}", GET),
            Served("/managed/v1/sessions/{id}/events", GET, streamed=True),
            Served("/managed", GET),
            Served("/managedly", GET),
        ]
        assert paths(routes, ["/managed"]) == {
            "/managed/{path+}": frozenset(),
            "/managed/v1/sessions/{id}/events": {"GET"},
            "/managed": frozenset(),
            "/managedly": frozenset(),
        }

    @pytest.mark.parametrize(
        ("routes", "said"),
        [
            (["/a/{id}", "/a/{rest:path}"], r"`\{rest\+\}` cannot stand beside `\{id\}`"),
            (["/a/{rest:path}", "/a/{id}/b"], r"`\{id\}` cannot stand beside `\{rest\+\}`"),
            (["/a/{rest:path}/content"], r"nothing can follow `\{rest\+\}`"),
            (["/a/{id}.json"], r"no segment like `\{id\}.json`"),
            (["/a b"], "no segment like `a b`"),
        ],
    )
    def test_what_a_rest_api_cannot_have_is_refused(self, routes: list[str], said: str) -> None:
        with pytest.raises(ValueError, match=said):
            paths([Served(path, GET) for path in routes])


class TestServed:
    def test_a_route_streams_if_its_function_is_marked(self) -> None:
        assert list(served(app_with("/a", answer))) == [Served("/a", GET)]
        assert list(served(app_with("/a", streamed(lambda: None), "POST"))) == [
            Served("/a", frozenset({"POST"}), streamed=True)
        ]

    def test_an_app_that_is_mounted_has_all_below(self) -> None:
        made = FastAPI(openapi_url=None)
        made.mount("/assets", FastAPI())
        assert list(paths(served(made), ())) == ["/assets", "/assets/{path+}"]

    def test_a_dialect_is_below_its_mount_too(self) -> None:
        found = paths(everything((*DIALECTS, toy.DIALECT)), (*OWNED, "/toy"))
        assert (found["/toy/{path+}"], found["/toy/v1/sessions/stream"]) == (frozenset(), GET)
        assert "/v1/sessions/ring" in found
        only = paths(everything((*DIALECTS, replace(toy.DIALECT, headers=(), claims=()))), (*OWNED, "/toy"))
        assert set(only) == set(paths(everything())) | {"/toy/{path+}", "/toy/v1/sessions/stream", "/openapi/toy.json"}

    def test_a_route_of_an_unknown_kind_is_refused(self) -> None:
        made = FastAPI(openapi_url=None)
        made.router.routes.append(BaseRoute())
        with pytest.raises(ValueError, match=r"BaseRoute.* has no path or no methods"):
            list(served(made))

    def test_every_route_that_says_that_it_sends_events_is_marked(self) -> None:
        marked = {path for path, methods in paths(THE_APP).items() if methods}
        said = {
            path
            for app in apps().values()
            for path, operations in app.openapi()["paths"].items()
            if any("text/event-stream" in str(operation["responses"]) for operation in operations.values())
        }
        assert len(said) >= 4
        assert said <= marked


class TestWriting:
    def test_methods_that_do_not_stream_are_answered_at_once(self) -> None:
        body = template_with([Served("/a", GET, streamed=True), Served("/b", GET)])
        found = body["Resources"]["Api"]["Properties"]["Body"]["paths"]
        assert {path: set(methods) for path, methods in found.items()} == {"/a": {ANY, "get"}, "/b": {ANY}}

    def test_a_stale_template_is_told_of_and_written(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        stale = tmp_path / "template.yaml"
        stale.write_text(TEMPLATE.read_text().replace('"/health"', '"/healthy"'))
        monkeypatch.setattr(rest_api, "TEMPLATE", stale)
        monkeypatch.setattr(sys, "argv", ["rest_api", "--check"])
        with pytest.raises(SystemExit, match=r"stale: template.yaml; run `make docs`"):
            rest_api.main()
        assert '"/healthy"' in stale.read_text()
        monkeypatch.setattr(sys, "argv", ["rest_api"])
        rest_api.main()
        assert stale.read_text() == TEMPLATE.read_text()
        monkeypatch.setattr(sys, "argv", ["rest_api", "--check"])
        rest_api.main()

    def test_a_template_without_the_marks_is_refused(self) -> None:
        with pytest.raises(ValueError, match="lacks the lines"):
            written_into("paths:\n", {})


def test_the_gateway_chooses_the_most_specific_path_that_takes_the_method() -> None:
    """As measured on API Gateway: github.com/ministackorg/ministack/pull/1423, github.com/floci-io/floci/pull/3399."""
    asked = ["/a/{x+}", "/a/{id}", "/a/b"]
    made = [Route(method, path, "F", streamed=False) for path in asked for method in ("*", "GET")]
    for method, path, expected in [
        ("GET", "/a/b", ("GET", "/a/b")),
        ("PUT", "/a/b", ("*", "/a/b")),
        ("GET", "/a/c", ("GET", "/a/{id}")),
        ("GET", "/a/b/c", ("GET", "/a/{x+}")),
    ]:
        for order in (made, made[::-1]):
            route = chosen(order, method, path)
            assert route
            assert (route.method, route.path) == expected
    narrow = [Route("POST", "/a/b", "F", streamed=True), Route("*", "/a/{x+}", "F", streamed=False)]
    assert chosen(narrow, "POST", "/a/b") == narrow[0]
    assert chosen(narrow, "GET", "/a/b") == narrow[1]
    assert chosen(narrow, "GET", "/a") is None
