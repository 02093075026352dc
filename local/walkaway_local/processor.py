"""Keeps the server on one processor at a time, the one where others do least.

Of threads that take turns under the interpreter's lock only one runs, so a second processor is of little use to them;
and to wake the next one on another processor takes an interrupt. The kernel's switches were a sixth of the server's
time (decision 0036). What is started for the server, commands above all, runs everywhere (`apart/priority.py`).
"""

import os
import random
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from walkaway_core.apart import priority

EVERY = 1.0
"""Seconds between two looks."""
CROWDED = 0.5
"""Where others take more than this of every processor, the kernel is left to choose: it can, from one moment to the
next."""
BETTER = 0.25
"""How much less others do on a processor that is moved to: what the caches have must be fetched again there."""
BUSY = (0, 1, 2, 5, 6, 7)
"""Columns of /proc/stat in which a processor works (proc_stat(5)): neither idle nor waiting for a disk."""
THREADS = Path("/proc/self/task")
Seen = tuple[float, float, Mapping[int, float]]
"""A time, what this process has worked until then, and what each processor has, in seconds."""


def start() -> None:
    """Begin to look, in a thread, where the system can say what its processors do and there are several."""
    if sys.platform == "linux" and len(priority.EVERYWHERE) > 1:
        threading.Thread(target=Processor().keep, name="processor", daemon=True).start()


def choose(now: int | None, others: Mapping[int, float], chance: Callable[[], float]) -> int | None:
    """Say on which processor to be, from where the server is and the share of each that others take; None: on any.

    Of two servers that meet on one, chance says which moves first: they would go on meeting.
    """
    best = min(others, key=lambda processor: others[processor])
    if others[best] > CROWDED:
        return None
    if now is None:
        return best
    return best if others.get(now, 1.0) > others[best] + BETTER and chance() < 0.5 else now


def worked(stat: str) -> dict[int, float]:
    """Read for how many seconds each processor has worked, from /proc/stat."""
    found: dict[int, float] = {}
    for line in stat.splitlines():
        name, *columns = line.split()
        if name.startswith("cpu") and name[3:].isdecimal():
            ticks = sum(int(columns[column]) for column in BUSY if column < len(columns))
            found[int(name[3:])] = ticks / os.sysconf("SC_CLK_TCK")
    return found


def read() -> Seen:
    """Read how much has been worked. Raises OSError, ValueError."""
    return time.monotonic(), time.process_time(), worked(Path("/proc/stat").read_text())


class Processor:
    """Where this process is: on one processor, or, while `now` is None, on any."""

    def __init__(self, read: Callable[[], Seen] = read, chance: Callable[[], float] = random.random) -> None:
        self.now: int | None = None
        self._read = read
        self._chance = chance
        self._seen: Seen | None = None

    def keep(self) -> None:
        """Look again and again."""
        while True:
            self.look_if_possible()
            time.sleep(EVERY)

    def look_if_possible(self) -> None:
        """Look; where that fails, leave the choice to the kernel until it does not."""
        try:
            self.look()
        except (OSError, ValueError):  # no /proc/stat, no file that may still be opened, processors that are gone
            self._seen = None
            with suppress(OSError):
                self._be(None)

    def look(self) -> None:
        """See what others have done since the last look, and be where they do least. Raises OSError, ValueError."""
        before, self._seen = self._seen, self._read()
        if before is None:
            return
        (then, mine_then, all_then), (now, mine_now, all_now) = before, self._seen
        passed, mine = now - then, mine_now - mine_then
        anywhere = dict.fromkeys(priority.EVERYWHERE, mine / len(priority.EVERYWHERE))
        mine_of = anywhere if self.now is None else {self.now: mine}
        others = {
            processor: max(0.0, all_now[processor] - all_then[processor] - mine_of.get(processor, 0.0)) / passed
            for processor in priority.EVERYWHERE & all_now.keys() & all_then.keys()
        }
        self._be(choose(self.now, others, self._chance))

    def _be(self, where: int | None) -> None:
        """Let every thread be there; those that come later are where their makers are."""
        self.now = where
        processors = priority.EVERYWHERE if where is None else {where}
        for thread in THREADS.iterdir():
            with suppress(ProcessLookupError, PermissionError):  # it has ended, or starts a command as another user
                os.sched_setaffinity(int(thread.name), processors)
