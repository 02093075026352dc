"""The line of a chat that somebody types in, and the terminal above it."""

import sys
from typing import TYPE_CHECKING

from walkaway.commands.screen import width

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import History

    from walkaway.commands.app import App


class Above:
    """The terminal above the line that somebody types in; what changes stands below that."""

    def __init__(self, redraw: "Callable[[], None]") -> None:
        self.redraw = redraw

    @property
    def width(self) -> int:
        """Columns that there are now."""
        return width()

    def print(self, *lines: str) -> None:
        """Print lines that stay."""
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()
        self.redraw()

    def pause(self) -> None:
        """Nothing is in the way of a question."""

    def go_on(self) -> None:
        """Nothing was."""

    def close(self) -> None:
        """Leave the terminal."""
        self.redraw()


def line(app: "App", toolbar: "Callable[[], str]") -> "PromptSession[str]":
    """Make the line that is typed in: Enter sends, Alt-Enter begins a line, and a history for each profile."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.formatted_text import ANSI
    from prompt_toolkit.history import InMemoryHistory
    from prompt_toolkit.key_binding import KeyBindings
    from prompt_toolkit.styles import Style

    keys = KeyBindings()
    keys.add("enter")(lambda event: event.current_buffer.validate_and_handle())
    keys.add("escape", "enter")(lambda event: event.current_buffer.insert_text("\n"))
    history: History = InMemoryHistory()
    if path := app.state.history():
        history = _kept(path, app.out.note)
    return PromptSession(
        history=history,
        multiline=True,
        key_bindings=keys,
        bottom_toolbar=lambda: ANSI(toolbar()),
        refresh_interval=0.5,
        style=Style.from_dict({"bottom-toolbar": "noreverse"}),
    )


def _kept(path: "Path", note: "Callable[..., None]") -> "History":
    """Make the history that a file keeps. Where it cannot be kept any more that is said once, and it goes on here."""
    from prompt_toolkit.history import FileHistory

    class Kept(FileHistory):
        fails = False

        def load_history_strings(self) -> "Iterable[str]":
            try:
                return list(super().load_history_strings())
            except OSError as error:
                self._fail(error)
                return []

        def store_string(self, string: str) -> None:
            try:
                super().store_string(string)
            except OSError as error:
                self._fail(error)

        def _fail(self, error: OSError) -> None:
            if not self.fails:
                note(f"What is typed is not kept: {error.strerror or error}", dim=True)
            self.fails = True

    return Kept(str(path))
