"""A response's stream over HTTP: events without ids, comments while nothing happens, `[DONE]` (contract D.4).

A reader who comes back behind number N is given the fold from its beginning, without what they have.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from fastapi import Response
from fastapi.responses import StreamingResponse

from walkaway_core.dialects.responses import answers
from walkaway_core.dialects.responses.asked import Asked
from walkaway_core.dialects.responses.fold import DONE, Fold
from walkaway_core.dialects.responses.problems import Refusal
from walkaway_core.http.sse import BEAT, HEADERS
from walkaway_core.log import readers
from walkaway_core.log.readers import Cursor
from walkaway_core.store.keys import TurnKey
from walkaway_core.store.services import Services
from walkaway_wire.events import Event

HEARTBEAT: Final = 10.0
"""Seconds of silence after which there is a comment: proxies cut after a minute, the SDK gives up after ten."""
STREAM_HEADERS: Final[Mapping[str, str]] = {**HEADERS, "Cache-Control": "no-cache, no-store, no-transform"}
BEGINNING: Final = Cursor(-1, "", done=False)


@dataclass(slots=True)
class Telling:
    """A stream as far as it has been read: `text` is what the reader is still to be given of that."""

    fold: Fold
    after: int = -1
    at: Cursor = BEGINNING
    text: str = ""

    def take(self, events: list[Event]) -> str:
        """Take in events of the log; give what is new to the reader."""
        return self.fold.sse(events, self.after)


async def begin(services: Services, turn: TurnKey, asked: Asked, after: int = -1) -> Telling:
    """Begin a stream behind number `after`. Raises Refusal for a number that the response has not come to."""
    telling = Telling(Fold(answers.names(turn), asked), after)
    if after < 0:
        return telling
    while not telling.fold.over:
        events, telling.at = await readers.read(services, turn, telling.at, timeout=0)
        telling.text += telling.take(events)
        if not events:
            break
    if after >= telling.fold.number and not telling.fold.over:
        last = telling.fold.number - 1
        raise Refusal(f"starting_after: the stream has come to {last}, and not to {after}", "starting_after")
    return telling


def answer(
    services: Services, turn: TurnKey, telling: Telling, headers: Mapping[str, str] = MappingProxyType({})
) -> Response:
    """Answer with the stream, to the terminal event, or for WALKAWAY_STREAM_SECONDS; `headers` are more of them."""
    frames = _frames(services, turn, telling)
    return StreamingResponse(frames, media_type="text/event-stream", headers={**STREAM_HEADERS, **headers})


async def _frames(services: Services, turn: TurnKey, telling: Telling) -> AsyncIterator[str]:
    if telling.text:
        yield telling.text
    if not telling.fold.over:
        seconds = services.settings.stream_seconds
        async for events in readers.follow(services, turn, telling.at, seconds, beat=HEARTBEAT):
            if text := telling.take(events) if events else BEAT:
                yield text
    if telling.fold.over:
        yield DONE
