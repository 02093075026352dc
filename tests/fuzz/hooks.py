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
    ("webhook", "delivery"),
    ("agent_id", "task_id"),
    ("run",),
    ("agent",),
    ("path",),
)
"""What belongs to each other, at the same place of its list."""


@schemathesis.hook
def map_path_parameters(context: Any, path_parameters: Any) -> Any:
    """Name what is there, mostly."""
    del context
    for names in TOGETHER:
        wanted = [name for name in names if isinstance(path_parameters, dict) and name in path_parameters]
        if wanted and CHANCE.random() < 0.85:
            place = CHANCE.randrange(len(IDS[wanted[0]]))
            for name in wanted:
                path_parameters[name] = IDS[name][place % len(IDS[name])]
    return path_parameters


@schemathesis.hook
def map_query(context: Any, query: Any) -> Any:
    """Take pages of events, at cursors that are there, at once."""
    if isinstance(query, dict) and context.operation.path.endswith("/events"):
        if context.operation.path.startswith("/v1/sessions/{session}/events"):
            query.setdefault("format", "json")
        if "wait" in query:
            query["wait"] = 0
    return query


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
    if path.endswith("/messages") and CHANCE.random() < 0.8:
        for name in ("webhook_url", "webhook_secret", "attachments"):
            body.pop(name, None)
