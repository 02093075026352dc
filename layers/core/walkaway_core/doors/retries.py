"""How a model call that failed is tried again: how often, after which wait, and for how long in one invocation."""

import random

TRIES = 10
"""How often one step is tried. With the waits below that is two to four minutes of a service in trouble."""
FIRST_WAIT, LAST_WAIT = 1.0, 60.0
INVOCATION_SECONDS, CUT_SECONDS = 600.0, 780.0
"""How long one invocation goes on trying, until its state is repeated in a new one; and when an answer that still comes
is cut off, so that it can be kept and gone on with in the next step. A Lambda, and the state, have 15 minutes."""


def wait(attempt: int, asked: float | None) -> float:
    """Seconds to wait after this attempt (from 1): what the service asked for, else twice as long each time.

    Drawn by chance from the upper half, so that callers who failed together do not come back together.
    """
    if asked is not None:
        return asked + random.random()  # noqa: S311 - jitter
    return min(LAST_WAIT, FIRST_WAIT * 2.0 ** (attempt - 1)) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter
