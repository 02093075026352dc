"""What a model writes, as it comes, for a terminal: wrapped, and a little of its markdown shown."""

import re
from typing import TYPE_CHECKING

from walkaway.commands import cleaning
from walkaway.commands.screen import wrap

if TYPE_CHECKING:
    from walkaway.commands.output import Output

INDENT = "  "
BOLD = re.compile(r"\*\*(.+?)\*\*")
CODE = re.compile(r"`([^`]+)`")


class Prose:
    """Takes pieces of text; gives rows that are complete. `rest`: the row that still grows."""

    def __init__(self, out: "Output", *, dim: bool = False) -> None:
        self._out, self._dim = out, dim
        self._row = ""
        self._fenced = False

    @property
    def rest(self) -> str:
        """The row that grows."""
        return INDENT + self._row if self._row else ""

    def feed(self, piece: str, width: int) -> list[str]:
        """Take a piece; give the rows that no more of it can change."""
        rows: list[str] = []
        *whole, last = cleaning.text(piece).replace("\t", "    ").split("\n")
        for part in whole:
            rows += self._take(part, width, ends=True)
        return rows + self._take(last, width, ends=False)

    def end(self, width: int) -> list[str]:
        """Give what is left."""
        return self._take("", width, ends=True) if self._row else []

    def _take(self, part: str, width: int, *, ends: bool) -> list[str]:
        self._row += part
        room = max(width - len(INDENT) - 1, 10)
        heading = self._row.startswith("#")
        if ends and self._row.lstrip().startswith("```"):
            self._fenced = not self._fenced
        *full, rest = wrap(self._row, room)
        if ends:
            full, rest = [*full, rest], ""
        self._row = rest
        return [INDENT + self._styled(row, heading=heading) for row in full]

    def _styled(self, row: str, *, heading: bool) -> str:
        if self._dim:
            return self._out.paint(row, dim=True)
        if self._fenced:
            return row
        if heading:
            return self._out.paint(row, bold=True)
        bold = BOLD.sub(lambda found: self._out.paint(found[1], bold=True), row)
        return CODE.sub(lambda found: self._out.paint(found[0], fg="cyan"), bold)
