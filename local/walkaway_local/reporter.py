"""Says in the log what has happened, several lines at a time: whoever does something does not wait for who reads it."""

import logging
import threading
import time
from collections.abc import Mapping
from queue import Empty, SimpleQueue
from typing import Any

PAUSE = 0.1
"""Seconds for which further lines are waited for."""


class Reporter:
    """A subscriber of the bus: writes a line for each event, soon, from a thread of its own."""

    def __init__(self, pause: float = PAUSE) -> None:
        self._pause = pause
        self._lines: SimpleQueue[tuple[float, str, Mapping[str, Any]] | None] = SimpleQueue()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="report", daemon=True)
        self._thread.start()

    def __call__(self, kind: str, detail: Mapping[str, Any]) -> None:
        """Take an event."""
        self._lines.put((time.time(), kind, detail))

    def close(self, patience: float = 1.0) -> None:
        """Write what is left, unless whoever reads lets that take longer than `patience` seconds."""
        self._closing.set()
        self._lines.put(None)
        self._thread.join(patience)

    def _run(self) -> None:
        while line := self._lines.get():
            self._closing.wait(self._pause)
            _write(*line)
            while line := self._next():
                _write(*line)

    def _next(self) -> tuple[float, str, Mapping[str, Any]] | None:
        try:
            line = self._lines.get_nowait()
        except Empty:
            return None
        if line is None:
            self._lines.put(None)
        return line


def _write(at: float, kind: str, detail: Mapping[str, Any]) -> None:
    logger = logging.getLogger("walkaway")
    if logger.isEnabledFor(logging.INFO):
        text = " ".join(f"{name}={value}" for name, value in detail.items() if isinstance(value, str | int))
        record = logger.makeRecord(logger.name, logging.INFO, __file__, 0, "%s %s", (kind, text), None)
        record.created = at
        logger.handle(record)
