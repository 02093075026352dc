"""Routes of the runs dialect (contract B): jobs as PraisonAI's clients know them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from walkaway_core.dialects.runs import index, progress, reading, runs, settings
from walkaway_core.dialects.runs.errors import RunProblem
from walkaway_core.dialects.runs.index import Run
from walkaway_core.dialects.runs.problems import BadState, RunBusy
from walkaway_core.dialects.runs.progress import Telling
from walkaway_core.dialects.runs.reading import StoredRun
from walkaway_core.dialects.runs.runs import TIMEOUT, RunRequest
from walkaway_core.dialects.runs.wire import RunAccepted, RunList, RunResult, RunStats, RunStatus, RunSubmit
from walkaway_core.http import errors, large, repeats, sse
from walkaway_core.http.access import Called
from walkaway_core.http.cursors import number
from walkaway_core.http.direct import direct
from walkaway_core.http.streaming import streamed
from walkaway_core.log import readers, spoken
from walkaway_core.log.readers import Cursor
from walkaway_core.store.keys import TurnKey
from walkaway_core.store.services import Services
from walkaway_wire import jsontext

router = APIRouter(tags=["runs"], route_class=large.Route)
FRAMES = 'event: status\r\ndata: {"status":"running","job_id":"run_…"}\r\n\r\n'
STREAM: dict[int | str, dict[str, Any]] = {
    200: {"description": "The run as it goes on", "content": {"text/event-stream": {"example": FRAMES}}}
}
UNKNOWN = errors.answers(404, model=RunProblem)
STATE = errors.answers(404, 409, model=RunProblem)
BASE = "/api/v1/runs"
AGAIN = {"queued": 2, "running": 5}
"""Seconds after which it is worth asking again."""


@router.post(BASE, status_code=202, responses=STATE, summary="Submit a run")
@router.post(f"{BASE}/", status_code=202, include_in_schema=False)
@direct
def submit(
    caller: Called,
    asked: RunSubmit,
    request: Request,
    response: Response,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> RunAccepted:
    """Start a task. The same key gives the same run, whatever else is asked, for as long as that run is there."""
    del idempotency_key  # read below, in all its lines
    wanted = RunRequest(
        prompt=asked.prompt,
        recipe=asked.recipe_name or "",
        settings=settings.read(asked),
        label=asked.session_id or "",
        timeout=asked.timeout or TIMEOUT,
        webhook=asked.webhook_url or "",
        once=repeats.key(request, asked.idempotency_key, counts=asked.idempotency_scope != "none"),
        scope=asked.idempotency_scope or "global",
    )
    turn = runs.submit(caller.services, caller.tenant, wanted)
    run = Run.read(turn.facts)
    assert run
    url = f"{request.base_url}{BASE[1:]}/{run.id}"
    response.headers["Location"] = url
    response.headers["Retry-After"] = "2"
    return RunAccepted(
        job_id=run.id,
        status=index.state(turn),  # type: ignore[arg-type]
        created_at=_time(turn.created_at) or "",
        poll_url=url,
        stream_url=f"{url}/stream",
    )


@router.get(BASE, summary="List runs, the newest first")
@router.get(f"{BASE}/", include_in_schema=False)
def listing(
    caller: Called,
    request: Request,
    *,
    status: str | None = None,
    session_id: str | None = None,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    page_size: Annotated[int, Query(ge=1, le=100)] = 20,
) -> RunList:
    """List runs by page, of one status or label if they are named; `total` counts what is listed."""
    if status is not None and status not in index.STATES:
        raise BadState(f"Invalid status: {status[:100]}. Valid values: {list(index.STATES)}")
    listed, total = reading.listing(
        caller.services,
        caller.tenant,
        state=status or "",
        label=session_id or "",
        skip=(page - 1) * page_size,
        limit=page_size,
    )
    return RunList(jobs=[_status(request, one) for one in listed], total=total, page=page, page_size=page_size)


@router.get(f"{BASE}/{{run}}", responses=UNKNOWN, summary="Read a run")
@direct
def get(caller: Called, run: str, request: Request) -> RunStatus:
    """Read how a run stands."""
    return _status(request, reading.get(caller.services, caller.tenant, run))


@router.get(f"{BASE}/{{run}}/result", responses=STATE, summary="Read a run's result")
def result(caller: Called, run: str) -> RunResult:
    """Read what came of a run that is over, whole."""
    stored = reading.get(caller.services, caller.tenant, run)
    turn = stored.turn
    if turn.ended_at is None:
        raise RunBusy(f"Job is not complete. Current status: {index.state(turn)}")
    text = spoken.texts(caller.services, [(turn.key, turn.step)])[0]
    return RunResult(
        job_id=stored.run.id,
        status=index.state(turn),  # type: ignore[arg-type]
        result=text if turn.status == "completed" else None,
        result_url=None,
        metrics={"steps": turn.step, "usage": turn.usage, "cost_usd": turn.cost_usd},
        created_at=_time(turn.created_at) or "",
        started_at=_time(turn.began_at),
        completed_at=_time(turn.ended_at),
        duration_seconds=round(turn.seconds, 6),
        error=index.error(turn),
    )


@router.get(
    f"{BASE}/{{run}}/stream",
    responses=STREAM | UNKNOWN,
    response_model=None,
    response_class=StreamingResponse,
    summary="Follow a run",
)
@direct
@streamed
async def stream(caller: Called, run: str, last_event_id: Annotated[str | None, Header()] = None) -> Response:
    """Follow a run to its end, from its beginning or from behind Last-Event-ID, as Server-Sent Events."""
    services = caller.services
    stored = await services.reading(reading.get, services, caller.tenant, run)
    after = number(last_event_id)
    await services.reading(readers.cursor, services, stored.turn.key, after)
    frames = _frames(services, stored.turn.key, Telling(stored.run.id), after)
    return StreamingResponse(frames, media_type="text/event-stream", headers=sse.HEADERS)


@router.post(f"{BASE}/{{run}}/cancel", responses=STATE, summary="Cancel a run")
def cancel(caller: Called, run: str, request: Request) -> RunStatus:
    """End a run now; the answer shows it as it then is."""
    return _status(request, runs.cancel(caller.services, caller.tenant, run))


@router.delete(f"{BASE}/{{run}}", status_code=204, responses=STATE, summary="Delete a run")
def delete(caller: Called, run: str) -> None:
    """Delete a run that is over. Files stay: they are the workspace's."""
    runs.delete(caller.services, caller.tenant, run)


@router.get("/stats", summary="Count runs")
def stats(caller: Called) -> RunStats:
    """Count the caller's runs by their status."""
    counts = index.counts(caller.services, caller.tenant)
    by_status, total = {state: counts[state] for state in index.STATES}, sum(counts.values())
    executor = {
        "running_jobs": counts["running"],
        "max_concurrent": None,
        "default_timeout": TIMEOUT,
        "shutdown": False,
    }
    return RunStats(
        total_jobs=total,
        by_status=by_status,
        store={"total_jobs": total, "by_status": by_status},
        executor=executor,
    )


async def _frames(services: Services, turn: TurnKey, telling: Telling, after: int) -> AsyncIterator[str]:
    """Write a run's events; those up to `after` only bring the telling up to date. The last of a kind has the id."""
    at = Cursor(-1, "", done=False)
    async for events in readers.follow(services, turn, at, services.settings.stream_seconds):
        out = []
        for event in events:
            lines = list(telling.lines(event))
            if event.number > after:
                for n, (kind, data) in enumerate(lines, 1):
                    id_ = f"id: {event.number}\r\n" if n == len(lines) else ""
                    out.append(f"{id_}event: {kind}\r\ndata: {jsontext.dumps(data)}\r\n\r\n")
        if not events:
            beat = {"timestamp": datetime.now(UTC).isoformat()}
            out.append(f"event: heartbeat\r\ndata: {jsontext.dumps(beat)}\r\n\r\n")
        if out:
            yield "".join(out)


def _status(request: Request, stored: StoredRun) -> RunStatus:
    turn, state = stored.turn, stored.state
    native = f"{request.base_url}v1/sessions/{turn.key.session}/responses/{turn.key.turn}"
    return RunStatus(
        job_id=stored.run.id,
        status=state,  # type: ignore[arg-type]
        progress=progress.of(stored),
        created_at=_time(turn.created_at) or "",
        started_at=_time(turn.began_at) if turn.started else None,
        completed_at=_time(turn.ended_at),
        agent_id=f"recipe:{stored.run.recipe}" if stored.run.recipe else None,
        run_id=turn.key.turn,
        session_id=stored.run.label or None,
        error=index.error(turn),
        retry_after=AGAIN.get(state),
        native=native,
    )


def _time(seconds: float | None) -> str | None:
    if not seconds:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
