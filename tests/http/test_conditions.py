"""Requests that are meant for one version (RFC 9110, 13): of files and agents, on both shapes."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.kit import both, sse
from tests.kit.messages_api import MessagesApi, messages_api
from tests.kit.shapes import Shape

OLD, LATER = "Thu, 01 Jan 2015 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"


@pytest.fixture(scope="module")
def model() -> Iterator[MessagesApi]:
    with messages_api() as service:  # never asked
        yield service


@pytest.fixture(scope="module", params=["deployed", "local"])
def shape(
    request: pytest.FixtureRequest, model: MessagesApi, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shape]:
    with both.one(request.param, model, tmp_path_factory.mktemp("conditions")) as found:
        yield found


@pytest.fixture
def client(shape: Shape) -> Iterator[httpx.Client]:
    with shape.client() as found:
        yield found


@pytest.fixture
def url(client: httpx.Client) -> str:
    """A file that is there."""
    url = f"/v1/sessions/{sse.new(client)}/files/c.txt"
    client.put(url, content=b"0123456789").raise_for_status()
    return url


@pytest.fixture
def agent(client: httpx.Client) -> Iterator[httpx.Response]:
    made = client.post("/v1/agents", json={"name": "conditional"})
    yield made
    client.delete(f"/v1/agents/{made.json()['id']}")


def test_a_tag_is_one_and_goes_with_the_contents(client: httpx.Client, url: str) -> None:
    put = client.put(url, content=b"one")
    tag = put.headers["etag"]
    assert tag.count('"') == 2
    assert client.get(url).headers["etag"] == client.head(url).headers["etag"] == tag
    assert client.put(url, content=b"two").headers["etag"] != tag


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If-None-Match": "TAG"}, 304),
        ({"If-None-Match": 'W/"x", W/TAG'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"other"'}, 200),
        ({"If-None-Match": '"other"', "If-Modified-Since": LATER}, 200),
        ({"If-Modified-Since": LATER}, 304),
        ({"If-Modified-Since": OLD}, 200),
        ({"If-Modified-Since": "yesterday"}, 200),
        ({"If-Match": "TAG"}, 200),
        ({"If-Match": '"other"'}, 412),
        ({"If-Match": "W/TAG"}, 412),
        ({"If-Unmodified-Since": OLD}, 412),
        ({"If-Unmodified-Since": LATER}, 200),
        ({"If-Match": "no quotes"}, 400),
        ({"Range": "bytes=0-1", "If-Range": "TAG"}, 206),
        ({"Range": "bytes=0-1", "If-Range": '"other"'}, 200),
        ({"Range": "bytes=0-1", "If-Range": "W/TAG"}, 200),
        ({"Range": "bytes=0-1", "If-Range": OLD}, 200),
        ({"Range": "bytes=0-1", "If-Range": "DATE"}, 206),
        ({"Range": "bytes=20-", "If-Range": '"other"'}, 200),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reading(client: httpx.Client, url: str, headers: dict[str, str], status: int, method: str) -> None:
    now = client.head(url).headers
    filled = {n: v.replace("TAG", now["etag"]).replace("DATE", now["last-modified"]) for n, v in headers.items()}
    answer = client.request(method, url, headers=filled)
    assert answer.status_code == (200 if method == "HEAD" and status == 206 else status)
    if status == 304:
        assert (answer.content, answer.headers["etag"]) == (b"", now["etag"])


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ([("If-None-Match", '"x"'), ("If-None-Match", "TAG")], 304),
        ([("If-Match", '"x"'), ("If-Match", "TAG")], 200),
        ([("If-Modified-Since", LATER), ("If-Modified-Since", LATER)], 200),
        ([("If-Modified-Since", f"{LATER}, {LATER}")], 200),
        ([("If-Unmodified-Since", OLD), ("If-Unmodified-Since", LATER)], 200),
        ([("If-Modified-Since", "Fri Jan  1 00:00:00 2100")], 304),
        ([("If-Modified-Since", "Friday, 01-Jan-60 00:00:00 GMT")], 304),
        ([("Range", "bytes=0-1"), ("If-Range", "TAG"), ("If-Range", '"x"')], 200),
        ([("Range", "bytes=0-1"), ("If-Range", "DATE"), ("If-Range", OLD)], 200),
        ([("Range", "bytes=0-1"), ("If-Range", "")], 200),
        ([("Range", "bytes=0-1"), ("Range", "bytes=2-3")], 200),
    ],
)
def test_a_condition_in_several_lines(
    client: httpx.Client, url: str, lines: list[tuple[str, str]], status: int
) -> None:
    """Tags are a list; of dates and of what a range belongs to there is one, or none (RFC 9110, 13.1.3 to 13.1.5)."""
    now = client.head(url).headers
    filled = [(n, v.replace("TAG", now["etag"]).replace("DATE", now["last-modified"])) for n, v in lines]
    assert client.get(url, headers=filled).status_code == status


WRITES = [
    ({"If-Match": "TAG"}, True),
    ({"If-Match": '"a", TAG'}, True),
    ({"If-Match": "*"}, True),
    ({"If-Match": '"other"'}, False),
    ({"If-Match": "W/TAG"}, False),
    ({"If-None-Match": "*"}, False),
    ({"If-None-Match": "TAG"}, False),
    ({"If-None-Match": '"other"'}, True),
    ({"If-Unmodified-Since": OLD}, False),
    ({"If-Unmodified-Since": LATER}, True),
    ({"If-Unmodified-Since": OLD, "If-Match": "TAG"}, True),
]


@pytest.mark.parametrize(("headers", "goes"), WRITES)
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_writing(client: httpx.Client, url: str, headers: dict[str, str], goes: bool, method: str) -> None:  # noqa: FBT001
    tag = client.head(url).headers["etag"]
    filled = {name: value.replace("TAG", tag) for name, value in headers.items()}
    answer = client.request(method, url, headers=filled, content=b"mine" if method == "PUT" else None)
    if goes:
        assert answer.is_success, answer.text
    else:
        assert (answer.status_code, answer.json()["error"]) == (412, "precondition.failed")
        assert client.get(url).content == b"0123456789"


def test_where_nothing_is(client: httpx.Client, url: str) -> None:
    none = url.replace("c.txt", "none/d.txt")
    assert client.put(none, content=b"x", headers={"If-Match": "*"}).status_code == 412
    assert client.delete(none, headers={"If-Match": "*"}).status_code == 404, "as without it (RFC 9110, 13.2.1)"
    assert client.get(none, headers={"If-Match": "*"}).status_code == 404
    assert client.put(none, content=b"x", headers={"If-None-Match": "*"}).status_code == 201
    assert client.put(none[:-6], content=b"x", headers={"If-Match": "*"}).status_code == 409, "a directory"
    client.delete(none)


def test_of_writers_who_saw_the_same_version_one_wins(client: httpx.Client, url: str) -> None:
    for headers in ({"If-Match": client.head(url).headers["etag"]}, {"If-None-Match": "*"}):
        if "If-None-Match" in headers:
            client.delete(url)
        with ThreadPoolExecutor(8) as pool:
            tries = [pool.submit(client.put, url, content=f"by {n}", headers=headers) for n in range(8)]
            statuses = sorted(each.result().status_code for each in tries)
        assert statuses == [201] + [412] * 7


@pytest.mark.parametrize(
    ("headers", "status", "word"),
    [
        ({"Content-Range": "bytes 3-9/10"}, 400, "Content-Range"),
        ({"Content-Encoding": "gzip"}, 415, "Content-Encoding"),
        ([("Content-Encoding", "identity"), ("Content-Encoding", "gzip")], 415, "Content-Encoding"),
    ],
)
def test_a_part_of_a_file_or_a_packed_one_is_refused(
    client: httpx.Client, url: str, headers: Any, status: int, word: str
) -> None:
    answer = client.put(url, content=b"3456789", headers=headers)
    assert answer.status_code == status
    assert word in answer.json()["message"]
    assert client.get(url).content == b"0123456789"


def test_an_agent_is_changed_as_it_was_seen(client: httpx.Client, agent: httpx.Response) -> None:
    url, first = f"/v1/agents/{agent.json()['id']}", agent.headers["etag"]
    assert client.get(url, headers={"If-None-Match": first}).status_code == 304
    assert client.get("/v1/agents/conditional").headers["etag"] == first
    changed = client.patch(url, json={"description": "one"}, headers={"If-Match": first})
    assert (changed.status_code, changed.headers["etag"] != first) == (200, True)
    for method, body in (("PATCH", {"description": "two"}), ("DELETE", None)):
        late = client.request(method, url, json=body, headers={"If-Match": first})
        assert (late.status_code, late.json()["error"]) == (412, "precondition.failed")
    assert client.patch(url, json={"description": "two"}, headers={"If-None-Match": "*"}).status_code == 412
    assert client.get(url).json()["description"] == "one"
    assert client.get(url, headers={"If-None-Match": first}).status_code == 200
    assert client.delete(url, headers={"If-Match": changed.headers["etag"]}).status_code == 204


def test_of_changes_to_the_same_version_of_an_agent_one_wins(client: httpx.Client, agent: httpx.Response) -> None:
    url, headers = f"/v1/agents/{agent.json()['id']}", {"If-Match": agent.headers["etag"]}
    with ThreadPoolExecutor(8) as pool:
        tries = [pool.submit(client.patch, url, json={"description": str(n)}, headers=headers) for n in range(8)]
        assert sorted(each.result().status_code for each in tries) == [200] + [412] * 7


def test_what_has_no_versions_takes_no_condition(client: httpx.Client) -> None:
    session = sse.new(client)
    for method, path, body in (
        ("PATCH", f"/v1/sessions/{session}", {"metadata": {"a": 1}}),
        ("POST", f"/v1/sessions/{session}/messages", {"message": "hello"}),
        ("DELETE", f"/v1/sessions/{session}", None),
    ):
        for lines in (
            [("If-Match", '"1"')],
            [("If-Match", "*"), ("If-Match", '"1"')],
            [("If-None-Match", "*")],
            [("If-None-Match", '"1"'), ("If-None-Match", "*")],
        ):
            answer = client.request(method, path, json=body, headers=lines)
            assert (answer.status_code, answer.json()["error"]) == (412, "precondition.failed"), lines
    record = client.get(f"/v1/sessions/{session}", headers={"If-Match": "*"}).json()
    assert (record["metadata"], record["busy"]) == ({}, False)
