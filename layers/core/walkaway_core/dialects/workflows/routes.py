"""Routes of the workflows dialect (contract C): tasks of agents, as the client agentserviceapi knows them."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from walkaway_core.dialects.workflows import forms, reading, records, tasks
from walkaway_core.dialects.workflows.errors import WorkflowProblem
from walkaway_core.dialects.workflows.problems import NoToolResponses
from walkaway_core.dialects.workflows.tasks import TaskRequest
from walkaway_core.dialects.workflows.wire import (
    STATUS,
    TASK,
    CancelScheduled,
    TaskStart,
    TaskStarted,
    ToolResponse,
    ToolResponses,
    ToolResponsesTaken,
    Uploaded,
    shown,
)
from walkaway_core.engine.pause import answering
from walkaway_core.engine.pause.answering import CallAnswer
from walkaway_core.http import errors, large, sse
from walkaway_core.http.access import Called
from walkaway_core.http.direct import direct
from walkaway_core.http.streaming import streamed
from walkaway_core.log import log, readers
from walkaway_core.models import aliases
from walkaway_core.store import turns
from walkaway_core.store.keys import TurnKey
from walkaway_core.store.services import Services
from walkaway_wire import jsontext
from walkaway_wire.events import STEP_STARTED, TERMINAL, TOOL_CALL_REQUESTED, TOOL_RESULT

router = APIRouter(prefix="/api", tags=["workflows"], route_class=large.Route)
CHANGES = TERMINAL | {STEP_STARTED, TOOL_CALL_REQUESTED, TOOL_RESULT}
"""The events after which a task may stand otherwise."""
EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "How the task stands now, and whenever that changes",
        "content": {"text/event-stream": {"example": 'data: {"type":"sync","task_status":{…}}\n\n'}},
    }
}
UNKNOWN = errors.answers(404, model=WorkflowProblem)
STATE = errors.answers(404, 409, model=WorkflowProblem)
STARTS = errors.answers(403, 404, 409, model=WorkflowProblem)
FILES = errors.answers(403, 409, model=WorkflowProblem)
"""A path that is none, or that something else is in the way of."""
Label = Annotated[str, Header(alias="X-Tenant-Id", max_length=200, description="comes back in the task's record")]


@router.post("/workflow/execute/{agent_id}", responses=STARTS, summary="Start a task")
@direct
def execute(caller: Called, agent_id: str, asked: TaskStart, label: Label = "") -> TaskStarted:
    """Start a task of an agent, by the agent's id or name."""
    return _start(caller.services, caller.tenant, agent_id, asked, label)


@router.post(
    "/workflow/execute/{agent_id}/with-files",
    openapi_extra=forms.form(words=True),
    responses=STARTS,
    summary="Start a task with files",
)
async def execute_with_files(caller: Called, agent_id: str, request: Request, label: Label = "") -> TaskStarted:
    """Start a task with the form fields inputs, environment and metadata (JSON), and the files file_1 and file_2."""
    services, tenant = caller.services, caller.tenant
    return await forms.started_with(
        services, tenant, request, lambda asked: _start(services, tenant, agent_id, asked, label)
    )


@router.post(
    "/workflow/upload-run-input",
    openapi_extra=forms.form(words=False),
    responses=FILES,
    response_model_exclude_none=True,
    summary="Upload files for a task",
)
async def upload(caller: Called, request: Request) -> Uploaded:
    """Keep the files file_1 and file_2; a task that has their references in `inputs.strings` gets them."""
    references = await forms.stored(caller.services, caller.tenant, request)
    if len(references) == 1:
        return Uploaded(reference=next(iter(references.values())))
    return Uploaded(references=references)


@router.get("/agent/{agent_id}/status/{task_id}", responses=shown(STATUS) | UNKNOWN, summary="Read how a task stands")
@direct
def status(caller: Called, agent_id: str, task_id: int) -> dict[str, Any]:
    """Read how a task stands, and what it waits for."""
    task = reading.get(caller.services, caller.tenant, task_id, agent_id)
    return records.status(caller.services, task.turn)


@router.get(
    "/agent/{agent_id}/status/{task_id}/events",
    responses=EVENTS | UNKNOWN,
    response_model=None,
    response_class=StreamingResponse,
    summary="Follow a task",
)
@direct
@streamed
async def events(
    caller: Called,
    agent_id: str,
    task_id: int,
    since_seq: Annotated[int | None, Query(description="taken; a stream begins with how the task stands now")] = None,
) -> Response:
    """Follow a task to its end: how it stands now, and again whenever that changes. Each pause is said once."""
    del since_seq
    task = await caller.services.reading(reading.get, caller.services, caller.tenant, task_id, agent_id)
    frames = _frames(caller.services, task.turn.key)
    return StreamingResponse(frames, media_type="text/event-stream", headers=sse.HEADERS)


