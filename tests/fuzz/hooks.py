"""What schemathesis is told of this API: ids of things that are there, and no streams that never end.

Run by schemathesis, in an environment of its own; `IDS` names a file that test_documents.py has written.
"""

import json
import os
from pathlib import Path
from random import Random
from typing import Any

import schemathesis
from schemathesis.generation import GenerationMode

IDS: dict[str, list[str]] = json.loads(Path(os.environ["IDS"]).read_text())
CHANCE = Random(os.environ["SEED"])
TOGETHER = (
    ("session", "response_id"),
    ("session", "resource"),
    ("session", "thread"),
    ("session",),
    ("environment",),
    ("webhook", "delivery"),
    ("agent_id", "task_id"),
    ("run",),
    ("agent",),
    ("path",),
    ("response_id",),
    ("file",),
    ("upload",),
    ("endpoint",),
    ("model",),
)
"""What belongs to each other, at the same place of its list."""
UNSURE = (
    *("stream_options", "tools", "tool_choice", "text", "conversation", "max_tool_calls", "context_management"),
    *("prompt", "top_logprobs", "moderation", "access_programs", "image", "multi_agent", "background_options"),
)
"""Fields of a response that most values make a refusal of."""


@schemathesis.hook
def map_path_parameters(context: Any, path_parameters: Any) -> Any:
    """Name what is there, mostly."""
    own = {"response_id": "response"} if context.operation.path.startswith("/v1/responses") else {}
    for names in TOGETHER:
        wanted = [name for name in names if isinstance(path_parameters, dict) and name in path_parameters]
        if wanted and CHANCE.random() < 0.85:
            place = CHANCE.randrange(len(IDS[own.get(wanted[0], wanted[0])]))
            for name in wanted:
                there = IDS[own.get(name, name)]
                path_parameters[name] = there[place % len(there)]
        if wanted:
            break
    return path_parameters


@schemathesis.hook
def map_query(context: Any, query: Any) -> Any:
    """Take pages of events, at cursors that are there, at once."""
    if isinstance(query, dict) and context.operation.path.endswith("/events"):
        if context.operation.path.startswith("/v1/sessions/{session}/events"):
            query.setdefault("format", "json")
        if "wait" in query:
            query["wait"] = 0
    if isinstance(query, dict) and "after" in query and CHANCE.random() < 0.5:
        after = {"/v1/files": "file", "/v1/webhook_endpoints": "endpoint"}.get(context.operation.path)
        if after:
            query["after"] = CHANCE.choice(IDS[after])
    return query


@schemathesis.hook
def filter_body(context: Any, body: Any) -> bool:
    """Leave out forms of which a field would be sent as no part at all, and so is not wrong any more."""
    forms = any(each.media_type == "multipart/form-data" for each in context.operation.body)
    return not (forms and isinstance(body, dict) and any(value in ([], {}) for value in body.values()))


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Send the key that is given, and no made-up ones; let a body that is meant to be right come far."""
    del context, kwargs
    for name in ("Authorization", "X-API-Key"):
        (case.headers or {}).pop(name, None)
    if case.cookies:
        case.cookies.clear()
    if isinstance(case.body, dict) and case.meta and case.meta.generation.mode is GenerationMode.POSITIVE:
        _further(case.operation.path, case.body)


def _further(path: str, body: dict[str, Any]) -> None:
    """Answer calls that wait, and leave out what makes most messages fail."""
    if path.endswith(("tool_results", "tool_responses")):
        for result in body.get("results", ()):
            if CHANCE.random() < 0.6:
                result["call_id"] = CHANCE.choice(IDS["call"])
    if path == "/v1/responses":
        _response(body)
    if path == "/v1/sessions" and "environment" in IDS:
        body |= {"agent": CHANCE.choice(IDS["agent"]), "environment_id": CHANCE.choice(IDS["environment"])}
    if path.endswith("/complete"):
        body["part_ids"] = [CHANCE.choice(IDS["part"]) for _ in body.get("part_ids", ())]
    if path.endswith("/messages") and CHANCE.random() < 0.8:
        for name in ("webhook_url", "webhook_secret", "attachments"):
            body.pop(name, None)


def _response(body: dict[str, Any]) -> None:
    """Leave out what makes most responses a refusal, and go on from what is there."""
    body["model"] = CHANCE.choice(IDS["model"])
    for name in UNSURE:
        if CHANCE.random() < 0.9:
            body.pop(name, None)
    if "previous_response_id" in body:
        body["previous_response_id"] = CHANCE.choice(IDS["response"])
    if isinstance(body.get("input"), list) and CHANCE.random() < 0.8:
        body["input"] = [_item(item) for item in body["input"]]


def _item(drawn: Any) -> Any:
    """Make an item of a response's input of what was drawn, of some type that is taken."""
    item = drawn if isinstance(drawn, dict) else {}
    file = {"type": "input_file", "file_id": CHANCE.choice(IDS["file"])}
    made: dict[str, Any] = CHANCE.choice(
        [
            {"type": "message", "role": CHANCE.choice(["user", "assistant", "system", "developer"]), "content": "x"},
            {"role": "user", "content": [file]},
            {"type": "function_call_output", "call_id": CHANCE.choice(IDS["call"]), "output": "x"},
            {"type": "mcp_approval_response", "approval_request_id": CHANCE.choice(IDS["response"]), "approve": True},
            {"type": "item_reference", "id": CHANCE.choice(IDS["item"])},
            {"type": "reasoning"},
            {"type": "mcp_call", "name": "bash", "arguments": "{}"},
        ]
    )
    return {**item, **made} if CHANCE.random() < 0.5 else made
