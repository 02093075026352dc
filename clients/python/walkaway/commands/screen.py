"""A terminal on which text grows above a few lines that change in place."""

import os
import shutil
import sys
import threading
from collections.abc import Callable

from rich.cells import cell_len, chop_cells, set_cell_size

TICK = 0.5
ERASE, UP = "\r\x1b[2K", "\x1b[1A\x1b[2K"


class Screen:
    """Prints lines that stay, above those that `live` gives, which are drawn anew twice a second and at each change."""

    def __init__(self, live: Callable[[int], list[str]]) -> None:
        self._live, self._drawn = live, 0
        self._on = sys.stdout.isatty() and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._lock, self._over = threading.RLock(), threading.Event()
        if self._on:
            threading.Thread(target=self._tick, daemon=True).start()

    @property
    def width(self) -> int:
        """Columns that there are now."""
        return width()

    def print(self, *lines: str) -> None:
        """Print lines that stay."""
        with self._lock:
            self._erase()
            sys.stdout.write("".join(f"{line}\n" for line in lines))
            sys.stdout.flush()
            self._draw()

    def redraw(self) -> None:
        """Draw the lines that change."""
        with self._lock:
            self._erase()
            self._draw()

    def pause(self) -> None:
        """Leave the terminal to somebody else, until the next line is printed."""
        with self._lock:
            self._erase()
            self._on = False

    def go_on(self) -> None:
        """Have the terminal back."""
        with self._lock:
            self._on = True

    def close(self) -> None:
        """Take away the lines that change."""
        self._over.set()
        with self._lock:
            self._erase()

    def _tick(self) -> None:
        while not self._over.wait(TICK):
            with self._lock:
                if not self._over.is_set():
                    self.redraw()

    def _erase(self) -> None:
        if self._drawn:
            sys.stderr.write(ERASE + UP * (self._drawn - 1))
            sys.stderr.flush()
            self._drawn = 0

    def _draw(self) -> None:
        if not self._on:
            return
        lines = self._live(self.width)
        sys.stderr.write("\n".join(lines))
        sys.stderr.flush()
        self._drawn = len(lines)


def width() -> int:
    """Columns of the terminal that is written to; what COLUMNS says may be another one's. One that says none has 80."""
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or 80
    except (OSError, ValueError):
        return shutil.get_terminal_size().columns


def fit(text: str, room: int) -> str:
    """Cut a line that is too long, and say so."""
    return text if cell_len(text) <= room else set_cell_size(text, max(0, room - 1)).rstrip() + "…"


def wrap(text: str, room: int) -> list[str]:
    """Break a line at its spaces, by the width that its letters take; each part is indented as the line is."""
    bare = text.lstrip(" ")
    indent = " " * min(len(text) - len(bare), room // 2)
    return [indent + row for row in _broken(bare, room - len(indent))]


def _broken(text: str, room: int) -> list[str]:
    rows, row = list[str](), ""
    for word in text.split(" "):
        longer = f"{row} {word}" if row else word
        if cell_len(longer) <= room or not longer:
            row = longer
            continue
        if row:
            rows.append(row)
        *full, row = chop_cells(word, max(room, 2)) if cell_len(word) > room else [word]
        rows += full
    return [*rows, row]
