"""Lets whoever asks the server something go first: tasks that have to begin wait, for a moment at the most."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE = 0.5
"""For how many seconds a task waits at the most, while requests come and go without a pause."""
QUIET = 0.005
"""So many seconds without a request are a pause: clients that were answered together ask again together."""
MANY = 2
"""With so many requests at once tasks wait. Behind a single one only its own does, until that has been carried out."""

Begin = Callable[[], None]


class Courtesy:
    """Holds tasks back while many requests are carried out; they begin in their order.

    A task takes several times as long as the request that hands it in, and shares the interpreter with all others: if
    it began at once, those who hand in many would wait for the tasks of those in front of them.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._asking = 0
        self._last = 0.0
        self._held: list[Begin] = []
        self._own = threading.local()
        """`tasks`: what the request that this thread carries out has to begin."""
        self._closed = False
        threading.Thread(target=self._run, name="courtesy", daemon=True).start()

    @contextmanager
    def attending(self) -> Iterator[None]:
        """Carry out a request in this; its tasks begin behind it."""
        with self._changed:
            self._asking += 1
        tasks: list[Begin] = []
        self._own.tasks = tasks
        try:
            yield
        finally:
            self._own.tasks = None
            with self._changed:
                self._asking -= 1
                self._last = time.monotonic()
            for task in tasks:
                self.begin(task)

    def begin(self, begin: Begin) -> None:
        """Begin a task, now or soon."""
        if (tasks := getattr(self._own, "tasks", None)) is not None:
            tasks.append(begin)
            return
        with self._changed:
            if self._asking >= MANY or self._held:
                self._held.append(begin)
                if len(self._held) == 1:
                    self._changed.notify()
                return
        begin()

    def close(self) -> None:
        """Begin nothing that is still held."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _run(self) -> None:
        while held := self._next():
            for begin in held:
                begin()

    def _next(self) -> list[Begin]:
        """Wait until some are held, then for a pause, or until it has been long enough; none after `close`."""
        with self._changed:
            self._changed.wait_for(lambda: self._held or self._closed)
            until = time.monotonic() + PATIENCE
            while not self._closed and not self._pause() and time.monotonic() < until:
                self._changed.wait(QUIET)
            held, self._held = self._held, []
            return [] if self._closed else held

    def _pause(self) -> bool:
        return not self._asking and time.monotonic() >= self._last + QUIET
