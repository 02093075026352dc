"""Events of a session as a turn's log makes them: each at the time that the turn has come to, with an id of its log."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from walkaway_core.dialects.managed import dates, ids
from walkaway_core.dialects.managed.told import Who
from walkaway_core.store.turns import TOKENS

Fields = dict[str, Any]
ERROR: Final = "w"
USAGE: Final = "u"
THREAD: Final = "t"
SESSION: Final = "r"
ENDED: Final = "x"
INTERRUPT: Final = "i"
REFUSED: Final = "v"


class Drafts:
    """Makes events. `at` only grows, as their times do."""

    def __init__(self, who: Who, turn: str, since: float) -> None:
        self._who, self._turn = who, turn
        self.at = since
        self.span = ""
        """The request to the model that is open."""

    def id(self, number: int, letter: str = "") -> str:
        """Name an event that goes with this one of the log."""
        return ids.event(self._turn, number, letter)

    def now(self, type_: str, id_: str, **more: Any) -> Fields:
        """Make an event."""
        return {"type": type_, "id": id_, **more, "processed_at": dates.shown(self.at)}

    def request(self, number: int) -> Fields:
        """Begin a request to the model."""
        self.span = self.id(number)
        return self.now("span.model_request_start", self.span)

    def end_request(self, number: int, letter: str = "", *, usage: Any = None, is_error: bool = True) -> Fields:
        """End the request that is open."""
        begun, self.span = self.span, ""
        counts = usage if isinstance(usage, Mapping) else {}
        used = {name: int(counts.get(name) or 0) for name in TOKENS}
        more = {"model_request_start_id": begun, "model_usage": used, "is_error": is_error}
        return self.now("span.model_request_end", self.id(number, letter), **more)

    def use(self, number: int, name: str, input_: Any, permission: str) -> Fields:
        """Show the call of a tool; `permission`: `allow` or `ask`."""
        judged = {"evaluated_permission": permission, "evaluation": {"type": f"always_{permission}"}}
        said = {"name": name, "input": _object(input_), **judged, "session_thread_id": None}
        return self.now("agent.tool_use", self.id(number), **said)

    def custom_use(self, number: int, name: str, input_: Any) -> Fields:
        """Show the call of a tool that the client runs."""
        said = {"name": name, "input": _object(input_), "session_thread_id": None}
        return self.now("agent.custom_tool_use", self.id(number), **said)

    def result(self, id_: str, call: int, content: list[Fields], *, is_error: bool) -> Fields:
        """Show what came of the call that began at `call`."""
        said = {"tool_use_id": self.id(call), "content": content, "is_error": is_error}
        return self.now("agent.tool_result", id_, **said)

    def error(self, number: int, error: Fields) -> Fields:
        """Show that something went wrong."""
        return self.now("session.error", self.id(number, ERROR), error=error)

    def runs(self, number: int) -> Iterator[Fields]:
        """Say that the session runs."""
        yield self._thread(number, "running")
        yield self._session(number, "running")

    def rescheduled(self, number: int) -> Iterator[Fields]:
        """Say that it waits to be tried again."""
        yield self._thread(number, "rescheduled")
        yield self._session(number, "rescheduled")

    def rests(
        self, number: int, reason: Fields, details: Fields | None = None, spent: Mapping[str, Any] | None = None
    ) -> Iterator[Fields]:
        """Say that it rests, and why; before that what it has `spent`."""
        why = {"stop_reason": reason, "stop_details": details}
        yield self._thread(number, "idle", **why)
        if spent is not None:
            yield self.now("session.usage", self.id(number, USAGE), **spent)
        yield self._session(number, "idle", **why)

    def _thread(self, number: int, status: str, **more: Any) -> Fields:
        said = {**self._who.thread, **more}
        return self.now(f"session.thread_status_{status}", self.id(number, THREAD), **said)

    def _session(self, number: int, status: str, **more: Any) -> Fields:
        return self.now(f"session.status_{status}", self.id(number, SESSION), **more)


def _object(value: Any) -> Fields:
    return value if isinstance(value, dict) else {}
