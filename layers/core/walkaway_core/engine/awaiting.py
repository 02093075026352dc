"""Waiting until a turn stands as somebody wants it, without reading what it says."""

import asyncio
from collections.abc import Callable

from walkaway_core.engine import executions
from walkaway_core.log import log
from walkaway_core.store import due
from walkaway_core.store.keys import TurnKey
from walkaway_core.store.services import Services
from walkaway_core.store.turns import Turn

LOOK = 1.0
"""Seconds between two looks at a record where each is billed."""


async def until(services: Services, key: TurnKey, met: Callable[[Turn], bool], seconds: float) -> Turn:
    """Read a turn once it is as `met` wants it, or after so many seconds as it is then.

    Raises SessionNotFound, ResponseNotFound.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    newest = await services.reading(log.latest, services, key) if services.table.quick and seconds else None
    seen = newest.sk if newest else ""
    turn = await services.reading(executions.get, services, key)
    if met(turn) or seconds <= 0:
        return turn
    with services.table.tail() as tail:
        while (left := end - loop.time()) > 0 and not met(turn):
            if services.table.quick:  # whatever changes how it stands is written with an event of its log
                page = await tail.read(key.log, seen, timeout=min(left, due.START_WITHIN))
                seen = page.items[-1].sk if page.items else seen
            else:
                await asyncio.sleep(min(LOOK, left))
            turn = await services.reading(executions.get, services, key)
    return turn
