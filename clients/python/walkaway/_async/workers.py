"""A worker: answers the calls that any turn of a tenant puts to its callers, as long as it runs."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from walkaway import answers
from walkaway._async import claims, feeds
from walkaway._async.answering import AsyncAnswering
from walkaway._async.claims import AsyncClaims
from walkaway._async.crew import sleep
from walkaway._async.lists import AsyncPages
from walkaway._async.transport import AsyncTransport
from walkaway.errors import CursorInvalid, FeatureMissing, NotFound, WalkawayError
from walkaway.given import address
from walkaway.retries import Pacing
from walkaway.tools import Approver, Call, Tool

AWAITING = "turn.awaiting_tools"
BETWEEN = 2.0
"""Seconds between two looks at a server that has no feed."""
logger = logging.getLogger("walkaway")


class AsyncWorker:
    """Looks for calls and answers them, eight at once, each that it can claim.

    `agents`: ids of whose turns alone; none: of all. `lease`: seconds of a claim.
    """

    def __init__(
        self,
        transport: AsyncTransport,
        own: Mapping[str, Tool],
        agents: Sequence[str],
        approver: Approver | None = None,
        lease: int = claims.LEASE,
    ) -> None:
        self._transport, self._agents = transport, frozenset(agents)
        self._claims = AsyncClaims(transport, lease)
        self.answering = AsyncAnswering(transport, own, approver, self._claims)
        self._cursor: str | None = None

    async def begin(self) -> None:
        """Take what waits already. Raises FeatureMissing where the server can tell neither that nor what comes."""
        features = await self._transport.features()
        if "session_filters" not in features:
            raise FeatureMissing(
                "session_filters",
                "This server is older and does not tell which sessions wait; answer by turn.result() or by a webhook",
            )
        if feeds.FEATURE in features:  # first the place, then what waits: between the two nothing is missed
            _, self._cursor = await feeds.page(self._transport, "now", 0)
        await self._look_at_all()

    async def look(self) -> None:
        """Take what has come since, and wait a little for it."""
        if self._cursor is None:
            await sleep(BETWEEN)
            await self._look_at_all()
        else:
            await self._read_on(self._cursor)
        if failure := self.answering.failed():
            logger.error("an answer could not be given: %s", failure)
            self.answering.forget()

    async def serve(self) -> None:
        """Begin, and go on for ever, whatever becomes of connections and servers."""
        pacing = Pacing(float("inf"), self._transport.options.first_wait)
        begun = False
        try:
            while True:
                try:
                    await (self.look() if begun else self.begin())
                except CursorInvalid:
                    begun = False
                except WalkawayError as error:
                    if not answers.is_passing(error):
                        raise
                    logger.warning("the worker waits for the server: %s", error)
                    await sleep(pacing.next(getattr(error, "retry_after", 0.0)) or 0.0)
                else:
                    if not begun:
                        logger.info("calls are answered from now on", extra={"answers": True})
                    begun = True
                    pacing.connected()
                    pacing.received()
        finally:
            self.answering.close()
            await self._claims.give_back()

    async def _look_at_all(self) -> None:
        """Look at every session that waits."""
        found = AsyncPages(self._transport, "/v1/sessions", {"waiting": "true"}, dict)
        async for session in found:
            if self._is_for_us(session):
                turn = str(session.get("response_id") or "")
                self._take(session.get("pending_tool_calls") or (), str(session["id"]), turn)

    async def _read_on(self, cursor: str) -> None:
        found, behind = await feeds.page(self._transport, cursor, feeds.WAIT)
        for event in found:
            about = event.get("data") or {}
            if event.get("type") != AWAITING or not answers.is_record(about, "id", "session_id"):
                continue
            if self._is_for_us(about) and self._names_ours(about):
                await self._look_at(str(about["session_id"]), str(about["id"]))
        self._cursor = behind  # behind what was taken: who dies before looks at all that waits

    async def _look_at(self, session: str, turn: str) -> None:
        """Ask what still waits: an event may be old, come twice, or be too large to have the arguments."""
        try:
            record = (await self._transport.request("GET", address("sessions", session, "responses", turn))).record(
                "id"
            )
        except NotFound:
            return
        self._take(record.get("pending_tool_calls") or (), session, turn)

    def _take(self, calls: Sequence[Mapping[str, Any]], session: str, turn: str) -> None:
        for said in calls:
            self.answering.take(Call.read(said, session, turn))

    def _is_for_us(self, about: Mapping[str, Any]) -> bool:
        return not self._agents or about.get("agent") in self._agents

    def _names_ours(self, about: Mapping[str, Any]) -> bool:
        calls: Sequence[Mapping[str, Any]] = about.get("tool_calls") or ()
        return any(self.answering.knows(Call.read(said, "", "")) for said in calls)
