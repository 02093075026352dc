"""A session with a container in the deployed shape: its calls, its outputs, its end; with an image and without."""

from collections.abc import Iterator

import boto3
import pytest

from tests.kit.both import model
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.sandboxes import needs_bubblewrap
from tests.kit.shapes import MODEL, Deployed, deployed, until
from walkaway_core.engine import creating, deleting, sending
from walkaway_core.store import containers, identified, sessions, turns
from walkaway_core.store.keys import SessionKey

__all__ = ["model"]
IMAGE = {"SandboxImage": "123456789012.dkr.ecr.eu-central-1.amazonaws.com/walkaway-sandbox:1"}


@pytest.fixture(scope="module", params=["zip", pytest.param("image", marks=needs_bubblewrap)])
def shape(request: pytest.FixtureRequest, model: MessagesApi) -> Iterator[Deployed]:
    with deployed(model.url, parameters=IMAGE if request.param == "image" else {}) as made:
        yield made


def stored(key: SessionKey) -> list[str]:
    client = boto3.client("s3")
    (bucket,) = (found["Name"] for found in client.list_buckets()["Buckets"])
    return [
        item["Key"]
        for item in client.list_objects_v2(Bucket=bucket, Prefix=f"{key.tenant}/containers/").get("Contents", ())
    ]


def session(shape: Deployed) -> SessionKey:
    options = sessions.options({"model": MODEL, "persistent": True, "toolset": "container"})
    return creating.create(shape.services, "alpha", options, {}).key


def say(shape: Deployed, model: MessagesApi, key: SessionKey, replies: list[Reply]) -> list[str]:
    """Send a message; give what came of the calls of its turn."""
    model.replies = [*replies, Reply([text("Done.")])]
    first = len(model.requests)
    turn = sending.send(shape.services, key, "go").turn.key
    until(lambda: (found := turns.load(shape.services, turn)) and found.status != "running", shape)
    told = [request["messages"][-1]["content"] for request in model.requests[first + 1 :]]
    return [str(block["content"]) for blocks in told for block in blocks if block["type"] == "tool_result"]


def test_what_calls_leave_stays_comes_out_and_goes_with_the_session(shape: Deployed, model: MessagesApi) -> None:
    key = session(shape)
    out = "/mnt/session/outputs/report.csv"
    steps = [
        [call("write", "toolu_1", file_path="/workspace/run.sh", content='echo ran > "$TMPDIR/ran"; x=1')],
        [call("bash", "toolu_2", command="chmod +x run.sh; ./run.sh; export KEPT=yes; cd ..")],
        [call("write", "toolu_3", file_path=out, content="a,b\n"), call("read", "toolu_4", file_path=out)],
    ]
    assert say(shape, model, key, [Reply(blocks) for blocks in steps])[-1] == "a,b\n"
    told = say(
        shape, model, key, [Reply([call("bash", "toolu_5", command='cat "$TMPDIR/ran"; echo $KEPT; ls workspace')])]
    )
    assert told == ["ran\nyes\nrun.sh"]
    (report,) = identified.listing(shape.services, "alpha", limit=10, newest_first=False, scope=key.session)[0]
    assert (report.name, b"".join(identified.read(shape.services, report))) == ("report.csv", b"a,b\n")
    state = containers.open_(shape.services, key)
    objects = stored(key)
    assert {name.split("/")[3] for name in objects} == {state.generation, "pieces", "outputs"}, "the last one alone"
    assert len([name for name in objects if f"/{state.generation}/" in name]) == 2
    deleting.delete(shape.services, key)
    shape.clock.ahead += 3600
    until(lambda: not stored(key), shape)


def test_the_model_is_told_where_things_are(shape: Deployed, model: MessagesApi) -> None:
    key = session(shape)
    say(shape, model, key, [])
    system = str(model.requests[-1]["system"])
    has_image = "SandboxImageFunction" in shape.deployment.functions
    assert ("/workspace at /opt/container/workspace" in system) != has_image
    assert "/mnt/session/outputs" in system
