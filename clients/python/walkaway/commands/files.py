"""`walkaway files`: the workspace, up and down."""

import shlex
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from walkaway import paths
from walkaway.commands import cleaning, completing, everything, names, options, times
from walkaway.commands.app import App, pass_app
from walkaway.commands.output import Column

if TYPE_CHECKING:
    from walkaway._sync.files import Entry, Files

LAST = "@"
IN = click.option(
    "--in",
    "name",
    default=None,
    metavar="SESSION",
    shell_complete=completing.sessions,
    help="The session that looks on the workspace; @ by default.",
)


@click.group(cls=options.Group)
def files() -> None:
    """The workspace: list, read, fetch, put and delete files.

    It is one for all sessions of a tenant; which of it can be seen is a session's matter.
    """


@files.command("ls", examples=("walkaway files ls", "walkaway files ls charts --json"))
@click.argument("path", default="")
@IN
@pass_app
def ls(app: App, /, *, path: str, name: str | None) -> None:
    """List a folder of the workspace; all of it, where no session was used here yet."""
    _list(app, _seen(app, name, path))


@files.command("tree", examples=("walkaway files tree", "walkaway files tree charts -q"))
@click.argument("path", default="")
@IN
@pass_app
def tree(app: App, /, *, path: str, name: str | None) -> None:
    """List all files below a folder of the workspace; of all of it, where no session was used here yet."""
    _list(app, sorted(_seen(app, name, path, recursive=True), key=lambda raw: str(raw["path"])))


@files.command("cat", examples=("walkaway files cat tides.md", "walkaway files cat tides.md | wc -l"))
@click.argument("path")
@IN
@pass_app
def cat(app: App, /, *, path: str, name: str | None) -> None:
    """Print a file. A pipe gets its bytes; a terminal is shown what would steer it."""
    data = _files(app, name).read(path)
    if app.out.is_terminal:
        app.out.line(cleaning.data(data).removesuffix("\n"))
        return
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


@files.command("get", examples=("walkaway files get tides.md", "walkaway files get charts here"))
@click.argument("path")
@click.argument("to", default="", metavar="[LOCAL]")
@IN
@pass_app
def get(app: App, /, *, path: str, to: str, name: str | None) -> None:
    """Fetch a file, or a folder with all that is in it. Each file is there whole, or not at all.

    LOCAL is a folder that is there, or one that ends with a slash and is made, or else the name that it gets: `walkaway
    files get tides.md porto` makes a file `porto`.
    """
    from walkaway.errors import Conflict, FileRefused

    if to == "-":
        raise click.UsageError(f"LOCAL is a file or a folder; `walkaway files cat {shlex.quote(path)}` prints one")
    there = _files(app, name)
    if to.endswith("/"):
        Path(to).mkdir(parents=True, exist_ok=True)
    try:
        saved: tuple[Path, ...] = (there.download(path, to or "."),)
    except FileRefused as refused:  # a folder; or a file that has no place here
        try:
            saved = there.download_folder(path, to or Path(path.rstrip("/")).name)
        except Conflict:
            raise refused from None
    for each in saved:
        app.out.record({"path": str(each)}, _line(app, str(each)), str(each))


@files.command("put", examples=("walkaway files put notes.md", "walkaway files put notes.md texts/notes.md"))
@click.argument("local", type=click.Path(path_type=Path))
@click.argument("path", default="")
@IN
@pass_app
def put(app: App, /, *, local: Path, path: str, name: str | None) -> None:
    """Send a file, or a folder with all that is in it, to the workspace.

    Where no session was used here yet one is made, which `walkaway send MESSAGE` then speaks to.
    """
    if not local.is_dir():
        paths.file(local)  # before anything is made
    there = _files(app, name) if name or app.state.sessions else _begun(app)
    sent = there.upload_folder(local, path or local.name) if local.is_dir() else (there.upload(local, path),)
    for each in sent:
        app.out.record(_raw(each), _line(app, each.path), each.path)


