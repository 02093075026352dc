"""S3 in trouble: a conditional write whose answer was lost is not taken for somebody else's."""

from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from tests.kit.moto_services import BUCKET, account
from walkaway_core.aws.workspace import S3Workspace
from walkaway_core.ports.workspace import Changed

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
