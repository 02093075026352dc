"""S3 in trouble, and what others have put into the bucket."""

import socket
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from tests.kit.moto_services import ACCOUNT, BUCKET, account
from walkaway_core.aws.workspace import S3Workspace, connect
from walkaway_core.ports.items import Unknown
from walkaway_core.ports.patience import NotWritten
from walkaway_core.ports.workspace import Changed, Refused

ROOT = "t/files"
PRECONDITION = {"Error": {"Code": "PreconditionFailed", "Message": "injected"}, "ResponseMetadata": {}}


@pytest.mark.parametrize("version", ["", "current"])
def test_a_write_that_was_sent_twice_knows_itself(version: str) -> None:
    with account() as aws:
        client = aws.bucket()
        workspace = S3Workspace(client, BUCKET)
        before = workspace.write(ROOT, "f", [b"old"]).version if version else ""

        def lose(http_response: Any, parsed: dict[str, Any], **_: Any) -> None:
            """Answer what S3 says to the second of two equal requests, when the first took effect."""
            http_response.status_code = 412
            parsed.clear()
            parsed.update(PRECONDITION)

        client._client.meta.events.register("after-call.s3.PutObject", lose)  # type: ignore[attr-defined]
        info = workspace.write(ROOT, "f", [b"new"], version=before)
        assert info.version == workspace.stat(ROOT, "f").version  # type: ignore[union-attr]
        assert b"".join(workspace.read(ROOT, "f") or ()) == b"new"


def test_a_refused_write_is_refused() -> None:
    with account() as aws:
        client = aws.bucket()
        workspace = S3Workspace(client, BUCKET)
        workspace.write(ROOT, "f", [b"theirs"])

        def refuse(**_: Any) -> Any:
            return AWSResponse("https://injected", 412, HTTPHeaders(), None), PRECONDITION

        client._client.meta.events.register_first("before-call.s3.PutObject", refuse)  # type: ignore[attr-defined]
        with pytest.raises(Changed):
            workspace.write(ROOT, "f", [b"mine"], version="somebody's")
        assert b"".join(workspace.read(ROOT, "f") or ()) == b"theirs"


def test_keys_that_no_path_leads_to_are_passed_over() -> None:
    with account() as aws:
        client = aws.bucket()
        for key in ("made/", "a//b", "../x", "./y", "n" * 256, "deep/" + "m" * 300, "tab\there", "good"):
            client.put_object(Bucket=BUCKET, Key=f"{ROOT}/{key}", Body=b"by hand")
        workspace = S3Workspace(client, BUCKET)
        listed = workspace.listing(ROOT, "")
        assert [entry.name for entry in listed or ()] == ["a", "deep", "good", "made"]
        assert [workspace.listing(ROOT, path) for path in ("made", "a", "deep")] == [[], [], []]


def test_an_archived_file_is_refused() -> None:
    with account() as aws:
        client = aws.bucket()
        client.put_object(Bucket=BUCKET, Key=f"{ROOT}/old", Body=b"x", StorageClass="GLACIER")
        with pytest.raises(Refused, match="archived"):
            S3Workspace(client, BUCKET).read(ROOT, "old")


ASKED: dict[str, tuple[str, Callable[[S3Workspace], object]]] = {
    "describing": ("HeadObject", lambda workspace: workspace.stat(ROOT, "f")),
    "listing": ("ListObjectsV2", lambda workspace: workspace.listing(ROOT, "")),
    "reading": ("GetObject", lambda workspace: b"".join(workspace.read(ROOT, "f") or ())),
    "looking before a write": ("ListObjectsV2", lambda workspace: workspace.write(ROOT, "f", [b"y"])),
    "writing": ("PutObject", lambda workspace: workspace.write(ROOT, "f", [b"y"])),
    "looking before a deletion": ("HeadObject", lambda workspace: workspace.delete(ROOT, "f")),
    "deleting": ("DeleteObject", lambda workspace: workspace.delete(ROOT, "f")),
}
MEANINGS: list[tuple[int, str, type[Exception], str]] = [
    (403, "AccessDenied", Refused, "no right"),
    (404, "NoSuchBucket", NotWritten, "bucket of the files is not there"),
    (503, "SlowDown", NotWritten, "no more requests"),
    (400, "ExpiredToken", NotWritten, "credentials"),
    (403, "InvalidAccessKeyId", NotWritten, "credentials"),
    (500, "InternalError", Unknown, "does not answer"),
]


@pytest.mark.parametrize("what", ASKED)
@pytest.mark.parametrize(("status", "code", "kind", "why"), MEANINGS)
def test_what_a_bucket_does_not_do_is_said(what: str, status: int, code: str, kind: type[Exception], why: str) -> None:
    operation, ask = ASKED[what]
    with account() as aws:
        client = aws.bucket()
        workspace = S3Workspace(client, BUCKET)
        workspace.write(ROOT, "f", [b"x"])
        events = client._client.meta.events  # type: ignore[attr-defined]
        head = operation == "HeadObject" and code not in ("NoSuchBucket", "SlowDown", "InternalError")
        if head and code == "InvalidAccessKeyId":
            pytest.skip("an answer to HEAD has no body, and its 403 is no more than that")
        error = {"Code": str(status) if head else code, "Message": "injected"}

        def refuse(**_: Any) -> Any:
            answer = {"Error": error, "ResponseMetadata": {"HTTPStatusCode": status}}
            return AWSResponse("https://injected", status, HTTPHeaders(), None), answer

        events.register_first(f"before-call.s3.{operation}", refuse)
        with pytest.raises(kind, match=why) as told:
            ask(workspace)
        changes = what in ("writing", "deleting", "looking before a deletion")
        assert kind is not Unknown or isinstance(told.value, NotWritten) != changes
        events.unregister(f"before-call.s3.{operation}", refuse)
        assert b"".join(workspace.read(ROOT, "f") or ()) == b"x"


def test_a_bucket_that_never_answers_is_given_up_within_seconds() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=100) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        workspace = S3Workspace(connect(0.3, endpoint_url=address, **ACCOUNT), BUCKET)
        for _, ask in ASKED.values():
            began = time.monotonic()
            with pytest.raises(Unknown, match="does not answer"):
                ask(workspace)
            assert time.monotonic() - began < 3


def test_a_bucket_that_cannot_be_reached_or_has_no_keys_is_said_to_be() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
    workspace = S3Workspace(connect(0.3, endpoint_url=address, **ACCOUNT), BUCKET)
    for _, ask in ASKED.values():
        with pytest.raises(NotWritten, match="cannot be reached"):
            ask(workspace)
