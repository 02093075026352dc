"""Waiting for news with heartbeats in between: a reader to whom nothing happens costs a timer a beat, and no reads."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from typing import Any, Generic, Self, TypeVar

T = TypeVar("T")
AT_MOST = 3600.0
"""Seconds that one look waits."""


class Patience(Generic[T]):
    """Looks for news, given for how many seconds to wait for them; `look` gives them, or an empty list.

    Once there was none, the next look goes on over as many waits as it takes: none of them reads anything, as only the
    beginning of a look does. It is given up at the end of the block.
    """

    def __init__(self, look: Callable[[float], Coroutine[Any, Any, list[T]]]) -> None:
        self._look = look
        self._quiet = False
        self._looking: asyncio.Task[list[T]] | None = None

    def __enter__(self) -> "Patience[T]":
        """Give itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give up the look that goes on."""
        if self._looking:
            self._looking.cancel()

    async def wait(self, seconds: float) -> list[T]:
        """Give the news that come within so many seconds."""
        if not self._quiet:  # to whom news keep coming, a task for each look would be the greater cost
            news = await self._look(seconds)
        else:
            self._looking = self._looking or asyncio.create_task(self._look(AT_MOST))
            if not (await asyncio.wait({self._looking}, timeout=seconds))[0]:
                return []
            news, self._looking = self._looking.result(), None
        self._quiet = not news
        return news


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
