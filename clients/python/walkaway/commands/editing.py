"""A text that somebody edits until it is taken: a mistake is said, and nothing that was written is lost."""

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from walkaway.commands import exits, texts
from walkaway.errors import WalkawayError

if TYPE_CHECKING:
    from pydantic import BaseModel

    from walkaway.commands.app import App

T = TypeVar("T")


def changes(before: Mapping[str, Any], after: Mapping[str, Any], model: "type[BaseModel]") -> dict[str, Any]:
    """Say what has to be changed; what is no longer there goes back to the default that a model of the API's has."""
    fields = model.model_fields
    gone = {
        key: fields[key].get_default(call_default_factory=True)
        for key in before
        if key not in after and not fields[key].is_required()
    }
    return {key: value for key, value in (gone | dict(after)).items() if key not in before or before[key] != value}


def until_taken(app: "App", text: str, take: Callable[[str], T], *, suffix: str, again: str) -> T:
    """Have a text edited, and give what `take` makes of it. What it refuses is edited again, or kept in a file.

    `again`: the command that takes the file, which is named behind it. Raises what `take` does, Exit, and UsageError
    where nobody can edit.
    """
    if app.said.no_input or not (app.asks or os.environ.get("VISUAL") or os.environ.get("EDITOR")):
        raise click.UsageError("Nobody can be asked: name a file with --file, or an editor with EDITOR")
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", prefix="walkaway-", suffix=suffix, delete=False) as file:
        file.write(text)
    path = Path(file.name)
    while True:
        try:
            made = take(texts.edited(text, path))
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
