"""Agents by the SDK: resolved as its readers expect, versioned, archived, and refused where they could not work."""

import json
from typing import Any

import anthropic
import httpx
import pytest
from anthropic.types.beta import BetaManagedAgentsAgent
from pydantic import TypeAdapter

from tests.dialects.managed.conftest import client_of
from tests.kit.servers import Running

ADAPTER = TypeAdapter(BetaManagedAgentsAgent)
TOOLSET = "agent_toolset_20260401"
WEATHER = {
    "type": "custom",
    "name": "get_weather",
    "description": "Says how the weather is",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
ASK, ALLOW = {"type": "always_ask"}, {"type": "always_allow"}
NO_SEARCH = {
    "type": "web_search",
    "name": "web_search",
    "enabled": False,
    "permission_policy": ALLOW,
    "allowed_domains": None,
    "blocked_domains": None,
    "user_location": None,
}


def strict(answer: Any) -> dict[str, Any]:
    """Hold an answer against the SDK's own type, every field as it came, and give it as JSON."""
    text = answer.http_response.text
    ADAPTER.validate_json(text, strict=True)
    body: dict[str, Any] = json.loads(text)
    assert not BetaManagedAgentsAgent.model_fields.keys() - body.keys()
    return body


@pytest.fixture
def raw(sdk: Any) -> Any:
    return sdk.beta.agents.with_raw_response


def test_an_agent_is_answered_resolved(raw: Any) -> None:
    made = strict(raw.create(name="n", model="claude-sonnet-5", tools=[{"type": TOOLSET}, WEATHER]))
    assert {**made, "id": "", "created_at": "", "updated_at": ""} == {
        "type": "agent",
        "id": "",
        "version": 1,
        "name": "n",
        "description": None,
        "system": None,
        "model": {"id": "claude-sonnet-5", "effort": made["model"]["effort"], "speed": "standard"},
        "tools": [
            {
                "type": TOOLSET,
                "default_config": {"enabled": True, "permission_policy": ALLOW},
                "configs": [NO_SEARCH],
            },
            WEATHER,
        ],
        "mcp_servers": [],
        "skills": [],
        "multiagent": None,
        "execution_identity": {"type": "service_account"},
        "metadata": {},
        "created_at": "",
        "updated_at": "",
        "archived_at": None,
    }
    assert made["id"].startswith("agent_")
    assert made["created_at"].endswith("Z")


def test_what_a_config_leaves_out_is_the_defaults(raw: Any) -> None:
    tools = {
        "type": TOOLSET,
        "default_config": {"enabled": False, "permission_policy": ASK},
        "configs": [{"name": "bash", "enabled": True}, {"name": "read", "permission_policy": ALLOW, "type": "read"}],
    }
    made = strict(raw.create(name="n", model={"id": "claude-sonnet-5", "effort": "low"}, tools=[tools]))
    assert made["model"]["effort"] == {"type": "low"}
    assert made["tools"] == [
        {
            "type": TOOLSET,
            "default_config": {"enabled": False, "permission_policy": ASK},
            "configs": [
                {"type": "bash", "name": "bash", "enabled": True, "permission_policy": ASK},
                {"type": "read", "name": "read", "enabled": False, "permission_policy": ALLOW},
            ],
        }
    ]


def test_versions(sdk: Any, raw: Any) -> None:
    first = sdk.beta.agents.create(
        name="a", model="claude-sonnet-5", system="Be brief.", description="d", metadata={"a": "1", "b": "2"}
    )
    second = strict(
        raw.update(first.id, version=1, system=None, metadata={"b": None, "c": "3"}, tools=[{"type": TOOLSET}])
    )
    assert (second["version"], second["system"], second["description"]) == (2, None, "d")
    assert second["metadata"] == {"a": "1", "c": "3"}
    assert sdk.beta.agents.update(first.id, metadata={"a": "1"}, name="a").version == 2
    third = sdk.beta.agents.update(first.id, name="b", tools=[], description="")
    assert (third.version, third.name, third.tools, third.description) == (3, "b", [], None)
    assert [each.version for each in sdk.beta.agents.versions.list(first.id, limit=2)] == [3, 2, 1]
    assert strict(raw.retrieve(first.id, version=2)) == second
    assert strict(raw.retrieve(first.id))["version"] == 3
    assert strict(raw.retrieve(first.id, version=1))["system"] == "Be brief."
    with pytest.raises(anthropic.NotFoundError, match="of version 4"):
        sdk.beta.agents.retrieve(first.id, version=4)


def test_an_effort_stays_with_its_model(sdk: Any) -> None:
    agent = sdk.beta.agents.create(name="a", model={"id": "claude-sonnet-5", "effort": {"type": "low"}})
    assert sdk.beta.agents.update(agent.id, model="claude-sonnet-5").version == 1
    assert sdk.beta.agents.update(agent.id, model={"id": "claude-sonnet-5", "speed": "standard"}).version == 1
    other = sdk.beta.agents.update(agent.id, model="claude-opus-5-5")
    assert (other.version, other.model.id) == (2, "claude-opus-5-5")
    assert other.model.effort is None or other.model.effort.type != "low"


def test_a_stale_version_is_refused_once(server: Running) -> None:
    with client_of(server, retries=2) as client:
        agent = client.beta.agents.create(name="a", model="claude-sonnet-5")
        client.beta.agents.update(agent.id, version=1, name="b")
        with pytest.raises(anthropic.ConflictError, match="Concurrent modification detected") as refused:
            client.beta.agents.update(agent.id, version=1, name="c")
    assert refused.value.type == "conflict_error"
    assert refused.value.response.headers["x-should-retry"] == "false"
    assert refused.value.response.request.headers["x-stainless-retry-count"] == "0"


def test_an_archived_one_is_read_and_not_changed(sdk: Any, raw: Any) -> None:
    agent = sdk.beta.agents.create(name="a", model="claude-sonnet-5", metadata={"of": "archive"})
    archived = strict(raw.archive(agent.id))
    assert archived["archived_at"] is not None
    assert (archived["version"], sdk.beta.agents.archive(agent.id).archived_at is None) == (1, False)
    assert strict(raw.retrieve(agent.id)) == archived
    with pytest.raises(anthropic.BadRequestError, match="is archived"):
        sdk.beta.agents.update(agent.id, name="b")
    listed = {each.id for each in sdk.beta.agents.list(limit=100)}
    every = {each.id for each in sdk.beta.agents.list(limit=100, include_archived=True)}
    assert (agent.id in listed, agent.id in every) == (False, True)


def test_lists_have_pages(client: httpx.Client, sdk: Any) -> None:
    made = [sdk.beta.agents.create(name="same", model="claude-sonnet-5") for _ in range(5)]
    since = made[0].created_at
    for each in made[1::2]:
        sdk.beta.agents.archive(each.id)
    page = sdk.beta.agents.list(limit=2, created_at_gte=since)
    assert len(page.data) == 2
    found = [each.id for each in page if each.name == "same"]
    assert found[:3] == [each.id for each in made[::-2]]
    until = [each.id for each in sdk.beta.agents.list(created_at_lte=made[2].created_at, include_archived=True)]
    assert made[2].id in until
    with pytest.raises(anthropic.BadRequestError, match="invalid page cursor"):
        sdk.beta.agents.list(limit=2, page=page.next_page)
    with pytest.raises(anthropic.BadRequestError, match="is no time"):
        sdk.beta.agents.list(created_at_gte="yesterday")
    body = client.get("/managed/v1/agents", params={"limit": 1, "beta": "true"}).json()
    assert (body["has_more"], body["first_id"]) == (True, body["last_id"])


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"name": ""}, "`name`"),
        ({"name": "n" * 257}, "`name`"),
        ({"model": "nobodys-model"}, "WALKAWAY_MODEL_ALIASES"),
        ({"model": {"id": "claude-sonnet-5", "speed": "fast"}}, "model.speed"),
        ({"model": {"id": "claude-sonnet-5", "inference_geo": "eu"}}, "model.inference_geo"),
        ({"model": {"id": "claude-sonnet-5", "effort": "huge"}}, "effort"),
        ({"system": "s" * 100_001}, "`system`"),
        ({"description": "d" * 2049}, "`description`"),
        ({"metadata": {"k": 1}}, "`metadata.k`"),
        ({"metadata": {"k" * 65: "v"}}, "metadata"),
        ({"mcp_servers": [{"type": "url", "name": "x", "url": "https://example.com"}]}, "mcp_servers: "),
        ({"skills": [{"type": "anthropic", "skill_id": "xlsx"}]}, "skills: "),
        ({"multiagent": {"type": "coordinator", "agents": []}}, "multiagent: "),
        ({"execution_identity": {"type": "aws_role", "role_arn": "x"}}, "execution_identity: "),
        ({"extra_body": {"foo": 1}}, "`foo`"),
    ],
)
def test_what_an_agent_cannot_be(sdk: Any, more: dict[str, Any], says: str) -> None:
    with pytest.raises(anthropic.BadRequestError) as refused:
        sdk.beta.agents.create(**{"name": "n", "model": "claude-sonnet-5"} | more)
    assert refused.value.type == "invalid_request_error"
    assert says in refused.value.message


