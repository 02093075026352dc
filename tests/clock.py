"""A clock that tests hold: it moves only when they, or a sleep, move it."""


class HeldClock:
    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.time = now

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds
