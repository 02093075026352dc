"""How a turn looks on a terminal: its tools and words above, and how far it is in a line below."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from walkaway import events
from walkaway.commands import cleaning, times
from walkaway.commands.prose import INDENT, Prose
from walkaway.commands.screen import Screen, fit
from walkaway.events import Event
from walkaway.sense import number

if TYPE_CHECKING:
    from walkaway.commands.output import Output

BAR = 10
QUIET_TOOL = "report_progress"
"""What it says is in the line below already."""
NAME = 10


Below = Callable[[int], list[str]]
"""Gives the lines that change, for a width."""


class Rows(Protocol):
    """Where rows are printed, above lines that change."""

    @property
    def width(self) -> int:
        """Columns that there are now."""
        ...

    def print(self, *lines: str) -> None:
        """Print lines that stay."""

    def redraw(self) -> None:
        """Draw the lines that change."""

    def pause(self) -> None:
        """Leave the terminal to somebody else."""

    def go_on(self) -> None:
        """Have it back."""

    def close(self) -> None:
        """Take away the lines that change."""


class View:
    """Tells a turn on a terminal. `thinking`: all of it, instead of how it begins."""

    def __init__(self, out: "Output", *, thinking: bool = False, screen: Callable[[Below], Rows] = Screen) -> None:
        self._out, self._all_thinking = out, thinking
        self._prose, self._thought = Prose(out), Prose(out, dim=True)
        self._thinking: list[str] = []
        self._running: dict[str, Event] = {}
        self._asked_for: dict[str, Event] = {}
        self._written: dict[str, int] = {}
        self._begun, self._step, self._tokens = 0.0, 0, 0
        self._percent: float | None = None
        self._status = ""
        self._screen = screen(self._below)

    def take(self, event: Event) -> None:
        """Take the next event."""
        self._begun = self._begun or event.at
        rows = self._rows(event)
        if rows:
            self._screen.print(*rows)
        elif not isinstance(event, events.ToolUseInputDelta):
            self._screen.redraw()

    def pause(self) -> None:
        """Leave the terminal to a question."""
        self._screen.pause()

    def go_on(self) -> None:
        """Have it back."""
        self._screen.go_on()

    def close(self) -> None:
        """Print what is left, and take the line below away."""
        if rest := self._prose.end(self._width):
            self._screen.print(*rest)
        self._screen.close()

    @property
    def _width(self) -> int:
        return self._screen.width

    def _rows(self, event: Event) -> list[str]:
        """Give the rows that an event adds."""
        return [*self._speech(event), *self._work(event), *self._course(event)]

    def _speech(self, event: Event) -> list[str]:
        match event:
            case events.TextDelta(content=said):
                return self._prose.feed(said, self._width)
            case events.TextStop():
                return self._prose.end(self._width)
            case events.ThinkingDelta(content=said):
                self._thinking.append(said)
                return self._thought.feed(said, self._width) if self._all_thinking else []
            case events.ThinkingStop():
                return self._thoughts()
        return []

    def _work(self, event: Event) -> list[str]:
        match event:
            case events.ToolUseExecuting():
                self._running[event.id] = event
            case events.ToolCallRequested():
                self._asked_for[event.call_id] = event
            case events.FileChanged(op="written"):
                self._written[event.call_id] = event.size or 0
            case events.ToolResult():
                return self._tool(event)
            case events.StepCompleted(usage=usage):
                self._tokens += times.used(usage)
            case events.MetadataUpdated(changes=changes):
                self._progress(changes)
        return []

    def _course(self, event: Event) -> list[str]:
        said = ""
        match event:
            case events.StepStarted(attempt=attempt):
                self._step = event.step
                said = "… begins this step anew" if attempt > 1 and self._prose.rest else ""
            case events.StepRetrying(error=error, wait=wait):
                said = f"the model is in trouble: {error}; again in {wait:.0f} s"
            case events.TurnQueued(place=place):
                said = f"waits for the turn that runs, as number {place} of the queue"
            case events.TurnSteered(message=message):
                said = f"you said: {message}"
            case events.TurnCompacted():
                said = "the conversation neared the model's window, and goes on from a summary"
            case events.ToolCallApproved():
                said = "a yes was given"
        return [*self._prose.end(self._width), self._dim(said)] if said else []

    def _thoughts(self) -> list[str]:
        said = cleaning.line("".join(self._thinking))
        self._thinking.clear()
        if self._all_thinking:
            return self._thought.end(self._width)
        return [self._dim(f"thinking  {said}")] if said else []

    def _tool(self, event: events.ToolResult) -> list[str]:
        call, asked_for = self._running.pop(event.id, None), self._asked_for.pop(event.id, None)
        known = call or asked_for  # after a no, or where the caller has answered, nothing was run
        name = str(known.data.get("name", "")) if known else "tool"
        if name == QUIET_TOOL and not event.is_error:
            return []
        took = f" {times.spell(event.at - call.at)}" if call and call.at and event.at else ""
        mark = self._out.paint("✗", fg="red") if event.is_error else self._out.paint("✓", fg="green")
        room = self._width - 1
        asked = fit(
            cleaning.line(_asked(known.data.get("input") or known.data.get("arguments") if known else None)),
            max(8, room // 2 - NAME),
        )
        head = f"{INDENT}▸ {cleaning.line(name):<{NAME}} {asked}".rstrip()
        size = times.size(self._written.pop(event.id)) if event.id in self._written else ""
        tail = fit(size or _came(event.content), max(0, room - len(head) - len(took) - 6))
        return [*self._prose.end(self._width), f"{head}  {mark}{took}  {self._out.paint(tail, dim=True)}".rstrip()]

    def _progress(self, changes: Any) -> None:
        percent = changes.get("percent", self._percent)
        self._percent = number(percent)
        self._status = cleaning.line(str(changes.get("status", self._status) or ""))

    def _dim(self, text: str) -> str:
        return self._out.paint(INDENT + fit(cleaning.line(text), self._width - 3), dim=True)

    def _below(self, width: int) -> list[str]:
        parts = []
        if self._percent is not None:
            full = min(BAR, max(0, round(self._percent * BAR / 100)))
            parts.append(f"{'▰' * full}{'▱' * (BAR - full)} {self._percent:.0f} %")
        running = [cleaning.line(str(each.data.get("name"))) for each in self._running.values()]
        parts += [", ".join(running) or self._status or "…"]
        took = max(0, round(time.time() - self._begun)) if self._begun else 0
        facts = [f"{took // 60:02d}:{took % 60:02d}", f"step {self._step}" if self._step else ""]
        facts.append(times.tokens(self._tokens) if self._tokens else "")
        shown = INDENT + "  ".join(parts) + "   " + " · ".join(filter(None, facts))
        line = self._out.paint(fit(shown, width - 1), dim=True, err=True)
        return [fit(self._prose.rest, width - 1), line] if self._prose.rest else [line]


def _asked(given: Any) -> str:
    """Say in a few words what a tool was asked for: the first text among its arguments."""
    if isinstance(given, dict):
        return next((value for value in given.values() if isinstance(value, str) and value), "")
    return ""


def _came(content: str) -> str:
    """Say in a few words what came back."""
    lines = content.strip().splitlines()
    return times.many(len(lines), "line") if len(lines) > 1 else cleaning.line(content[:500])
