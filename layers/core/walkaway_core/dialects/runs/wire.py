"""The runs dialect, as it goes over HTTP (contract B)."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from walkaway_wire.settings import Settings

State = Literal["queued", "running", "succeeded", "failed", "cancelled"]
RUN: Final[dict[str, Any]] = {
    "job_id": "run_654e384e1b83",
    "status": "running",
    "progress": {"percentage": 10.0, "current_step": "Step 1", "steps_completed": 0, "steps_total": None},
    "created_at": "2026-11-22T22:33:43.675633Z",
    "started_at": "2026-11-22T22:33:43.701000Z",
    "completed_at": None,
    "agent_id": None,
    "run_id": "msg_019a6f0c3f6e1a2b3c4d5e6f",
    "session_id": None,
    "error": None,
    "retry_after": 5,
    "native": "http://127.0.0.1:8005/v1/sessions/sess_019a6f0c3f6e1a2b3c4d5e6f/responses/msg_019a6f0c3f6e1a2b3c4d5e6f",
}


class RunSettings(Settings):
    """What agent_yaml, recipe_config and config may say. `tools` is another name for allowed_tools."""

    tools: Annotated[list[str] | None, Field(max_length=50)] = None


class RunSubmit(BaseModel):
    """A task. Fields that are not known are ignored, as upstream does."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"prompt": "Analyze data"}]})

    prompt: Annotated[str, Field(max_length=1_000_000, description="what the agent is to do")]
    recipe_name: Annotated[str | None, Field(max_length=200, description="name or id of an agent")] = None
    agent_yaml: Annotated[
        str | None, Field(max_length=100_000, description="instructions, model, tools and limits, as YAML")
    ] = None
    recipe_config: Annotated[dict[str, Any] | None, Field(description="the same, as an object; goes before it")] = None
    config: Annotated[dict[str, Any] | None, Field(description="the same; goes before both")] = None
    agent_file: Annotated[str | None, Field(description="refused: there are no files of the server's to name")] = None
    framework: Annotated[str | None, Field(description="praisonai, or absent")] = None
    webhook_url: Annotated[str | None, Field(max_length=2000, description="is told how it ends")] = None
    timeout: Annotated[int | None, Field(strict=True, ge=0, le=604_800, description="seconds; 0 or null: an hour")] = (
        3600
    )
    session_id: Annotated[
        str | None, Field(max_length=200, description="a label; the id of an existing session is continued")
    ] = None
    idempotency_key: Annotated[str | None, Field(max_length=255, description="the header goes before it")] = None
    idempotency_scope: Annotated[
        Literal["none", "session", "global"] | None,
        Field(description="where the key counts: nowhere, for its session_id, everywhere; everywhere if absent"),
    ] = None

    @field_validator("agent_file")
    @classmethod
    def _no_file(cls, value: str | None) -> str | None:
        if value:
            raise ValueError("agent_file names a file of the server, which has none; name an agent in recipe_name")
        return value

    @field_validator("framework")
    @classmethod
    def _known_framework(cls, value: str | None) -> str | None:
        if value not in (None, "praisonai"):
            raise ValueError(f"the framework {value!r} is not there; leave it out, or say praisonai")
        return value


class RunAccepted(BaseModel):
    """A run that was taken, or the one that the same key has started."""

    job_id: str
    status: State
    created_at: str
    poll_url: str
    stream_url: str


class RunProgress(BaseModel):
    """How far a run is."""

    percentage: float
    current_step: str | None
    steps_completed: int
    steps_total: int | None


class RunStatus(BaseModel):
    """A run as it is now. Times in ISO 8601."""

    model_config = ConfigDict(json_schema_extra={"examples": [RUN]})

    job_id: str
    status: State
    progress: RunProgress
    created_at: str
    started_at: str | None
    completed_at: str | None
    agent_id: str | None
    run_id: Annotated[str | None, Field(description="the turn's id in the sessions API")]
    session_id: Annotated[str | None, Field(description="the label")]
    error: str | None
    retry_after: Annotated[int | None, Field(description="seconds; null when it is over")]
    native: Annotated[str, Field(description="the same in the sessions API, with its events and files beside it")]


class RunResult(BaseModel):
    """What came of a run."""

    job_id: str
    status: State
    result: Any
    result_url: str | None
    metrics: dict[str, Any] | None
    created_at: str
    started_at: str | None
    completed_at: str | None
    duration_seconds: float | None
    error: str | None


class RunList(BaseModel):
    """A page of runs, the newest first."""

    jobs: list[RunStatus]
    total: int
    page: int
    page_size: int


class RunStats(BaseModel):
    """How many runs there are, twice: as upstream documents it and as its code means it."""

    total_jobs: int
    by_status: dict[str, int]
    store: dict[str, Any]
    executor: dict[str, Any]
