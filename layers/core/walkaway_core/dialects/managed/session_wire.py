"""Bodies of sessions: what is asked, and what is answered (contract E.7). What is not honoured is read, to say why."""

from typing import Annotated, Any, Final, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from walkaway_core.dialects.managed.agent_wire import AgentAsked, AgentShown, Tools
from walkaway_core.dialects.managed.metadata import Metadata, Patch
from walkaway_core.dialects.managed.pages import Ranged
from walkaway_core.dialects.managed.statuses import Status
from walkaway_wire.strict import Strict

EXAMPLE: Final[dict[str, Any]] = {
    "agent": "agent_019a6f0c3f6e1a2b3c4d5e6f",
    "environment_id": "env_019a6f0c3f6e1a2b3c4d5e6f",
    "title": "Nightly report",
    "metadata": {"team": "ops"},
    "initial_events": [{"type": "user.message", "content": [{"type": "text", "text": "Begin."}]}],
}
MOST_EVENTS: Final = 50
Title = Annotated[str | None, Field(max_length=500, description="for people, on one line")]
Objects = list[dict[str, Any]]


class Amount(Strict):
    """Money, in whole cents, as text."""

    amount: Annotated[str, Field(pattern=r"^[0-9]{1,12}$")]
    currency: Literal["USD"]


class Budget(Strict):
    """What a session may cost, by list prices."""

    type: Literal["limit"]
    max_list_cost: Amount


class SessionCreate(Strict):
    """A session: an agent at work in an environment."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    agent: AgentAsked
    environment_id: str
    title: Title = None
    metadata: Metadata | None = None
    vault_ids: Annotated[list[str] | None, Field(description="none may be named")] = None
    resources: Annotated[Objects | None, Field(description="files that are mounted")] = None
    initial_events: Annotated[
        Objects | None, Field(max_length=MOST_EVENTS, description="what is sent to it, as it is made")
    ] = None
    budget: Annotated[Budget | None, Field(description="can be set here alone")] = None


class AgentChange(Strict):
    """What a session has otherwise from its next turn on; each replaces what there is."""

    tools: Tools | None = None
    mcp_servers: Annotated[list[Any] | None, Field(description="none may be named")] = None


class SessionUpdate(Strict):
    """What is to be otherwise: what is absent stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"title": "Weekly report"}]})

    title: Title = None
    metadata: Patch | None = None
    agent: AgentChange | None = None
    budget: Annotated[Budget | None, Field(description="another one, above what was used; null takes it away")] = None
    vault_ids: Annotated[list[str] | None, Field(description="none may be named")] = None


class SessionsQuery(Ranged):
    """Which sessions."""

    agent_id: str | None = None
    agent_version: Annotated[int | None, Query(description="of `agent_id`; means nothing without")] = None
    deployment_id: Annotated[str | None, Query(description="there are none, and so no sessions of one")] = None
    memory_store_id: Annotated[str | None, Query(description="there are none, and so no sessions with one")] = None
    include_archived: bool = False
    order: Annotated[Literal["asc", "desc"], Query(description="by when they were made")] = "desc"
    statuses: Annotated[list[str] | None, Query(description="may be repeated")] = None
    statuses_: Annotated[list[str] | None, Query(alias="statuses[]")] = None


class CacheCreation(BaseModel):
    """Tokens that were written to the model service's memory."""

    ephemeral_5m_input_tokens: int
    ephemeral_1h_input_tokens: int


class ServerToolUse(BaseModel):
    """What the model service has done by itself."""

    web_search_requests: int
    web_fetch_requests: int


class Usage(BaseModel):
    """What the turns that are over have used; seconds and cost move while one runs."""

    input_tokens: int
    output_tokens: int
    cache_read_input_tokens: int
    cache_creation: CacheCreation
    server_tool_use: ServerToolUse
    active_seconds: float
    list_cost: Amount
    list_cost_usd: Annotated[float, Field(description="ours: the same to the millionth")]


class Stats(BaseModel):
    """How long it has been at work, and there."""

    active_seconds: float
    duration_seconds: float


class SessionObject(BaseModel):
    """A session as it is now."""

    type: Literal["session"] = "session"
    id: str
    status: Status
    pending_tool_calls: Annotated[
        list[str], Field(description="ours: ids of the events for whose answers it waits, as its idle event has them")
    ]
    title: str | None
    environment_id: str
    agent: Annotated[AgentShown, Field(description="as it was when the session was made, or changed since")]
    resources: list[dict[str, Any]]
    vault_ids: list[str]
    outcome_evaluations: list[Any]
    metadata: dict[str, str]
    deployment_id: str | None
    budget: Budget | None
    usage: Usage
    stats: Stats
    created_at: str
    updated_at: str
    archived_at: str | None


class SessionDeleted(BaseModel):
    """The session is gone."""

    id: str
    type: Literal["session_deleted"] = "session_deleted"
