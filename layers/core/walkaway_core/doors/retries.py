"""How a model call that failed is tried again: how often, after which wait, and where that is waited."""

import random

from walkaway_core.log import log
from walkaway_core.ports.model import ModelBusy, ModelFailed

TRIES = 10
"""How often one step is tried, not counting the attempts that found the service busy: those have the turn's time."""
SILENCES = 2
"""How often a step may come to the end of a whole call's time with nothing that can be kept."""
LAST_ATTEMPT = log.ATTEMPTS - 2
"""More than these a log cannot tell apart: a day of a service that is busy, for turns that have so long."""
FIRST_WAIT, LAST_WAIT, LAST_BUSY_WAIT = 1.0, 60.0, 120.0
HERE_SECONDS = 30.0
"""The longest wait for which an invocation is paid; the state machine waits for nothing."""
INVOCATION_SECONDS, CUT_SECONDS = 600.0, 780.0
"""How long one invocation goes on trying, until its state is entered in a new one; and when an answer that still comes
is cut off, so that it can be kept and gone on with in the next step. A Lambda, and the state, have 15 minutes."""


def wait(attempt: int, failure: ModelFailed) -> float:
    """Seconds to wait after this attempt (from 1): what the service asked for, else twice as long each time.

    Drawn by chance from the upper half, so that callers who failed together do not come back together. A busy service
    is waited for longer, and longer than it asked for when that was too short before: it may be asked for hours.
    """
    busy = isinstance(failure, ModelBusy)
    longest = LAST_BUSY_WAIT if busy else LAST_WAIT
    grown = min(longest, FIRST_WAIT * 2.0 ** (attempt - 1)) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter
    if failure.retry_after is None:
        return grown
    asked = failure.retry_after + random.random()  # noqa: S311 - jitter
    return max(asked, grown) if busy else asked
