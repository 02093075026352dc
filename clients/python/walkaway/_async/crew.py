"""What differs between the two clients: pauses, and work that goes on beside the reader. Its twin is written by hand.

Functions that may never return run in threads that no exit waits for.
"""

import asyncio
import contextvars
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from walkaway.tools import Approver, Call, Tool

MOST = 8


async def sleep(seconds: float) -> None:
    """Pause."""
    await asyncio.sleep(seconds)


async def run(tool: Tool, call: Call) -> Any:
    """Run a tool for a call: awaited if it is async, else in a thread of its own."""
    work = tool.bound(call)
    return await work() if tool.is_async else await _in_thread(work)


async def judge(approver: Approver, call: Call) -> Any:
    """Ask for a yes; give what comes back, which may be anything."""
    verdict = await _in_thread(lambda: approver(call))
    return await verdict if isinstance(verdict, Awaitable) else verdict


@asynccontextmanager
async def repeating(work: Callable[[], Awaitable[bool]], seconds: float) -> AsyncIterator[None]:
    """Do something each so many seconds beside the block, until it says no or the block ends."""

    async def go_on() -> None:
        again = True
        while again:
            await asyncio.sleep(seconds)
            again = await work()

    task = asyncio.get_running_loop().create_task(go_on())
    try:
        yield
    finally:
        task.cancel()


class AsyncCrew:
    """Carries out work beside the reader, eight pieces at once."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(MOST)
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Callable[..., Awaitable[float | None]], *arguments: Any) -> None:
        """Begin a piece of work. It may give seconds, after which it is begun anew; meanwhile its place is free."""
        task = asyncio.get_running_loop().create_task(self._do(work, arguments))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _do(self, work: Callable[..., Awaitable[float | None]], arguments: tuple[Any, ...]) -> None:
        while True:
            async with self._places:
                again = await work(*arguments)
            if again is None:
                return
            await asyncio.sleep(again)

    async def idle(self, seconds: float) -> bool:
        """Wait until a piece of work is done, so long at the most; whether there is none."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        return not self._tasks

    def close(self) -> None:
        """Give up what is not done."""
        for task in list(self._tasks):
            task.cancel()


async def _in_thread(work: Callable[[], Any]) -> Any:
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()
    context = contextvars.copy_context()

    def tell(value: Any, error: BaseException | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(error)

    def run() -> None:
        value, error = None, None
        try:
            value = context.run(work)
        except BaseException as raised:  # noqa: BLE001 - whoever awaits it is told
            error = RuntimeError(f"it raised {raised!r}") if isinstance(raised, StopIteration) else raised
        try:
            loop.call_soon_threadsafe(tell, value, error)
        except RuntimeError:
            return  # the loop is closed: nobody waits any more

    threading.Thread(target=run, daemon=True, name="walkaway-tool").start()
    return await future