@router.post("/agent/{agent_id}/{task_id}/tool_responses", responses=STATE, summary="Answer tool calls of a task")
def tool_responses(caller: Called, agent_id: str, task_id: int, asked: ToolResponses) -> ToolResponsesTaken:
    """Answer calls that wait; the same answer may come again."""
    if not asked.results:
        raise NoToolResponses
    task = reading.get(caller.services, caller.tenant, task_id, agent_id)
    answers = [(result.call_id, _answer(result)) for result in asked.results]
    answering.take(caller.services, task.turn.key.owner, answers)
    return ToolResponsesTaken(message=f"{len(answers)} tool responses were accepted", task_id=task_id)


@router.get("/workflow/run/{task_id}", responses=shown(TASK) | UNKNOWN, summary="Read a task")
@direct
def run(caller: Called, task_id: int) -> dict[str, Any]:
    """Read everything that is known of a task."""
    task = reading.get(caller.services, caller.tenant, task_id)
    return records.whole(caller.services, task.turn, task.asked)


@router.get("/workflow/runs/by-parent/{task_id}", responses=UNKNOWN, summary="List a task's child tasks")
def children(caller: Called, task_id: int) -> list[dict[str, Any]]:
    """List the tasks that a task has begun: there are none, since an agent is one node here."""
    reading.get(caller.services, caller.tenant, task_id)
    return []


@router.get("/agent/{agent_id}/runs", responses=shown({"runs": [TASK]}) | UNKNOWN, summary="List an agent's tasks")
def runs(caller: Called, agent_id: str) -> dict[str, list[dict[str, Any]]]:
    """List an agent's tasks, the newest first, up to 1,000."""
    listed = reading.of_agent(caller.services, caller.tenant, agent_id)
    return {"runs": [records.whole(caller.services, one.turn, one.asked) for one in listed]}


@router.post("/workflow/runs/{task_id}/schedule-cancel", responses=UNKNOWN, summary="Cancel a task")
def schedule_cancel(caller: Called, task_id: int) -> CancelScheduled:
    """End a task now; one that is over stays as it is."""
    task = tasks.cancel(caller.services, caller.tenant, task_id)
    return CancelScheduled(task_id=task_id, status=records.state(task.turn, ()))


@router.get("/models", responses=shown(["rehearsal", "claude-sonnet-4-5"]), summary="List models")
def models(caller: Called) -> list[str]:
    """List the models that agents can name here: the default first, and those that are known."""
    return aliases.names(caller.services.settings, caller.services.model)


def _start(services: Services, tenant: str, agent: str, asked: TaskStart, label: str) -> TaskStarted:
    wanted = TaskRequest(asked.inputs.model_dump(), asked.environment, asked.metadata or {}, label)
    return TaskStarted(task_id=tasks.start(services, tenant, agent, wanted).id)


def _answer(result: ToolResponse) -> CallAnswer:
    output = result.output if isinstance(result.output, str) else jsontext.dumps(result.output)
    return CallAnswer(jsontext.whole(output or result.error_message or ""), bool(result.errored))


async def _frames(services: Services, turn: TurnKey) -> AsyncIterator[str]:
    """Write how a task stands, at once and after each event that changes it; the end of the log is looked up first.

    This client cannot come back, so its stream is held on to as long as can be.
    """
    end = await run_in_threadpool(log.end, services, turn)
    at = await run_in_threadpool(readers.cursor, services, turn, end.number - 1)
    telling = _Telling(services, turn)
    yield await run_in_threadpool(telling.now)
    if telling.gone:
        return
    async for batch in readers.follow(services, turn, at, services.settings.hold_seconds, patient=True):
        changed = any(event.type in CHANGES for event in batch)
        yield (await services.reading(telling.now) if changed else "") or sse.BEAT


class _Telling:
    """Says how a task stands where that has changed, and each pause once."""

    def __init__(self, services: Services, turn: TurnKey) -> None:
        self._services = services
        self._key = turn
        self._said: dict[str, Any] = {}
        self._asked = 0
        self.gone = False

    def now(self) -> str:
        turn = turns.load(self._services, self._key)
        if turn is None:
            self.gone = True
            return _frame({"type": "error", "message": "The task is gone: its session was deleted"})
        status = records.status(self._services, turn)
        if status["task_info"]["paused_for_tool_calls"]:
            if self._asked == turn.pause.step:
                return ""
            self._asked = turn.pause.step
        elif status["status"] == self._said.get("status"):
            return ""
        self._said = status
        return _frame({"type": "sync", "task_status": status})


def _frame(data: dict[str, Any]) -> str:
    return f"data: {jsontext.dumps(data)}\n\n"
