"""Routes of schedules: turns that begin by themselves, and what became of each of their times."""

from collections.abc import Sequence
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from walkaway_core.http import errors, large, pages, repeats
from walkaway_core.http.access import Called
from walkaway_core.schedules import by_hand, firings, resource, schedules
from walkaway_core.schedules.firings import Firing
from walkaway_core.schedules.schedules import Schedule
from walkaway_core.store import idempotency, turns
from walkaway_core.store.keys import TurnKey
from walkaway_core.store.services import Services
from walkaway_wire.firings import FiringRecord, Outcome, ScheduleBackfillAsked, ScheduleRunAsked
from walkaway_wire.schedules import (
    ScheduleChange,
    ScheduleCreate,
    SchedulePaused,
    SchedulePreview,
    SchedulePreviewAsked,
    ScheduleRecord,
)

router = APIRouter(prefix="/v1/schedules", tags=["schedules"], route_class=large.Route)


class FiringsQuery(pages.PageQuery):
    """Which firings, and which part of their list."""

    outcome: Annotated[Outcome | None, Query(description="only those of which this became")] = None


@router.post(
    "", status_code=201, responses=errors.answers(400, 401, 403, 404, 409, 413, 422), summary="Make a schedule"
)
def create(
    caller: Called, asked: ScheduleCreate, request: Request, response: Response, idempotency_key: repeats.Key = None
) -> ScheduleRecord:
    """Have turns begin at given times. The same `Idempotency-Key` within 24 hours makes no second schedule."""
    del idempotency_key
    services, tenant = caller.services, caller.tenant
    said = asked.model_dump(mode="json", exclude_unset=True)
    once = repeats.making(request, tenant, "schedule", said)
    made, again = idempotency.make(
        services,
        once,
        lambda: resource.create(services, tenant, said, once),
        lambda id_: schedules.find(services, tenant, id_),
    )
    repeats.say(response, again=again)
    return _records(services, [made])[0]


@router.get("", responses=errors.answers(400, 401), summary="List schedules, the newest first")
def listing(
    caller: Called, request: Request, response: Response, page: Annotated[pages.PageQuery, Query()]
) -> list[ScheduleRecord]:
    """List the newest schedules as a bare array; the header X-Next-Cursor says how to go on."""
    listed, more = schedules.listing(caller.services, caller.tenant, limit=page.limit, after=page.cursor("sch_"))
    pages.link(request, response, more)
    return _records(caller.services, listed)


@router.post("/preview", responses=errors.answers(400, 401), summary="Say when a schedule would fire")
def preview(caller: Called, asked: SchedulePreviewAsked) -> SchedulePreview:
    """Say in words when it would fire, and its next times. Nothing is made."""
    now = caller.services.clock.now()
    plan = resource.checked({**schedules.NOTHING, **asked.model_dump(exclude={"count"})}, now)
    return SchedulePreview(description=plan.words, upcoming=list(islice(plan.after(now), asked.count)))


@router.get("/{schedule}", responses=errors.answers(401, 404), summary="Read a schedule")
def get(caller: Called, schedule: str) -> ScheduleRecord:
    """Read a schedule, by its id or its name."""
    return _records(caller.services, [schedules.find(caller.services, caller.tenant, schedule)])[0]


@router.patch("/{schedule}", responses=errors.answers(400, 401, 403, 404, 409, 413), summary="Change a schedule")
def change(caller: Called, schedule: str, asked: ScheduleChange) -> ScheduleRecord:
    """Change what is named; new times count from now on. `status` pauses it, with a `note`, or lets it go on."""
    said = asked.model_dump(mode="json", exclude_unset=True)
    return _records(caller.services, [resource.change(caller.services, caller.tenant, schedule, said)])[0]


@router.delete("/{schedule}", status_code=204, responses=errors.answers(401, 404), summary="Delete a schedule")
def delete(caller: Called, schedule: str) -> None:
    """Delete a schedule: nothing fires any more. Its sessions stay, and so do turns that run."""
    resource.delete(caller.services, caller.tenant, schedule)


@router.post(
    "/{schedule}/run", status_code=202, responses=errors.answers(400, 401, 404, 422), summary="Fire a schedule now"
)
def run(
    *,
    caller: Called,
    schedule: str,
    request: Request,
    response: Response,
    asked: ScheduleRunAsked | None = None,
    idempotency_key: repeats.Key = None,
) -> FiringRecord:
    """Fire now, also while it is paused; its next time stays. The same `Idempotency-Key` fires no second time."""
    del idempotency_key
    services, tenant, asked = caller.services, caller.tenant, asked or ScheduleRunAsked()
    found = schedules.find(services, tenant, schedule)
    once = repeats.making(request, tenant, f"firing of {found.id}", asked.model_dump(exclude_unset=True))
    made, again = idempotency.make(
        services,
        once,
        lambda: by_hand.run(services, found, overlap=asked.overlap, message=asked.message, once=once).id,
        lambda id_: id_,
    )
    repeats.say(response, again=again)
    return _firings(services, [firings.load(services, tenant, found.id, made)])[0]


