"""A text that somebody edits until it is taken: a mistake is said, and nothing that was written is lost."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from walkaway.commands import exits
from walkaway.errors import WalkawayError

if TYPE_CHECKING:
    from walkaway.commands.app import App

T = TypeVar("T")


def until_taken(app: "App", text: str, take: Callable[[str], T], *, suffix: str, again: str) -> T:
    """Have a text edited, and give what `take` makes of it. What it refuses is edited again, or kept in a file.

    `again`: the command that takes the file, which is named behind it. Raises what `take` does, and Exit.
    """
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", prefix="walkaway-", suffix=suffix, delete=False) as file:
        file.write(text)
    path = Path(file.name)
    while True:
        try:
            click.edit(filename=str(path))
            made = take(path.read_text("utf-8", "replace"))
        except (click.ClickException, WalkawayError) as error:
            if path.read_text("utf-8", "replace") == text:
                path.unlink()
                raise
            if app.asks:
                app.out.note(f"Error: {exits.sentence(error)}", fg="red")
                if _again():
                    continue
            app.out.note(f"What you wrote is kept: walkaway {again} {path}")
            if app.asks:
                app.end(exits.code(error))
            raise
        path.unlink()
        return made


def _again() -> bool:
    try:
        return click.confirm("Edit it again?", default=True, err=True)
    except click.Abort:
        click.echo(err=True)
        return False
