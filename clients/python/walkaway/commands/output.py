"""What commands print: data on standard output, everything about it on standard error, each as its reader takes it."""

import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TextIO

import click

from walkaway.commands import cleaning
from walkaway.commands.options import Said

Raw = Mapping[str, Any]
SENSELESS = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)
"""What comes of a record of another shape than a column takes it for."""


@dataclass(frozen=True)
class Column:
    """A column of a table. `grows`: it has the room that others leave. `spare`: it goes first where there is none.

    `exact`: a name, which keeps its spaces, and of which a pipe gets all that a line can have.
    """

    title: str
    of: Callable[[Any], str]
    grows: bool = False
    spare: bool = False
    exact: bool = False

    def cell(self, raw: Any, *, terminal: bool) -> str:
        """Give what stands in a row, on one line; a question mark where that makes no sense."""
        shown = (cleaning.name if terminal else cleaning.cell) if self.exact else cleaning.line
        try:
            return shown(self.of(raw))
        except SENSELESS:
            return "?"


def nothing(what: str, otherwise: str, **filters: object) -> str:
    """Say that a list is empty: of all there are, or of what filters let through, by the names of their options."""
    said = [f"--{name}" for name, value in filters.items() if value]
    return f"There are no {what} with {' and '.join(said)}" if said else f"There are no {what}: {otherwise}"


