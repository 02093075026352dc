"""How a turn is told in a pipe: a step's text once it is complete; or its events, as objects or lines."""

from typing import TYPE_CHECKING, Protocol

from walkaway.commands import cleaning
from walkaway.events import Event, MessageCompleted, MessageError, StepStarted, TextDelta, TextStart

if TYPE_CHECKING:
    from walkaway.commands.output import Output


class Telling(Protocol):
    """Tells what happens in a turn."""

    def take(self, event: Event) -> None:
        """Take the next event."""

    def pause(self) -> None:
        """Leave the terminal to a question."""

    def go_on(self) -> None:
        """Have it back."""

    def close(self) -> None:
        """Tell what is left."""


class Nothing:
    """Tells nothing: what is wanted comes at the end."""

    def take(self, event: Event) -> None:
        """Take the next event."""

    def pause(self) -> None:
        """Nothing is in the way of a question."""

    def go_on(self) -> None:
        """Nothing was."""

    def close(self) -> None:
        """Nothing is left."""


class Texts(Nothing):
    """Tells what the agent says, a step at once: what an attempt wrote that failed is never told."""

    def __init__(self, out: "Output") -> None:
        self._out, self._said = out, list[str]()

    def take(self, event: Event) -> None:
        """Take the next event."""
        if isinstance(event, StepStarted):
            if event.attempt > 1:
                self._said.clear()
            self._tell()
        elif isinstance(event, TextStart) and self._said:
            self._said.append("\n")
        elif isinstance(event, TextDelta):
            self._said.append(event.content)
        elif event.type in {"step.completed", MessageCompleted.type, MessageError.type, "message.cancelled"}:
            self._tell()

    def close(self) -> None:
        """Tell what a step has said that nobody waits for any more."""
        self._tell()

    def _tell(self) -> None:
        text = "".join(self._said).strip("\n")
        self._said.clear()
        if text:
            self._out.text(text)


class Events(Nothing):
    """Tells each event as it is: an object a line, or its place, its name and its data."""

    def __init__(self, out: "Output") -> None:
        self._out = out

    def take(self, event: Event) -> None:
        """Take the next event."""
        id_ = event.cursor if ":" in event.cursor else event.number  # as the API has it: of a session, with the turn
        raw = {"id": id_, "event": event.type, "data": event.data}
        if self._out.is_plain:
            from walkaway_wire import jsontext

            said = {name: value for name, value in event.data.items() if name not in {"sequence_number", "at"}}
            data = jsontext.dumps(said)
            shown = cleaning.json(data) if self._out.is_terminal else data
            self._out.text(f"{event.cursor}\t{cleaning.line(event.type)}\t{shown}")
        else:
            self._out.event(raw)
