"""Webhook endpoints of the responses dialect as they go over HTTP (contract D.14)."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from walkaway_wire.strict import Strict

EXAMPLE: dict[str, Any] = {"name": "reports", "url": "https://example.com/hook", "event_types": ["response.completed"]}
SHOWN: dict[str, Any] = {
    "id": "whk_019a6f0c3f6e1a2b3c4d5e6f",
    "object": "webhook_endpoint",
    "created_at": 1763812800,
    "signing_secret_hint": "whsec_…LaSw",
    **EXAMPLE,
}
Name = Annotated[str, Field(min_length=1, max_length=500, description="for people")]
Url = Annotated[str, Field(min_length=1, max_length=2000)]
Types = Annotated[list[str], Field(min_length=1, max_length=50, description="GET /v1/webhook_event_types lists them")]


class EndpointCreate(Strict):
    """An address that is to be told of ends."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    name: Name
    url: Url
    event_types: Types


class EndpointChange(Strict):
    """What can be changed; what is absent stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "all reports"}]})

    name: Name | None = None
    url: Url | None = None
    event_types: Types | None = None


class SecretRotate(Strict):
    """How to change a secret."""

    keep_old_secret_active_for_24_hours: Annotated[bool | None, Field(strict=True)] = None


class EndpointTest(Strict):
    """What to send."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"event_type": "response.completed"}]})

    event_type: str


class EndpointObject(BaseModel):
    """An endpoint as it is now."""

    model_config = ConfigDict(json_schema_extra={"examples": [SHOWN]})

    id: str
    object: Literal["webhook_endpoint"] = "webhook_endpoint"
    created_at: int
    event_types: list[str]
    name: str
    url: str
    signing_secret_hint: str | None


class EndpointWithSecret(EndpointObject):
    """An endpoint with its new secret, which is never shown again."""

    signing_secret: Annotated[str, Field(repr=False)]


class EndpointList(BaseModel):
    """A page of endpoints."""

    object: Literal["list"] = "list"
    data: list[EndpointObject]
    first_id: str | None
    last_id: str | None
    has_more: bool


class EndpointDeleted(BaseModel):
    """The endpoint is gone."""

    id: str
    object: Literal["webhook_endpoint.deleted"] = "webhook_endpoint.deleted"
    deleted: Literal[True] = True


class Tested(BaseModel):
    """What an endpoint has answered."""

    object: Literal["webhook_endpoint.test"] = "webhook_endpoint.test"
    event_type: str
    status_code: int
    success: Literal[True] = True
    webhook_endpoint_id: str


class TypeList(BaseModel):
    """Types of events."""

    object: Literal["list"] = "list"
    data: list[str]
