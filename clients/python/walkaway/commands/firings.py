"""`walkaway schedules preview`, `run`, `pause`, `resume`, `backfill`, `firings`: what fires when and came of it."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from walkaway.commands import asking, completing, exits, names, options, schedule_named as named, texts, times
from walkaway.commands.app import App, pass_app
from walkaway.commands.output import Column, nothing

F = TypeVar("F", bound=Callable[..., Any])
WHICH = ("cron", "every", "at")
OVERLAPS = ("skip", "enqueue", "enqueue_all", "interrupt", "allow")
SCHEDULE = click.argument("schedule", shell_complete=completing.schedules)


def _rhythm(command: F) -> F:
    for option in (
        click.option(
            "--timezone", is_eager=True, metavar="ZONE", help="Of --cron (else UTC) and --at (else this machine's)."
        ),
        click.option("--at", type=times.Moment(), metavar="MOMENT", help="Once, at this time."),
        click.option("--every", type=times.Whole(), metavar="TIME", help="From one to the next."),
    ):
        command = option(command)
    return command


def when(command: F) -> F:
    """Add the options that say when something fires."""
    return click.option("--cron", metavar="CRON", help="Minute, hour, day, month, day of week.")(_rhythm(command))


@options.command(
    "preview",
    examples=(
        "walkaway schedules preview '0 8 * * 1-5' --timezone Europe/Berlin",
        "walkaway schedules preview --every 6h --count 2 --field description",
    ),
)
@click.argument("cron", default="")
@_rhythm
@click.option("--count", type=click.IntRange(1, 100), default=5, show_default=True, help="How many times to show.")
@pass_app
def preview(app: App, /, *, cron: str, count: int, **said: Any) -> None:
    """Say in words when something would fire, and its next times. Nothing is made."""
    body = {
        "count": count,
        **{key: value for key, value in {"cron": cron or None, **said}.items() if value is not None},
    }
    if not any(body.get(each) for each in WHICH):
        raise click.UsageError("Say when: '0 8 * * 1-5', --every 1h, or --at 2026-12-24T08:00")
    raw = app.client.request("POST", "/v1/schedules/preview", json=body).having("upcoming", list)
    upcoming = raw["upcoming"]

    def shown() -> None:
        app.out.note(str(raw["description"]))
        for each in upcoming:
            app.out.line(times.elsewhere(each, said["timezone"] or "UTC", utc=app.said.utc))

    app.out.record(raw, shown, "\n".join(map(str, upcoming)))


@options.command(
    "run", examples=("walkaway schedules run digest", "walkaway schedules run digest --overlap allow --field outcome")
)
@SCHEDULE
@click.option("--message", metavar="TEXT", help="Send this, for once; - is standard input, @FILE a file.")
@click.option("--overlap", type=click.Choice(OVERLAPS), help="What happens while the last turn goes on, for once.")
@pass_app
def run(app: App, /, *, schedule: str, message: str | None, overlap: Any) -> None:
    """Fire now, also while it is paused, and print the turn. Its next time stays as it is."""
    said = texts.given(message) if message else None
    raw = app.client.schedules.run(named.found(app, schedule)["id"], message=said, overlap=overlap).raw

    def shown() -> None:
        if raw.get("response_id"):
            app.out.text(_turn(raw))
        elif raw.get("pruned"):
            app.out.note(f"It deletes sessions: walkaway schedules firings {raw['schedule_id']} says how many")
        else:
            app.out.note(f"Nothing has begun: {_outcome(raw)}")

    app.out.record(raw, shown, _turn(raw) or str(raw["id"]))
    if raw["outcome"] == "failed":
        app.end(exits.FAILED)


@options.command(
    "pause", examples=("walkaway schedules pause digest", "walkaway schedules pause digest --note holidays")
)
@SCHEDULE
@click.option("--note", metavar="TEXT", default="", help="Why.")
@pass_app
def pause(app: App, /, *, schedule: str, note: str) -> None:
    """Let no time fire. What runs goes on, and `run` still works."""
    raw = app.client.schedules.pause(named.found(app, schedule)["id"], note=note).raw
    app.out.record(raw, lambda: app.out.note(f"{named.called(raw)} is paused"), str(raw["id"]))


@options.command(
    "resume", examples=("walkaway schedules resume digest", "walkaway schedules resume digest --field next_at")
)
@SCHEDULE
@pass_app
def resume(app: App, /, *, schedule: str) -> None:
    """Let it fire again. Nothing of the pause is made up for."""
    raw = app.client.schedules.resume(named.found(app, schedule)["id"]).raw
    at = times.elsewhere(raw.get("next_at"), raw.get("timezone"), utc=app.said.utc)
    told = f"{named.called(raw)} goes on, next at {at}"
    app.out.record(raw, lambda: app.out.note(told), str(raw["id"]))


@options.command(
    "backfill",
    examples=(
        "walkaway schedules backfill digest 2026-11-02 2026-11-04",
        "walkaway schedules backfill digest 2026-11-02T00:00Z 2026-11-03T00:00Z --overlap skip -q",
    ),
)
@SCHEDULE
@click.argument("begin", metavar="FROM", type=times.Moment())
@click.argument("end", metavar="TO", type=times.Moment())
@click.option("--overlap", type=click.Choice(["enqueue", "skip", "interrupt", "allow"]), default="enqueue",
              show_default=True, help="What happens while another turn goes on.")  # fmt: skip
@pass_app
def backfill(app: App, /, *, schedule: str, begin: int, end: int, overlap: Any) -> None:
    """Fire for each time that has passed between two, 100 at the most, the oldest first, fired before or not."""
    found = named.found(app, schedule)
    made = app.client.schedules.backfill(found["id"], begin, end, overlap=overlap)
    _list(app, found, [each.raw for each in made])


@options.command(
    "firings",
    examples=("walkaway schedules firings digest", "walkaway schedules firings digest --outcome missed --field count"),
)
@SCHEDULE
@click.option("--outcome", type=click.Choice(["queued", "started", "skipped", "missed", "failed"]), help="Only these.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="As many at the most.")
@pass_app
def firings(app: App, /, *, schedule: str, outcome: str | None, limit: int) -> None:
    """List what became of each time in the last 90 days, the newest first."""
    asked, found = {"outcome": outcome} if outcome else {}, named.found(app, schedule)
    _list(
        app,
        found,
        asking.every(app, "schedules", found["id"], "firings", limit=limit, **asked),
        nothing("firings", f"walkaway schedules run {schedule} makes one", outcome=outcome),
    )


def _list(app: App, schedule: Mapping[str, Any], raws: Any, none: str = "") -> None:
    columns = [
        Column("FIRING", lambda raw: names.short(raw["id"]) if app.out.is_terminal else str(raw["id"])),
        Column(
            "TIME", lambda raw: times.elsewhere(raw.get("scheduled_at"), schedule.get("timezone"), utc=app.said.utc)
        ),
        Column("OUTCOME", _outcome, grows=True),
        Column("TURN", _turn, spare=True),
    ]
    app.out.rows(raws, columns, lambda raw: str(raw["id"]), none)


def _turn(raw: Mapping[str, Any]) -> str:
    return f"{raw['session_id']}/{raw['response_id']}" if raw.get("response_id") else ""


def _outcome(raw: Mapping[str, Any]) -> str:
    """Say what became of it, in a line."""
    error, count = raw.get("error") or {}, raw.get("count") or 1
    parts = [f"{count} {raw['outcome']}" if count > 1 else str(raw["outcome"])]
    if pruned := raw.get("pruned"):
        parts += [str(pruned["status"]), f"{pruned['deleted']} deleted"]
    parts += [str(each) for each in (raw.get("turn_status"), error.get("message")) if each]
    return ", ".join(parts)
