"""`walkaway runs`: runs as PraisonAI's command has them, by the same dialect of the API."""

import json
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import click

from walkaway.commands import cleaning, completing, exits, options, texts, times
from walkaway.commands.app import App, pass_app
from walkaway.commands.output import Column, nothing
from walkaway.errors import NotFound

if TYPE_CHECKING:
    from walkaway import Turn
    from walkaway.answers import Answer

PATH: Final = "/api/v1/runs"
STATES: Final = ("queued", "running", "succeeded", "failed", "cancelled")
ENDS: Final = {"succeeded": exits.DONE, "failed": exits.FAILED, "cancelled": exits.CANCELLED}
PAGE: Final = 100
UNKNOWN: Final = "Job not found"


@click.group(cls=options.Group)
def runs() -> None:
    """Runs, as PraisonAI has them: tasks by themselves, each a turn in a session of its own."""


@runs.command(
    "submit",
    examples=('walkaway runs submit "Write a poem about boats."', 'walkaway runs submit "Say hello" --timeout 10m -q'),
)
@click.argument("prompt")
@click.option("--recipe", metavar="AGENT", shell_complete=completing.agents, help="The agent that does it.")
@click.option("--model", metavar="MODEL", help="The model that answers.")
@click.option("--label", metavar="LABEL", help="To list it by: its session_id.")
@click.option("--timeout", type=times.Duration(), metavar="TIME", help="What it may take; an hour if not said.")
@click.option("--webhook", metavar="URL", help="Is told how it ends.")
@pass_app
def submit(
    app: App,
    /,
    *,
    prompt: str,
    recipe: str | None,
    model: str | None,
    label: str | None,
    timeout: float | None,
    webhook: str | None,
) -> None:
    """Submit a run, and print its id. PROMPT is text, `-` for standard input, or `@FILE`."""
    import os

    said = {
        "prompt": texts.given(prompt),
        "recipe_name": recipe,
        "config": {"model": model} if model else None,
        "session_id": label,
        "timeout": int(timeout) if timeout else None,
        "webhook_url": webhook,
        "idempotency_key": os.urandom(16).hex(),
    }
    body = {name: value for name, value in said.items() if value}
    raw = app.client.request("POST", PATH, json=body).record("job_id")
    app.out.record(raw, lambda: app.out.text(raw["job_id"]), raw["job_id"])
    if app.out.is_plain:
        app.out.note(f"It runs. walkaway runs stream {raw['job_id']}", dim=True)


@runs.command("status", examples=("walkaway runs status run_654e384e1b83", "walkaway runs status run_654e384e1b83 -q"))
@click.argument("run")
@pass_app
def status(app: App, /, *, run: str) -> None:
    """Show how a run stands."""
    raw = _status(app, run)
    progress = raw.get("progress") or {}
    pairs = [
        ("run", raw["job_id"]),
        ("status", str(raw["status"])),
        ("progress", f"{progress.get('percentage', 0):.0f} % {progress.get('current_step') or ''}".rstrip()),
        ("error", str(raw.get("error") or "")),
        *((each, times.read(raw.get(f"{each}_at"), utc=app.said.utc)) for each in ("created", "started", "completed")),
        ("agent", str(raw.get("agent_id") or "")),
        ("label", str(raw.get("session_id") or "")),
        ("turn", _ref(raw)),
    ]
    app.out.record(raw, lambda: app.out.pairs(pairs), raw["job_id"])


@runs.command(
    "result", examples=("walkaway runs result run_654e384e1b83", "walkaway runs result run_654e384e1b83 --wait")
)
@click.argument("run")
@click.option("--wait", is_flag=True, help="Wait until it is over.")
@click.option("--timeout", type=times.Duration(), metavar="TIME", help="Wait so long (exit code 124); it goes on.")
@pass_app
def result(app: App, /, *, run: str, wait: bool, timeout: float | None) -> None:
    """Print what a run that is over has come to; the exit code says how it ended."""
    if wait or timeout is not None:
        _turn(app, _status(app, run)).wait(timeout)
    raw = _asked(app, "GET", run, "/result").record("job_id")
    app.out.record(raw, lambda: _tell(app, raw), raw["job_id"])
    app.end(ENDS.get(str(raw["status"]), exits.FAILED))


@runs.command(
    "stream", examples=("walkaway runs stream run_654e384e1b83", "walkaway runs stream run_654e384e1b83 --field event")
)
@click.argument("run")
@pass_app
def stream(app: App, /, *, run: str) -> None:
    """Follow a run from its beginning, as `walkaway tail` follows its turn; Ctrl-C leaves, and it goes on."""
    from walkaway.commands import endings, watching

    turn = _turn(app, _status(app, run))
    code = watching.watch(app, turn, endings.telling(app, events=not app.out.is_plain), after=-1)
    if app.out.is_plain:
        endings.tell(app, turn)
    app.end(code)


@runs.command("list", examples=("walkaway runs list", "walkaway runs list --status succeeded --limit 5 -q"))
@click.option("--status", "state", type=click.Choice(STATES), help="Those that stand so.")
@click.option("--label", metavar="LABEL", help="Those that were submitted with it.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="As many at the most.")
@pass_app
def list_(app: App, /, *, state: str | None, label: str | None, limit: int) -> None:
    """List runs, the newest first."""
    found: list[dict[str, Any]] = []
    for page in range(1, limit // PAGE + 2):
        asked = {"status": state, "session_id": label, "page": page, "page_size": min(limit, PAGE)}
        answer = app.client.request("GET", PATH, params={name: value for name, value in asked.items() if value})
        found += answer.records("job_id", under="jobs")
        if len(found) >= min(limit, answer.object().get("total") or 0):
            break
    columns = [
        Column("RUN", lambda raw: str(raw["job_id"])),
        Column("STATUS", lambda raw: str(raw["status"])),
        Column("PROGRESS", lambda raw: f"{(raw.get('progress') or {}).get('percentage', 0):.0f} %", spare=True),
        Column("MADE", lambda raw: times.read(raw.get("created_at"), utc=app.said.utc), spare=True),
        Column("AGENT", lambda raw: str(raw.get("agent_id") or ""), spare=True),
        Column("LABEL", lambda raw: str(raw.get("session_id") or ""), grows=True),
    ]
    none = nothing("runs", 'walkaway runs submit "…" makes one', status=state, label=label)
    app.out.rows(found[:limit], columns, lambda raw: str(raw["job_id"]), none)


@runs.command(
    "cancel", examples=("walkaway runs cancel run_654e384e1b83", "walkaway runs cancel run_654e384e1b83 --field status")
)
@click.argument("run")
@pass_app
def cancel(app: App, /, *, run: str) -> None:
    """End a run now."""
    raw = _asked(app, "POST", run, "/cancel").record("job_id")
    app.out.record(raw, lambda: app.out.note(f"{raw['job_id']} is {raw['status']}"), raw["job_id"])


@runs.command(
    "delete",
    examples=("walkaway runs delete run_654e384e1b83 --yes", "walkaway runs delete run_654e384e1b83 --yes -q"),
)
@click.argument("names", nargs=-1, required=True, metavar="RUN…")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_app
def delete(app: App, /, *, names: tuple[str, ...], yes: bool) -> None:
    """Delete runs that are over, with their sessions. Files stay."""
    app.sure(f"Delete {', '.join(names)}?", yes=yes)
    for run in names:
        _asked(app, "DELETE", run).done()
        said = f"{run} is deleted"
        app.out.record({"job_id": run, "deleted": True}, partial(app.out.note, said), run)


@runs.command("stats", examples=("walkaway runs stats", "walkaway runs stats --field by_status.succeeded"))
@pass_app
def stats(app: App, /) -> None:
    """Count runs by how they stand."""
    raw = app.client.request("GET", "/stats").object()
    pairs = [(name, str(count)) for name, count in (raw.get("by_status") or {}).items()]
    app.out.record(raw, lambda: app.out.pairs([("runs", str(raw.get("total_jobs"))), *pairs]))


def _status(app: App, run: str) -> dict[str, Any]:
    return _asked(app, "GET", run).record("job_id")


def _asked(app: App, method: str, run: str, what: str = "") -> "Answer":
    """Ask something of a run. Raises NameUnknown where there is none, of which the dialect has words of its own."""
    try:
        return app.client.request(method, f"{PATH}/{quote(run, safe='')}{what}")
    except NotFound as error:
        if UNKNOWN not in error.message:
            raise
        raise exits.NameUnknown(f"There is no run {run!r}. {exits.TOLD.format('runs list')}") from None


def _ref(raw: Mapping[str, Any]) -> str:
    """Give the reference of a run's turn: its address in the sessions API without what is around."""
    session, _, turn = str(raw.get("native") or "").partition("/v1/sessions/")[2].partition("/responses/")
    return f"{session}/{turn}" if turn else ""


def _turn(app: App, raw: Mapping[str, Any]) -> "Turn":
    if not (ref := _ref(raw)):
        raise click.ClickException(f"{raw['job_id']} does not say which turn it is: the server is older")
    return app.client.turn(ref)


def _tell(app: App, raw: Mapping[str, Any]) -> None:
    said = raw.get("result")
    if said is not None:
        app.out.text(said if isinstance(said, str) else json.dumps(said, ensure_ascii=False))
    if raw.get("error"):
        app.out.note(f"✘ {raw['status']}: {cleaning.line(str(raw['error']))}", fg="red")
