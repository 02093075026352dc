"""The events of a turn: their names, and the two forms in which a reader gets them."""

from dataclasses import dataclass
from typing import Any, Final

from walkaway_wire import gate, jsontext

MESSAGE_CREATED: Final = "message.created"
TURN_STARTED: Final = "turn.started"
TURN_QUEUED: Final = "turn.queued"
TURN_STEERED: Final = "turn.steered"
METADATA_UPDATED: Final = "metadata.updated"
SESSION_UPDATED: Final = "session.updated"
SESSION_ARCHIVED: Final = "session.archived"
SESSION_INTERRUPTED: Final = "session.interrupted"
STEP_STARTED: Final = "step.started"
TURN_COMPACTED: Final = "turn.compacted"
STEP_ADJUSTED: Final = "step.adjusted"
STEP_RETRYING: Final = "step.retrying"
STEP_COMPLETED: Final = "step.completed"
TEXT_START: Final = "text.start"
TEXT_DELTA: Final = "text.delta"
TEXT_STOP: Final = "text.stop"
THINKING_START: Final = "thinking.start"
THINKING_DELTA: Final = "thinking.delta"
THINKING_STOP: Final = "thinking.stop"
TEXT_CITATION: Final = "text.citation"
SERVER_TOOL_USE: Final = "server_tool.use"
SERVER_TOOL_RESULT: Final = "server_tool.result"
TOOL_USE_START: Final = "tool_use.start"
TOOL_USE_INPUT_DELTA: Final = "tool_use.input_delta"
TOOL_USE_STOP: Final = "tool_use.stop"
TOOL_USE_EXECUTING: Final = "tool_use.executing"
TOOL_USE_PROGRESS: Final = "tool_use.progress"
FILE_CHANGED: Final = "file.changed"
TOOL_RESULT: Final = "tool_result"
TOOL_CALL_REQUESTED: Final = "tool_call.requested"
TOOL_CALL_APPROVED: Final = "tool_call.approved"
MESSAGE_COMPLETED: Final = "message.completed"
MESSAGE_CANCELLED: Final = "message.cancelled"
MESSAGE_ERROR: Final = "message.error"
UNREADABLE: Final = "event.unreadable"

TERMINAL: Final = frozenset({MESSAGE_COMPLETED, MESSAGE_CANCELLED, MESSAGE_ERROR})
"""A turn's log ends with exactly one of these; nothing follows it."""

MEANINGS: Final = {
    MESSAGE_CREATED: "`{id, session_id, status}`: always number 0; `id` is the response id; `interrupts` says that its "
    "sender has asked for an end of what ran as well, and nothing ran",
    TURN_QUEUED: "`{place, behind}`: the message waits, as number `place` in the queue behind the turn `behind`",
    TURN_STEERED: "`{message, step}`: the user said this while the turn ran; the model gets to see it at that step",
    METADATA_UPDATED: "`{changes}`: these keys of the session's metadata were set, or removed where they are null; in "
    "a session of a dialect that shows changes `now` has the metadata, and perhaps the title, as they are then",
    SESSION_UPDATED: "`{changes}`: a dialect that has such an event has changed the session, or its title was "
    "changed: each field as it is now",
    STEP_STARTED: "`{step, attempt}`: a model call begins; attempt 2 and up replace what the earlier attempt wrote",
    TURN_COMPACTED: "`{step, summary}`: the conversation neared the model's window, and goes on from this summary",
    STEP_RETRYING: "`{step, attempt, error, wait}`: the attempt failed; the next one begins after `wait` seconds",
    STEP_ADJUSTED: "`{step, left_out, reason}`: the model is not sent some things: settings that it does not take, "
    "or what the service refused to read",
    STEP_COMPLETED: "`{step, stop_reason, usage}`: the model call is complete and part of the conversation",
    TEXT_START: "`{}`: a text block opens",
    TEXT_DELTA: "`{content}`: more text",
    TEXT_STOP: "`{}`: the text block is complete",
    THINKING_START: "`{}`: the model's reasoning opens, or what it says of its work between calls of tools",
    THINKING_DELTA: "`{content}`: more reasoning",
    THINKING_STOP: "`{}`: the reasoning is complete; with `signature` where a response asks for that",
    TEXT_CITATION: "`{citation}`: where the text that is open now comes from, in the words of the Messages API",
    SERVER_TOOL_USE: "`{name, id, input}`: the model service uses a tool of its own, such as web_search",
    SERVER_TOOL_RESULT: "`{id, type}`: that tool has answered; the whole block is in the conversation",
    TOOL_USE_START: "`{name, id}`: the model begins to write a tool call",
    TOOL_USE_INPUT_DELTA: "`{content}`: more of the call's arguments, as JSON text",
    TOOL_USE_STOP: "`{}`: the arguments are complete",
    TOOL_USE_EXECUTING: "`{name, id, input}`: the tool is about to run",
    TOOL_USE_PROGRESS: "`{id, content}`: how far the tool is; at most once a second",
    FILE_CHANGED: "`{path, op, size, version, call_id}`: this call has `written` or `deleted` a file; it comes "
    "before the call's `tool_result`",
    TOOL_RESULT: "`{id, content, is_error}`: what the tool returned; `id` is that of `tool_use.start`. `denied` is the "
    "reason of a no, `closed` says that the turn was ended before there was a result, `more` that others come at once",
    TOOL_CALL_REQUESTED: "`{call_id, name, arguments, needs, expires_at}`: the turn waits for POST …/tool_results: "
    "an output, or a yes or no where `needs` is `approval`",
    TOOL_CALL_APPROVED: "`{call_id}`: the call may run; a no is a `tool_result` with `is_error`",
    MESSAGE_COMPLETED: "`{id, status, usage, files}`: the turn is done; `files` as in its record",
    MESSAGE_CANCELLED: "`{id, status}`: the turn was cancelled; `followed` says that another begins in its place",
    MESSAGE_ERROR: "`{id, error, code}`: the turn failed",
    UNREADABLE: "`{unreadable}`: what is stored of this event cannot be read; the ones around it keep their numbers",
}
"""Every event type of a turn with the shape of its data (contract A.5; `step.*` and `turn.*` are ours)."""

