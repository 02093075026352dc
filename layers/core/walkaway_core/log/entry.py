"""Entering what one may have to wait for, with heartbeats in between."""

import asyncio
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from typing import Self


class Entry:
    """Enters what one may have to wait for, such as a place in a line, in as many waits as it takes."""

    def __init__(self, context: AbstractAsyncContextManager[object]) -> None:
        self._context = context
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Begin to enter, and give itself."""
        self._entering = asyncio.create_task(self._stack.enter_async_context(self._context))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Leave it, or give up waiting."""
        self._entering.cancel()
        with suppress(asyncio.CancelledError):
            await self._entering
        await self._stack.aclose()

    async def within(self, seconds: float) -> bool:
        """Say whether one has entered after so many seconds at the most."""
        return bool((await asyncio.wait({self._entering}, timeout=seconds))[0])
