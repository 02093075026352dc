"""Requests that share a table and are carried out one operation at a time, in the order that a test says."""

import threading
from collections.abc import Callable
from typing import Any

from tests.kit.faulty import Crashed
from walkaway_core.ports.items import Item, Key, Page, Write
from walkaway_core.ports.table import Table


class Stepped:
    """Carries out a call in a thread of its own; before each operation on its table it waits for `step`."""

    def __init__(self, table: Table, call: Callable[[Table], object]) -> None:
        self._table = table
        self._there, self._go = threading.Semaphore(0), threading.Semaphore(0)
        self._dies = False
        self.over = False
        self.came: Any = None
        """What the call gave, or raised."""
        self._thread = threading.Thread(target=self._run, args=(call,))
        self._thread.start()
        self._there.acquire()

    def step(self, *, dies: bool = False) -> None:
        """Let it do its next operation, and all up to the one behind it; or let it die in front of it."""
        self._dies = dies
        self._go.release()
        self._there.acquire()
        if self.over:
            self._thread.join()

    def get(self, *keys: Key) -> list[Item | None]:
        self._wait()
        return self._table.get(*keys)

    def query(self, pk: str, **range_: Any) -> Page:
        self._wait()
        return self._table.query(pk, **range_)

    def write(self, *writes: Write) -> None:
        self._wait()
        self._table.write(*writes)

    def _wait(self) -> None:
        self._there.release()
        self._go.acquire()
        if self._dies:
            raise Crashed

    def _run(self, call: Callable[[Any], object]) -> None:
        try:
            self.came = call(self)
        except BaseException as error:  # noqa: BLE001 - the test looks what it was
            self.came = error
        self.over = True
        self._there.release()
