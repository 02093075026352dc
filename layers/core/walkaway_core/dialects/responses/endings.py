"""How a turn's end is told as a response's: status, terminal event, error (contract D.5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from walkaway_wire.events import MESSAGE_CANCELLED, MESSAGE_COMPLETED, Event

INCOMPLETE: Final = {"max_output_tokens": "max_output_tokens", "refusal": "content_filter"}
"""Codes of turns that were given up and whose output stands, with the reason that is told."""
ERRORS: Final = {"model_busy": "rate_limit_exceeded", "context_length_exceeded": "context_length_exceeded"}
"""Codes of turns that failed and whose error has a name of its own; each other one is the server's."""

STATUSES: Final = {MESSAGE_COMPLETED: "completed", MESSAGE_CANCELLED: "cancelled"}
"""How a response stands after these events."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a response ended. `code` and `sentence` are the turn's own; `usage` is None where its log does not say it."""

    status: str
    at: float
    code: str = ""
    sentence: str = ""
    usage: Mapping[str, int] | None = None
    cost_usd: float | None = None

    @property
    def event(self) -> str:
        """The terminal event, without `response.`: clients know no other ending for what was cancelled."""
        return "failed" if self.status == "cancelled" else self.status

    @property
    def stands(self) -> bool:
        """Whether the last text is the answer, be it cut short."""
        return self.status in ("completed", "incomplete")

    @property
    def error(self) -> dict[str, str] | None:
        """What is told of a failure."""
        if self.status != "failed":
            return None
        return {"code": ERRORS.get(self.code, "server_error"), "message": self.sentence}

    @property
    def incomplete_details(self) -> dict[str, str] | None:
        """Why the output is not whole."""
        return {"reason": INCOMPLETE[self.code]} if self.status == "incomplete" else None

    @property
    def tokens(self) -> dict[str, Any] | None:
        """What it has used: of the model service's count, in which what was cached stands beside the input."""
        if self.usage is None:
            return None
        cached, written = (self.usage.get(f"cache_{name}_input_tokens", 0) for name in ("read", "creation"))
        given, made = self.usage.get("input_tokens", 0) + cached + written, self.usage.get("output_tokens", 0)
        return {
            "input_tokens": given,
            "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": written},
            "output_tokens": made,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": given + made,
        }


def read(event: Event) -> Ending:
    """Read the terminal event of a turn's log."""
    data = event.data
    code, sentence = str(data.get("code", "")), str(data.get("error", ""))
    status = STATUSES.get(event.type) or ("incomplete" if code in INCOMPLETE else "failed")
    usage = data.get("usage")
    spent = usage if isinstance(usage, dict) else None
    return Ending(status, event.at, code, sentence, spent, data.get("cost_usd"))
