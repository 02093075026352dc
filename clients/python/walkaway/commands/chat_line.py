"""The line of a chat that somebody types in, and the terminal above it."""

import sys
from typing import TYPE_CHECKING

from walkaway.commands.screen import width

if TYPE_CHECKING:
    from collections.abc import Callable

    from prompt_toolkit import PromptSession

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
    from prompt_toolkit.history import FileHistory, History, InMemoryHistory
    from prompt_toolkit.key_binding import KeyBindings
    from prompt_toolkit.styles import Style

    keys = KeyBindings()
    keys.add("enter")(lambda event: event.current_buffer.validate_and_handle())
    keys.add("escape", "enter")(lambda event: event.current_buffer.insert_text("\n"))
    history: History = InMemoryHistory()
    if path := app.state.history():
        history = FileHistory(str(path))
    return PromptSession(
        history=history,
        multiline=True,
        key_bindings=keys,
        bottom_toolbar=lambda: ANSI(toolbar()),
        refresh_interval=0.5,
        style=Style.from_dict({"bottom-toolbar": "noreverse"}),
    )
