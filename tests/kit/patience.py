"""Waiting for what comes a moment later, such as the end of an execution behind its turn's last event."""

import threading
from collections.abc import Callable


def holds(condition: Callable[[], object]) -> bool:
    """Wait until it holds, half a minute at the most; say whether it does."""
    for _ in range(1200):
        if condition():
            return True
        threading.Event().wait(0.025)
    return False
