"""`walkaway sessions`: list them, look at them, make, rename and delete them."""

import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from walkaway.commands import asking, completing, known, names, options, times
from walkaway.commands.app import App, pass_app
from walkaway.commands.output import Column, nothing

if TYPE_CHECKING:
    from walkaway import Session


EVERY = 1_000_000


def _state(raw: Mapping[str, Any]) -> str:
    if raw.get("pending_tool_calls"):
        return "waiting"
    return "busy" if raw.get("busy") else str((raw.get("last_response") or {}).get("status", "new"))


@click.group(cls=options.Group)
def sessions() -> None:
    """List sessions, look at them, delete them."""


@sessions.command("list", examples=("walkaway sessions list", "walkaway sessions list --waiting --limit 5 --field id"))
@click.option("--busy", is_flag=True, help="Those in which a turn runs.")
@click.option("--waiting", is_flag=True, help="Those that wait for you.")
@click.option("--failed", is_flag=True, help="Those whose last turn has failed.")
@click.option("--agent", metavar="NAME", shell_complete=completing.agents, help="Those of an agent.")
@click.option("--search", metavar="TEXT", help="Those that have this in their title or metadata.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="As many at the most.")
@pass_app
def list_(app: App, /, *, limit: int, agent: str | None, search: str | None, **flags: bool) -> None:
    """List sessions, the newest first."""
    only = {name: "true" for name, is_wanted in flags.items() if is_wanted}
    found = asking.every(app, "sessions", limit=limit, agent=agent, q=search, **only)
    utc = app.said.utc
    columns = [
        Column("SESSION", lambda raw: names.short(raw["id"]) if app.out.is_terminal else str(raw["id"])),
        Column("STATE", _state),
        Column("TITLE", lambda raw: str(raw.get("title") or ""), grows=True),
        Column("TURNS", lambda raw: str(raw.get("turns") or 0), spare=True),
        Column("LAST USED", lambda raw: times.point(raw.get("last_activity"), utc=utc), spare=True),
        Column("COST", lambda raw: times.money(raw.get("cost_usd")), spare=True),
    ]
    none = nothing("sessions", 'walkaway run "…" makes one', **flags, agent=agent, search=search)
    with known.named(app, agent, None):
        app.out.rows(found, columns, lambda raw: str(raw["id"]), none)


@sessions.command("show", examples=("walkaway sessions show @", "walkaway sessions show @ --field cost_usd"))
@click.argument("name", default="@", metavar="[SESSION]", shell_complete=completing.sessions)
@pass_app
def show(app: App, /, *, name: str) -> None:
    """Show a session."""
    _show(app, names.session(app, name).refresh())


@sessions.command(
    "create", examples=("walkaway sessions create -q", 'walkaway sessions create --title "Tides of Porto" --ttl 30d')
)
@click.option("--agent", metavar="NAME", shell_complete=completing.agents, help="The agent whose settings it has.")
@click.option("--model", metavar="MODEL", help="The model that answers.")
@click.option("--title", metavar="TITLE", help="What it is called.")
@click.option(
    "--ttl", type=times.Duration(), metavar="TIME", default="7d", show_default=True, help="How long it lives."
)
@click.option("--approve", multiple=True, metavar="TOOL", help="Ask before calls of this tool.")
@pass_app
def create(
    app: App, /, *, agent: str | None, model: str | None, title: str | None, ttl: float, approve: tuple[str, ...]
) -> None:
    """Make a session, which `walkaway send @ MESSAGE` then speaks to."""
    settings: dict[str, Any] = {"model": model, "approve": list(approve)}
    given = {name: value for name, value in settings.items() if value}
    with known.named(app, agent, model):
        session = app.client.sessions.create(agent=agent or "", ttl=int(ttl), **given)
    if title:
        session.update(title=title)
    app.state.use(session.id)
    app.out.record(session.raw, lambda: app.out.text(session.id), session.id)


@sessions.command("rename", examples=('walkaway sessions rename @ "Tides of Porto"', 'walkaway sessions rename @2 ""'))
@click.argument("name", metavar="SESSION", shell_complete=completing.sessions)
@click.argument("title")
@pass_app
def rename(app: App, /, *, name: str, title: str) -> None:
    """Call a session by another title."""
    session = names.session(app, name).update(title=title)
    app.out.record(session.raw, lambda: app.out.note(f"{session.id} is called {session.title!r}"), session.id)


@sessions.command("meta", examples=("walkaway sessions meta @ project=tides", "walkaway sessions meta @ project="))
@click.argument("name", metavar="SESSION", shell_complete=completing.sessions)
@click.argument("changes", nargs=-1, metavar="[KEY=VALUE]…")
@pass_app
def meta(app: App, /, *, name: str, changes: tuple[str, ...]) -> None:
    """Show a session's metadata, or set keys of it; what has no value is removed.

    A value that is JSON is taken as that, anything else as text.
    """
    said = [each.partition("=") for each in changes]
    if wrong := next((key for key, equals, _ in said if not equals or not key), None):
        raise click.UsageError(f"{wrong!r} has no =: write KEY=VALUE, or KEY= to remove it")
    session = names.session(app, name)
    if said:
        session.update(metadata={key: _json(value) if value else None for key, _, value in said})
    else:
        session.refresh()
    metadata = session.metadata
    pairs = [(key, value if isinstance(value, str) else json.dumps(value)) for key, value in metadata.items()]
    app.out.record(metadata, lambda: app.out.pairs(pairs), session.id)


@sessions.command("export", examples=("walkaway sessions export @ >talk.md", "walkaway sessions export @ --json"))
@click.argument("name", default="@", metavar="[SESSION]", shell_complete=completing.sessions)
@pass_app
def export(app: App, /, *, name: str) -> None:
    """Print what was said in a session, from its beginning: as markdown, or as the API's objects."""
    found = names.session(app, name).messages()
    if not app.out.is_plain:
        app.out.rows((each.model_dump() for each in found), (), lambda raw: str(raw["id"]))
        return
    from walkaway.commands import transcript

    for each in found:
        app.out.text(transcript.markdown(each, utc=app.said.utc))


@sessions.command("delete", examples=("walkaway sessions delete @ --yes", "walkaway sessions delete @2 --yes"))
@click.argument("sessions_", nargs=-1, required=True, metavar="SESSION…", shell_complete=completing.sessions)
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_app
def delete(app: App, /, *, sessions_: tuple[str, ...], yes: bool) -> None:
    """Delete sessions, and cancel what runs in them. Files stay."""
    found = [names.session(app, name) for name in sessions_]
    app.sure(f"Delete {', '.join(each.id for each in found)}?", yes=yes)
    for session in found:
        session.delete()
        app.state.forget(session.id)
        app.out.record({"id": session.id, "deleted": True}, _said(app, session), session.id)


@sessions.command(
    "prune",
    examples=("walkaway sessions prune --older-than 30d --yes", "walkaway sessions prune --older-than 1h --yes"),
)
@click.option("--older-than", type=times.Whole(), required=True, metavar="TIME", help="Not used for so long.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_app
def prune(app: App, /, *, older_than: int, yes: bool) -> None:
    """Delete sessions that have not been used for some time, and in which nothing runs."""
    if app.asks and not yes:
        before = time.time() - older_than
        every = asking.every(app, "sessions", limit=EVERY, busy="false")
        old = sum(each.get("last_activity", 0) <= before for each in every)
        if not old:
            app.out.record({"deleted": 0}, lambda: app.out.note("There are none: nothing is deleted"), "0")
            return
        app.sure(f"Delete {times.many(old, 'session')}, not used for {times.worded(older_than)}?", yes=yes)
    else:
        app.sure(f"Delete all sessions that were not used for {times.worded(older_than)}?", yes=yes)
    count = app.client.sessions.delete_many(status="idle", older_than=times.written(older_than, days=False))
    app.out.record({"deleted": count}, lambda: app.out.note(f"{times.many(count, 'session')} deleted"), str(count))


def _json(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def _said(app: App, session: "Session") -> Any:
    return lambda: app.out.note(f"{session.id} is deleted")


def _show(app: App, session: "Session") -> None:
    raw, utc = session.raw, app.said.utc
    app.state.use(session.id)
    pairs = [
        ("session", session.id),
        ("title", session.title),
        ("state", _state(raw)),
        ("turn", str(raw.get("response_id") or (raw.get("last_response") or {}).get("id") or "")),
        ("turns", str(raw.get("turns") or 0)),
        (
            "waits for",
            ", ".join(f"{each.get('name')} ({each.get('call_id')})" for each in raw.get("pending_tool_calls") or ()),
        ),
        ("queue", ", ".join(map(str, raw.get("queue") or ()))),
        ("agent", str(raw.get("agent") or "")),
        ("model", str(raw.get("model") or "")),
        ("cost", times.money(session.cost_usd)),
        ("made", times.point(raw.get("created_at"), utc=utc)),
        ("last used", times.point(raw.get("last_activity"), utc=utc)),
        ("ends", times.point(session.expires_at, utc=utc)),
        ("metadata", json.dumps(session.metadata, ensure_ascii=False) if session.metadata else ""),
    ]
    app.out.record(raw, lambda: app.out.pairs(pairs), session.id)
