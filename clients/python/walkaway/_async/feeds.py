"""The tenant's feed: what happens to all its sessions, in the words of webhooks, for whoever can come and ask."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any

from walkaway import answers, sense
from walkaway._async.crew import sleep
from walkaway._async.hooks import AsyncHooked
from walkaway._async.transport import AsyncTransport
from walkaway.errors import ConnectionLost, FeatureMissing, WalkawayError
from walkaway.pages import Trail
from walkaway.retries import Pacing
from walkaway.tools import Tool
from walkaway.webhooks import WebhookEvent

FEATURE = "feed"
NONE = "This server is older and has no feed; follow sessions, or use webhooks"
WAIT = 25.0
"""Seconds of a long poll."""
REMEMBERED = 100_000
"""Ids of which none is given again: behind a cursor there may be some that one has already."""


class AsyncFeed:
    """What happens to all sessions and turns of a tenant, of the last 30 days, and live.

    `cursor`: where to read on, behind all that the last loop was given and came back for more of.
    """

    def __init__(self, transport: AsyncTransport, own: Mapping[str, Tool]) -> None:
        self._transport, self._own = transport, own
        self.cursor = "now"

    async def events(self, after: str | None = None, *, follow: bool = True) -> AsyncGenerator[AsyncHooked, None]:
        """Read what happens, with handles that act: from `after` on, else from where the last loop was left, or now.

        `after`: a `cursor`, an event's id, or `""` for the beginning. Without `follow` it gives what is there. After a
        crash some may come twice, under the same id. Raises FeatureMissing of an older server, and ConnectionLost.
        """
        cursor = self.cursor if after is None else after
        options = self._transport.options
        pacing, seen = Pacing(options.patience, options.first_wait), dict[str, None]()
        trail = Trail(options.url)
        while True:
            try:
                if FEATURE not in await self._transport.features():
                    raise FeatureMissing(FEATURE, NONE)
                found, behind = await page(self._transport, cursor, WAIT if follow else 0)
                trail.after(found, behind)
            except WalkawayError as error:
                if not answers.is_passing(error) or (trail.closed and not follow):
                    raise
                pause = pacing.next(getattr(error, "retry_after", 0.0))
                if pause is None:
                    raise ConnectionLost(f"The feed could not be followed: {error}", cursor) from None
                await sleep(pause)
                continue
            pacing.connected()
            pacing.received()
            for said in found:
                if said["id"] not in seen:
                    seen[said["id"]] = None
                    yield AsyncHooked(_event(said), self._transport, self._own)
            self.cursor = cursor = behind
            for old in list(seen)[: max(0, len(seen) - REMEMBERED)]:
                del seen[old]
            if not follow and not found:
                return


async def page(transport: AsyncTransport, after: str, wait: float) -> tuple[list[Mapping[str, Any]], str]:
    """Ask once: give what has come, and where to read on."""
    asked = {"after": after, "wait": wait or None, "format": "json"}
    read = wait + transport.options.timeout
    answer = await transport.request("GET", "/v1/events", params=asked, read=read, repeats=0)
    return list(answer.records("id", "type", "timestamp", under="events")), answer.record("next")["next"]


def _event(said: Mapping[str, Any]) -> WebhookEvent:
    at = sense.moment(said["timestamp"])
    return WebhookEvent(str(said["type"]), str(said["id"]), int(said.get("sequence") or 0), at, said.get("data") or {})
