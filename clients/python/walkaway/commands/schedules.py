"""`walkaway schedules`: turns that begin by themselves; they are made, looked at, edited and deleted."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import click

from walkaway.commands import (
    asking,
    cleaning,
    completing,
    firings,
    known,
    names,
    options,
    pruning,
    schedule_named as named,
    texts,
    times,
)
from walkaway.commands.app import App, pass_app
from walkaway.commands.output import Column

OLDER = click.option(
    "--older-than", type=times.Whole(), metavar="TIME", help="Delete sessions that are idle for so long."
)


@click.group(cls=options.Group)
def schedules() -> None:
    """Turns at given times: list, make, edit, preview and fire them."""


@schedules.command("list", examples=("walkaway schedules list", "walkaway schedules list --field next_at"))
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="As many at the most.")
@pass_app
def list_(app: App, /, *, limit: int) -> None:
    """List schedules, the newest first."""
    columns = [
        Column("SCHEDULE", lambda raw: raw["name"] or (names.short(raw["id"]) if app.out.is_terminal else raw["id"])),
        Column("STATUS", lambda raw: str(raw["status"])),
        Column("NEXT", lambda raw: times.elsewhere(raw.get("next_at"), raw.get("timezone"), utc=app.said.utc)),
        Column("WHEN", lambda raw: str(raw["description"]), grows=True),
        Column("LAST", lambda raw: str((raw.get("last_firing") or {}).get("outcome", "")), spare=True),
    ]
    none = "There are no schedules: walkaway schedules create --cron '0 8 * * 1-5' MESSAGE makes one"
    app.out.rows(asking.every(app, "schedules", limit=limit), columns, lambda raw: str(raw["id"]), none)


@schedules.command(
    "show", examples=("walkaway schedules show digest", "walkaway schedules show digest --field next_at")
)
@click.argument("schedule", shell_complete=completing.schedules)
@pass_app
def show(app: App, /, *, schedule: str) -> None:
    """Show a schedule, by its name, its id or six letters of the id's ending."""
    named.show(app, named.found(app, schedule))


@schedules.command(
    "create",
    examples=(
        "walkaway schedules create --name digest --cron '0 8 * * 1-5' --timezone Europe/Berlin \"The day's digest\"",
        "walkaway schedules create --name tidy --action prune --older-than 30d --cron '0 3 * * *'",
    ),
)
@click.argument("message", default="")
@click.option("--file", metavar="YAML", help="Settings as `schedules edit` shows them; - is standard input.")
@click.option("--name", metavar="NAME", help="By which it can be named.")
@firings.when
@click.option("--action", type=click.Choice(["message", "prune"]), help="Send the message, or delete idle sessions.")
@OLDER
@click.option("--agent", metavar="NAME", help="The agent that works.")
@click.option("--session", metavar="SESSION", help="Go on in this session, instead of a new one each time.")
@click.option("--overlap", type=click.Choice(firings.OVERLAPS), help="What happens while the last turn goes on.")
@click.option("--catch-up", type=click.Choice(["latest", "all", "none"]), help="Which of the missed times fire.")
@pass_app
def create(
    app: App, /, *, message: str, file: str | None, session: str | None, older_than: int | None, **said: Any
) -> None:
    """Have a message sent at given times, each time in a session of its own, with {{scheduled_at}} filled in.

    Just one of --cron, --every and --at says when. With --action prune it deletes sessions instead.
    """
    from walkaway.commands import yamls

    body = yamls.file(file) if file else {}
    body |= {key: value for key, value in said.items() if value is not None}
    body |= {"message": texts.given(message)} if message else {}
    body |= {"session": names.session(app, session).id} if session else {}
    body |= _prune(older_than)
    if "prune" in body and "action" not in body and not body.get("message"):
        body["action"] = "prune"
    if body.get("action") == "prune" and not body.get("prune"):
        raise click.UsageError("Say which sessions: --older-than 30d deletes those that nobody has used for so long")
    if body.get("prune") and body.get("action") != "prune":
        raise click.UsageError("--older-than is for schedules that delete sessions: add --action prune, and no MESSAGE")
    if body.get("action") != "prune" and not body.get("message"):
        raise click.UsageError("A schedule has a message: walkaway schedules create --cron '0 8 * * 1-5' MESSAGE")
    if not any(body.get(each) for each in firings.WHICH):
        raise click.UsageError("Say when: --cron '0 8 * * 1-5', --every 1h, or --at 2026-12-24T08:00")
    with known.named(app, body.get("agent"), None):
        raw = app.client.schedules.create(**pruning.sent(body)).raw
    named.show(app, raw)


