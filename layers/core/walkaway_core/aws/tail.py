"""Waiting for news where nobody tells of them: one look after the other, each in a thread."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from walkaway_core.ports.items import Page

POLL = 0.1
"""Seconds between two looks."""
AT_MOST = 3600.0
"""Seconds for which one goes on looking."""


class Query(Protocol):
    """The Table's query, as far as it is asked here."""

    def __call__(self, pk: str, *, after: str, limit: int) -> Page:
        """Read a range of a partition."""


class DynamoTail:
    """Tail: once there was nothing, looking goes on over as many reads as it takes.

    So a look that takes longer than somebody waits keeps nobody waiting. It is given up at the end of the block.
    """

    def __init__(self, query: Query) -> None:
        self._query = query
        self._quiet: tuple[str, str, int] | None = None
        """What was asked for last, where there was nothing."""
        self._looking: asyncio.Task[Page] | None = None

    async def read(self, pk: str, after: str, *, limit: int = 1000, timeout: float) -> Page:
        """Look for items behind a key again and again."""
        asked = pk, after, limit
        if asked != self._quiet or timeout <= 0:
            self.close()
            page = await self._look(asked, timeout)
        else:
            self._looking = self._looking or asyncio.create_task(self._look(asked, AT_MOST))
            if not (await asyncio.wait({self._looking}, timeout=timeout))[0]:
                return Page(())
            page, self._looking = self._looking.result(), None
        self._quiet = None if page.items else asked
        return page

    async def _look(self, asked: tuple[str, str, int], timeout: float) -> Page:
        loop, (pk, after, limit) = asyncio.get_running_loop(), asked
        end = loop.time() + timeout
        while True:
            page = await asyncio.to_thread(self._query, pk, after=after, limit=limit)
            left = end - loop.time()
            if page.items or left <= 0:
                return page
            await asyncio.sleep(min(POLL, left))

    def close(self) -> None:
        """Look no more."""
        if self._looking:
            self._looking.cancel()
        self._looking = None


@contextmanager
def tail(query: Query) -> Iterator[DynamoTail]:
    """Give one, to the end of the block."""
    made = DynamoTail(query)
    try:
        yield made
    finally:
        made.close()
