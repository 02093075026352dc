"""The stream of a response: a fold of its turn's log, of the version that the turn was made with (decision 0030).

The same log, and what was asked for, give the same events with the same numbers, however often and wherever they are
read: a reader who comes back is given the fold from its beginning, without what they have. A version that has been
released is never changed and never removed; what gives other events for a log that there can be is a new one.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Protocol

from walkaway_core.dialects.responses import first
from walkaway_core.dialects.responses.asked import Asked
from walkaway_core.dialects.responses.ids import Names
from walkaway_core.dialects.responses.opened import Draft, Written
from walkaway_wire import jsontext
from walkaway_wire.events import Event

NEWEST: Final = 1
"""The version that turns of responses are made with now."""
DONE: Final = "data: [DONE]\n\n"
"""What follows the terminal event."""


@dataclass(frozen=True, slots=True)
class Line:
    """An event of the stream; numbers are dense from 0."""

    number: int
    type: str
    fields: Mapping[str, Any]

    @property
    def data(self) -> dict[str, Any]:
        """The event's data."""
        return {"type": self.type, "sequence_number": self.number, **self.fields}

    @property
    def sse(self) -> str:
        """The event as a Server-Sent Event: without an id, since clients take what follows one for another event."""
        return f"event: {self.type}\ndata: {jsontext.dumps(self.data)}\n\n"


class Version(Protocol):
    """One way to fold a log."""

    over: bool
    """Whether the terminal event has been given."""

    def take(self, event: Event) -> Iterable[Draft]:
        """Take in the log's next event; give what it is to readers. Of what stands behind the end nothing comes."""

    def writing(self, type_: str) -> Written | None:
        """Give what an event of this type writes to by itself, if it does nothing else: then `take` is not needed."""


VERSIONS: Final[Mapping[int, Callable[[Names, Asked], Version]]] = MappingProxyType({1: first.Fold})


class Fold:
    """The stream of one response, as far as its log has been taken in."""

    def __init__(self, names: Names, asked: Asked) -> None:
        """Raises LookupError for a version that there is not: the turn is of a later release."""
        self._version = VERSIONS[asked.version](names, asked)
        self.number = 0
        """The number of the next event."""

    @property
    def over(self) -> bool:
        """Whether the terminal event has been given."""
        return self._version.over

    def take(self, event: Event) -> Iterator[Line]:
        """Take in the log's next event; give the stream's next ones."""
        for type_, fields in self._version.take(event):
            yield Line(self.number, f"response.{type_}", fields)
            self.number += 1

    def sse(self, events: Iterable[Event], after: int = -1) -> str:
        """Take in events; give what readers behind number `after` get of them: each line's `sse`.

        Nearly all events of a log are deltas, so these are made by hand, to the same bytes, in a quarter of the time.
        """
        told: list[str] = []
        for event in events:
            written = self._version.writing(event.type)
            piece = None if written is None else event.piece
            if written is None or piece is None:
                told += [line.sse for line in self.take(event) if line.number > after]
                continue
            written.pieces.append(piece)
            if self.number > after:
                told.append(f"{written.before}{self.number}{written.behind}{jsontext.dumps(piece)}{written.end}")
            self.number += 1
        return "".join(told)


def lines(fold: Fold, log: Iterable[Event], after: int = -1) -> Iterator[Line]:
    """Give the events that a log is, those behind number `after`."""
    return (line for event in log for line in fold.take(event) if line.number > after)
