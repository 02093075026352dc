"""Threads for tasks: a pool for each function, so that slow tasks of one keep no other function's waiting."""

import itertools
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from types import MappingProxyType
from typing import Any, TypeVar

from walkaway_core.ports import pace
from walkaway_local.lines import Lines

T = TypeVar("T")

YOUNG, AT_ONCE = 0.3, 6
"""For how many seconds a task counts as young at the most, and how many may be young at once."""


class Gate:
    """Lets a few tasks begin at a time: what a task does first is work, and then it mostly waits for somebody else.

    Beginning hundreds at once would make each of them, and whoever asks the server something, wait for all the others.
    A task is young until it says that it waits, or is over, or has taken its time.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._young: dict[int, float] = {}
        self._count = itertools.count()

    def enter(self) -> int:
        """Wait until few enough are young; give a number to `leave` with."""
        with self._changed:
            while True:
                now = time.monotonic()
                for number in [number for number, until in self._young.items() if now >= until]:
                    del self._young[number]
                if len(self._young) < AT_ONCE:
                    number = next(self._count)
                    self._young[number] = now + YOUNG
                    return number
                self._changed.wait(min(self._young.values()) - now)

    def leave(self, number: int) -> None:
        """Say that this one is young no more; may be repeated."""
        with self._changed:
            if self._young.pop(number, None) is not None:
                self._changed.notify()


class Pools:
    """A pool of `workers` threads for each function, or of as many as `more` says. `""` is the machine's own.

    Of the functions in `shares` each tenant's tasks stand in a line of their own, so many of which are done at once.
    """

    def __init__(self, workers: int, more: Mapping[str, int], shares: Mapping[str, int] = MappingProxyType({})) -> None:
        self._workers = workers
        self._more = more
        self._lines = {function: Lines(most) for function, most in shares.items()}
        self._lock = threading.Lock()
        self._pools: dict[str, ThreadPoolExecutor] = {}
        self._gate = Gate()
        self._closed = False

    def submit(self, function: str, work: Callable[..., T], *arguments: Any, tenant: str = "") -> "Future[T]":
        """Let a task of a function be done, for a tenant. Raises RuntimeError after `close`."""
        pool, lines = self.of(function), self._lines.get(function)
        if lines is None:
            return pool.submit(self._through, work, arguments)
        future = Future[T]()

        def do() -> None:
            try:
                future.set_result(self._through(work, arguments))
            except BaseException as error:  # noqa: BLE001 - whoever has the future hears of it
                future.set_exception(error)
            finally:
                lines.leave(tenant)

        def begin() -> None:
            with suppress(RuntimeError):  # the pools have been closed: nobody waits any more
                pool.submit(do)

        lines.enter(tenant, begin)
        return future

    def _through(self, work: Callable[..., T], arguments: tuple[Any, ...]) -> T:
        number = self._gate.enter()
        token = pace.told.set(lambda: self._gate.leave(number))
        try:
            return work(*arguments)
        finally:
            pace.told.reset(token)
            self._gate.leave(number)

    def of(self, function: str) -> ThreadPoolExecutor:
        """Give a function's pool. Raises RuntimeError after `close`."""
        with self._lock:
            if self._closed:
                raise RuntimeError("the pools have been closed")
            if function not in self._pools:
                workers = self._more.get(function, self._workers)
                self._pools[function] = ThreadPoolExecutor(workers, thread_name_prefix=function or "machine")
            return self._pools[function]

    def close(self, *, wait: bool = False) -> None:
        """Begin nothing any more; `wait` for what is under way."""
        with self._lock:
            self._closed = True
        for pool in self._pools.values():
            pool.shutdown(wait=wait, cancel_futures=not wait)
