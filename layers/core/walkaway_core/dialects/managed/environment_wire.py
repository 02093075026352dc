"""Bodies of environments (contract E.6)."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from walkaway_core.dialects.managed.metadata import Metadata, Patch
from walkaway_wire.strict import Strict

EXAMPLE: Final[dict[str, Any]] = {
    "name": "reports",
    "config": {"type": "cloud", "networking": {"type": "limited"}},
}
Named = Annotated[str, Field(min_length=1, max_length=256, description="for people; need not be unique")]
Description = Annotated[str | None, Field(max_length=2048)]
Scope = Literal["organization", "account"]
Flag = Annotated[bool | None, Field(strict=True)]
Hosts = Annotated[list[Annotated[str, Field(min_length=1, max_length=253)]], Field(max_length=1000)]
Names = Annotated[list[Annotated[str, Field(min_length=1, max_length=256)]], Field(max_length=1000)]


class Networking(Strict):
    """Which addresses commands may reach; the fields below the type are for `limited`."""

    type: Literal["unrestricted", "limited"]
    allowed_hosts: Hosts | None = None
    allow_mcp_servers: Flag = None
    allow_package_managers: Flag = None


class Packages(Strict):
    """What commands find installed, by package manager."""

    type: Literal["packages"] | None = None
    apt: Names | None = None
    cargo: Names | None = None
    gem: Names | None = None
    go: Names | None = None
    npm: Names | None = None
    pip: Names | None = None


class Config(Strict):
    """Where commands run: `cloud` is this server's sandbox."""

    type: Literal["cloud", "anthropic_cloud", "self_hosted"]
    networking: Networking | None = None
    packages: Packages | None = None


class EnvironmentCreate(Strict):
    """An environment, in which sessions run their commands."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    name: Named
    config: Config | None = None
    description: Description = None
    metadata: Metadata | None = None
    scope: Scope | None = None


class EnvironmentUpdate(Strict):
    """What is to be otherwise; what is absent stays, below `config`, too."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"description": "For the reports"}]})

    name: Named | None = None
    config: Config | None = None
    description: Description = None
    metadata: Patch | None = None
    scope: Scope | None = None


class EnvironmentObject(BaseModel):
    """An environment as it is now."""

    type: Literal["environment"] = "environment"
    id: str
    name: str
    description: str | None
    scope: Literal["organization"] = "organization"
    config: dict[str, Any]
    metadata: dict[str, str]
    created_at: str
    updated_at: str
    archived_at: str | None


class EnvironmentDeleted(BaseModel):
    """It is not there any more."""

    id: str
    type: Literal["environment_deleted"] = "environment_deleted"
