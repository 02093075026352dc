"""Threads for tasks: a pool for each function, so that slow tasks of one keep no other function's waiting."""

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor


class Pools:
    """A pool of `workers` threads for each function, or of as many as `more` says. `""` is the machine's own."""

    def __init__(self, workers: int, more: Mapping[str, int]) -> None:
        self._workers = workers
        self._more = more
        self._lock = threading.Lock()
        self._pools: dict[str, ThreadPoolExecutor] = {}
        self._closed = False

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
