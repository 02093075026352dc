"""How many of a kind one tenant may have under way at once; the rest of them stand in that tenant's own line."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol


class Share:
    """Places for what is done on the event loop, `most` for each tenant; any number when None.

    Nobody stands in another tenant's line: there is no place that two tenants could want.
    """

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self._lines: dict[str, asyncio.Semaphore] = {}

    @asynccontextmanager
    async def place(self, tenant: str) -> AsyncIterator[bool]:
        """Wait for a place, first come first served, and have it until the end of the block; say whether one waited."""
        if self._most is None:
            yield False
            return
        line = self._line(tenant)
        waits = line.locked()
        async with line:
            yield waits

    @asynccontextmanager
    async def within(self, tenant: str, seconds: float) -> AsyncIterator[float]:
        """Wait for a place no longer than `seconds`, and give those that are left; without a place there are none."""
        if self._most is None or seconds <= 0:
            yield seconds
            return
        line, begun = self._line(tenant), asyncio.get_running_loop().time()
        try:
            await asyncio.wait_for(line.acquire(), seconds)
        except TimeoutError:
            yield 0.0
            return
        try:
            yield max(0.0, seconds - (asyncio.get_running_loop().time() - begun))
        finally:
            line.release()

    def _line(self, tenant: str) -> asyncio.Semaphore:
        if tenant not in self._lines:
            self._lines[tenant] = asyncio.Semaphore(self._most or 0)
        return self._lines[tenant]


class NoPlace(Exception):
    """The tenant has as many under way as it may, and nothing has begun: try again later.

    The state machine knows it by this name.
    """


class Places(Protocol):
    """Places for what runs in many processes, so many for each tenant."""

    def place(self, tenant: str, seconds: float) -> AbstractContextManager[None]:
        """Have a place to the end of the block; whoever is lost with it has it no longer than `seconds`.

        Raises NoPlace, and what a Table raises for a write.
        """


class Unshared:
    """Places: any number, where lines are kept elsewhere."""

    def place(self, tenant: str, seconds: float) -> AbstractContextManager[None]:  # noqa: ARG002
        """Give one."""
        return nullcontext()


@dataclass(frozen=True, slots=True)
class Shares:
    """What tenants have a share of, besides what adapters keep in lines of their own: webhooks, storage.

    `tools` are commands and other slow tools; on one machine the machine has their lines, and all have a place.
    """

    uploads: Share = field(default_factory=Share)
    streams: Share = field(default_factory=Share)
    polls: Share = field(default_factory=Share)
    tools: Places = field(default_factory=Unshared)