@schedules.command(
    "edit", examples=("walkaway schedules edit digest", "walkaway schedules edit digest --cron '0 9 * * 1-5'")
)
@click.argument("schedule", shell_complete=completing.schedules)
@click.option("--file", metavar="YAML", help="Take this instead of asking $EDITOR; - is standard input.")
@click.option("--message", metavar="TEXT", help="Send this; - is standard input, @FILE a file.")
@click.option("--name", metavar="NAME", help='Call it by another name; "" by none.')
@firings.when
@OLDER
@click.option("--agent", metavar="NAME", help='The agent that works; "" none.')
@click.option("--overlap", type=click.Choice(firings.OVERLAPS), help="What happens while the last turn goes on.")
@click.option("--catch-up", type=click.Choice(["latest", "all", "none"]), help="Which of the missed times fire.")
@pass_app
def edit(
    app: App, /, *, schedule: str, file: str | None, message: str | None, older_than: int | None, **said: Any
) -> None:
    """Change what is said here, or else all of it as YAML in $EDITOR. New times count from now on.

    A line that is taken out goes back to its default. What cannot be saved can be edited again, and is kept.
    """
    from walkaway.commands import editing, yamls
    from walkaway_wire.schedules import ScheduleCreate

    raw = named.found(app, schedule)
    before = named.settings(raw)
    change = {key: value for key, value in said.items() if value is not None}
    change |= {"message": texts.given(message)} if message else {}
    change |= _prune(older_than)

    def save(change: Mapping[str, Any]) -> Mapping[str, Any]:
        with known.named(app, change.get("agent"), None):
            return app.client.schedules.update(raw["id"], **pruning.sent(change)).raw if change else raw

    if file and change:
        raise click.UsageError("What is to change is said by --file, or by the other options")
    if file:
        now = save(editing.changes(before, yamls.file(file), ScheduleCreate))
    elif change:
        now = save(change)
    else:
        now = editing.until_taken(
            app,
            f"# {cleaning.line(named.called(raw))}. What is saved here counts from now on.\n" + yamls.write(before),
            lambda text: save(editing.changes(before, yamls.read(text, "It"), ScheduleCreate)),
            suffix=".yaml",
            again=f"schedules edit {raw['id']} --file",
        )
    if now is raw:
        app.out.note("Nothing is changed")
    named.show(app, now)


@schedules.command(
    "delete", examples=("walkaway schedules delete digest --yes", "walkaway schedules delete digest news --yes")
)
@click.argument("schedules_", nargs=-1, required=True, metavar="SCHEDULE…", shell_complete=completing.schedules)
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_app
def delete(app: App, /, *, schedules_: tuple[str, ...], yes: bool) -> None:
    """Delete schedules: nothing fires any more. Their sessions and turns stay."""
    those = [named.found(app, each) for each in schedules_]
    app.sure(f"Delete {', '.join(named.called(each) for each in those)}?", yes=yes)
    for each in those:
        app.client.schedules.delete(each["id"])
        told = partial(app.out.note, f"{named.called(each)} is deleted")
        app.out.record({"id": each["id"], "deleted": True}, told, each["id"])


def _prune(older_than: int | None) -> dict[str, Any]:
    return {} if older_than is None else {"prune": {"older_than": times.written(older_than)}}


for each in (firings.preview, firings.run, firings.pause, firings.resume, firings.backfill, firings.firings):
    schedules.add_command(each)
