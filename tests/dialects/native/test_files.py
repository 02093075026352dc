"""The workspace over HTTP (contract A.10)."""

import contextlib
import gzip
import http.client
import json
import os
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest

from tests.kit import sse
from tests.kit.servers import Running
from walkaway_core.store import media_types


@pytest.fixture
def files(client: httpx.Client) -> str:
    return f"/v1/sessions/{sse.new(client)}/files"


def test_a_file_goes_up_is_listed_comes_down_and_goes_away(client: httpx.Client, files: str) -> None:
    body = os.urandom(300_000)
    put = client.put(f"{files}/t1/data.bin", content=body)
    assert put.status_code == 201
    assert put.json()["path"] == "t1/data.bin"
    assert put.json()["size"] == len(body)
    listing = client.get(files, params={"path": "t1"}).json()
    assert [(entry["name"], entry["type"], entry["size"]) for entry in listing] == [("data.bin", "file", len(body))]
    assert client.get(f"{files}/t1").json() == listing
    got = client.get(f"{files}/t1/data.bin")
    assert got.content == body
    assert got.headers["content-length"] == str(len(body))
    assert client.delete(f"{files}/t1/data.bin").status_code == 204
    assert client.delete(f"{files}/t1/data.bin").status_code == 404
    assert client.get(f"{files}/t1").status_code == 404


def test_files_belong_to_the_tenant_and_outlive_the_session(client: httpx.Client) -> None:
    one, two = sse.new(client), sse.new(client)
    client.put(f"/v1/sessions/{one}/files/shared.txt", content=b"x")
    client.delete(f"/v1/sessions/{one}")
    assert client.get(f"/v1/sessions/{two}/files/shared.txt").content == b"x"


@pytest.mark.parametrize("name", ["with space.txt", "ünï😀.md", "100%.txt", "a?b#c", "q'\"t", ".dot", "semi;colon&amp"])
def test_names_with_anything_in_them_work(client: httpx.Client, files: str, name: str) -> None:
    url = f"{files}/odd/{quote(name)}"
    assert client.put(url, content=b"odd").status_code == 201
    assert name in [entry["name"] for entry in client.get(files, params={"path": "odd"}).json()]
    assert client.get(url).content == b"odd"
    assert client.delete(url).status_code == 204


@pytest.mark.parametrize(
    ("range_", "status", "body"),
    [
        ("bytes=0-3", 206, b"0123"),
        ("bytes=4-", 206, b"456789"),
        ("bytes=-3", 206, b"789"),
        ("bytes=-100", 206, b"0123456789"),
        ("bytes=8-100", 206, b"89"),
        ("bytes=0-0,5-6", 200, b"0123456789"),
        ("bytes=10-", 416, None),
        ("bytes=5-4", 416, None),
        ("bytes=-0", 416, None),
        ("bytes=-", 416, None),
        ("lines=1-2", 200, b"0123456789"),
        ("items=0-1", 200, b"0123456789"),
        ("Bytes=0-3", 206, b"0123"),
        ("bytes=8-9999999999999999999999", 206, b"89"),
        ("bytes=0-" + "9" * 5000, 206, b"0123456789"),
        ("bytes=-9999999999999999999999", 206, b"0123456789"),
        ("bytes=99999999999999999999-", 416, None),
        ("bytes=٣-", 416, None),
    ],
)
def test_ranges(client: httpx.Client, files: str, range_: str, status: int, body: bytes | None) -> None:
    client.put(f"{files}/ten", content=b"0123456789")
    answer = client.get(f"{files}/ten", headers={b"Range": range_.encode()})
    assert answer.status_code == status
    if body is None:
        assert answer.json()["error"] == "range.invalid"
        assert answer.headers["content-range"] == "bytes */10"
    else:
        assert answer.content == body
    if status == 206:
        start = b"0123456789".index(body or b"")
        assert answer.headers["content-range"] == f"bytes {start}-{start + len(body or b'') - 1}/10"


def test_an_empty_file_is_a_file(client: httpx.Client, files: str) -> None:
    assert client.put(f"{files}/empty", content=b"").json()["size"] == 0
    assert client.get(f"{files}/empty").content == b""
    assert client.get(f"{files}/empty", headers={"Range": "bytes=0-"}).status_code == 416


RAW = [
    ("%2e%2e/secret", 403),
    ("a/%2e%2e/%2e%2e/secret", 403),
    ("..%2f..%2fetc%2fpasswd", 403),
    ("%2fetc%2fpasswd", 403),
    ("/etc/passwd", 403),
    ("nul%00byte", 403),
    ("%ff%fe", 403),
    ("x" * 1025, 403),
    ("y/" * 600 + "z", 403),
    ("n" * 256, 403),
]


