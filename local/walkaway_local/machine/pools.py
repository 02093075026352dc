"""Threads for tasks: a pool for each function, so that slow tasks of one keep no other function's waiting."""

import itertools
import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import Any

from walkaway_core.ports import pace
from walkaway_local.lines import Lines
from walkaway_local.machine.courtesy import Courtesy

YOUNG, AT_ONCE = 0.3, 6
"""For how many seconds a task counts as young at the most, and how many may be young at once."""


def _nothing() -> None:
    """Do nothing."""


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
        self._courtesy = Courtesy()
        self._gate = Gate()
        self._closed = False

    def attending(self) -> AbstractContextManager[None]:
        """Let tasks wait for a request that is carried out in this, unless it is the only one."""
        return self._courtesy.attending()

    def begin(self, function: str, work: Callable[..., None], *arguments: Any, tenant: str = "") -> None:
        """Let a task of a function be done for a tenant, now or soon; nothing after `close`."""
        self._courtesy.begin(lambda: self._enter(function, tenant, work, arguments))

    def _enter(self, function: str, tenant: str, work: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        lines = self._lines.get(function)
        if lines is None:
            self._submit(function, work, arguments)
        else:
            lines.enter(tenant, lambda: self._submit(function, work, arguments, lambda: lines.leave(tenant)))

    def _submit(
        self, function: str, work: Callable[..., None], arguments: tuple[Any, ...], over: Callable[[], None] = _nothing
    ) -> None:
        try:
            done = self.of(function).submit(self._through, work, arguments)
        except RuntimeError:
            return  # closed meanwhile; the store knows where the execution is
        done.add_done_callback(_log_failure)
        done.add_done_callback(lambda _: over())

    def _through(self, work: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        number = self._gate.enter()
        token = pace.told.set(lambda: self._gate.leave(number))
        try:
            work(*arguments)
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
        self._courtesy.close()
        with self._lock:
            self._closed = True
        for pool in self._pools.values():
            pool.shutdown(wait=wait, cancel_futures=not wait)


def _log_failure(future: "Future[None]") -> None:
    """Say that an execution could not be stored; its due item brings the turn back."""
    if not future.cancelled() and (error := future.exception()):
        logging.getLogger(__name__).error("an execution stands still", exc_info=error)
