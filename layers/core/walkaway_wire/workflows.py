"""The workflows dialect, as it goes over HTTP (contract part C). Fields that are not known are ignored."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

START: Final[dict[str, Any]] = {
    "inputs": {"strings": {"1": "What time is it?"}, "images": {}},
    "environment": "playground",
}
Slots = Annotated[dict[Annotated[str, Field(max_length=20)], Any], Field(max_length=100)]


class TaskInputs(BaseModel):
    """What a task is given: texts and images, by their numbers."""

    strings: Annotated[Slots, Field(description="texts; a reference of an uploaded file stands for the file")] = {}
    images: Annotated[Slots, Field(description="references, data URLs, base64, or paths of the workspace")] = {}


class TaskStart(BaseModel):
    """A task for an agent."""

    model_config = ConfigDict(json_schema_extra={"examples": [START]})

    inputs: TaskInputs = TaskInputs()
    environment: Literal["playground", "test", "production"] = "production"
    metadata: Annotated[dict[str, Any] | None, Field(description="comes back in the task's record")] = None


class TaskStarted(BaseModel):
    """The task has begun."""

    task_id: Annotated[int, Field(description="below 2⁵³")]
    status: Literal["started"] = "started"


class ToolResponse(BaseModel):
    """What a tool of the caller's gave."""

    call_id: Annotated[str, Field(min_length=1, max_length=500)]
    type: Literal["function_call_output"] = "function_call_output"
    output: Annotated[Any, Field(description="text; anything else is given to the model as JSON")] = ""
    errored: bool | None = None
    error_message: str | None = None


class ToolResponses(BaseModel):
    """What the tools of a pause gave, all or some of them."""

    results: Annotated[list[ToolResponse], Field(max_length=1000)] = []


class ToolResponsesTaken(BaseModel):
    """The responses are kept."""

    status: Literal["accepted"] = "accepted"
    message: str
    task_id: int


class CancelScheduled(BaseModel):
    """The task is over."""

    success: Literal[True] = True
    task_id: int
    status: Annotated[str, Field(description="cancelled, or how it had ended before")]


class Uploaded(BaseModel):
    """What stands for the uploaded file, or for each of two."""

    reference: str | None = None
    references: dict[str, str] | None = None


class ToolDefinition(BaseModel):
    """A tool that the caller runs, for every agent that has no tools of its own."""

    name: Annotated[str, Field(max_length=200)]
    namespace: Annotated[str, Field(max_length=200)] = ""
    description: str = ""
    schema_data: Annotated[dict[str, Any], Field(description="JSON schema of its arguments")]
    overrides_quasi_tool: Annotated[str | None, Field(description="kept; there are no such tools here")] = None


class ToolsRegister(BaseModel):
    """Tools to register, over those of the same name and namespace."""

    tools: Annotated[list[ToolDefinition], Field(max_length=128)]


class ToolRegistered(BaseModel):
    """A registered tool's name."""

    id: int
    name: str
    namespace: str


class ToolsRegistered(BaseModel):
    """All tools that were registered."""

    tools: list[ToolRegistered]


class ToolSchema(ToolRegistered):
    """A registered tool."""

    schema_data: dict[str, Any]
    status: Literal["active"] = "active"
    created_by: int | None = None
    created_at: str
    updated_at: str


class ToolSchemas(BaseModel):
    """Registered tools, the oldest first."""

    schemas: list[ToolSchema]
