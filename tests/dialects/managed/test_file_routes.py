"""Files: uploaded, listed in each way that clients go on, downloaded whoever made them, and deleted."""

import io
from pathlib import Path
from typing import Any

import anthropic
import httpx
import pytest
from anthropic.types import FileExpiredError

from tests.kit.servers import Running
from walkaway_core.dialects.managed.file_wire import LEAST_SECONDS, MOST_SECONDS
from walkaway_core.ports.items import Change, Delete
from walkaway_core.store import kept

SESSION = "sesn_" + "0" * 24


def upload(sdk: Any, name: str = "data.csv", data: bytes = b"a,b\n1,2\n", **more: Any) -> Any:
    return sdk.beta.files.upload(file=(name, data, more.pop("type", "text/csv")), **more)


@pytest.fixture
def empty(sdk: Any) -> None:
    """The tenant has no files."""
    for each in sdk.beta.files.list(limit=1000):
        sdk.beta.files.delete(each.id)


def test_a_file_is_kept_as_it_was_sent(sdk: Any) -> None:
    made = upload(sdk)
    assert made.to_dict(mode="json") == {
        "type": "file",
        "id": made.id,
        "filename": "data.csv",
        "mime_type": "text/csv",
        "size_bytes": 8,
        "downloadable": False,
        "scope": None,
        "expires_at": None,
        "created_at": made.to_dict(mode="json")["created_at"],
    }
    assert made.id.startswith("file_")
    assert sdk.beta.files.retrieve_metadata(made.id) == made
    assert sdk.beta.files.download(made.id).read() == b"a,b\n1,2\n"


@pytest.mark.parametrize(
    ("name", "type_", "shown", "media"),
    [
        ("dir/sub/data.csv", "text/csv", "data.csv", "text/csv"),
        ("C:\\data\\a.csv", "text/csv", "a.csv", "text/csv"),
        ("a.jsonl", "application/jsonl", "a.jsonl", "application/jsonl"),
        ("a.unheard", "x-own/type; v=1", "a.unheard", "x-own/type; v=1"),
        ("a.csv", "no type", "a.csv", "text/csv"),
        ("a b ü 日本 👩‍💻.txt", "text/plain", "a b ü 日本 👩‍💻.txt", "text/plain"),
        ("..", "application/pdf", "unnamed.pdf", "application/pdf"),
        ("dir/", "x/y", "unnamed", "x/y"),
    ],
)
def test_of_a_name_the_last_part_stays_and_any_type_does(
    sdk: Any, name: str, type_: str, shown: str, media: str
) -> None:
    made = upload(sdk, name, type=type_)
    assert (made.filename, made.mime_type) == (shown, media)


def test_a_file_without_a_name_gets_one(client: httpx.Client) -> None:
    form = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename=""\r\nContent-Type: application/pdf\r\n\r\n'
        b"%PDF\r\n--x--\r\n"
    )
    headers = {"anthropic-version": "2023-06-01", "content-type": "multipart/form-data; boundary=x"}
    made = client.post("/v1/files", content=form, headers=headers).json()
    assert (made["filename"], made["size_bytes"]) == ("unnamed.pdf", 4)


