"""Agents, environments and errors of Managed Agents on both shapes, by the SDK."""

from collections.abc import Iterator
from typing import Any

import anthropic
import pytest
from anthropic import Anthropic

from tests.kit.shapes import MODEL, Local, Shape

LIMITED = {"type": "cloud", "networking": {"type": "limited"}}


@pytest.fixture
def sdk(shape: Shape) -> Iterator[Any]:
    with shape.client() as client:
        key = client.headers.get("x-api-key") or client.headers["authorization"].removeprefix("Bearer ")
    with Anthropic(base_url=shape.url, api_key=key, max_retries=0) as found:
        yield found


def test_agents_have_versions(sdk: Any) -> None:
    made = sdk.beta.agents.create(name="a", model=MODEL, tools=[{"type": "agent_toolset_20260401"}])
    changed = sdk.beta.agents.update(made.id, version=1, system="Be brief.")
    assert (changed.version, changed.tools[0].type) == (2, "agent_toolset_20260401")
    assert [each.version for each in sdk.beta.agents.versions.list(made.id, limit=1)] == [2, 1]
    assert sdk.beta.agents.retrieve(made.id, version=1).system is None
    with pytest.raises(anthropic.ConflictError) as refused:
        sdk.beta.agents.update(made.id, version=1, system="Be long.")
    assert refused.value.response.headers["x-should-retry"] == "false"
    assert sdk.beta.agents.archive(made.id).archived_at
    assert made.id not in {each.id for each in sdk.beta.agents.list(limit=100)}


def test_environments_promise_what_commands_get(shape: Shape, sdk: Any) -> None:
    made = sdk.beta.environments.create(name="e", metadata={"a": "1"})
    assert sdk.beta.environments.update(made.id, metadata={"a": None}).metadata == {}
    assert made.id in {each.id for each in sdk.beta.environments.list()}
    if isinstance(shape, Local):
        assert sdk.beta.environments.create(name="e", config=LIMITED).config.networking.allowed_hosts == []
    else:
        with pytest.raises(anthropic.BadRequestError, match="SandboxSubnets"):
            sdk.beta.environments.create(name="e", config=LIMITED)
    assert sdk.beta.environments.archive(made.id).archived_at
    assert sdk.beta.environments.delete(made.id).type == "environment_deleted"


def test_errors_have_the_shape_that_the_sdk_reads(sdk: Any) -> None:
    with pytest.raises(anthropic.NotFoundError, match="There is no agent agent_1") as refused:
        sdk.beta.agents.retrieve("agent_1")
    assert str(refused.value.request_id).startswith("req_")
    with pytest.raises(anthropic.NotFoundError, match="There are no deployments here"):
        sdk.get("/managed/v1/deployments", cast_to=object)
    assert sdk.models.list().data
