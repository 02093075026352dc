"""The container's tools on AWS: what they do on one machine they do in the sandbox function, zip or image."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest

from dev.sandbox import Sandboxes
from tests.kit.benches import Bench
from tests.kit.engine import Engine
from tests.kit.sandboxes import needs_bubblewrap
from walkaway_core.aws.sandbox import LambdaSandbox
from walkaway_core.aws.workspace import S3Workspace
from walkaway_core.ports.containers import UPLOADS
from walkaway_core.store import mounts, pending
from walkaway_core.store.kept import Told
from walkaway_core.store.transaction import Transaction

pytestmark = needs_bubblewrap
BUCKET = "walkaway-tools"


@pytest.fixture(params=["zip", "image"])
def own(engine: Engine, endpoint: str, request: pytest.FixtureRequest) -> Iterator[Bench]:
    client: Any = boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    client.create_bucket(Bucket=BUCKET)
    workspace, functions = S3Workspace(client, BUCKET), Sandboxes(request.param)
    sandbox = LambdaSandbox(client, BUCKET, workspace, functions.invoke, links=request.param == "image")
    engine.services = replace(engine.services, workspace=workspace, sandbox=sandbox)
    yield Bench(engine, engine.session(toolset="container"))
    functions.close()


def test_the_shell_goes_on_and_files_are_where_tools_are_told_they_are(own: Bench) -> None:
    services, tx = own.engine.services, Transaction(own.engine.services.table)
    told = Told("data.csv", "text/csv", "user_data", scope=own.key.session)
    mounts.put(tx, services, own.key, f"{UPLOADS}/data.csv", pending.begin(services, "t", told, [b"a,b"]).keep(tx))
    tx.commit()
    assert own.sh("mkdir a; cd a; x=1; export y=2; f() { echo f; }; alias l='echo l'") == ""
    assert own.sh("basename $PWD; echo $x $y; f; l") == "a\n1 2\nf\nl"
    assert own.use("write", file_path="/workspace/a/run", content="#!/bin/sh\necho one\n").words.startswith("Wrote 19")
    own.sh("chmod +x run")
    own.use("edit", file_path="a/run", old_string="one", new_string="two")
    assert own.sh("./run") == "two"
    assert own.use("read", file_path="/workspace/a/run").words.endswith("echo two\n")
    assert own.use("read", file_path="/uploads/data.csv").content == "a,b"
    assert own.use("glob", pattern="/workspace/a/*").words.endswith("workspace/a/run")
    assert own.use("grep", pattern="tw.", path="/workspace").words.endswith("workspace/a/run:2:echo two")
    assert own.use("read", file_path="/workspace/none").is_error


def test_outputs_have_ids_with_the_result(own: Bench) -> None:
    assert not own.use("write", file_path="/mnt/session/outputs/d/a.txt", content="one").is_error
    [file] = own.files()
    assert (file.name, own.contents(file)) == ("a.txt", b"one")
    own.begin("write", file_path="/mnt/session/outputs/d/a.txt", content="nobody knows")
    own.engine.clock.time += 3600.0  # the worker counts as lost
    assert own.use("read", file_path="/mnt/session/outputs/d/a.txt").content == "one"
    assert own.files() == [file]
