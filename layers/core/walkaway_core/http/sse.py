"""Logs as Server-Sent Events."""

from collections.abc import AsyncIterator, Callable, Mapping
from types import MappingProxyType
from typing import Any

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from walkaway_core.http import errors
from walkaway_core.log import readers
from walkaway_core.log.feed_readers import FeedReader
from walkaway_core.log.readers import Cursor
from walkaway_core.log.session_readers import SessionReader
from walkaway_core.store.feed import Line
from walkaway_core.store.keys import TurnKey
from walkaway_core.store.services import Services
from walkaway_wire import jsontext

HEADERS: Mapping[str, str] = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
BEAT = ": still here\n\n"


def listens(request: Request) -> bool:
    """Say whether somebody may hear what is written: as far as this server knows, which behind others knows nothing."""
    server = request.scope.get("extensions", {}).get(errors.READER)
    return server is None or bool(server["listens"]())


def stream(services: Services, turn: TurnKey, at: Cursor, extra: Mapping[str, str] = MappingProxyType({})) -> Response:
    """Answer with the events behind the cursor and close after the terminal one, or after WALKAWAY_STREAM_SECONDS.

    When nothing can follow, the answer is 204, which ends an EventSource's reconnecting (HTML standard, 9.2).
    """
    headers = {**HEADERS, "X-Response-Id": turn.turn, **extra}
    if at.done:
        return Response(status_code=204, headers=headers)
    return StreamingResponse(_frames(services, turn, at), media_type="text/event-stream", headers=headers)


def stream_session(reader: SessionReader, seconds: float | None) -> Response:
    """Answer with a session's events over all its turns, until the session is gone or after so many seconds."""
    return StreamingResponse(_session_frames(reader, seconds), media_type="text/event-stream", headers=HEADERS)


def stream_feed(
    reader: FeedReader, shown: Callable[[list[Line]], list[dict[str, Any]]], seconds: float | None
) -> Response:
    """Answer with a tenant's feed, each thing as `shown` says it, for so many seconds."""
    return StreamingResponse(_feed_frames(reader, shown, seconds), media_type="text/event-stream", headers=HEADERS)


async def _feed_frames(
    reader: FeedReader, shown: Callable[[list[Line]], list[dict[str, Any]]], seconds: float | None
) -> AsyncIterator[str]:
    """Write frames. The last one of several has the cursor behind all of them, the others the one before."""
    before = reader.cursor
    async for lines in reader.follow(seconds):
        said = await reader.services.reading(shown, lines) if lines else []
        cursors = [*[before] * (len(lines) - 1), reader.cursor]
        yield (
            "".join(
                f"id: {cursor}\nevent: {line['type']}\ndata: {jsontext.dumps(line)}\n\n"
                for cursor, line in zip(cursors, said, strict=False)
            )
            or BEAT
        )
        before = reader.cursor


async def _session_frames(reader: SessionReader, seconds: float | None) -> AsyncIterator[str]:
    async for lines in reader.follow(seconds):
        yield "".join(line.event.sse(line.cursor) for line in lines) or BEAT


async def _frames(services: Services, turn: TurnKey, at: Cursor) -> AsyncIterator[str]:
    async for events in readers.follow(services, turn, at, services.settings.stream_seconds):
        yield "".join([event.sse() for event in events]) if events else BEAT