def test_every_kind_of_upload_that_the_sdk_knows(sdk: Any, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("notes")
    with (tmp_path / "notes.txt").open("rb") as opened:
        made = [
            sdk.beta.files.upload(file=each)
            for each in (tmp_path / "notes.txt", opened, b"\x00\xffraw", io.BytesIO(b"io"))
        ]
    assert [each.filename for each in made] == ["notes.txt", "notes.txt", "unnamed.bin", "unnamed.bin"]
    assert [sdk.files.download(each.id).read() for each in made] == [b"notes", b"notes", b"\x00\xffraw", b"io"]


def test_a_file_expires_when_it_was_said(sdk: Any) -> None:
    made = upload(sdk, expires_in_seconds=LEAST_SECONDS)
    assert (made.expires_at - made.created_at).total_seconds() == LEAST_SECONDS
    for wrong in (LEAST_SECONDS - 1, MOST_SECONDS + 1, 0, -1):
        with pytest.raises(anthropic.BadRequestError, match="expires_in_seconds: must be a whole number from 3600"):
            upload(sdk, expires_in_seconds=wrong)


def test_one_that_has_expired_says_so_and_what_to_do(server: Running, sdk: Any) -> None:
    made = upload(sdk, expires_in_seconds=LEAST_SECONDS)
    session = sdk.beta.sessions.create(
        agent=sdk.beta.agents.create(name="a", model="claude-sonnet-5").id,
        environment_id=sdk.beta.environments.create(name="e").id,
    )
    message = {
        "type": "user.message",
        "content": [{"type": "document", "source": {"type": "file", "file_id": made.id}}],
    }
    asked: list[Any] = [
        lambda: sdk.beta.files.retrieve_metadata(made.id),
        lambda: sdk.beta.files.download(made.id),
        lambda: sdk.beta.sessions.resources.add(session.id, type="file", file_id=made.id),
        lambda: sdk.beta.sessions.events.send(session.id, events=[message]),
    ]
    place = kept.place("alpha", made.id.removeprefix("file_"))
    server.stack.services.table.write(Change(*place, set={"until": 1}))
    for ask in asked:
        with pytest.raises(FileExpiredError, match=f"'{made.id}' has expired. Upload it again"):
            ask()
    server.stack.services.table.write(Delete(*place))
    for ask in asked:
        with pytest.raises(anthropic.NotFoundError, match=f"'{made.id}' not found. GET /v1/files lists"):
            ask()


@pytest.mark.usefixtures("empty")
def test_lists_go_on_by_page_and_by_the_ends_of_older_clients(sdk: Any) -> None:
    made = [upload(sdk, f"{number}.csv").id for number in range(5)][::-1]
    assert [each.id for each in sdk.beta.files.list(limit=2)] == made
    first = sdk.beta.files.list(limit=2)
    body = first.to_dict()
    assert (body["has_more"], body["first_id"], body["last_id"]) == (True, made[0], made[1])

    def asked(**query: Any) -> tuple[list[str], bool]:
        given = sdk.get("/v1/files", cast_to=dict[str, Any], options={"params": {"beta": "true", **query}})
        return [each["id"] for each in given["data"]], given["has_more"]

    assert asked(after_id=made[1], limit=2) == (made[2:4], True)
    assert asked(after_id=made[3]) == (made[4:], False)
    assert asked(before_id=made[3], limit=2) == (made[1:3], True)
    assert asked(before_id=made[1]) == (made[:1], False)


@pytest.mark.usefixtures("empty")
def test_pages_are_whole_while_files_are_deleted(sdk: Any) -> None:
    made = [upload(sdk, f"{number}.csv").id for number in range(5)]
    for number, each in enumerate(sdk.beta.files.list(limit=2)):
        assert each.id == made[4 - number]
        assert sdk.beta.files.delete(each.id).to_dict() == {"id": each.id, "type": "file_deleted"}
    assert list(sdk.beta.files.list()) == []


def test_some_files_are_asked_for_by_their_ids(sdk: Any, client: httpx.Client) -> None:
    one, two, gone = (upload(sdk).id for _ in range(3))
    sdk.beta.files.delete(gone)
    ids = [two, gone, one, "file_x", two]
    assert [each.id for each in sdk.beta.files.list(ids=ids)] == [two, one]
    headers = {"anthropic-version": "2023-06-01"}
    answer = client.get(f"/v1/files?ids={one},{two}", headers=headers).json()
    assert ([each["id"] for each in answer["data"]], answer["next_page"]) == ([one, two], None)
    for beside in ({"limit": 5}, {"page": "page_x"}, {"scope_id": SESSION}):
        with pytest.raises(anthropic.BadRequestError, match="stands alone"):
            sdk.beta.files.list(ids=[one], **beside)
    with pytest.raises(anthropic.BadRequestError, match="up to 100 values"):
        sdk.beta.files.list(ids=[f"file_{number}" for number in range(101)])


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"scope_id": "sess_1"}, "scope_id: 'sess_1' is no id of a session"),
        ({"page": "page_x"}, "invalid page cursor"),
        ({"limit": 0}, "limit"),
        ({"limit": 1001}, "limit"),
        ({"after_id": "x"}, "after_id: 'x' is no id of a file"),
        ({"after_id": "file_" + "0" * 24, "page": "page_x"}, "three ways"),
        ({"purpose": "batch"}, "purpose"),
    ],
)
def test_what_a_list_cannot_be_asked_is_refused_by_name(client: httpx.Client, query: dict[str, Any], said: str) -> None:
    answer = client.get("/v1/files", params=query, headers={"anthropic-version": "2023-06-01"})
    assert answer.status_code == 400
    assert said in answer.json()["error"]["message"]


