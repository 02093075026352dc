"""What can be said of how an agent works, by name and type: settings of sessions, agents, schedules and runs."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

Overlap = Literal["skip", "enqueue", "enqueue_all", "interrupt", "allow"]
"""What happens at a time of a schedule while the last turn that it began goes on."""


class Working(TypedDict, total=False):
    """How an agent works; docs/openapi.json says what each is. What is absent is the agent's, or the default."""

    model: str
    instructions: str
    thinking: bool | int | None
    max_steps: int
    turn_timeout: int | None
    max_output_tokens: int | None
    effort: Literal["low", "medium", "high", "xhigh", "max"] | None
    temperature: float | None
    allowed_tools: Sequence[str] | None
    disallowed_tools: Sequence[str]
    max_cost_usd: float | None
    max_turn_cost_usd: float | None
    tool_timeout: int
    inline_tools: bool
    tool_choice: Literal["auto", "any", "none"] | Mapping[str, str] | None
    parallel_tool_calls: bool
    output_format: Mapping[str, Any] | None
    max_turn_output_tokens: int | None
    top_p: float | None


class Placed(TypedDict, total=False):
    """What a session may touch."""

    file_access: Mapping[str, Sequence[str]]
    network: bool


class SessionSettings(Working, Placed, total=False):
    """What `sessions.create` takes besides its own arguments."""

    approve: Sequence[str]


class TurnSettings(Working, total=False):
    """What `send` and `ask` take besides their own arguments: it holds for this turn alone."""

    approve: Sequence[str]


class RunSettings(Working, Placed, total=False):
    """What `client.run` takes besides its own arguments."""

    persistent: bool
    ttl: int
    metadata: Mapping[str, Any]


class AgentSettings(Working, total=False):
    """What `agents.create` takes besides its own arguments."""

    approve: Sequence[str]
    description: str


class AgentChanges(Working, total=False):
    """What `agents.update` takes besides its own arguments."""

    approve: Sequence[str]
    description: str | None
    name: str | None


class Times(TypedDict, total=False):
    """When something fires: just one of `cron`, `every` and `at` says it. Times are seconds since the epoch."""

    cron: str | None
    every: int | None
    at: int | None
    timezone: str
    starts_at: int | None
    ends_at: int | None


class ScheduleSettings(Times, total=False):
    """What `schedules.create` takes besides its own arguments. `prune`: which sessions go where that is the action."""

    action: Literal["message", "prune"]
    prune: Mapping[str, str] | None
    max_firings: int | None
    jitter: int
    webhook_url: str
    agent: str
    overlap: Overlap
    catch_up: Literal["latest", "all", "none"]
    catch_up_window: int
    pause_after_failures: int | None
    metadata: Mapping[str, Any]
    status: Literal["active", "paused"]
    note: str


class ScheduleChanges(ScheduleSettings, total=False):
    """What `schedules.update` takes besides its own arguments."""

    name: str
    message: str
