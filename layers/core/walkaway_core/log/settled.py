"""Conversations as they were put together last, so that a long one is not put together anew for each of its steps.

What stands before the last answer is settled: what is said later adds to it and changes nothing of it, unless that is
a summary, a refusal of the service's, or an answer to which other thinking belonged.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from walkaway_core.log.omissions import Omissions
from walkaway_core.log.transcript import Entry

if TYPE_CHECKING:
    from walkaway_core.log.conversation import Conversation, View

MOST = 4_000_000
"""Bytes, about."""
OVERHEAD = 1_000
"""Bytes that an entry takes besides its text, about; that is kept twice, decoded and as the service gets it."""
FEW = 20
"""Entries that are put together anew at no cost."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A conversation's beginning: `made` has what stands before the last of these entries, which is an answer.

    What is left out of it, and since when thinking belongs to it, holds for all that adds to it.
    """

    entries: Sequence[Entry]
    view: "View"
    missing: Omissions
    since: str
    made: "Conversation"

    @property
    def size(self) -> int:
        """Count the bytes that are kept with it, about."""
        return sum(OVERHEAD + 2 * entry.size for entry in self.entries)


class Memory:
    """What is settled of the conversations that were put together last, about `most` bytes of it."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[Settled, int]] = OrderedDict()
        self._bytes = 0

    def take(self, entries: Sequence[Entry], view: "View") -> Settled | None:
        """Give what is settled of a conversation, of these very entries, for this view; it is not kept any more."""
        for number in _unsettled(entries, view):
            name = entries[number].id
            kept = self._kept.get(name)
            if kept and kept[0].view == view and kept[0].entries == entries[: number + 1]:
                with self._lock:
                    if self._kept.get(name) is kept:
                        del self._kept[name]
                        self._bytes -= kept[1]
                        return kept[0]
        return None

    def keep(self, settled: Settled) -> None:
        """Keep what is settled; whoever gave it changes nothing of it from now on."""
        size, name = settled.size, settled.entries[-1].id
        if len(settled.entries) < FEW or size > self._most:
            return
        with self._lock:
            self._bytes += size - self._kept.pop(name, (None, 0))[1]
            self._kept[name] = settled, size
            while self._bytes > self._most:
                _, (_, less) = self._kept.popitem(last=False)
                self._bytes -= less


def _unsettled(entries: Sequence[Entry], view: "View") -> Iterator[int]:
    """Go back over answers, as far as nothing behind them changes what stands before them."""
    for number in range(len(entries) - 1, -1, -1):
        if entries[number].body.get("role") == "assistant":
            yield number
        if unsettles(entries[number], view):
            return


def unsettles(entry: Entry, view: "View") -> bool:
    """Whether an entry changes how a model gets to see what was said before it."""
    role = entry.body.get("role")
    if role != "assistant":
        return role in ("summary", "refused")
    other = bool(view.prefix) and entry.body.get("prefix") != view.prefix
    return not view.bare and (other or "bare" in entry.body)