BETWEEN: Final = {
    TURN_STARTED: "`{response_id}`: this turn begins; its own events follow",
    METADATA_UPDATED: "`{changes}`: the same, while no turn runs",
    SESSION_UPDATED: "`{changes}`: the same, while no turn runs",
    SESSION_INTERRUPTED: "`{}`: somebody wanted to interrupt it, while no turn ran",
    SESSION_ARCHIVED: "`{}`: no turn begins in it any more; this is the last event",
}
"""What a session's events have besides those of its turns."""

_PIECE: Final = '{"content":"'


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a turn's log. `text` is the data's JSON on one line, `sequence_number` included.

    `at`: when its writer wrote it, in seconds since the epoch; 0 where nobody knows.
    """

    number: int
    type: str
    text: str
    at: float = 0.0

    @classmethod
    def make(cls, number: int, type_: str, data: dict[str, Any]) -> "Event":
        """Number an event's data."""
        return cls(number, type_, jsontext.dumps({**data, "sequence_number": number}))

    @property
    def data(self) -> dict[str, Any]:
        """The decoded data; an object with `unreadable` where it is none."""
        try:
            decoded = jsontext.loads(self.text)
        except ValueError:
            decoded = None
        return decoded if isinstance(decoded, dict) else gate.stored_object(self.text)

    @property
    def piece(self) -> str | None:
        """The text that a delta adds, which is all that it says; None for an event that says something else."""
        if not self.text.startswith(_PIECE):
            return None
        try:
            piece, end = jsontext.value_at(self.text, len(_PIECE) - 1)
        except ValueError:
            return None
        whole = self.text[end:] == f',"sequence_number":{self.number}}}'
        return str(piece) if whole else None

    @property
    def terminal(self) -> bool:
        """Whether the turn's log ends here."""
        return self.type in TERMINAL

    def sse(self, cursor: str = "") -> str:
        """The event as a Server-Sent Event: `id`, `event`, `data` and a blank line (contract A.5, later edition)."""
        return f"id: {cursor or self.number}\nevent: {self.type}\ndata: {self.shown}\n\n"

    @property
    def shown(self) -> str:
        """The data's JSON as readers get it: with `at`, its time in seconds since the epoch."""
        return f'{self.text[:-1]},"at":{self.at}}}' if self.at else self.text

    def json(self) -> dict[str, Any]:
        """The event as an object of the JSON form of the log."""
        return {"id": self.number, "event": self.type, "data": self.data | ({"at": self.at} if self.at else {})}