@pytest.mark.parametrize(
    ("tools", "says"),
    [
        ([{"type": "mcp_toolset", "mcp_server_name": "x"}], "tools[0]: there are no MCP servers"),
        ([{"type": TOOLSET}, {"type": TOOLSET}], "tools[1]: "),
        ([{"type": "toolset_of_tomorrow"}], "tools.0`: must be of the type agent_toolset_20260401 or custom"),
        ([{"name": "bash"}], "tools.0`: must be of the type agent_toolset_20260401 or custom"),
        ([WEATHER, WEATHER], "tools[1].name: two tools"),
        ([WEATHER | {"name": "with blank"}], "name"),
        ([WEATHER | {"name": "n" * 129}], "name"),
        ([WEATHER | {"input_schema": {"type": "array"}}], "tools[0].input_schema"),
        ([WEATHER | {"name": "bash"}, {"type": TOOLSET}], "tools: 'bash'"),
        ([{"type": TOOLSET, "configs": [{"name": "bash"}, {"name": "bash"}]}], "configs[1].name"),
        ([{"type": TOOLSET, "configs": [{"name": "python"}]}], "configs.0.name"),
        ([{"type": TOOLSET, "configs": [{"name": "bash", "type": "read"}]}], "configs[0].type"),
        (
            [{"type": TOOLSET, "configs": [{"name": "bash", "permission_policy": {"type": "auto"}}]}],
            '"always_allow" or "always_ask"',
        ),
        ([{"type": TOOLSET, "configs": [{"name": "bash", "permission_policy": {"type": "never"}}]}], "permission"),
        ([{"type": TOOLSET, "configs": [{"name": "bash", "enabled": "yes"}]}], "enabled"),
        ([{"type": TOOLSET, "configs": [{"name": "bash", "allowed_domains": ["x.org"]}]}], "bash takes none"),
        ([{"type": TOOLSET, "configs": [{"name": "web_search", "enabled": True}]}], "has no search"),
        ([{"type": TOOLSET, "configs": [{"name": "web_search", "allowed_domains": []}]}], "1 to 64"),
        (
            [
                {
                    "type": TOOLSET,
                    "configs": [{"name": "web_search", "allowed_domains": ["a"], "blocked_domains": ["b"]}],
                }
            ],
            "one of the two",
        ),
        ([WEATHER | {"name": f"n{n}"} for n in range(129)], "128"),
    ],
)
def test_tools_that_an_agent_cannot_have(sdk: Any, tools: list[Any], says: str) -> None:
    with pytest.raises(anthropic.BadRequestError) as refused:
        sdk.beta.agents.create(name="n", model="claude-sonnet-5", tools=tools)
    assert says in refused.value.message


@pytest.mark.parametrize("field", ["name", "model"])
def test_what_cannot_be_cleared(sdk: Any, field: str) -> None:
    agent = sdk.beta.agents.create(name="a", model="claude-sonnet-5")
    with pytest.raises(anthropic.BadRequestError, match="cannot be cleared"):
        sdk.beta.agents.update(agent.id, **{field: None})


def test_an_agent_is_its_tenants(sdk: Any, stranger_sdk: Any) -> None:
    agent = sdk.beta.agents.create(name="a", model="claude-sonnet-5")
    for use in (stranger_sdk.beta.agents.retrieve, stranger_sdk.beta.agents.archive, stranger_sdk.beta.agents.update):
        with pytest.raises(anthropic.NotFoundError, match=agent.id):
            use(agent.id)
    for odd in ("agent_1", agent.id.replace("agent_", "agt_"), "sesn_" + agent.id[6:]):
        with pytest.raises(anthropic.NotFoundError):
            sdk.beta.agents.retrieve(odd)


def test_it_is_an_agent_of_the_sessions_api(sdk: Any, client: httpx.Client) -> None:
    made = sdk.beta.agents.create(name="both", model="claude-sonnet-5", system="Be brief.", tools=[WEATHER])
    ours = made.id.replace("agent_", "agt_")
    seen = client.get(f"/v1/agents/{ours}").json()
    assert (seen["name"], seen["instructions"], seen["tools"]) == ("both", "Be brief.", ["get_weather"])
    assert client.patch(f"/v1/agents/{ours}", json={"instructions": "Be long."}).status_code == 200
    again = sdk.beta.agents.retrieve(made.id)
    assert (again.version, again.system, again.tools[0].name) == (2, "Be long.", "get_weather")
    native = client.post("/v1/agents", json={"name": "native", "description": "d"}).json()
    shown = sdk.beta.agents.retrieve(native["id"].replace("agt_", "agent_"))
    assert (shown.name, shown.description, shown.metadata, shown.tools) == ("native", "d", {}, [])


def test_what_is_sent_again_is_made_once(client: httpx.Client) -> None:
    body = {"name": "again", "model": "claude-sonnet-5"}

    def post(count: int, path: str = "/managed/v1/agents", **more: Any) -> dict[str, Any]:
        answer = client.post(path, json=body | more, headers={"x-stainless-retry-count": str(count)})
        assert answer.status_code == 200
        return dict(answer.json())

    first, second = post(0), post(0)
    assert first["id"] != second["id"]
    assert post(1)["id"] == second["id"]
    path = f"/managed/v1/agents/{first['id']}"
    changed = post(0, path, version=1, system="Be brief.")
    assert post(1, path, version=1, system="Be brief.") == changed
