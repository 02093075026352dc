"""When sessions end: what their options make of the turns that they have."""

from typing import Final

from walkaway_core.store.sessions import Session, SessionOptions

GRACE = 5 * 60.0
"""Seconds that a session which is not persistent lives on after a response (contract A.3)."""
FOR_EVER: Final = 100 * 365 * 86_400
"""The `ttl` of a session without an end: longer than anybody waits, and a time that a due item can say."""
LONGEST = 604_800.0
"""Seconds that a turn may take at most: so far off is the end of a chain while one runs."""
LOOK = 120.0
"""Seconds before its end in which a chain is looked at: what goes on from it may make it live on."""


def lifetime(session: Session, now: float) -> float:
    """When a session ends whose turn has just ended: `ttl` is the upper bound, persistent or not, but for a chain."""
    if session.options.chain:
        return now + session.options.ttl
    hard = session.created_at + session.options.ttl
    return hard if session.options.persistent else min(hard, now + GRACE)


def busy_until(options: SessionOptions, created: float, now: float) -> float:
    """When a session ends if the turn that begins now does not: a chain not before that turn has."""
    return now + LONGEST + options.ttl if options.chain else created + options.ttl


def looked_at(options: SessionOptions, end: float) -> float:
    """When somebody has to look at a session that is to end then."""
    return end - LOOK if options.chain else end
