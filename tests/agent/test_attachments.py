"""Messages with images, PDFs and texts: what the model is given, and what is refused in words."""

import base64
from typing import Any

import httpx
import pytest

from tests.kit import sse
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.servers import Running

PNG = b"\x89PNG\r\n\x1a\n" + b"picture" * 10
PDF = b"%PDF-1.7\n" + b"page" * 10


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def post(client: httpx.Client, session: str, *attachments: dict[str, Any]) -> httpx.Response:
    body = {"message": "What is this?", "attachments": list(attachments)}
    return client.post(f"/v1/sessions/{session}/messages", json=body)


def test_the_model_is_given_what_was_attached_in_order(scripted: Running, model: MessagesApi) -> None:
    model.replies = [Reply([call("list_files")]), Reply([text("A picture.")])]
    with scripted.client() as client:
        session = sse.new(client)
        files = f"/v1/sessions/{session}/files"
        client.put(f"{files}/charts/a.png", content=PNG)
        client.put(f"{files}/notes.csv", content="a,b\n1,é\n".encode())
        sent = post(
            client,
            session,
            {"path": "charts/a.png"},
            {"path": "/opt/sandbox/workspace/notes.csv"},
            {"media_type": "application/pdf", "data": base64.encodebytes(PDF).decode(), "name": "paper.pdf"},
        )
        assert sse.read(sent)[-1].event == "message.completed"
        client.put(f"{files}/charts/a.png", content=b"\x89PNG\r\n\x1a\nchanged")
        shown = client.get(f"/v1/sessions/{session}/messages").json()[0]["content"]
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": encoded(PNG)}}
    table = {"type": "text", "media_type": "text/plain", "data": "a,b\n1,é\n"}
    paper = {"type": "base64", "media_type": "application/pdf", "data": encoded(PDF)}
    given = [
        image,
        {"type": "document", "source": table, "title": "notes.csv"},
        {"type": "document", "source": paper, "title": "paper.pdf"},
    ]
    for request in model.requests:
        assert request["messages"][0]["content"][:3] == given
        assert request["messages"][0]["content"][3]["text"] == "What is this?"
    assert len(model.requests) == 2
    assert shown[0]["source"] == {"type": "base64", "media_type": "image/png", "size": len(encoded(PNG))}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_text_is_read_by_its_byte_order_mark(scripted: Running, model: MessagesApi, encoding: str) -> None:
    model.replies = [Reply([text("A text.")])]
    with scripted.client() as client:
        session = sse.new(client)
        client.put(f"/v1/sessions/{session}/files/win.txt", content="é\r\n".encode(encoding))
        sse.read(post(client, session, {"path": "win.txt"}))
    assert model.requests[-1]["messages"][0]["content"][0]["source"]["data"] == "é\r\n"


def test_what_an_ending_says_is_the_same_everywhere(scripted: Running, model: MessagesApi) -> None:
    webp = b"RIFF\x00\x00\x00\x00WEBP"
    model.replies = [Reply([text("A picture.")])]
    with scripted.client() as client:
        session = sse.new(client)
        scripted.stack.services.workspace.write("alpha/files", "odd/\u202ea.webp", [webp])
        client.put(f"/v1/sessions/{session}/files/odd/a.png.gz", content=PNG)
        sse.read(post(client, session, {"path": "odd/\u202ea.webp"}))
        refused = post(client, session, {"path": "odd/a.png.gz"})
    image = {"type": "base64", "media_type": "image/webp", "data": encoded(webp)}
    assert model.requests[-1]["messages"][0]["content"][0] == {"type": "image", "source": image}
    assert (refused.status_code, "application/gzip" in refused.json()["message"]) == (400, True)


def test_a_large_one_survives(scripted: Running, model: MessagesApi) -> None:
    large = PNG + b"x" * 3_000_000
    with scripted.client() as client:
        session = sse.new(client)
        client.put(f"/v1/sessions/{session}/files/large.png", content=large)
        assert sse.read(post(client, session, {"path": "large.png"}))[-1].event == "message.completed"
    assert model.requests[0]["messages"][0]["content"][0]["source"]["data"] == encoded(large)


@pytest.mark.parametrize(
    ("attachment", "status", "words"),
    [
        ({}, 400, "either a path, or media_type and data"),
        ({"path": "a.png", "data": "eA=="}, 400, "either a path"),
        ({"data": "eA=="}, 400, "no media_type"),
        ({"media_type": "image/png", "data": "not base64"}, 400, "base64"),
        ({"media_type": "image/png", "data": encoded(b"GIF89a")}, 400, "not image/png"),
        ({"media_type": "image/tiff", "data": encoded(b"\xff\xfe")}, 400, "image/webp"),
        ({"media_type": "image/tiff", "data": encoded(b"AAAA")}, 400, "image/webp"),
        ({"media_type": "application/zip", "data": encoded(b"PK\x03\x04")}, 400, "application/zip"),
        ({"media_type": "text/plain", "data": encoded(b" ")}, 400, "empty"),
        ({"path": "missing.png"}, 400, "upload it first"),
        ({"path": "folder"}, 400, "directory"),
        ({"path": "../x"}, 403, "'..'"),
        ({"path": "secret/a.png"}, 403, "secret/a.png"),
        ({"path": "big.png"}, 413, "5000000"),
        ({"path": "big.txt"}, 413, "1000000"),
    ],
)
def test_what_cannot_be_attached_is_refused_and_starts_nothing(
    client: httpx.Client, attachment: dict[str, Any], status: int, words: str
) -> None:
    other = sse.new(client)
    for path, data in {
        "folder/x": b"",
        "secret/a.png": PNG,
        "big.png": PNG + b"x" * 5_000_000,
        "big.txt": b"x" * 1_000_001,
    }.items():
        client.put(f"/v1/sessions/{other}/files/{path}", content=data)
    session = sse.new(client, file_access={"read": ["folder", "missing.png", "big.png", "big.txt"], "write": [""]})
    answer = post(client, session, {"media_type": "text/plain", "data": encoded(b"fine")}, attachment)
    assert answer.status_code == status
    assert words in answer.json()["message"]
    assert client.get(f"/v1/sessions/{session}/responses").json() == []


def test_too_many_or_too_much_is_refused(client: httpx.Client) -> None:
    session = sse.new(client)
    client.put(f"/v1/sessions/{session}/files/a.pdf", content=PDF + b"x" * 12_000_000)
    assert post(client, session, {"path": "a.pdf"}, {"path": "a.pdf"}).status_code == 413
    assert post(client, session, *[{"path": "a.pdf"}] * 21).status_code == 400
