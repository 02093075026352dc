"""Carries out in a thread what somebody waits for and changes something, in front of tasks that have to begin."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Final, ParamSpec, TypeVar

from walkaway_core.store.services import Services

Asked = ParamSpec("Asked")
Done = TypeVar("Done")
AT_ONCE: Final = 40
"""How many are carried out at once; the others wait. Most of the time each of them waits for the disk."""
_THREADS = ThreadPoolExecutor(AT_ONCE, "request")
"""Beside those that Starlette has for routes: to go there and back costs half of what it does by way of anyio."""


async def attended(
    services: Services, function: Callable[Asked, Done], *args: Asked.args, **named: Asked.kwargs
) -> Done:
    """Call it in a thread. Whoever is cancelled meanwhile hears no more of it; it goes on."""

    def carried_out() -> Done:
        with services.machine.attending():
            return function(*args, **named)

    return await asyncio.get_running_loop().run_in_executor(_THREADS, copy_context().run, carried_out)