class Output:
    """Prints, by what was said and by what reads."""

    def __init__(self, said: Said) -> None:
        self.said = said
        for stream in (sys.stdin, sys.stdout, sys.stderr):
            with suppress(OSError):  # of a file whose place somebody else has moved
                if isinstance(stream, io.TextIOWrapper):
                    stream.reconfigure(errors="replace")

    @property
    def is_terminal(self) -> bool:
        """Whether a person reads standard output."""
        return sys.stdout.isatty()

    @property
    def is_plain(self) -> bool:
        """Whether neither objects nor ids are wanted."""
        return not (self.said.json or self.said.field or self.said.quiet)

    def colours(self, stream: TextIO) -> bool:
        """Whether a stream is given colours."""
        if self.said.color != "auto":
            return self.said.color == "always"
        return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def paint(self, text: str, *, err: bool = False, **style: Any) -> str:
        """Give text a colour, where there are any."""
        return click.style(text, **style) if self.colours(sys.stderr if err else sys.stdout) else text

    def line(self, text: str) -> None:
        """Print a line of data as it is: what comes from elsewhere was cleaned by the caller, or goes to a pipe."""
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    def text(self, text: str) -> None:
        """Print text from elsewhere: a terminal is shown what would steer it."""
        self.line(cleaning.text(text) if self.is_terminal else text)

    def note(self, text: str, **style: Any) -> None:
        """Say something about the data."""
        try:
            sys.stderr.write(self.paint(cleaning.text(text), err=True, **style) + "\n")
            sys.stderr.flush()
        except BrokenPipeError:
            raise
        except OSError:  # a full disk, a terminal that has hung up: what is done goes on
            throw_away(sys.stderr)

    def problem(self, word: str, message: str, shown: str = "", **style: Any) -> None:
        """Say what went wrong: an object with --json, else `message`, or what a person is `shown` in its place.

        `word`: its short name, for programs.
        """
        if self.said.json:
            self.note(json.dumps({"error": word, "message": message}))
        else:
            self.note(shown or message, **style)

    def record(self, raw: Any, shown: Callable[[], None], id_: str = "") -> None:
        """Print an object: as it is, one value of it, its id, or as `shown` does it."""
        if self.said.field:
            self.line(self._bare(_value(raw, self.said.field)))
        elif self.said.json:
            self.line(self._json(raw))
        elif self.said.quiet:
            self.text(id_)
        else:
            shown()

    def rows(self, raws: Iterable[Raw], columns: Sequence[Column], id_of: Callable[[Raw], str], none: str = "") -> None:
        """Print a list: an array, a value of each, ids, or a table; `none` is said where there is nothing."""
        if self.said.json and not self.said.field:
            self.line(self._json(list(raws)))
        elif self.said.field and _place(self.said.field.split(".")[0]) is not None:
            self.line(self._bare(_value(list(raws), self.said.field)))
        elif not self.is_plain:
            for raw in raws:
                self.text(self._bare(_value(raw, self.said.field)) if self.said.field else id_of(raw))
        elif not self.is_terminal:
            for raw in raws:
                self.line("\t".join(each.cell(raw, terminal=False) for each in columns))
        else:
            self._table([[each.cell(raw, terminal=True) for each in columns] for raw in raws], columns, none)

    def json(self, raw: Any) -> None:
        """Print an object as it is."""
        self.line(self._json(raw))

    def event(self, raw: Raw) -> None:
        """Print an object of a stream, on one line."""
        self.line(self._bare(_value(raw, self.said.field)) if self.said.field else self._json(raw, indent=None))

    def pairs(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Print what is known of one thing, a line each; what is empty is left out."""
        known = [(cleaning.line(name), cleaning.line(value)) for name, value in pairs if value]
        if not self.is_terminal:
            for name, value in known:
                self.line(f"{name}\t{value}")
            return
        wide = max((len(name) for name, _ in known), default=0)
        for name, value in known:
            self.line(f"{self.paint(name.ljust(wide), dim=True)}  {value}")

    def _table(self, cells: list[list[str]], columns: Sequence[Column], none: str) -> None:
        from rich.cells import cell_len, set_cell_size

        from walkaway.commands.screen import fit, width

        if not cells:
            self.note(none, dim=True)
            return
        room = width()
        rows = [[each.title for each in columns], *cells]
        widths = [max(cell_len(row[at]) for row in rows) for at in range(len(columns))]
        kept = list(range(len(columns)))
        for at in [at for at in reversed(kept) if columns[at].spare]:
            if sum(min(widths[i], 12) if columns[i].grows else widths[i] for i in kept) + 2 * (len(kept) - 1) > room:
                kept.remove(at)
        left = room - 2 * (len(kept) - 1) - sum(widths[at] for at in kept if not columns[at].grows)
        widths = [max(1, min(wide, left)) if columns[at].grows else wide for at, wide in enumerate(widths)]
        for number, row in enumerate(rows):
            text = "  ".join(set_cell_size(fit(row[at], widths[at]), widths[at]) for at in kept).rstrip()
            self.line(self.paint(text, bold=True) if not number else text)

    def _json(self, raw: Any, indent: int | None = 2) -> str:
        pretty = indent if self.is_terminal else None
        return cleaning.json(json.dumps(raw, ensure_ascii=not _is_unicode(raw), indent=pretty))

    def _bare(self, value: Any) -> str:
        if isinstance(value, str):
            return cleaning.text(value) if self.is_terminal else value
        return self._json(value)


def throw_away(stream: TextIO) -> None:
    """Let go what a stream cannot write, and what comes after it, quietly."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _is_unicode(value: Any) -> bool:
    from walkaway_wire import jsontext

    return jsontext.is_unicode(value)


def _place(part: str) -> int | None:
    """Read a place of a list; other digits than 0 to 9 are none, nor is what no list is long enough for."""
    return int(part) if part.isascii() and part.isdecimal() and len(part) < 19 else None


def _value(raw: Any, path: str) -> Any:
    """Find a value by its path, such as `files.0.path`. Raises UsageError where there is none."""
    for part in path.split("."):
        if isinstance(raw, Mapping) and part in raw:
            raw = raw[part]
        elif isinstance(raw, list) and (at := _place(part)) is not None and at < len(raw):
            raw = raw[at]
        else:
            there = (
                ", ".join(raw) if isinstance(raw, Mapping) else f"{len(raw)} of them" if isinstance(raw, list) else ""
            )
            raise click.UsageError(f"There is no {part!r} for --field {path}. There is: {there or 'nothing more'}")
    return raw
