"""Bodies of agents: what is asked, and what is answered (contract E.5). A form is wider than what is honoured here.

What is known to the clients' SDK and not honoured is read all the same, so that `refusing` can say why.
"""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from walkaway_core.dialects.managed.metadata import Metadata, Patch
from walkaway_core.dialects.managed.short_forms import short
from walkaway_wire.strict import Strict
from walkaway_wire.tools import MOST

Tool = Literal["bash", "edit", "glob", "grep", "read", "write", "web_fetch", "web_search"]
Effort = Literal["low", "medium", "high", "xhigh", "max"]
TOOLSET: Final = "agent_toolset_20260401"
EXAMPLE: Final[dict[str, Any]] = {
    "name": "Reporter",
    "model": "claude-sonnet-5",
    "system": "Cite every source.",
    "tools": [{"type": TOOLSET, "configs": [{"name": "bash", "permission_policy": {"type": "always_ask"}}]}],
}
Named = Annotated[str, Field(min_length=1, max_length=256, description="for people; need not be unique")]
System = Annotated[str | None, Field(max_length=100_000, description="what the agent is told before anything else")]
Description = Annotated[str | None, Field(max_length=2048, description="for people")]
Flag = Annotated[bool | None, Field(strict=True)]


class EffortChosen(Strict):
    """How hard the model works."""

    type: Effort


class ModelChosen(Strict):
    """A model, and how it works."""

    id: Annotated[str, Field(min_length=1, max_length=256)]
    effort: Annotated[EffortChosen, short(EffortChosen, "type")] | None = None
    speed: Literal["standard", "fast"] | None = None
    inference_geo: str | None = None

    @property
    def word(self) -> str | None:
        """The effort that is asked for."""
        return self.effort.type if self.effort else None


Model = Annotated[ModelChosen, short(ModelChosen, "id")]


class Policy(Strict):
    """Whether calls wait for a yes."""

    type: Literal["always_allow", "always_ask"]


class DefaultConfig(Strict):
    """What holds for tools of the set that have no config of their own."""

    enabled: Flag = None
    permission_policy: Policy | None = None


class ToolConfig(DefaultConfig):
    """What holds for one tool of the set; the last fields are those of the tools for the web."""

    name: Tool
    type: Annotated[Tool | None, Field(description="the name once more, as answers have it")] = None
    allowed_domains: list[str] | None = None
    blocked_domains: list[str] | None = None
    user_location: dict[str, Any] | None = None
    max_content_tokens: Annotated[int | None, Field(ge=1, strict=True)] = None
    url_sources: Any = None


class Toolset(Strict):
    """The eight tools that work in the session's container, and on the web."""

    type: Literal["agent_toolset_20260401"]
    configs: list[ToolConfig] | None = None
    default_config: DefaultConfig | None = None


class CustomTool(Strict):
    """A tool that the caller's program carries out."""

    type: Literal["custom"]
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,128}$")]
    description: str
    input_schema: dict[str, Any]


class ForeignTools(BaseModel):
    """Tools of an MCP server, of which there are none here."""

    model_config = ConfigDict(extra="allow")

    type: Literal["mcp_toolset"]


def _of_a_type(given: Any) -> Any:
    """Refuse another type in words of ours: pydantic would also name the one that is read only to be refused."""
    if isinstance(given, dict) and given.get("type") not in (TOOLSET, "custom", "mcp_toolset"):
        raise ValueError(f"must be of the type {TOOLSET} or custom")
    return given


KnownTool = Annotated[Toolset | CustomTool | ForeignTools, Field(discriminator="type")]
ToolAsked = Annotated[KnownTool, BeforeValidator(_of_a_type)]
Tools = Annotated[list[ToolAsked], Field(max_length=MOST)]


class Refused(Strict):
    """Fields that the SDK knows, and that may be empty here."""

    mcp_servers: Annotated[list[Any] | None, Field(description="none may be named")] = None
    skills: Annotated[list[Any] | None, Field(description="none may be named")] = None
    multiagent: Annotated[Any, Field(description="null")] = None
    execution_identity: Annotated[dict[str, Any] | None, Field(description="null, or that of the service")] = None


class AgentCreate(Refused):
    """An agent: a name, a model, and how it works."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})

    name: Named
    model: Model
    system: System = None
    description: Description = None
    tools: Tools | None = None
    metadata: Metadata | None = None


class AgentUpdate(Refused):
    """What is to be otherwise: what is absent stays, what is null or empty is cleared, a value replaces the field."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"version": 1, "system": "Be brief."}]})

    version: Annotated[int | None, Field(ge=1, strict=True, description="the newest one, else 409")] = None
    name: Named | None = None
    model: Model | None = None
    system: System = None
    description: Description = None
    tools: Tools | None = None
    metadata: Patch | None = None


class AgentNamed(Strict):
    """An agent by its id, the newest version if none is said."""

    type: Literal["agent"]
    id: str
    version: Annotated[int | None, Field(ge=1, strict=True)] = None


class AgentOverridden(Refused):
    """An agent of which a session has some things otherwise; each that is named replaces the agent's whole."""

    type: Literal["agent_with_overrides"]
    id: str
    version: Annotated[int | None, Field(ge=1, strict=True)] = None
    model: Model | None = None
    system: System = None
    tools: Tools | None = None


OneAgent = Annotated[AgentNamed | AgentOverridden, Field(discriminator="type")]
AgentAsked = Annotated[OneAgent, short(AgentNamed | AgentOverridden, "id", type="agent")]
"""How a session names its agent."""


class ModelShown(BaseModel):
    """A model by the name that was asked for, and how it works."""

    id: str
    effort: EffortChosen | None
    speed: Literal["standard"] = "standard"


class AgentShown(BaseModel):
    """An agent, resolved: what holds where nothing was said is there, too."""

    type: Literal["agent"] = "agent"
    id: str
    version: int
    name: str
    description: str | None
    system: str | None
    model: ModelShown
    tools: list[dict[str, Any]]
    mcp_servers: list[Any]
    skills: list[Any]
    multiagent: None
    execution_identity: dict[str, Any]


class AgentObject(AgentShown):
    """An agent as it is now, or as it was in a version."""

    metadata: dict[str, str]
    created_at: str
    updated_at: str
    archived_at: str | None