@pytest.mark.parametrize(("path", "status"), RAW, ids=lambda value: str(value)[:20])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_paths_that_cannot_be_never_reach_storage(
    server: Running, client: httpx.Client, files: str, method: str, path: str, status: int
) -> None:
    before = _tree(server)
    url = httpx.URL(f"{client.base_url}").copy_with(raw_path=f"{files}/{path}".encode())
    answer = client.request(method, url, content=b"evil" if method == "PUT" else None)
    assert (answer.status_code, answer.json()["error"]) == (status, "path.invalid")
    assert _tree(server) == before


@pytest.mark.parametrize("name", ["\x9b31m", "\x85", "a\u2028b", "\u202egpj.exe", "\ufeffa"], ids=ascii)
def test_a_name_that_could_be_made_once_is_listed_read_and_deleted_but_not_written(
    server: Running, client: httpx.Client, files: str, name: str
) -> None:
    answer = client.put(f"{files}/odd/{quote(name)}", content=b"x")
    assert (answer.status_code, answer.json()["error"]) == (403, "path.invalid")
    assert "U+" in answer.json()["message"]
    server.stack.services.workspace.write("alpha/files", f"odd/{name}", [b"old"])
    assert [entry["name"] for entry in client.get(files, params={"path": "odd"}).json()] == [name]
    assert client.get(f"{files}/odd/{quote(name)}").content == b"old"
    assert client.delete(f"{files}/odd/{quote(name)}").status_code == 204
    assert client.get(files, params={"path": "odd"}).status_code == 404


def test_names_of_other_encodings_in_the_folder_are_passed_over(
    server: Running, client: httpx.Client, files: str
) -> None:
    client.put(f"{files}/mixed/good.txt", content=b"x")
    folder = server.stack.services.workspace._folder / "alpha/files/mixed"  # type: ignore[attr-defined]
    for name in (b"caf\xe9.txt", b"a\nb"):
        (folder / os.fsdecode(name)).write_bytes(b"by hand")
    (folder / os.fsdecode(b"sch\xf6n")).mkdir()
    for answer in (client.get(files, params={"path": "mixed"}), client.get(f"{files}/mixed")):
        assert (answer.status_code, [entry["name"] for entry in answer.json()]) == (200, ["good.txt"])


def test_a_path_is_no_deeper_than_a_command_may_leave_one(client: httpx.Client, files: str) -> None:
    assert client.put(f"{files}/{'d/' * 100}f", content=b"x").status_code == 201
    answer = client.put(f"{files}/{'e/' * 101}f", content=b"x")
    assert (answer.status_code, answer.json()["error"]) == (403, "path.invalid")
    assert client.delete(f"{files}/{'d/' * 100}f").status_code == 204


@pytest.mark.parametrize("name", ["data.json.gz", "all.tar.zst", "page.html.br", "x.svgz", "app.ts"])
def test_a_compressed_file_comes_down_as_it_went_up(client: httpx.Client, files: str, name: str) -> None:
    body = gzip.compress(b'{"a": 1}' * 1000)
    client.put(f"{files}/packed/{name}", content=body)
    with client.stream("GET", f"{files}/packed/{name}", headers={"Accept-Encoding": "gzip, br, zstd"}) as answer:
        assert b"".join(answer.iter_raw()) == body
    assert "content-encoding" not in answer.headers
    assert answer.headers["content-type"].partition(";")[0] == media_types.of(name)


def _tree(server: Running) -> list[str]:
    root = server.stack.services.workspace._folder  # type: ignore[attr-defined]
    return sorted(str(path) for path in root.parent.rglob("*") if "walkaway.db" not in path.name)


def test_a_link_out_of_the_workspace_counts_as_missing(server: Running, client: httpx.Client, files: str) -> None:
    client.put(f"{files}/real", content=b"x")
    folder = server.stack.services.workspace._folder / "alpha/files"  # type: ignore[attr-defined]
    (folder / "leak").symlink_to("/etc")
    try:
        assert client.get(f"{files}/leak/passwd").status_code == 404
        assert client.put(f"{files}/leak/new", content=b"x").status_code == 409
        assert "leak" not in [entry["name"] for entry in client.get(files).json()]
    finally:
        (folder / "leak").unlink()


