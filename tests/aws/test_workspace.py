"""S3 in trouble, and what others have put into the bucket."""

from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from tests.kit.moto_services import BUCKET, account
from walkaway_core.aws.workspace import S3Workspace
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