@router.post(
    "/{schedule}/backfill",
    status_code=202,
    responses=errors.answers(400, 401, 404, 422),
    summary="Fire for times that have passed",
)
def backfill(
    *,
    caller: Called,
    schedule: str,
    asked: ScheduleBackfillAsked,
    request: Request,
    response: Response,
    idempotency_key: repeats.Key = None,
) -> list[FiringRecord]:
    """Fire for each time from `from` to `to`, at most 100, the oldest first, whether it has fired before or not."""
    del idempotency_key
    services, tenant = caller.services, caller.tenant
    found = schedules.find(services, tenant, schedule)
    said = asked.model_dump(exclude_unset=True)
    once = repeats.making(request, tenant, f"backfill of {found.id}", said)
    batch, again = idempotency.make(
        services,
        once,
        lambda: by_hand.backfill(services, found, asked.begin, asked.to, overlap=asked.overlap, once=once),
        lambda id_: id_,
    )
    repeats.say(response, again=again)
    return _firings(services, by_hand.of_backfill(services, found, batch, asked.begin, asked.to))


@router.get("/{schedule}/firings", responses=errors.answers(400, 401, 404), summary="List firings, the newest first")
def list_firings(
    caller: Called, schedule: str, request: Request, response: Response, page: Annotated[FiringsQuery, Query()]
) -> list[FiringRecord]:
    """List what became of each time in the last 90 days, the newest first; X-Next-Cursor says how to go on."""
    found = schedules.find(caller.services, caller.tenant, schedule)
    listed, more = firings.listing(
        caller.services,
        caller.tenant,
        found.id,
        limit=page.limit,
        after=page.cursor("fire_"),
        outcome=page.outcome or "",
    )
    pages.link(request, response, more)
    return _firings(caller.services, listed)


def _records(services: Services, found: list[Schedule]) -> list[ScheduleRecord]:
    """Show schedules, each with the firing that came last."""
    lasts = [each for each in found if each.text("last")]
    names = [(each.tenant, each.id, each.text("last")) for each in lasts]
    there = [firing for firing in firings.load_all(services, names) if firing]
    shown = {record.schedule_id: record for record in _firings(services, there)}
    return [_record(each, services.clock.now(), shown.get(each.id)) for each in found]


def _record(schedule: Schedule, now: float, last: FiringRecord | None) -> ScheduleRecord:
    upcoming = resource.expected(schedule, now)
    return ScheduleRecord.model_validate(
        {
            **schedule.asked,
            "id": schedule.id,
            "attachments": [_without_data(each) for each in schedule.asked["attachments"]],
            "status": schedule.state,
            "paused_reason": _reason(schedule),
            "description": schedule.plan.words if schedule.readable else "",
            "next_at": upcoming[0] if upcoming else None,
            "upcoming": upcoming,
            "last_firing": last,
            "counts": {name: schedule.number(name) for name in schedules.OUTCOMES},
            "created_at": schedule.created_at,
            "updated_at": schedule.updated_at,
        }
    )


def _reason(schedule: Schedule) -> SchedulePaused | None:
    """Show why it is paused, also where what is stored of that is damaged."""
    said = schedule.reason or {}
    if schedule.state != "paused":
        return None
    at = said.get("at")
    return SchedulePaused(
        code=str(said.get("code", "")),
        message=str(said.get("message", "")),
        at=at if isinstance(at, int | float) else 0.0,
    )


def _without_data(attachment: dict[str, Any]) -> dict[str, Any]:
    """Show an attachment; of one that came with its bytes only how many characters those are."""
    data = attachment.get("data")
    return {**attachment, "data": f"[{len(data)} characters]"} if data else attachment


def _firings(services: Services, found: Sequence[Firing | None]) -> list[FiringRecord]:
    """Show firings, each with how its turn is now."""
    there = [each for each in found if each]
    keys = [TurnKey(each.tenant, each.text("session"), each.text("turn")) for each in there if each.text("turn")]
    status: dict[str, Any] = {}
    for start in range(0, len(keys), 100):
        part = keys[start : start + 100]
        for key, item in zip(part, services.table.get(*(key.item for key in part)), strict=True):
            found_now = turns.unpack(key, item).status if item else None
            status[key.turn] = "in_progress" if found_now == "running" else found_now
    return [
        FiringRecord.model_validate(
            {
                "id": each.id,
                "schedule_id": each.schedule,
                "scheduled_at": each.scheduled,
                "fired_at": each.fired_at,
                "trigger": each.trigger,
                "outcome": each.outcome,
                "count": each.count,
                "session_id": each.text("session") or None,
                "response_id": each.text("turn") or None,
                "turn_status": status.get(each.text("turn")),
                "pruned": {"status": each.text("pruning"), "deleted": each.number("pruned")}
                if each.text("pruning")
                else None,
                "error": {"code": each.text("code"), "message": each.text("error")} if each.text("code") else None,
            }
        )
        for each in there
    ]
