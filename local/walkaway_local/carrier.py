"""The Carrier in process: threads that make attempts, a few of one group and tenant at a time, and a clock."""

import heapq
import itertools
import logging
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

from walkaway_core.ports.clock import Clock
from walkaway_local.lines import Lines

THREADS = 1024
OF_A_TENANT = 32
OF_A_GROUP = 16
"""How many attempts of one group are made at once: the others of it wait, and nobody else does."""

Message = Mapping[str, str]


class LocalCarrier:
    """Carrier: what it holds dies with the process; the due index brings it back."""

    def __init__(
        self,
        take: Callable[[Message], None],
        clock: Clock,
        *,
        threads: int = THREADS,
        of_a_group: int = OF_A_GROUP,
        of_a_tenant: int = OF_A_TENANT,
    ) -> None:
        self._take = take
        self._clock = clock
        self._of_a_group = of_a_group
        self._tenants = Lines(of_a_tenant)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="deliver")
        self._changed = threading.Condition()
        self._waiting: defaultdict[str, deque[Message]] = defaultdict(deque)
        self._busy: defaultdict[str, int] = defaultdict(int)
        self._later: list[tuple[float, int, str, Message]] = []
        self._count = itertools.count()
        self._closed = False
        self._timer = threading.Thread(target=self._run, name="carrier", daemon=True)
        self._timer.start()

    def send(self, message: Message, *, group: str, delay: float = 0.0) -> None:
        """Bring a message after `delay` seconds."""
        with self._changed:
            if self._closed:
                return
            if delay > 0:
                heapq.heappush(self._later, (self._clock.monotonic() + delay, next(self._count), group, message))
                self._changed.notify()
                return
            self._waiting[group].append(message)
            self._begin(group)

    def close(self) -> None:
        """Make no further attempts; those that are being made are waited for."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify()
        self._timer.join()
        self._pool.shutdown()

    def _begin(self, group: str) -> None:
        """Make attempts of a group while there is room; called with the lock held."""
        while self._waiting.get(group) and self._busy[group] < self._of_a_group and not self._closed:
            self._busy[group] += 1
            message = self._waiting[group].popleft()
            self._tenants.enter(message.get("tenant", ""), partial(self._hand, group, message))

    def _hand(self, group: str, message: Message) -> None:
        with suppress(RuntimeError):  # it has been closed meanwhile: the due index brings the message back
            self._pool.submit(self._carry, group, message)

    def _carry(self, group: str, message: Message) -> None:
        try:
            self._take(message)
        except Exception:
            logging.getLogger(__name__).exception("an attempt broke off; it comes again")
        self._tenants.leave(message.get("tenant", ""))
        with self._changed:
            self._busy[group] -= 1
            self._begin(group)
            if not self._busy[group]:
                del self._busy[group]
                self._waiting.pop(group, None)

    def _run(self) -> None:
        with self._changed:
            while not self._closed:
                left = self._later[0][0] - self._clock.monotonic() if self._later else None
                if left is None or left > 0:
                    self._changed.wait(left if left is None else min(left, 1.0))
                    continue
                _, _, group, message = heapq.heappop(self._later)
                self._waiting[group].append(message)
                self._begin(group)
