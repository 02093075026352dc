"""Tasks as their dialect shows them (contract C.2, C.3): in answers to requests, in streams, and to webhooks."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from walkaway_core.dialects.workflows.index import Task
from walkaway_core.engine.pause import asking
from walkaway_core.engine.pause.asking import PendingCall
from walkaway_core.log import spoken
from walkaway_core.store.services import Services
from walkaway_core.store.turns import Turn
from walkaway_wire import jsontext

AWAITING = "awaiting_tool_calls"
ENDED = ("completed", "failed", "cancelled")


def waiting(services: Services, turn: Turn) -> list[PendingCall]:
    """The calls whose outputs a task waits for; what needs a yes is said in the sessions API."""
    return [request for request in asking.pending(services, turn) if request.needs == "output"]


def state(turn: Turn, calls: Sequence[PendingCall]) -> str:
    """Name how a task stands."""
    if turn.status in ENDED:
        return turn.status
    return AWAITING if calls else "running" if turn.started else "pending"


def status(services: Services, turn: Turn) -> dict[str, Any]:
    """Show how a task stands: to those who poll, and in each event of its stream."""
    calls = waiting(services, turn)
    now = state(turn, calls)
    task = Task.read(turn.facts)
    nodes = [_node(turn, _text(services, turn), calls)]
    info = {
        "task_id": task.id if task else None,
        "paused_for_tool_calls": bool(calls),
        "agent_node_execution_statuses": nodes,
    }
    return {"completed": now in ENDED, "status": now, "task_info": info}


def whole(
    services: Services, turn: Turn, asked: Mapping[str, Any], calls: Sequence[PendingCall] | None = None
) -> dict[str, Any]:
    """Show a task with everything that is known of it; with `calls`, as it stood when it waited for them, or ran."""
    if calls is None:
        calls = waiting(services, turn)
        now = state(turn, calls)
    else:
        now = AWAITING if calls else "running"
    text, task, failed = _text(services, turn), Task.read(turn.facts), now == "failed"
    inputs = {name: asked.get("inputs", {}).get(name) or {} for name in ("strings", "images")}
    nodes = [_node(turn, text, calls)]
    steps = {"1": {**inputs, "output_text": text}}
    agent = task.called if task else None
    return {
        "task_id": task.id if task else None,
        "id": task.id if task else None,
        "agent_id": agent,
        "workflow_id": agent,
        "agent_name": asked.get("agent_name"),
        "version": turn.agent_version or None,
        "environment": task.environment if task else None,
        "status": now,
        "result": text if now == "completed" else None,
        "executed_node_records": nodes,
        "prior_nodes_execution_records": nodes,
        "started_at": _time(turn.began_at),
        "completed_at": _time(turn.ended_at) if now in ENDED else None,
        "tokens_in": sum(count for name, count in turn.usage.items() if name.endswith("input_tokens")),
        "tokens_out": turn.usage["output_tokens"],
        "num_steps": turn.step,
        "metadata": asked.get("metadata") or {},
        "initial_inputs": inputs,
        "parent_task_id": None,
        "subgraph_task_id": None,
        "tenant_id": (task.tenant_label if task else "") or None,
        "failure_code": (turn.code or None) if failed else None,
        "failure_reason": turn.error if failed else None,
        "failure_code_details": None,
        "grader_result": None,
        "execution_context": {"steps": steps},
    }


def _node(turn: Turn, text: str, calls: Sequence[PendingCall]) -> dict[str, Any]:
    """An agent is a graph of one node here."""
    failed = turn.status == "failed"
    return {
        "node_name": "agent",
        "current_step_input": "",
        "full_output": text,
        "tool_call_requests": [_call(request) for request in calls] or None,
        "node_exit_tool_call_request": None,
        "tool_call_responses": None,
        "failure_reason": turn.error if failed else None,
        "failure_code": turn.code if failed else None,
        "failure_code_details": None,
    }


def _call(request: PendingCall) -> dict[str, Any]:
    return {
        "id": request.id,
        "call_id": request.id,
        "type": "function_call",
        "name": request.name,
        "arguments": jsontext.dumps(request.arguments),
    }


def _text(services: Services, turn: Turn) -> str:
    return spoken.texts(services, [(turn.key, turn.step)])[0]


def _time(seconds: float | None) -> str | None:
    return datetime.fromtimestamp(seconds, UTC).isoformat() if seconds else None
