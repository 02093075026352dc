"""Clocks for tests: one that they hold, and one that they put forward."""

import time


class HeldClock:
    """Moves only when a test, or a sleep, moves it; `set` is by how much somebody has set it."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.time = now
        self.set = 0.0

    def now(self) -> float:
        return self.time + self.set

    def monotonic(self) -> float:
        return self.time

    def lived(self, since: float) -> float:
        return max(0.0, self.now() - since)

    def sleep(self, seconds: float) -> None:
        self.time += seconds


class ShiftedClock:
    """Goes as the machine's does, ahead of it by what a test has let pass, and set by as much as a test says."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self.set = 0.0

    def now(self) -> float:
        return time.time() + self.ahead + self.set

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead

    def lived(self, since: float) -> float:
        return max(0.0, self.now() - since)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
