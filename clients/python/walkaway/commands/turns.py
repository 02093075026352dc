"""`walkaway turns`: the turns of a session."""

import click

from walkaway import errors
from walkaway.commands import cleaning, completing, endings, exits, names, options, times
from walkaway.commands.app import App, pass_app
from walkaway.commands.output import Column


@click.group(cls=options.Group)
def turns() -> None:
    """Turns of a session; events prints the raw log."""


@turns.command("list", examples=("walkaway turns list @", "walkaway turns list @ --limit 1 --field status"))
@click.argument("name", default="@", metavar="[SESSION]", shell_complete=completing.sessions)
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="As many at the most.")
@pass_app
def list_(app: App, /, *, name: str, limit: int) -> None:
    """List the turns of a session, the newest first."""
    session = names.session(app, name)
    utc = app.said.utc
    columns = [
        Column("TURN", lambda raw: names.short(raw["id"]) if app.out.is_terminal else f"{session.id}/{raw['id']}"),
        Column("STATE", lambda raw: str(raw.get("status", ""))),
        Column("SAID LAST", lambda raw: str(raw.get("error") or raw.get("output_text") or ""), grows=True),
        Column("STEPS", lambda raw: str(raw.get("steps") or 0), spare=True),
        Column("BEGUN", lambda raw: times.point(raw.get("started_at"), utc=utc), spare=True),
        Column("COST", lambda raw: times.money(raw.get("cost_usd")), spare=True),
    ]
    none = f"Nothing was sent to {session.id} yet"
    found = session.turns(limit=limit)
    app.out.rows((each.raw for each in found), columns, lambda raw: f"{session.id}/{raw['id']}", none)
    app.state.use(session.id)  # now that it is known to be there


@turns.command("show", examples=("walkaway turns show @", "walkaway turns show @ --field output_text"))
@click.argument("name", default="@", metavar="[TURN|SESSION]", shell_complete=completing.sessions)
@pass_app
def show(app: App, /, *, name: str) -> None:
    """Show a turn: what it has said last, and how it stands."""
    turn = names.turn(app, name).refresh()

    def shown() -> None:
        if turn.text:
            app.out.text(turn.text)
        if turn.ended:
            endings.tell(app, turn)
        elif turn.pending:
            app.out.note(exits.sentence(errors.TurnWaiting(turn, turn.pending)), fg="yellow")
        else:
            app.out.note(f"{turn.ref} is {turn.status.replace('_', ' ')}. walkaway tail {turn.ref}")

    app.out.record(turn.raw, shown, turn.ref)


@turns.command("events", examples=("walkaway turns events @", "walkaway turns events @ --json --from 3"))
@click.argument("name", default="@", metavar="[TURN|SESSION]", shell_complete=completing.sessions)
@click.option("--from", "start", type=click.IntRange(0), metavar="N", help="Begin behind event N.")
@pass_app
def events(app: App, /, *, name: str, start: int | None) -> None:
    """Print the events of a turn that are there: place, name and data."""
    telling = endings.telling(app, events=True)
    for event in names.turn(app, name).events(after=-1 if start is None else start, follow=False, tools=False):
        telling.take(event)


@turns.command("usage", examples=("walkaway turns usage @", "walkaway turns usage @ --field output_tokens"))
@click.argument("name", default="@", metavar="[TURN|SESSION]", shell_complete=completing.sessions)
@pass_app
def usage(app: App, /, *, name: str) -> None:
    """Show how many tokens a turn took, and what it cost."""
    turn = names.turn(app, name).refresh()
    pairs = [(cleaning.line(kind), str(count)) for kind, count in turn.usage.items()]
    cost = times.money(turn.cost_usd)
    app.out.record(turn.raw.get("usage") or {}, lambda: app.out.pairs([*pairs, ("cost", cost)]), turn.ref)