def test_a_cursor_holds_for_its_own_list_alone(sdk: Any) -> None:
    for _ in range(2):
        upload(sdk)
    cursor = sdk.beta.files.list(limit=1).next_page
    with pytest.raises(anthropic.BadRequestError, match="invalid page cursor"):
        sdk.beta.files.list(page=cursor, scope_id=SESSION)


def test_a_session_that_is_not_there_has_no_files(sdk: Any) -> None:
    upload(sdk)
    assert list(sdk.beta.files.list(scope_id=SESSION)) == []


def test_files_are_their_tenants_alone(sdk: Any, stranger_sdk: Any) -> None:
    made = upload(sdk)
    files = stranger_sdk.beta.files
    for ask in (files.retrieve_metadata, files.download, files.delete):
        with pytest.raises(anthropic.NotFoundError, match=made.id[5:]):
            ask(made.id)
    assert made.id not in [each.id for each in files.list()]
    assert list(files.list(ids=[made.id])) == []


def test_bytes_are_read_in_ranges_and_once(sdk: Any, client: httpx.Client) -> None:
    path, headers = f"/v1/files/{upload(sdk, data=b'0123456789').id}/content", {"anthropic-version": "2023-06-01"}
    part = client.get(path, headers=headers | {"range": "bytes=2-4"})
    assert (part.status_code, part.content) == (206, b"234")
    assert client.get(path, headers=headers | {"if-none-match": part.headers["etag"]}).status_code == 304
    assert "attachment" in part.headers["content-disposition"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"files": {"other": ("a.csv", b"")}}, "other: a file has no such field"),
        ({"files": {"file": ("a.csv", b"")}, "data": {"purpose": "x"}}, "purpose: a file has no such field"),
        ({"files": [("file", ("a.csv", b"")), ("file", ("b.csv", b""))]}, "file: is there more than once"),
        ({"files": {"expires_in_seconds": (None, "3600")}}, "file: send the bytes as a part of this name"),
        ({"files": {"file": ("a\u202e.csv", b"")}}, "file: a file's name has 1 to 1000 characters"),
        ({"files": {"file": ("a" * 1001, b"")}}, "file: a file's name has 1 to 1000 characters"),
        ({"json": {"file": "x"}}, "The form cannot be read"),
    ],
)
def test_a_form_that_says_something_else_is_refused(client: httpx.Client, given: dict[str, Any], said: str) -> None:
    answer = client.post("/v1/files", headers={"anthropic-version": "2023-06-01"}, **given)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")
    assert said in answer.json()["error"]["message"]
    assert answer.headers["x-should-retry"] == "false"


def test_thirty_megabytes_are_taken_and_more_than_a_hundred_refused(sdk: Any) -> None:
    data = bytes(30_000_000)
    assert upload(sdk, data=data).size_bytes == len(data)
    with pytest.raises(anthropic.RequestTooLargeError, match="100000000"):
        upload(sdk, data=bytes(100_000_001))


@pytest.mark.usefixtures("empty")
def test_a_repetition_makes_no_second_file(sdk: Any) -> None:
    header = {"Idempotency-Key": "a-file-once"}
    assert upload(sdk, extra_headers=header) == upload(sdk, extra_headers=header)
    first = upload(sdk)
    again = upload(sdk, extra_headers={"x-stainless-retry-count": "1"})
    assert again == first
    with pytest.raises(anthropic.UnprocessableEntityError):
        upload(sdk, data=b"other", extra_headers=header)
    assert len(list(sdk.beta.files.list())) == 2
