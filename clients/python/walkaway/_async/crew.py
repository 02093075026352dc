"""What differs between the two clients: pauses, and work that goes on beside the reader. Its twin is written by hand.

Functions that may never return run in threads that no exit waits for.
"""

import asyncio
import contextvars
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from walkaway.tools import Approver, Call, Tool

MOST = 8


async def sleep(seconds: float) -> None:
    """Pause."""
    await asyncio.sleep(seconds)


async def run(tool: "Tool", call: "Call") -> Any:
    """Run a tool for a call: awaited if it is async, else in a thread of its own. Raises Quit for what ends threads."""
    work = tool.bound(call)
    if not tool.is_async:
        return await _in_thread(work)
    try:
        return await work()
    except (asyncio.CancelledError, SystemExit) as raised:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise  # by whoever closes the crew
        from walkaway.tools import Quit

        raise Quit(raised) from raised


async def judge(approver: "Approver", call: "Call") -> Any:
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


@dataclass(eq=False)
class Piece:
    """A piece of work, and whether it has one of the eight places."""

    has_place: bool = False


class AsyncCrew:
    """Carries out work beside the reader, eight pieces at once; of what nobody waits for any more, however many."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(MOST)
        self._tasks: set[asyncio.Task[None]] = set()
        self._pieces: set[Piece] = set()
        self._changed = asyncio.Event()

    def start(self, work: Callable[..., Awaitable[float | None]], *arguments: Any, until: float = inf) -> None:
        """Begin a piece of work. It may give seconds, after which it is begun anew; meanwhile its place is free.

        It is given what it calls when nobody waits for it any more, though it goes on: its place is free then, and is
        so at `until` (seconds since the epoch), whatever it does.
        """
        piece = Piece()
        self._pieces.add(piece)
        loop = asyncio.get_running_loop()
        task = loop.create_task(self._do(piece, work, arguments))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if until != inf:
            timer = loop.call_later(max(0.0, until - time.time()), self._leave, piece)
            task.add_done_callback(lambda _: timer.cancel())
        task.add_done_callback(lambda _: self._leave(piece))

    async def _do(self, piece: Piece, work: Callable[..., Awaitable[float | None]], arguments: tuple[Any, ...]) -> None:
        while True:
            await self._places.acquire()
            piece.has_place = True
            if piece not in self._pieces:
                self._free(piece)
            try:
                again = await work(partial(self._leave, piece), *arguments)
            finally:
                self._free(piece)
            if again is None:
                return
            await asyncio.sleep(again)

    async def idle(self, seconds: float) -> bool:
        """Wait until a piece of work is done or its time is over, so long at the most; whether there is none."""
        if self._pieces:
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._changed.wait()
        return not self._pieces

    def close(self) -> None:
        """Give up what is not done."""
        for task in list(self._tasks):
            task.cancel()

    def _leave(self, piece: Piece) -> None:
        self._free(piece)
        self._pieces.discard(piece)
        self._changed.set()

    def _free(self, piece: Piece) -> None:
        if piece.has_place:
            piece.has_place = False
            self._places.release()


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
            held = isinstance(raised, Exception) and not isinstance(raised, StopIteration)
            from walkaway.tools import Quit

            error = raised if held else Quit(raised)
        try:
            loop.call_soon_threadsafe(tell, value, error)
        except RuntimeError:
            return  # the loop is closed: nobody waits any more

    threading.Thread(target=run, daemon=True, name="walkaway-tool").start()
    return await future
