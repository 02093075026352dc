"""What differs between two settings, line by line, as `diff -u` writes it."""

import difflib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from walkaway.commands import cleaning

if TYPE_CHECKING:
    from walkaway.commands.app import App

COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def lines(app: "App", old: str, new: str, first: str, second: str) -> Iterator[str]:
    """Give the lines of a difference: for a terminal in colours, and with nothing that would steer it."""
    for line in difflib.unified_diff(old.splitlines(), new.splitlines(), first, second, lineterm="", n=1):
        shown = cleaning.text(line) if app.out.is_terminal else line
        yield app.out.paint(shown, fg=COLOURS[line[0]]) if line[0] in COLOURS else shown
