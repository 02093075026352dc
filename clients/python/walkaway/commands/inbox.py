"""`walkaway inbox`: what waits for you, and what has ended since you looked."""

import json
import shlex
import time
from collections.abc import Iterator, Mapping
from typing import Any

import click

from walkaway.commands import cleaning, names, options, times
from walkaway.commands.app import App, pass_app
from walkaway.commands.output import Column

DAY = 86_400.0
MOST = 200
"""Sessions that are looked at for what has ended; lists have the newest first."""
Row = tuple[Mapping[str, Any], Mapping[str, Any] | None]
"""A session, and a call that it waits for; None: its turn has ended."""


@options.command(examples=("walkaway inbox", "walkaway inbox --waiting --field id"))
@click.option("--waiting", is_flag=True, help="What waits alone.")
@click.option("--since", type=times.Duration(), metavar="TIME", help="What has ended within this time.")
@click.option("--keep", is_flag=True, help="Show it again the next time.")
@pass_app
def inbox(app: App, /, *, waiting: bool, since: float | None, keep: bool) -> None:
    """Show what waits for you, approvals and calls, and what has ended since you looked last (or within a day)."""
    now = time.time()
    after = now - since if since is not None else app.state.looked or now - DAY
    rows = list(_waiting(app))
    idle = [] if waiting else [each.raw for each in app.client.sessions.list(busy=False, limit=MOST)]
    rows += _ended(idle, after)
    _show(app, rows, waiting=waiting)
    if idle and not keep:  # by the server's clock, and once all of it has been read
        app.state.look(max(raw.get("last_activity") or 0 for raw in idle))


def _show(app: App, rows: list[Row], *, waiting: bool) -> None:
    if app.out.is_plain:
        none = "Nothing waits for you" + ("" if waiting else ", and nothing has ended since you looked")
        app.out.rows(({"session": raw, "call": call} for raw, call in rows), _columns(app), lambda _: "", none)
        for raw, call in rows[:1]:
            if call and app.out.is_terminal:
                ref = f"{raw['id']}/{call['call_id']}"
                app.out.note(f"walkaway answer {shlex.quote(ref)} {_how(call)}", dim=True)
        return
    once = {raw["id"]: raw for raw, _ in rows}
    app.out.rows(once.values(), (), lambda raw: str(raw["id"]))


def _waiting(app: App) -> Iterator[Row]:
    for session in app.client.sessions.list(waiting=True):
        for call in session.raw.get("pending_tool_calls") or ():
            yield session.raw, call


def _ended(idle: list[dict[str, Any]], after: float) -> Iterator[Row]:
    for raw in idle:
        if raw.get("last_response") and (raw.get("last_activity") or 0) > after and not raw.get("pending_tool_calls"):
            yield raw, None


def _columns(app: App) -> list[Column]:
    def session(row: Mapping[str, Any]) -> str:
        return names.short(row["session"]["id"]) if app.out.is_terminal else str(row["session"]["id"])

    def what(row: Mapping[str, Any]) -> str:
        call, raw = row["call"], row["session"]
        return str(call["needs"]) if call else str(raw["last_response"]["status"])

    def about(row: Mapping[str, Any]) -> str:
        call, raw = row["call"], row["session"]
        if not call:
            return str(raw.get("title") or "")
        return f"{call['name']} {json.dumps(call.get('arguments') or {}, ensure_ascii=False)}"

    def call(row: Mapping[str, Any]) -> str:
        return cleaning.line(str(row["call"]["call_id"])) if row["call"] else ""

    def when(row: Mapping[str, Any]) -> str:
        moment = row["call"].get("expires_at") if row["call"] else row["session"].get("last_activity")
        return times.point(moment, utc=app.said.utc)

    return [
        Column("SESSION", session),
        Column("NEEDS", what),
        Column("WHAT", about, grows=True),
        Column("CALL", call, spare=True),
        Column("TIME", when, spare=True),
    ]


def _how(call: Mapping[str, Any]) -> str:
    return "--yes" if call.get("needs") == "approval" else "OUTPUT"
