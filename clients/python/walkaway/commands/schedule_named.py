"""A schedule as somebody names, shows and edits it: how it is found, and what of it can be said again."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from walkaway import errors
from walkaway.commands import asking, names, pruning, times

if TYPE_CHECKING:
    from walkaway.commands.app import App


def found(app: "App", name: str) -> dict[str, Any]:
    """Find a schedule by its name, its id or six letters of that. Raises NameUnknown, NameShared."""
    try:
        return app.client.schedules.get(name).raw
    except errors.NotFound:
        return names.one(name, "sch_", asking.every(app, "schedules", limit=1000), "schedule")


def called(raw: Mapping[str, Any]) -> str:
    """Give what to call it by."""
    return str(raw["name"] or raw["id"])


def settings(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Give what can be said again, without what is the default."""
    from walkaway_wire.schedules import ScheduleCreate

    fields = ScheduleCreate.model_fields
    said = {
        name: raw[name]
        for name, field in fields.items()
        if name in raw and name not in {"status", "note"} and raw[name] != field.get_default(call_default_factory=True)
    }
    return pruning.shown(said)


def status(raw: Mapping[str, Any]) -> str:
    """Say how it is, and why."""
    reason = (raw.get("paused_reason") or {}).get("message")
    return f"{raw['status']}: {reason}" if reason else str(raw["status"])


def show(app: "App", raw: Mapping[str, Any]) -> None:
    """Print what is known of one."""
    utc, last = app.said.utc, raw.get("last_firing") or {}
    session = raw.get("session")
    counts = raw.get("counts") or {}
    pairs = [
        ("schedule", str(raw["id"])),
        ("name", str(raw["name"])),
        ("status", status(raw)),
        ("when", f"{raw['description']} ({raw['timezone']})" if raw.get("cron") else str(raw["description"])),
        ("next", ", ".join(times.elsewhere(each, raw.get("timezone"), utc=utc) for each in raw.get("upcoming") or ())),
        ("message", str(raw["message"])),
        ("deletes", pruning.worded(raw)),
        ("agent", str(raw["agent"])),
        ("session", session if isinstance(session, str) else ""),
        ("overlap", str(raw["overlap"])),
        ("catch up", str(raw["catch_up"])),
        (
            "last",
            f"{last['outcome']}, {times.elsewhere(last['scheduled_at'], raw.get('timezone'), utc=utc)}" if last else "",
        ),
        ("so far", ", ".join(f"{count} {name}" for name, count in counts.items() if count)),
    ]
    app.out.record(raw, lambda: app.out.pairs(pairs), str(raw["id"]))
