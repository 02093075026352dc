"""Clocks for tests: one that they hold, and one that they put forward."""

import time


class HeldClock:
    """Moves only when a test, or a sleep, moves it."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.time = now

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


class ShiftedClock:
    """Goes as the machine's does, ahead of it by what a test has let pass."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> float:
        return time.time() + self.ahead

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
