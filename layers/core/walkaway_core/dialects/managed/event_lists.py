"""The list of a session's events, page by page, and waiting for what is not there yet."""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Annotated, Any, Final, Literal

from fastapi import Query

from walkaway_core.dialects.managed import pages, segments
from walkaway_core.dialects.managed.following import Following
from walkaway_core.dialects.managed.pages import Cursors, Ranged
from walkaway_core.dialects.managed.problems import invalid
from walkaway_core.dialects.managed.told import Spot, Told
from walkaway_core.dialects.managed.walking import Walk
from walkaway_core.log.readers import RELEASE_POLL

LONGEST_WAIT: Final = 25.0
"""Seconds for which a request may wait: API Gateway gives it up after 29."""
LOOKS: Final = 100
"""How often a page waits for a session that is released in the same transaction as its turn's end."""
TYPES: Final = frozenset(
    {
        *(f"user.{name}" for name in ("message", "interrupt", "tool_confirmation", "custom_tool_result")),
        *(f"user.{name}" for name in ("tool_result", "define_outcome")),
        "system.message",
        *(f"agent.{name}" for name in ("message", "thinking", "tool_use", "tool_result", "custom_tool_use")),
        *(f"agent.{name}" for name in ("mcp_tool_use", "mcp_tool_result", "thread_context_compacted")),
        *(f"agent.thread_message_{name}" for name in ("sent", "received")),
        *(f"session.{name}" for name in ("error", "updated", "usage", "thread_created")),
        *(f"session.status_{name}" for name in ("running", "idle", "rescheduled", "terminated")),
        *(f"session.thread_status_{name}" for name in ("running", "idle", "rescheduled", "terminated")),
        *(f"span.model_request_{name}" for name in ("start", "end")),
        *(f"span.outcome_evaluation_{name}" for name in ("start", "ongoing", "end")),
        *(f"workflow_run.{name}" for name in ("created", "status_running", "status_idle", "status_ended")),
        *(f"workflow_run.{name}" for name in ("error", "phase_started", "phase_ended")),
    }
)
"""Types by which a list can be narrowed, whether or not there are such events here."""


class EventsQuery(Ranged):
    """Which of a session's events."""

    limit: Annotated[int, Query(ge=1, le=1000, description="how many at the most")] = 1000
    order: Annotated[Literal["asc", "desc"], Query(description="the oldest first, or the newest")] = "asc"
    types_in_brackets: Annotated[list[str] | None, Query(alias="types[]", description="only events of these")] = None
    types: Annotated[list[str] | None, Query(description="the same without brackets")] = None
    after: Annotated[
        str | None, Query(description="go on behind the event with this id, or with this `id:` of a stream")
    ] = None
    wait: Annotated[float, Query(ge=0, le=30, description="seconds to wait for an event, if there is none")] = 0


class Listing:
    """A list of a session's events, as it was asked for."""

    def __init__(self, walk: Walk, query: EventsQuery) -> None:
        """Raises Refusal."""
        self._walk, self._query = walk, query
        self._types = pages.either(query.types_in_brackets, query.types, "types")
        self._range = query.range
        if unknown := [each for each in self._types if each not in TYPES]:
            raise invalid(f"there are no events of the type {unknown[0][:100]!r}", "types")
        if query.after is not None and (query.page or query.order == "desc"):
            raise invalid("goes with the order asc, and without a page", "after")
        if query.wait and query.after is None:
            raise invalid("goes with `after`: the last event that you have, or nothing", "wait")
        narrowed = {"session": walk.key.session, "types": sorted(self._types), "range": repr(self._range)}
        self._cursors = Cursors("events", narrowed, query.order)
        self._after = self._begin()

    def page(self) -> dict[str, Any]:
        """Give the page; what it says of the session's rest is then known to have been told."""
        walk, limit = self._walk, self._query.limit
        all_ = walk.backwards(self._after) if self._query.order == "desc" else walk.forwards(self._after)
        found = [*islice(self._wanted(all_), limit + 1)]
        shown, more = found[:limit], len(found) > limit
        if rests := [told for told in shown if told.idle]:
            self._released(rests)
            segments.told(walk, max(told.at for told in rests))
        next_page = self._cursors.write(shown[-1].spot.cursor) if more else None
        return pages.page([told.fields for told in shown], next_page)

    async def waited(self, seconds: float) -> dict[str, Any]:
        """Give the page, once there is something on it, nothing can come any more, or the time is over."""
        clock = self._walk.services.clock
        until = clock.monotonic() + seconds
        page, over = await asyncio.to_thread(self.page), False
        while not (page["data"] or over) and (left := until - clock.monotonic()) > 0:
            start = segments.behind(self._walk, self._after) if self._after else segments.Start("")
            assert start
            following = await asyncio.to_thread(Following, self._walk, start, frozenset[str]())
            async for told in following.told(left):
                if any(True for _ in self._wanted(iter(told))):
                    break
            over, page = following.over, await asyncio.to_thread(self.page)
        return page

    def _released(self, rests: Sequence[Told]) -> None:
        """Wait until the session names no turn that is told to be over: a table may show parts of a transaction.

        So whoever reads that a session rests may archive it at once.
        """
        services, key = self._walk.services, self._walk.key
        over = {told.owner for told in rests if told.fields["stop_reason"]["type"] != "requires_action"}
        for _ in range(LOOKS):
            (item,) = services.table.get(key.item)
            if item is None or item.facts.get("turn") not in over:
                return
            services.clock.sleep(RELEASE_POLL)

    def _begin(self) -> Spot | None:
        place, _ = self._cursors.read(self._query.page)
        named = place or self._query.after
        if not named:
            return None
        spot = Spot.read(named) or self._walk.find(named)
        if spot is None or self._walk.own_place(spot.owner, spot.number) < 0:
            raise invalid(f"there is no event {named[:100]!r} in this session", "page" if place else "after")
        return spot

    def _wanted(self, told: Iterator[Told]) -> Iterator[Told]:
        """Leave out what is of another type or time. A message that nobody has seen has no time yet."""
        for each in told:
            of_type = not self._types or each.type in self._types
            if of_type and not each.previews and each.at in self._range:
                yield each
