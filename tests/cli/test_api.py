"""`walkaway api`: any request."""

import json

from tests.kit.terminals import Caller


def test_any_request_is_sent_and_what_comes_is_printed(walkaway: Caller) -> None:
    made = json.loads(walkaway("api", "POST", "/v1/sessions", "--data", '{"metadata": {"a": 1}}').out)
    assert made["metadata"] == {"a": 1}
    path = f"/v1/sessions/{made['id']}"
    assert walkaway("api", "patch", path, "--data", "-", "--field", "title", stdin=b'{"title": "T"}').out == "T\n"
    every = json.loads(walkaway("api", "GET", "/v1/sessions", "--query", "limit=1", "--paginate").out)
    assert made["id"] in {each["id"] for each in every}
    assert json.loads(walkaway("api", "GET", "/v1/sessions", "--query", "limit=1").out) == every[:1]
    assert walkaway("api", "DELETE", path).code == 0
    assert walkaway("api", "GET", path).code == 7


def test_what_is_no_json_comes_as_it_is(walkaway: Caller) -> None:
    walkaway("sessions", "create")
    id_ = walkaway("sessions", "show", "-q").out.strip()
    (walkaway.home / "a.txt").write_bytes(b"high \x1b[0m\nlow\n")
    walkaway("files", "put", "a.txt")
    assert walkaway("api", "GET", f"/v1/sessions/{id_}/files/a.txt", "--color", "always").out == "high \x1b[0m\nlow\n"


def test_what_cannot_be_sent_is_said(walkaway: Caller) -> None:
    for more in (("v1/me",), ("/v1/me", "--data", "{"), ("/v1/me", "--query", "x"), ("/v1/../x",)):
        assert walkaway("api", "GET", *more).code == 2
