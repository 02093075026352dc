"""Header fields in several lines (RFC 9110, 5.3), and preferences (RFC 7240)."""

import httpx
import pytest
from fastapi import Request

from tests.kit import sse
from walkaway_core.http.cursors import EventsQuery
from walkaway_core.http.fields import prefers

Lines = list[tuple[str, str]]


@pytest.mark.parametrize(
    ("lines", "yes"),
    [
        (["respond-async"], True),
        (["handling=lenient", "respond-async"], True),
        (["handling=lenient, Respond-Async"], True),
        (["wait=10, respond-async; foo=bar"], True),
        (['foo="a, b", respond-async=""'], True),
        (['foo="x, respond-async, y"'], False),
        (["respond-asynchronously", "wait=10"], False),
        ([], False),
    ],
)
def test_a_preference_is_found_in_any_line(lines: list[str], yes: bool) -> None:  # noqa: FBT001
    headers = [(b"prefer", line.encode()) for line in lines]
    assert prefers(Request({"type": "http", "headers": headers}), "respond-async") is yes


def test_a_message_is_answered_as_preferred_whichever_line_says_so(client: httpx.Client) -> None:
    headers = [("Prefer", "handling=lenient"), ("Prefer", "respond-async")]
    answer = client.post(f"/v1/sessions/{sse.new(client)}/messages", json={"message": "go"}, headers=headers)
    assert (answer.status_code, answer.headers["preference-applied"]) == (202, "respond-async")


def test_accept_is_read_in_all_its_lines(client: httpx.Client) -> None:
    session = sse.new(client)
    turn = sse.send(client, session, "Write a poem")[0].data["id"]
    for path in (f"/v1/sessions/{session}/events", f"/v1/sessions/{session}/responses/{turn}/events"):
        answer = client.get(path, headers=[("Accept", "text/plain;q=0.1"), ("Accept", "application/json")])
        assert answer.json()["events"]


@pytest.mark.parametrize(
    ("accept", "json"),
    [
        ("application/json", True),
        ("Application/JSON; charset=utf-8", True),
        ("text/event-stream;q=0, application/json", True),
        ("text/event-stream; q=0.000,application/json;q=0.001", True),
        ("application/json;q=0", False),
        ("application/json, text/event-stream", False),
        ("TEXT/EVENT-STREAM, application/json", False),
        ("application/json-seq", False),
        ("*/*", False),
        ("", False),
    ],
)
def test_what_is_accepted_is_named_in_any_case_and_has_a_weight(accept: str, json: bool) -> None:  # noqa: FBT001
    assert EventsQuery().as_json(accept) is json


@pytest.mark.parametrize(
    ("method", "path", "body", "name"),
    [
        ("POST", "/v1/sessions/{session}/messages", {"message": "go"}, "Idempotency-Key"),
        ("POST", "/api/v1/runs", {"prompt": "go"}, "Idempotency-Key"),
        ("GET", "/v1/sessions/{session}/events", None, "Last-Event-ID"),
    ],
)
def test_two_values_of_what_can_be_said_once_are_refused(
    client: httpx.Client, method: str, path: str, body: dict[str, str] | None, name: str
) -> None:
    session = sse.new(client)
    total = client.get("/api/v1/runs").json()["total"]
    answer = client.request(method, path.format(session=session), json=body, headers=[(name, "1"), (name, "2")])
    assert answer.status_code in (400, 422)
    assert name.lower() in answer.text
    assert client.get(f"/v1/sessions/{session}").json()["busy"] is False
    assert client.get("/api/v1/runs").json()["total"] == total


@pytest.mark.parametrize("path", ["/console/", "/docs/swagger-ui.css"])
@pytest.mark.parametrize(
    ("lines", "coding"),
    [
        (["gzip;q=0, identity"], "identity"),
        (["gzip; q=0.000"], "identity"),
        (["notgzip"], "identity"),
        (["br", "GZIP"], "gzip"),
        (["br, gzip;q=0.5"], "gzip"),
    ],
)
def test_who_does_not_take_gzip_gets_none(client: httpx.Client, path: str, lines: list[str], coding: str) -> None:
    client.headers.pop("Accept-Encoding")
    answer = client.get(path, headers=[("Accept-Encoding", line) for line in lines])
    assert answer.status_code == 200
    assert answer.headers.get("content-encoding", "identity") == coding
