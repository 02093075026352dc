"""When a request is sent again, and how long a reader waits before it comes back: the rules, without any I/O."""

import random
import time
from enum import Enum
from typing import Final

from walkaway.errors import LONGEST_WAIT

FIRST, LONGEST, ALL = 0.5, 10.0, 60.0
"""Seconds: of the first wait at the most, of any, and of one request with all its repeats."""
LIVED: Final = 5.0
"""Seconds after which a stream that ends has done its work, so that its reader comes back at once."""
LATER: Final = frozenset({408, 429, 503})
"""Nothing has happened: the server asks to come again."""
BROKEN: Final = frozenset({500, 502, 504})


class Safe(Enum):
    """Whether a request may be sent again when nobody knows what the first one did."""

    YES = "it changes nothing, sets what it sets already, or has a key of its own"
    WITH_KEYS = "it creates something: yes, where the server takes its Idempotency-Key"
    NO = "it creates something, and the server knows no key"


class Outcome(Enum):
    """What became of an attempt that did not succeed."""

    NOT_SENT = "no connection"
    NO_ANSWER = "sent, and then nothing came"
    LATER = "408, 429, 503"
    BROKEN = "500, 502, 504"


def outcome(status: int) -> Outcome | None:
    """Sort an answer; None: it is no matter of trying again."""
    return Outcome.LATER if status in LATER else Outcome.BROKEN if status in BROKEN else None


def again(safe: Safe, what: Outcome) -> bool:
    """Whether to send it again."""
    return what in {Outcome.NOT_SENT, Outcome.LATER} or safe is Safe.YES


def wait(tries: int, first: float = FIRST) -> float:
    """Seconds to wait behind so many tries without success: half to whole of a doubling time."""
    return min(LONGEST, first * 2.0 ** min(tries, 20)) * random.uniform(0.5, 1)  # noqa: S311 - spreads, hides nothing


def asked(header: str) -> float:
    """Read Retry-After, in seconds or as a date; 0: nothing is said. Never more than a minute."""
    if not header:
        return 0.0
    if header.strip().isdecimal():
        return min(float(header.strip()), LONGEST_WAIT)
    from email.utils import parsedate_to_datetime

    try:
        seconds = parsedate_to_datetime(header).timestamp() - time.time()
    except (ValueError, TypeError):
        return 0.0
    return float(min(max(seconds, 0.0), LONGEST_WAIT))


class Pacing:
    """How a reader of a log comes back: at once, or after waits that grow until an event comes; never forever.

    `patience`: seconds without any connection until it gives up.
    """

    def __init__(self, patience: float, first: float = FIRST) -> None:
        self._patience, self._first = patience, first
        self._tries = 0
        self._alive = time.monotonic()
        self._opened: float | None = None

    def connected(self) -> None:
        """Note that there is a connection."""
        self._opened = self._alive = time.monotonic()

    def received(self) -> None:
        """Note that an event came: what fails from now on fails anew."""
        self._tries = 0

    def next(self, retry_after: float = 0.0) -> float | None:
        """Give the seconds to wait before the next try; None: patience is at its end."""
        now = time.monotonic()
        lived = now - self._opened if self._opened is not None else 0.0
        if self._opened is not None:
            self._opened, self._alive = None, now
        if now - self._alive > self._patience:
            return None
        if lived >= LIVED and not retry_after:
            return 0.0
        self._tries += 1
        return max(wait(self._tries - 1, self._first), retry_after)


class Deadline:
    """A moment on the monotonic clock, `seconds` from now; None: never. `given`: those seconds."""

    def __init__(self, seconds: float | None) -> None:
        self.given = seconds
        self._end = None if seconds is None else time.monotonic() + seconds

    def left(self, most: float) -> float:
        """Seconds until then, `most` at the most, never below 0."""
        return most if self._end is None else max(0.0, min(most, self._end - time.monotonic()))

    @property
    def remaining(self) -> float | None:
        """Seconds until then; None: it never comes."""
        return None if self._end is None else self.left(float("inf"))

    @property
    def over(self) -> bool:
        """Whether it has come."""
        return self._end is not None and time.monotonic() >= self._end
