"""Until when somebody was told that a session rests, for as long as that matters: seconds, in this process."""

import time
from collections import OrderedDict
from typing import Final, Protocol

KEPT: Final = 60.0
"""Seconds for which it is known."""
MOST: Final = 10_000


class Ends(Protocol):
    """Keeps until when what happened in a session was told. What is lost of it counts as not told."""

    def note(self, tenant: str, session: str, at: float) -> None:
        """Somebody was told of what happened up to this time, in seconds since the epoch."""

    def noted(self, tenant: str, session: str) -> float:
        """Give the last such time; 0 where nobody was told, or that is long ago."""


class HeldEnds:
    """Ends: in the memory of the one process that serves."""

    def __init__(self) -> None:
        self._noted: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def note(self, tenant: str, session: str, at: float) -> None:
        """Keep it; what is older than `KEPT` goes."""
        key, now = (tenant, session), time.monotonic()
        before = self._noted.pop(key, (0.0, 0.0))
        self._noted[key] = max(at, before[0]), now
        while self._noted and (len(self._noted) > MOST or next(iter(self._noted.values()))[1] < now - KEPT):
            self._noted.popitem(last=False)

    def noted(self, tenant: str, session: str) -> float:
        """Give what is kept."""
        return self._noted.get((tenant, session), (0.0, 0.0))[0]
