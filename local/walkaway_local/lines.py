"""Lines: of each name so much is begun at once, and what is beyond that waits behind its own kind."""

import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable

Begin = Callable[[], object]


class Lines:
    """A line for each name, `most` of which are under way at once. Who waits takes no thread."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._busy: Counter[str] = Counter()
        self._waiting: defaultdict[str, deque[Begin]] = defaultdict(deque)

    def enter(self, name: str, begin: Begin) -> None:
        """Begin now, or when enough of this line has left it: `begin` must not take long."""
        with self._lock:
            if self._busy[name] >= self._most:
                self._waiting[name].append(begin)
                return
            self._busy[name] += 1
        begin()

    def leave(self, name: str) -> None:
        """Say that something of this line is over; the next one begins."""
        with self._lock:
            line = self._waiting.get(name)
            if not line:
                self._waiting.pop(name, None)
                self._busy[name] -= 1
                if not self._busy[name]:
                    del self._busy[name]
                return
            begin = line.popleft()
        begin()
