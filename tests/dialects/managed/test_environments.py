"""Environments by the SDK: small records, put together from what is said, and refused where they would lie."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import httpx
import pytest
from anthropic import Anthropic
from anthropic.types.beta import BetaEnvironment
from pydantic import TypeAdapter

from tests.dialects.managed.conftest import client_of
from tests.kit.servers import KEYS, running
from walkaway_core.dialects.managed import environment_config
from walkaway_core.dialects.managed.environment_wire import Config
from walkaway_core.dialects.managed.problems import Refusal
from walkaway_core.settings import Settings

ADAPTER = TypeAdapter(BetaEnvironment)
NOTHING: dict[str, Any] = {"type": "packages", "apt": [], "cargo": [], "gem": [], "go": [], "npm": [], "pip": []}
LIMITED = {"type": "limited", "allowed_hosts": [], "allow_mcp_servers": False, "allow_package_managers": False}


def strict(answer: Any) -> dict[str, Any]:
    text = answer.http_response.text
    ADAPTER.validate_json(text, strict=True)
    body: dict[str, Any] = json.loads(text)
    assert not BetaEnvironment.model_fields.keys() - body.keys()
    return body


def told(error: anthropic.APIStatusError) -> str:
    """What the answer tells programs."""
    return str(error.response.json()["error"]["details"]["error_code"])


@pytest.fixture
def raw(sdk: Any) -> Any:
    return sdk.beta.environments.with_raw_response


@pytest.fixture
def equipped(tmp_path: Path) -> Iterator[Anthropic]:
    """A server whose commands have a network, and find packages."""
    settings = Settings(
        keys=KEYS, rehearsal_delay=0, sandbox_network=True, sandbox_packages=frozenset({"pip:pandas", "apt:unzip"})
    )
    with running(tmp_path / "data", settings) as server, client_of(server) as client:
        yield client


def test_a_name_will_do(raw: Any) -> None:
    made = strict(raw.create(name="simple"))
    assert {**made, "id": "", "created_at": "", "updated_at": ""} == {
        "type": "environment",
        "id": "",
        "name": "simple",
        "description": None,
        "scope": "organization",
        "config": {"type": "cloud", "networking": {"type": "unrestricted"}, "packages": NOTHING},
        "metadata": {},
        "created_at": "",
        "updated_at": "",
        "archived_at": None,
    }
    assert made["id"].startswith("env_")
    assert strict(raw.retrieve(made["id"])) == made
    assert strict(raw.create(name="simple"))["id"] != made["id"]


def test_an_update_says_what_is_to_be_otherwise(sdk: Any, raw: Any) -> None:
    made = sdk.beta.environments.create(
        name="e", description="d", metadata={"a": "1", "b": "2"}, config={"type": "cloud", "networking": LIMITED}
    )
    assert made.config.networking.to_dict() == LIMITED
    changed = strict(raw.update(made.id, name="f", metadata={"a": None, "b": "", "c": "3"}))
    assert (changed["name"], changed["description"], changed["metadata"]) == ("f", "d", {"c": "3"})
    assert changed["config"]["networking"] == LIMITED
    changed = strict(
        raw.update(made.id, description=None, config={"type": "cloud", "networking": {"type": "unrestricted"}})
    )
    assert (changed["description"], changed["config"]["networking"]) == (None, {"type": "unrestricted"})
    assert strict(raw.update(made.id, description=""))["description"] == ""
    before = sdk.beta.environments.retrieve(made.id).updated_at
    assert sdk.beta.environments.update(made.id, name="f", config=None).updated_at == before


def test_what_an_old_cookbook_calls_it(sdk: Any) -> None:
    made = sdk.beta.environments.create(name="e", config={"type": "anthropic_cloud"})
    assert made.config.type == "cloud"


def test_an_archived_one_is_read_and_not_changed(sdk: Any, raw: Any) -> None:
    made = sdk.beta.environments.create(name="e")
    archived = strict(raw.archive(made.id))
    assert archived["archived_at"] is not None
    assert strict(raw.archive(made.id)) == archived == strict(raw.retrieve(made.id))
    with pytest.raises(anthropic.BadRequestError, match="is archived"):
        sdk.beta.environments.update(made.id, name="f")
    assert made.id not in {each.id for each in sdk.beta.environments.list(limit=100)}
    assert made.id in {each.id for each in sdk.beta.environments.list(limit=2, include_archived=True)}


def test_a_deleted_one_is_not_there(sdk: Any) -> None:
    made = sdk.beta.environments.create(name="e")
    gone = sdk.beta.environments.delete(made.id)
    assert (gone.id, gone.type) == (made.id, "environment_deleted")
    for use in (sdk.beta.environments.retrieve, sdk.beta.environments.delete, sdk.beta.environments.archive):
        with pytest.raises(anthropic.NotFoundError, match=made.id) as refused:
            use(made.id)
        assert told(refused.value) == "environment_not_found"


def test_an_environment_is_its_tenants(sdk: Any, stranger_sdk: Any) -> None:
    made = sdk.beta.environments.create(name="e")
    for use in ("retrieve", "delete", "archive", "update"):
        with pytest.raises(anthropic.NotFoundError):
            getattr(stranger_sdk.beta.environments, use)(made.id)
    for odd in ("env_1", "agent_" + made.id[4:], "env_" + "0" * 24):
        with pytest.raises(anthropic.NotFoundError):
            sdk.beta.environments.retrieve(odd)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"name": ""}, "`name`"),
        ({"scope": "account"}, "scope: "),
        ({"config": {"type": "self_hosted"}}, "config.type: "),
        ({"config": {"type": "cloud", "packages": {"pip": ["pandas"]}}}, "WALKAWAY_SANDBOX_PACKAGES=pip:pandas"),
        ({"config": {"type": "cloud", "networking": {"type": "open"}}}, "networking"),
        ({"config": {"type": "cloud", "networking": {"type": "unrestricted", "allowed_hosts": ["a"]}}}, "`limited`"),
        ({"config": {"type": "cloud", "init_script": "x"}}, "config.init_script"),
        ({"metadata": {str(n): "" for n in range(17)}}, "metadata: "),
        ({"extra_body": {"foo": 1}}, "`foo`"),
    ],
)
def test_what_an_environment_cannot_be(sdk: Any, more: dict[str, Any], says: str) -> None:
    with pytest.raises(anthropic.BadRequestError) as refused:
        sdk.beta.environments.create(**{"name": "e"} | more)
    assert says in refused.value.message


def test_a_config_keeps_its_type(sdk: Any) -> None:
    made = sdk.beta.environments.create(name="e")
    with pytest.raises(anthropic.BadRequestError) as refused:
        sdk.beta.environments.update(made.id, config={"type": "self_hosted"})
    assert told(refused.value) == "invalid_config_type_change"


def test_packages_that_the_operator_has_installed(equipped: Anthropic) -> None:
    packages: Any = {"pip": ["pandas"], "apt": ["unzip"]}
    made: Any = equipped.beta.environments.create(name="e", config={"type": "cloud", "packages": packages})
    assert made.config.packages.to_dict() == {**NOTHING, **packages}
    with pytest.raises(anthropic.BadRequestError, match="WALKAWAY_SANDBOX_PACKAGES=pip:pandas==2"):
        equipped.beta.environments.update(made.id, config={"type": "cloud", "packages": {"pip": ["pandas==2"]}})
    with pytest.raises(anthropic.BadRequestError, match="allow_package_managers: must be true"):
        equipped.beta.environments.update(made.id, config={"type": "cloud", "networking": {"type": "limited"}})


@pytest.mark.parametrize("wide", [{"allowed_hosts": ["a.example"]}, {"allow_package_managers": True}])
def test_a_network_that_cannot_be_narrowed_is_not_promised(equipped: Anthropic, sdk: Any, wide: dict[str, Any]) -> None:
    config: Any = {"type": "cloud", "networking": {"type": "limited", **wide}}
    with pytest.raises(anthropic.BadRequestError, match="the whole network or none"):
        equipped.beta.environments.create(name="e", config=config)
    assert equipped.beta.environments.create(name="e", config={"type": "cloud", "networking": {"type": "limited"}})
    made = sdk.beta.environments.create(name="e", config=config)
    assert made.config.networking.to_dict() == LIMITED | wide


def test_an_open_network_is_not_called_limited() -> None:
    config = Config.model_validate({"type": "cloud", "networking": {"type": "limited"}})
    with pytest.raises(Refusal, match="SandboxSubnets"):
        environment_config.over(None, config, Settings(sandbox_open=True))


def test_what_is_sent_again_is_made_once(client: httpx.Client) -> None:
    def post(count: int) -> str:
        headers = {"x-stainless-retry-count": str(count), "anthropic-version": "2026-10-21"}
        return str(client.post("/v1/environments", json={"name": "again"}, headers=headers).json()["id"])

    first, second = post(0), post(0)
    assert first != second
    assert post(1) == second
