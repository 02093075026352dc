"""Where a reader of events goes on, and how long it waits: the query of every route of events."""

from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict

from walkaway_core.errors import CursorInvalid
from walkaway_core.http.fields import accepts

LONGEST_WAIT = 25
"""Seconds for which a request may wait: API Gateway gives it up after 29."""


class EventsQuery(BaseModel):
    """Where to read on, and in which form."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    last_event_id: Annotated[str | None, Query(description="the last event that you have; for SSE")] = None
    after: Annotated[str | None, Query(description="the same; asks for JSON")] = None
    limit: Annotated[int | None, Query(ge=1, le=1000, description="how many events; asks for JSON")] = None
    wait: Annotated[
        float | None, Query(ge=0, le=LONGEST_WAIT, description="seconds to wait for the first event; asks for JSON")
    ] = None
    format: Annotated[Literal["sse", "json"] | None, Query(description="instead of the Accept header")] = None

    def cursor(self, last_event_id: str | None) -> str | None:
        """Choose the cursor: the header wins, as EventSource sends it when it reconnects."""
        return next((c for c in (last_event_id, self.after, self.last_event_id) if c is not None), None)

    def as_json(self, accept: str) -> bool:
        """Whether JSON is asked for: by name, by Accept, or by what only JSON has."""
        if self.format or accepts(accept, "text/event-stream"):
            return self.format == "json"
        return accepts(accept, "application/json") or any(v is not None for v in (self.after, self.limit, self.wait))


def number(cursor: str | None) -> int:
    """Read a cursor: the number of the last event that the reader has, -1 for none. Raises CursorInvalid."""
    if cursor is None or cursor in ("", "-1"):
        return -1
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 10):
        raise CursorInvalid(f"{cursor[:40]!r} is no cursor; send the id of the last event that you have, such as 41")
    return int(cursor)
