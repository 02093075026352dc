"""What differs between the tests of the two clients."""

import asyncio
from collections.abc import Coroutine
from typing import Any


def run(work: Coroutine[Any, Any, bool]) -> bool:
    """Carry it out, where a test cannot be one itself."""
    return asyncio.run(work)
