"""Text that is long: from a file, standard input, an editor; and standard input that comes beside a message."""

import os
import select
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from walkaway.commands import exits

if TYPE_CHECKING:
    from walkaway.commands.app import App

PATIENCE = 1.0
"""Seconds after which it is said that standard input is waited for."""


def given(said: str, *, edit: bool = False) -> str:
    """Read a text as it is given: `-` is standard input, `@path` a file, `@@…` begins with an @. Raises UsageError."""
    text = said
    if said == "-":
        text = sys.stdin.buffer.read().decode("utf-8", "replace")
    elif said.startswith("@@"):
        text = said[1:]
    elif said.startswith("@"):
        try:
            text = of_file(said[1:])
        except click.UsageError as error:
            raise click.UsageError(f"{error.message}. A text that begins with @: @@…") from None
    if edit:
        text = edited(text)
    if not text.strip():
        raise click.UsageError("There is nothing to send: the text is empty")
    return text


def edited(text: str, path: Path | None = None) -> str:
    """Have a text edited, or the file that has it. Raises UsageError where there is no such editor, or it fails."""
    try:
        if path is None:
            return click.edit(text) or ""
        click.edit(filename=str(path))
    except click.ClickException as error:
        raise click.UsageError(exits.ERRNO.sub("", error.message)) from None
    except ValueError as error:  # of quotes that are not closed
        raise click.UsageError(f"EDITOR is no command: {error}") from None
    return path.read_text("utf-8", "replace")


def of_file(path: str) -> str:
    """Read a file. Raises UsageError."""
    try:
        return Path(path).read_bytes().decode("utf-8", "replace")
    except OSError as error:
        raise click.UsageError(f"{path} cannot be read: {error.strerror}") from None


def beside(app: "App", message: str) -> list[tuple[str, bytes]]:
    """Give what was piped in beside a message, as an attachment: `git diff | walkaway run "review this"`."""
    if message == "-" or sys.stdin is None or sys.stdin.closed:
        return []
    try:
        kind = os.fstat(sys.stdin.fileno()).st_mode
    except (OSError, ValueError):
        return []
    if not (stat.S_ISFIFO(kind) or stat.S_ISREG(kind) or stat.S_ISSOCK(kind)):
        return []
    if not stat.S_ISREG(kind) and sys.platform != "win32" and not select.select([sys.stdin], [], [], PATIENCE)[0]:
        app.out.note("Waiting for standard input, which is a pipe; </dev/null leaves it out", dim=True)
    data = sys.stdin.buffer.read()
    return [("input.txt", data)] if data.strip() else []
