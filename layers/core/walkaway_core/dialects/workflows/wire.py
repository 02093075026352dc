"""The workflows dialect, as it goes over HTTP (contract C). Fields that are not known are ignored."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from walkaway_wire import gate

START: Final[dict[str, Any]] = {
    "inputs": {"strings": {"1": "What time is it?"}, "images": {}},
    "environment": "playground",
}
NODE: Final[dict[str, Any]] = {
    "node_name": "agent",
    "current_step_input": "",
    "full_output": "Let me see.",
    "tool_call_requests": [
        {
            "id": "toolu_01A09q90qw90lq917835lq9",
            "call_id": "toolu_01A09q90qw90lq917835lq9",
            "type": "function_call",
            "name": "get_current_time",
            "arguments": "{}",
        }
    ],
    "node_exit_tool_call_request": None,
    "tool_call_responses": None,
    "failure_reason": None,
    "failure_code": None,
    "failure_code_details": None,
}
STATUS: Final[dict[str, Any]] = {
    "completed": False,
    "status": "awaiting_tool_calls",
    "task_info": {
        "task_id": 1782014561681408,
        "paused_for_tool_calls": True,
        "agent_node_execution_statuses": [NODE],
    },
}
DONE: Final[dict[str, Any]] = {**NODE, "full_output": "It is 12:04.", "tool_call_requests": None}
INPUTS: Final[dict[str, Any]] = {"strings": {"1": "What time is it?"}, "images": {}}
TASK: Final[dict[str, Any]] = {
    "task_id": 1782014561681408,
    "id": 1782014561681408,
    "agent_id": "timekeeper",
    "workflow_id": "timekeeper",
    "agent_name": "timekeeper",
    "version": 1,
    "environment": "playground",
    "status": "completed",
    "result": "It is 12:04.",
    "executed_node_records": [DONE],
    "prior_nodes_execution_records": [DONE],
    "started_at": "2026-11-22T12:04:00.120000+00:00",
    "completed_at": "2026-11-22T12:04:02.480000+00:00",
    "tokens_in": 512,
    "tokens_out": 64,
    "num_steps": 2,
    "metadata": {},
    "initial_inputs": INPUTS,
    "parent_task_id": None,
    "subgraph_task_id": None,
    "tenant_id": None,
    "failure_code": None,
    "failure_reason": None,
    "failure_code_details": None,
    "grader_result": None,
    "execution_context": {"steps": {"1": {**INPUTS, "output_text": "It is 12:04."}}},
}


def shown(example: Any) -> dict[int | str, dict[str, Any]]:
    """Document what a route answers with."""
    return {200: {"content": {"application/json": {"example": example}}}}


SLOTS: Final = 100


def _few(given: Any) -> Any:
    """Refuse too many slots at once: each of hundreds of thousands would be a problem of its own."""
    if isinstance(given, dict) and len(given) > SLOTS:
        raise ValueError(f"has {len(given)} entries; {SLOTS} are allowed")
    return given


Slots = Annotated[dict[Annotated[str, Field(max_length=20)], Any], Field(max_length=SLOTS), BeforeValidator(_few)]


class TaskInputs(BaseModel):
    """What a task is given: texts and images, by their numbers."""

    strings: Annotated[Slots, Field(description="texts; a reference of an uploaded file stands for the file")] = {}
    images: Annotated[Slots, Field(description="references, data URLs, base64, or paths of the workspace")] = {}

    _of_json = field_validator("strings", "images")(gate.taken)


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

    _of_json = field_validator("output")(gate.taken)


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
