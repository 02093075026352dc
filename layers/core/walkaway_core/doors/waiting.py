"""Says that due items wait for a storage in trouble: a line for each kind and trouble, again after growing pauses."""

import logging

FIRST, LONGEST = 10.0, 3600.0
"""Seconds after which a trouble that goes on is said once more, and the most; each pause is twice the one before."""
_told: dict[tuple[object, str], tuple[float, float]] = {}
"""Until when nothing is said of a kind and a trouble (monotonic seconds), and how long that pause was."""


def tell(now: float, kind: object, trouble: str) -> None:
    """Log that due items of a kind wait, unless that was just said; `now` in monotonic seconds."""
    until, pause = _told.get((kind, trouble), (now, 0.0))
    if now < until:
        return
    pause = FIRST if now > until + LONGEST else min(max(2 * pause, FIRST), LONGEST)
    _told[kind, trouble] = now + pause, pause
    logging.getLogger(__name__).warning("due items of the kind %r wait: %s", kind, trouble)
