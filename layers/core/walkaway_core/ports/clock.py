"""The Clock and Ids ports, and a real system's own of both. Tests put theirs in place of them."""

import secrets
import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> float:
        """Seconds since the epoch: what others see, and what outlives a process. It may be set, forth and back."""

    def monotonic(self) -> float:
        """Seconds from some moment on, which nobody sets: what is waited and paced within a process."""

    def lived(self, since: float) -> float:
        """Seconds since a time of `now`, at least 0; where a machine may sleep, those that it did not."""

    def sleep(self, seconds: float) -> None:
        """Let that much time pass."""


class Ids(Protocol):
    """Makes ids."""

    def new(self, prefix: str, *, after: str = "") -> str:
        """Make a new id: `prefix` and 24 hex digits, which sort by time and after those of the id `after`."""


class SystemClock:
    """Clock: the machine's own."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds from some moment on; those in which the machine sleeps do not count (clock_gettime(2))."""
        return time.monotonic()

    def lived(self, since: float) -> float:
        """Seconds since a time of `now`: where nothing sleeps, all of them."""
        return max(0.0, time.time() - since)

    def sleep(self, seconds: float) -> None:
        """Let that much time pass."""
        time.sleep(seconds)


class TimeIds:
    """Ids: 12 hex digits of milliseconds, then 12 random ones.

    48 random bits keep ids unguessable enough within a tenant, which is all that they must be: every look-up
    goes through the tenant.
    """

    def new(self, prefix: str, *, after: str = "") -> str:
        """Make a new id that sorts after the one given, even if the clock stands behind it."""
        ms = time.time_ns() // 1_000_000
        if after:
            ms = max(ms, int(after[-24:-12], 16) + 1)
        return f"{prefix}{ms:012x}{secrets.token_hex(6)}"
