"""Lists of files over HTTP: a session's, and the tenant's."""

import hashlib
from typing import Any

import httpx
import pytest

from tests.kit import sse


def pages(client: httpx.Client, url: str, **params: Any) -> list[list[dict[str, Any]]]:
    found, after = list[list[dict[str, Any]]](), ""
    while True:
        answer = client.get(url, params={**params, "recursive": True, "after": after})
        assert answer.status_code == 200, answer.text
        found.append(answer.json())
        if not (after := answer.headers.get("x-next-cursor", "")):
            return found


def chained(found: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return [each for page in found for each in page]


@pytest.fixture
def session(client: httpx.Client) -> str:
    """A session that may read a part, beside files that another one has put there."""
    writer = sse.new(client)
    for path in ("walk/in/ä.txt", "walk/in/deep/b", "walk/out/c", "walk/d"):
        assert client.put(f"/v1/sessions/{writer}/files/{path}", content=path.encode()).status_code == 201
    asked = {"file_access": {"read": ["walk/in"], "write": []}}
    made: str = client.post("/v1/sessions", json=asked).json()["id"]
    return made


def test_all_files_below_a_directory_are_listed_page_by_page(client: httpx.Client, session: str) -> None:
    (every,) = pages(client, "/v1/workspace/walk")
    assert [each["path"] for each in every] == ["walk/d", "walk/in/deep/b", "walk/in/ä.txt", "walk/out/c"]
    assert [each["name"] for each in every] == ["d", "b", "ä.txt", "c"]
    assert {(each["type"], each["sha256"]) for each in every} == {("file", None)}
    cut = pages(client, "/v1/workspace/walk", limit=3)
    assert [len(page) for page in cut] == [3, 1]
    assert chained(cut) == every
    hashed = chained(pages(client, "/v1/workspace", sha256=True))
    by_path = {each["path"]: each["sha256"] for each in hashed}
    for each in every:
        assert by_path[each["path"]] == hashlib.sha256(each["path"].encode()).hexdigest()
    own = client.get("/v1/workspace/walk").json()
    assert [(each["path"], each["type"]) for each in own] == [
        ("walk/d", "file"), ("walk/in", "directory"), ("walk/out", "directory"),
    ]  # fmt: skip
    assert "walk" in [each["path"] for each in client.get("/v1/workspace").json()]


def test_a_session_lists_what_it_may_read(client: httpx.Client, session: str) -> None:
    url = f"/v1/sessions/{session}/files"
    assert [each["path"] for each in chained(pages(client, url, path="walk", limit=1))] == [
        "walk/in/deep/b",
        "walk/in/ä.txt",
    ]
    assert client.get(url, params={"recursive": True, "path": "walk/out"}).status_code == 403


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        ("walk/nothing", {"recursive": True}, 404),
        ("walk/d", {"recursive": True}, 409),
        ("walk/d", {}, 409),
        ("walk", {"sha256": True}, 400),
        ("walk", {"limit": 1}, 400),
        ("walk", {"recursive": True, "limit": 1001}, 400),
        ("walk", {"recursive": True, "after": "no cursor"}, 400),
        ("walk", {"recursive": True, "after": "Li4"}, 400),
        ("walk", {"recursive": True, "deep": 1}, 400),
    ],
)
def test_what_cannot_be_listed(
    client: httpx.Client, session: str, path: str, params: dict[str, Any], status: int
) -> None:
    assert client.get(f"/v1/workspace/{path}", params=params).status_code == status