def test_a_file_and_a_directory_cannot_have_one_name(client: httpx.Client, files: str) -> None:
    client.put(f"{files}/dir/file", content=b"x")
    for answer in (
        client.put(f"{files}/dir", content=b"x"),
        client.put(f"{files}/dir/file/below", content=b"x"),
        client.put(f"{files}/", content=b"x"),
        client.delete(f"{files}/dir"),
        client.get(files, params={"path": "dir/file"}),
    ):
        assert (answer.status_code, answer.json()["error"]) == (409, "path.conflict"), answer.text


def test_an_upload_over_the_limit_is_refused_and_leaves_nothing(client: httpx.Client, files: str) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(110):
            yield b"x" * 1_000_000

    with contextlib.closing(http.client.HTTPConnection(client.base_url.host, client.base_url.port)) as raw:
        raw.putrequest("PUT", f"{files}/big")
        raw.putheader("Authorization", client.headers["Authorization"])
        raw.putheader("Content-Length", "100000001")
        raw.endheaders()
        declared = raw.getresponse()
        assert (declared.status, json.loads(declared.read())["error"]) == (413, "too_large")
    try:
        answer = client.put(f"{files}/big", content=endless())
        assert answer.status_code == 413
    except httpx.TransportError:
        pass  # the server may hang up before it has read everything
    assert client.get(f"{files}/big").status_code == 404


def test_an_upload_that_breaks_off_leaves_what_was_there(
    client: httpx.Client, files: str, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks() -> Iterator[bytes]:
        yield b"half"
        raise RuntimeError

    client.put(f"{files}/f", content=b"old")
    with pytest.raises(RuntimeError):
        client.put(f"{files}/f", content=breaks())
    assert client.get(f"{files}/f").content == b"old"
    assert "ClientDisconnect" not in caplog.text, "who hangs up is nobody's trouble"


def test_the_scope_of_a_session_binds_the_routes(client: httpx.Client) -> None:
    whole = f"/v1/sessions/{sse.new(client)}/files"
    for path in ("scope/in/a", "scope/ro/b", "scope/out/c"):
        client.put(f"{whole}/{path}", content=path.encode())
    access = {"read": ["scope/in", "scope/ro"], "write": ["scope/in"]}
    files = f"/v1/sessions/{sse.new(client, file_access=access)}/files"
    assert client.get(f"{files}/scope/in/a").content == b"scope/in/a"
    assert client.put(f"{files}/scope/in/new", content=b"x").status_code == 201
    assert client.get(f"{files}/scope/ro/b").status_code == 200
    assert [entry["name"] for entry in client.get(f"{files}/scope").json()] == ["in", "ro"]
    for answer in (
        client.put(f"{files}/scope/ro/b", content=b"x"),
        client.delete(f"{files}/scope/ro/b"),
        client.get(f"{files}/scope/out/c"),
        client.get(f"{files}/scope/out/unknown"),
        client.get(f"{files}/scope/inside"),
        client.put(f"{files}/elsewhere", content=b"x"),
        client.get(files, params={"path": "scope/out"}),
    ):
        assert (answer.status_code, answer.json()["error"]) == (403, "path.forbidden"), answer.text
    assert client.get(f"{whole}/scope/ro/b").content == b"scope/ro/b"


def test_a_file_that_an_agent_wrote_cannot_run_as_a_page(client: httpx.Client, files: str) -> None:
    client.put(f"{files}/page.html", content=b"<script>fetch('/v1/sessions')</script>")
    headers = client.get(f"{files}/page.html").headers
    assert headers["content-security-policy"] == "sandbox"
    assert headers["x-content-type-options"] == "nosniff"


def test_a_browser_is_told_to_save_what_is_asked_for_as_a_download(client: httpx.Client, files: str) -> None:
    url = f"{files}/out/{quote('Übersicht “1”.html')}"
    client.put(url, content=b"<b>x</b>")
    assert "content-disposition" not in client.get(url).headers
    saved = client.get(url, params={"download": "1"})
    assert saved.headers["content-disposition"] == f"attachment; filename*=UTF-8''{quote('Übersicht “1”.html')}"
    assert saved.content == b"<b>x</b>"
    part = client.get(url, params={"download": "1"}, headers={"Range": "bytes=0-2", "If-Range": saved.headers["etag"]})
    assert (part.status_code, part.content) == (206, b"<b>")
    head = client.head(url, params={"download": "1"})
    assert (head.status_code, head.headers["content-disposition"]) == (200, saved.headers["content-disposition"])
    assert client.get(url, params={"download": "perhaps"}).json()["error"] == "invalid_request"
