"""The clock of one machine, which is set and which sleeps: what of its time was lived (decision 0021)."""

import os
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from walkaway_core.ports.clock import Clock

LEAP = 5.0
"""Seconds between what the clock says and what has passed, from which on it has leapt; less is drift."""
SEEN = 600.0
"""For so many seconds what has expired must be seen as expired, before it is deleted for good."""
EVERY = 10.0
"""Seconds between two looks that are remembered."""
KEPT = 31 * 86_400.0
"""No turn counts its time over more than a month."""
MADE = 1_767_225_600
"""2026: no clock that is right stands before this program was made."""


def impossible(now: float) -> str:
    """Say in a sentence that a clock, in seconds since the epoch, cannot be right; nothing for one that can be."""
    if now >= MADE:
        return ""
    day = datetime.fromtimestamp(now, UTC).date()
    return (
        f"The clock of this machine says {day}, which is before this program was made: set it. Everything works all "
        "the same, but times are wrong until then, and what is made now is listed as old and may expire when it is set"
    )


@dataclass(frozen=True, slots=True)
class Leap:
    """The clock stood at `at`, and a moment later `by` seconds further: it was set, or the machine slept."""

    at: float
    by: float

    def came_after(self, since: float, end: float) -> bool:
        """Whether the clock said `since` before it. When an hour comes twice, it did if that is later than `end`.

        A time that was asked for in the moment of the leap, and rounded, is none before it. One that it has left out
        is: it was told behind the last look of a process that was killed.
        """
        if self.by > 0:
            return since <= max(self.at, self.at + self.by - LEAP)
        return since <= self.at and (since <= self.at + self.by - LEAP or since > end)


class LivedClock:
    """Clock: another one, of which it remembers the leaps. Somebody has to `look` every few seconds.

    `file` keeps them for the next process, and when the clock was last looked at: the time without a server is a leap.
    """

    def __init__(self, clock: Clock, file: Path) -> None:
        self._clock = clock
        self._file = file
        self._lock = threading.Lock()
        self._wall, self._monotonic = self._read_both()
        self._offset = self._wall - self._monotonic
        self._looks: deque[tuple[float, float]] = deque()
        self._new: list[Leap] = []
        self._leaps = self._read()
        self._written: Sequence[Leap] | None = None

    def now(self) -> float:
        """Seconds since the epoch. A leap is known before anybody is told a time behind it."""
        now = self._clock.now()
        if abs(now - self._clock.monotonic() - self._offset) < LEAP:
            return now
        return self.look()

    def monotonic(self) -> float:
        """Seconds from some moment on."""
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        """Let that much time pass."""
        self._clock.sleep(seconds)

    def lived(self, since: float) -> float:
        """Seconds that have passed since a time of `now`, without those over which the clock leapt."""
        now = end = self.look()
        for leap in reversed(self._leaps):
            if not leap.came_after(since, end):
                break  # nor did one before it
            now, end = now - leap.by, leap.at
        return max(0.0, now - since)

    def look(self) -> float:
        """See whether the clock has leapt; give the time."""
        with self._lock:
            now, monotonic = self._read_both()
            by = now - monotonic - self._offset
            self._wall, self._monotonic, self._offset = now, monotonic, now - monotonic
            if abs(by) >= LEAP:
                self._learn(Leap(now - by, by))
            if not self._looks or monotonic >= self._looks[-1][0] + EVERY:
                self._looks.append((monotonic, now))
            elif now < self._looks[-1][1]:
                self._looks[-1] = self._looks[-1][0], now
            while len(self._looks) > 1 and self._looks[1][0] <= monotonic - SEEN:
                self._looks.popleft()
            return now

    def settled(self) -> float:
        """Give the time that all looks of the last ten minutes have seen as past; minus infinity before that."""
        self.look()
        with self._lock:
            whole = self._looks[0][0] <= self._monotonic - SEEN
            return min(wall for _, wall in self._looks) if whole else float("-inf")

    def news(self) -> list[Leap]:
        """Give the leaps that this process has seen since it was last asked."""
        with self._lock:
            new, self._new = self._new, []
            return new

    def mark(self) -> None:
        """Write down that the clock has been looked at, and how it has leapt. Raises OSError."""
        now = self.look()
        if self._written is not self._leaps:
            self._write()
        os.utime(self._file, (now, now))

    def _read_both(self) -> tuple[float, float]:
        """Read both clocks in one moment: again, where this process was held up between them."""
        while True:
            before, now, after = self._clock.monotonic(), self._clock.now(), self._clock.monotonic()
            if after - before < LEAP / 5:
                return now, after

    def _learn(self, leap: Leap) -> None:
        self._new.append(leap)
        self._leaps = (*self._leaps, leap)

    def _read(self) -> Sequence[Leap]:
        """Read what the last process has left, with the time since as a leap."""
        known: list[Leap] = []
        if self._file.exists():
            for line in self._file.read_text(errors="replace").splitlines():
                at, _, by = line.partition(" ")
                with suppress(ValueError):  # half a line, of a machine that lost its power
                    known.append(Leap(float(at), float(by)))
            seen = self._file.stat().st_mtime
            known.append(without := Leap(seen, self._wall - seen))
            if without.by <= -LEAP:  # else the calendar has come nearer to what is waited for
                self._new.append(without)
        return [leap for leap in known if leap.at > self._wall - KEPT and abs(leap.by) >= LEAP]

    def _write(self) -> None:
        leaps, new = self._leaps, self._file.with_suffix(".new")
        new.write_text("".join(f"{leap.at!r} {leap.by!r}\n" for leap in leaps))
        new.replace(self._file)
        self._written = leaps