@files.command(
    "sync", examples=("walkaway files sync texts in/texts", "walkaway files sync texts in/texts --delete --dry-run")
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.argument("path")
@click.option("--delete", "deleting", is_flag=True, help="Delete what is at PATH and not in DIR.")
@click.option("--dry-run", is_flag=True, help="Say what would be done.")
@click.option("--yes", is_flag=True, help="Do not ask before anything is deleted.")
@IN
@pass_app
def sync(app: App, /, *, folder: Path, path: str, deleting: bool, dry_run: bool, yes: bool, name: str | None) -> None:
    """Send what is in the folder DIR and not, or other than that, at PATH of the workspace.

    Sizes are compared, and hashes where those are the same. After an interruption the same command goes on. Links are
    followed inside DIR; one that leads out of it is refused.
    """
    from walkaway.commands import syncing

    there = _files(app, name)
    plan = syncing.planned(there, folder, path, delete=deleting)
    if plan.delete and not dry_run:
        app.sure(f"Delete {times.many(len(plan.delete), 'file')} at {path}, such as {plan.delete[0]}?", yes=yes)
    syncing.carried_out(app, there, plan, dry_run=dry_run)


@files.command("rm", examples=("walkaway files rm tides.md --yes", "walkaway files rm charts a.md --recursive --yes"))
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@click.option("--recursive", is_flag=True, help="Of a folder, delete all that is in it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@IN
@pass_app
def rm(app: App, /, *, paths: tuple[str, ...], recursive: bool, yes: bool, name: str | None) -> None:
    """Delete files of the workspace, and folders with --recursive."""
    from walkaway.errors import Conflict

    there = _files(app, name)
    those = [each for path in paths for each in _below(there, path)] if recursive else list(paths)
    files = f": {times.many(len(those), 'file')}" if recursive else ""
    app.sure(f"Delete {', '.join(paths)}{files}?", yes=yes)
    for each in those:
        try:
            there.delete(each)
        except Conflict:
            raise click.ClickException(f"{each} is a folder; --recursive deletes all that is in it") from None
        told = partial(app.out.note, f"{cleaning.name(each)} is deleted")
        app.out.record({"path": each, "deleted": True}, told, each)


def _below(there: "Files", path: str) -> list[str]:
    """Give the files of a folder, or the file."""
    from walkaway.errors import Conflict

    try:
        return sorted(entry.path for entry in there.walk(path))
    except Conflict:
        return [path]


def _files(app: App, name: str | None) -> "Files":
    return names.session(app, name or LAST).files


def _seen(app: App, name: str | None, path: str, *, recursive: bool = False) -> list[dict[str, Any]]:
    """Give what can be listed: as a session sees it, or all of it where none was used."""
    if not name and not app.state.sessions and everything.is_told(app):
        return list(everything.below(app, path, recursive=recursive))
    there = _files(app, name)
    return [_raw(each) for each in (there.walk(path) if recursive else there.list(path))]


def _begun(app: App) -> "Files":
    """Make a session that puts files where none was used."""
    session = app.client.sessions.create()
    app.state.use(session.id)
    app.out.note(f"The session {session.id} is made for it", dim=True)
    return session.files


def _raw(entry: "Entry") -> dict[str, Any]:
    return {"path": entry.path, "type": entry.type, "size": entry.size, "modified": entry.modified}


def _line(app: App, text: str) -> Any:
    return lambda: app.out.line(cleaning.name(text) if app.out.is_terminal else text)


def _list(app: App, raws: list[dict[str, Any]]) -> None:
    columns = [
        Column("PATH", lambda raw: str(raw["path"]) + ("" if raw["type"] == "file" else "/"), grows=True, exact=True),
        Column("SIZE", lambda raw: times.size(raw["size"]) if raw["type"] == "file" else ""),
        Column("CHANGED", lambda raw: times.point(raw["modified"], utc=app.said.utc), spare=True),
    ]
    app.out.rows(raws, columns, lambda raw: str(raw["path"]), "There is nothing")
