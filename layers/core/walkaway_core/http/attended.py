"""Carries out in a thread what somebody waits for and changes something, in front of tasks that have to begin."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from fastapi.concurrency import run_in_threadpool

from walkaway_core.store.services import Services

Asked = ParamSpec("Asked")
Done = TypeVar("Done")


async def attended(
    services: Services, function: Callable[Asked, Done], *args: Asked.args, **named: Asked.kwargs
) -> Done:
    """Call it in a thread."""

    def carried_out() -> Done:
        with services.machine.attending():
            return function(*args, **named)

    return await run_in_threadpool(carried_out)
