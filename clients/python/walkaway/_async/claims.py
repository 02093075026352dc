"""A worker's claims: a call is its own before the function runs, and for as long as that takes, or the worker lives."""

import logging
import os
import platform
import re
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from walkaway import answers
from walkaway._async import crew
from walkaway._async.transport import AsyncTransport
from walkaway.errors import (
    AlreadyAnswered,
    AlreadyClaimed,
    NotFound,
    NotWaiting,
    SettingInvalid,
    WalkawayError,
)
from walkaway.given import address
from walkaway.retries import Deadline, Safe
from walkaway.tools import Call

FEATURE = "tool_claims"
LEASE = 60
"""Seconds that a claim holds unless it is renewed, which happens three times in each."""
LONGEST = 3600
LATER = 2.0
"""Seconds until a claim is tried anew that a server in trouble has not taken."""
LOOK = 5.0
"""Seconds at the most until a claim is tried anew that another worker has: that may give it back."""
GIVING_BACK = 3.0
"""Seconds that a worker takes for giving back what it has claimed."""
logger = logging.getLogger("walkaway")


class Postponed(Exception):
    """The call is not this worker's now; ask again after `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"again in {seconds} s")
        self.seconds = seconds


class AsyncClaims:
    """What one worker claims. `seconds`: of a lease, 1 to 3,600. Raises SettingInvalid."""

    def __init__(self, transport: AsyncTransport, seconds: int = LEASE) -> None:
        if not 1 <= seconds <= LONGEST:
            raise SettingInvalid(f"lease={seconds}: a lease has 1 to {LONGEST} seconds")
        self._transport, self._seconds = transport, int(seconds)
        host = re.sub(r"[^A-Za-z0-9._-]", "-", platform.node())[:100] or "worker"
        self.worker = f"{host}:{os.getpid()}:{secrets.token_hex(4)}"
        self._held: dict[tuple[str, str, str], Call] = {}
        self._over = False

    @asynccontextmanager
    async def held(self, call: Call, over: Callable[[], None] = lambda: None) -> AsyncIterator[None]:
        """Claim a call, and renew that until the block ends; an older server is not asked.

        `over` is called when it is found then that nobody waits for the call any more.

        Raises Postponed, and whatever says that nobody waits for the call any more.
        """
        if not await self._claimed(call):
            yield
            return
        key = call.session, call.turn, call.call_id
        self._held[key] = call
        async with crew.repeating(lambda: self._renewed(call, over), self._seconds / 3):
            yield
        self._held.pop(key, None)

    async def give_back(self) -> None:
        """End the leases of calls that have no answer from here, so that other workers have them within a second."""
        self._over = True
        soon = self._transport.until(Deadline(GIVING_BACK))
        for call in list(self._held.values()):
            with suppress(WalkawayError):
                await self._claim(call, 1, soon)

    async def _claimed(self, call: Call) -> bool:
        """Claim it; False where the server knows no claims, or none any more, as after a roll-back."""
        try:
            if FEATURE not in await self._transport.features():
                return False
            await self._claim(call, self._seconds, self._transport)
        except AlreadyClaimed as error:
            raise Postponed(min(error.retry_after or LATER, LOOK)) from None
        except WalkawayError as error:
            if answers.is_missing_path(error):
                return False
            if answers.is_passing(error):
                logger.warning("%s (%s) could not be claimed: %s", *_named(call), error)
                raise Postponed(getattr(error, "retry_after", 0.0) or LATER) from None
            raise
        return True

    async def _renewed(self, call: Call, over: Callable[[], None]) -> bool:
        """Renew a claim; whether to go on with that."""
        if self._over:
            return False
        try:
            await self._claim(call, self._seconds, self._transport)
        except (AlreadyAnswered, NotWaiting, NotFound):
            over()
            return False
        except AlreadyClaimed:
            logger.warning("%s (%s) was held up for longer than its lease: another worker runs it, too", *_named(call))
            return False
        except WalkawayError as error:
            logger.warning("the claim to %s (%s) could not be renewed: %s", *_named(call), error)
        return True

    async def _claim(self, call: Call, seconds: int, transport: AsyncTransport) -> None:
        said = {"call_id": call.call_id, "worker": self.worker, "seconds": seconds}
        path = address("sessions", call.session, "tool_claims")
        (await transport.request("POST", path, json=said, safe=Safe.YES)).record("call_id", "worker")


def _named(call: Call) -> tuple[str, str]:
    return call.name, call.call_id
