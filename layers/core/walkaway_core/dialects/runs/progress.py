"""How far a run is: the same from its record and, event by event, from its log."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from walkaway_core.dialects.runs.reading import StoredRun
from walkaway_core.dialects.runs.wire import RunProgress
from walkaway_wire.events import Event

MOST = 90.0
"""Percent before the end, however many steps it takes: nobody knows how many those are."""
PERCENT, STATUS = "percent", "status"
"""Keys of the metadata in which agents report (see the tool report_progress)."""


def of(stored: StoredRun) -> RunProgress:
    """Say how far a run is."""
    turn, metadata = stored.turn, stored.session.metadata if stored.run.own else {}
    done = turn.status == "completed"
    return RunProgress(
        percentage=percentage(turn.begun, metadata.get(PERCENT), done=done),
        current_step=step(turn.begun, metadata.get(STATUS)),
        steps_completed=turn.step,
        steps_total=turn.step if done else None,
    )


def percentage(begun: int, report: Any, *, done: bool) -> float:
    """From 0 to 100: what the agent says, else ten for each step that has begun."""
    if done:
        return 100.0
    if isinstance(report, int | float) and not isinstance(report, bool) and 0 <= report <= 100:
        return float(report)
    return min(MOST, 10.0 * begun)


def step(begun: int, report: Any) -> str | None:
    """What is being done."""
    return report if isinstance(report, str) and report else f"Step {begun}" if begun else None


Line = tuple[str, dict[str, Any]]


@dataclass
class Telling:
    """Makes a run's events (contract B.7) of its log's, one after the other."""

    run: str
    begun: int = 0
    percent: Any = None
    status: Any = None
    shown: RunProgress | None = None
    text: str = ""

    def lines(self, event: Event) -> Iterator[Line]:
        """What this event of the log is to those who follow the run."""
        match event.type:
            case "message.created":
                yield "status", {"status": "queued", "job_id": self.run}
                yield from self._progress()
            case "step.started":
                if not self.begun:
                    yield "status", {"status": "running", "job_id": self.run}
                self.begun, self.text = event.data["step"], ""
                yield from self._progress()
            case "text.delta":
                self.text += event.data["content"]
            case "metadata.updated":
                changes = event.data["changes"]
                self.percent = changes.get(PERCENT, self.percent)
                self.status = changes.get(STATUS, self.status)
                yield from self._progress()
            case "message.completed":
                yield "status", {"status": "succeeded", "job_id": self.run}
                yield from self._progress(done=True)
                yield "result", {"result": self.text}
            case "message.error":
                yield "status", {"status": "failed", "job_id": self.run}
                yield "error", {"error": event.data["error"]}
            case "message.cancelled":
                yield "status", {"status": "cancelled", "job_id": self.run}
                yield "cancelled", {"message": "Job was cancelled"}

    def _progress(self, *, done: bool = False) -> Iterator[Line]:
        now = RunProgress(
            percentage=percentage(self.begun, self.percent, done=done),
            current_step=step(self.begun, self.status),
            steps_completed=0,
            steps_total=None,
        )
        if now != self.shown:
            self.shown = now
            yield "progress", {"percentage": now.percentage, "step": now.current_step}
