"""Who waits for news of a partition, in which event loop, and how the writer wakes them."""

import asyncio
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

from walkaway_core.ports.items import Page

AGAIN = 60.0
"""Seconds after which one looks though nobody has told it to: nobody tells of a commit of which nothing is known."""
SOON = 0.001
"""Seconds: so finely event loops tell the time."""
EMPTY = Page(())


class Query(Protocol):
    """The Table's query, as far as it is asked here."""

    def __call__(self, pk: str, *, after: str, limit: int) -> Page:
        """Read a range of a partition."""


class SqliteTail:
    """Tail: whoever has read to the end looks again only when it is told that something was written.

    It keeps one timer, which is not set anew for each wait: one that rings too early is set to what is waited for now.
    """

    def __init__(self, tails: "Tails", query: Query) -> None:
        self.loop = asyncio.get_running_loop()
        self.news = True
        """Whether there may be something that it has not looked at; set in the writer's thread, too."""
        self._tails = tails
        self._query = query
        self._pk: str | None = None
        self._seen: str | None = None
        """Behind which key there was nothing more, unless there has been `news` since."""
        self._until = self._rings = 0.0
        self._again = self.loop.time() + AGAIN
        self._waiter: asyncio.Future[None] | None = None
        self._alarm: asyncio.TimerHandle | None = None

    async def read(self, pk: str, after: str, *, limit: int = 1000, timeout: float) -> Page:
        """Wait for items behind a key. Reads in the loop's own thread: that is faster than to leave it."""
        if pk != self._pk:
            self._turn_to(pk)
        page = self._look(pk, after, limit)
        if page.items or timeout <= 0:
            return page
        until = self.loop.time() + timeout
        while not page.items and await self._told(until):
            page = self._look(pk, after, limit)
        return page

    def _turn_to(self, pk: str | None) -> None:
        """Listen to this partition from now on, and to the one before no more."""
        if self._pk is not None:
            self._tails.leave(self._pk, self)
        self._pk, self._seen = pk, None
        if pk is not None:
            self._tails.enter(pk, self)

    def _look(self, pk: str, after: str, limit: int) -> Page:
        if not self.news and after == self._seen:
            return EMPTY
        self.news, self._seen = False, None  # before it is read: what comes meanwhile is news
        page = self._query(pk, after=after, limit=limit)
        if not page.more:
            self._seen = page.items[-1].sk if page.items else after
        return page

    async def _told(self, until: float) -> bool:
        """Wait until there is news, or the time is over; say whether there is.

        What wakes it may be of news that it has looked at meanwhile.
        """
        self._until = until
        while not self.news:
            if self._alarm is None or self._rings > until:
                self._set_alarm()
            self._waiter = self.loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
            if not self.news and self.loop.time() >= until - SOON:
                return False
        return True

    def _set_alarm(self) -> None:
        if self._alarm:
            self._alarm.cancel()
        self._rings = self._until
        self._alarm = self.loop.call_later(self._until - self.loop.time(), self._ring)

    def _ring(self) -> None:
        self._alarm = None
        if self._waiter is None:
            return
        now = self.loop.time()
        if now < self._until - SOON:
            self._set_alarm()
            return
        if now > self._again:
            self._again = now + AGAIN
            self.news = True
        self.wake()

    def wake(self) -> None:
        """Let whoever waits look whether there is news, or the time over."""
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    def close(self) -> None:
        """Listen no more."""
        self._turn_to(None)
        if self._alarm:
            self._alarm.cancel()


class Tails:
    """Who listens, by partition. `tell` may be called from any thread, the rest from an event loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: dict[str, set[SqliteTail]] = {}

    @contextmanager
    def tail(self, query: Query) -> Iterator[SqliteTail]:
        """Give one, to the end of the block."""
        tail = SqliteTail(self, query)
        try:
            yield tail
        finally:
            tail.close()

    def enter(self, pk: str, tail: SqliteTail) -> None:
        """Let it hear of each commit that touches a partition."""
        with self._lock:
            self._listeners.setdefault(pk, set()).add(tail)

    def leave(self, pk: str, tail: SqliteTail) -> None:
        """Let it hear of that partition no more."""
        with self._lock:
            self._listeners[pk].discard(tail)
            if not self._listeners[pk]:
                del self._listeners[pk]

    def tell(self, partitions: Iterable[str]) -> None:
        """Wake whoever listens to one of these, each event loop once; who has not looked since the last time will."""
        waking: dict[asyncio.AbstractEventLoop, list[SqliteTail]] = {}
        with self._lock:
            for pk in partitions:
                for tail in self._listeners.get(pk, ()):
                    if not tail.news:
                        tail.news = True
                        waking.setdefault(tail.loop, []).append(tail)
        for loop, tails in waking.items():
            try:
                loop.call_soon_threadsafe(_wake, tails)
            except RuntimeError:
                pass  # that loop has been closed, and with it whoever listened


def _wake(tails: list[SqliteTail]) -> None:
    for tail in tails:
        tail.wake()
