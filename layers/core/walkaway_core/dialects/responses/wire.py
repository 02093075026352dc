"""The responses dialect as it goes over HTTP: what a response can be asked for (contract D.8).

`null` is as good as nothing said. Fields that are here and not honoured are refused by `refusing.py`, each with a
reason; a field that is not here is unknown.
"""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from walkaway_wire.strict import Strict

EXAMPLE: Final[dict[str, Any]] = {"model": "rehearsal", "input": "Write a report on ferries", "background": True}
CALLED: Final[dict[str, Any]] = {
    "model": "rehearsal",
    "previous_response_id": "resp_0199d1a5f3a70c6d2f1b4e890199d1a60b1c2a7e6b3f9d04",
    "input": [{"type": "function_call_output", "call_id": "toolu_01A09q90qw90lq917835lq9", "output": "12:04"}],
    "stream": True,
}
RESPONSE: Final[dict[str, Any]] = {
    "id": "resp_0199d1a5f3a70c6d2f1b4e890199d1a60b1c2a7e6b3f9d04",
    "object": "response",
    "created_at": 1777222996,
    "completed_at": 1777222998,
    "status": "completed",
    "model": "rehearsal",
    "output": [
        {
            "type": "message",
            "id": "msg_0199d1a5f3a70c6d2f1b4e890199d1a60b1c2a7e6b3f9d04000100100",
            "status": "completed",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "It is 12:04.", "annotations": [], "logprobs": []}],
            "phase": "final_answer",
        }
    ],
}
Flag = Annotated[bool, Field(strict=True)]
Text = Annotated[str, Field(strict=True)]
Objects = WithJsonSchema({"anyOf": [{"type": "array", "items": {"type": "object"}}, {"type": "null"}]})
TEXT_OR_ITEMS: Final = ({"type": "string"}, {"type": "array", "items": {"type": "object"}})
AnInput = WithJsonSchema({"anyOf": [*TEXT_OR_ITEMS]})
MaybeInput = WithJsonSchema({"anyOf": [*TEXT_OR_ITEMS, {"type": "null"}]})


Metadata = (
    Annotated[
        dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(strict=True, max_length=512)]],
        Field(max_length=16),
    ]
    | None
)


class Reasoning(Strict):
    """How much is thought, and whether that is shown."""

    effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None
    summary: Literal["auto", "concise", "detailed"] | None = None
    generate_summary: Literal["auto", "concise", "detailed"] | None = None
    context: Any = None
    mode: Any = None


class TextOptions(Strict):
    """What the text is to be."""

    format: Annotated[dict[str, Any] | None, Field(description="text, json_object or json_schema")] = None
    verbosity: Literal["low", "medium", "high"] | None = None


class ResponseCreate(Strict):
    """What a response is asked for."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE, CALLED]})

    model: Annotated[Text | None, Field(max_length=200, description="the server's default if absent")] = None
    input: Annotated[Any, AnInput, Field(description="a text, or items")] = None
    instructions: Annotated[Text | None, Field(max_length=100_000, description="of this response alone")] = None
    stream: Annotated[Flag | None, Field(description="Server-Sent Events instead of one object")] = None
    stream_options: Any = None
    background: Annotated[Flag | None, Field(description="answer at once; poll, or follow, the response")] = None
    background_options: Any = None
    store: Annotated[Flag | None, Field(description="false: it is gone soon after its end")] = None
    previous_response_id: Annotated[Text | None, Field(description="what it goes on from")] = None
    conversation: Any = None
    tools: Annotated[Any, Objects, Field(description="functions of the caller's, and tools of the server's")] = None
    tool_choice: Any = None
    parallel_tool_calls: Flag | None = None
    max_tool_calls: Annotated[int, Field(strict=True, ge=0, le=1_000_000)] | None = None
    reasoning: Reasoning | None = None
    text: TextOptions | None = None
    verbosity: Literal["low", "medium", "high"] | None = None
    max_output_tokens: Annotated[int, Field(strict=True, ge=16, le=100_000_000)] | None = None
    temperature: Annotated[float, Field(strict=True, ge=0, le=1)] | None = None
    top_p: Annotated[float, Field(strict=True, ge=0, le=1)] | None = None
    top_logprobs: Annotated[int, Field(strict=True, ge=0, le=20)] | None = None
    metadata: Metadata = None
    include: Annotated[list[str] | None, Field(max_length=100)] = None
    truncation: Literal["auto", "disabled"] | None = None
    context_management: Any = None
    prompt: Any = None
    service_tier: Text | None = None
    safety_identifier: Text | None = None
    user: Text | None = None
    prompt_cache_key: Text | None = None
    prompt_cache_options: Any = None
    prompt_cache_retention: Any = None
    client_metadata: Any = None
    moderation: Any = None
    access_programs: Any = None
    image: Any = None
    multi_agent: Any = None


class ResponseObject(BaseModel):
    """A response: every field of the original's, of which the document names those that clients look at first."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [RESPONSE]})

    id: str
    object: Literal["response"] = "response"
    created_at: Annotated[int, Field(description="seconds since the epoch")]
    completed_at: int | None
    status: Literal["queued", "in_progress", "completed", "failed", "cancelled", "incomplete"]
    model: str
    output: list[dict[str, Any]]


class ResponseDeleted(BaseModel):
    """The response is gone."""

    id: str
    object: Literal["response"] = "response"
    deleted: Literal[True] = True


class InputItems(BaseModel):
    """Items of a response's input."""

    object: Literal["list"] = "list"
    data: list[dict[str, Any]]
    first_id: str | None
    last_id: str | None
    has_more: bool
