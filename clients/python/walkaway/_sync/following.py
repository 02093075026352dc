"""Reads a log to its end over as many connections as it takes: one loop, nothing lost, nothing twice."""

import logging
from collections.abc import Callable, Generator
from typing import Any

from walkaway import answers, sense
from walkaway._sync.crew import sleep
from walkaway._sync.streams import Stream
from walkaway._sync.transport import Transport
from walkaway.errors import ConnectionLost, NotWalkaway, ServerFailed, TooManyRequests, Unreachable, WalkawayError
from walkaway.events import Event, made
from walkaway.pages import circle
from walkaway.reading import Decoder, Line, Place
from walkaway.retries import Deadline, Pacing
from walkaway_wire.events import TOOL_CALL_REQUESTED

PAGE = 1000
logger = logging.getLogger("walkaway")


class Follower:
    """One reader of one log. `place` is where it is; what it has given is never given again.

    `turn`: the id of the one whose log it is; none: of a whole session's.
    """

    def __init__(self, transport: Transport, path: str, place: Place, *, turn: str = "") -> None:
        self._transport, self._path, self.place = transport, path, place
        self._of_session, self._turn = not turn, turn
        options = transport.options
        self._pacing = Pacing(options.patience, options.first_wait)
        self._connected = self._over = False
        self._last = ""

    def events(
        self,
        deadline: Deadline | None = None,
        between: Callable[[Callable[[], None]], None] | None = None,
        failed: Callable[[], WalkawayError | None] = lambda: None,
    ) -> Generator[Event, None, None]:
        """Give event after event, to the terminal one; of a session, until it is gone.

        Comes back from wherever it was when a connection ends, breaks, or is silent. Ends without a terminal event
        only when `deadline` is over. `between` is awaited before it comes back to a turn that may wait; it is given
        what to call whenever the server has answered. Raises what
        is no matter of connections (401, 403, 404, 400), ConnectionLost when patience is at its end, LogBroken, and
        what `failed` gives, which is asked at each sign of life.
        """
        deadline = deadline or Deadline(None)
        back = False
        while not (deadline.over or self._over):
            after, why = 0.0, "the stream ended before the log did"
            once = self._once(deadline, failed)
            try:
                if back and between is not None and self._last in {"", TOOL_CALL_REQUESTED}:
                    between(self._pacing.connected)
                for event in once:
                    yield event
            except (Unreachable, ServerFailed, TooManyRequests) as error:
                logger.debug(
                    "a stream broke behind %r: %s", self.place.cursor, error, extra={"cursor": self.place.cursor}
                )
                after, why = getattr(error, "retry_after", 0.0), str(error)
            finally:
                once.close()
            if failure := failed():
                raise failure
            if not (deadline.over or self._over):
                self._come_back(deadline, after, why)
                back = True

    def _once(self, deadline: Deadline, failed: Callable[[], WalkawayError | None]) -> Generator[Event, None, None]:
        """Give what one connection gives."""
        with self._opened(deadline) as stream:
            if stream.status == 204 or (stream.status == 404 and self._of_session and self._connected):
                self._over = True  # a session's log ends with the session
                return
            self._check(stream)
            self._pacing.connected()
            self._connected = True
            decoder = Decoder()
            for chunk in stream.chunks():
                for line in decoder.feed(chunk):
                    event = self._taken(line)
                    if event is None:
                        continue
                    self._pacing.received()
                    self._over = event.at_end and not self._of_session
                    yield event
                    if self._over:
                        return
                if deadline.over or failed():
                    return

    def _come_back(self, deadline: Deadline, after: float, why: str) -> None:
        pause = self._pacing.next(after)
        if pause is None:
            raise ConnectionLost(
                f"The log could not be followed for {self._transport.options.patience:g} s: {why}. "
                f"Nothing is lost: read on from {self.place.cursor or 'the beginning'!r}",
                self.place.cursor,
            )
        sleep(deadline.left(pause))

    def present(self) -> Generator[Event, None, None]:
        """Give what is there, and wait for nothing."""
        while True:
            asked = {"after": self.place.cursor, "limit": PAGE, "format": "json"}
            answer = self._transport.request("GET", self._path, params=asked)
            page, found = answer.object(), answer.records("event", under="events")
            before = self.place.cursor
            for said in found:
                event = self._taken(Line(str(said.get("id", "")), said["event"], sense.encoded(said.get("data"))))
                if event is not None:
                    yield event
            if page.get("done") or len(found) < PAGE:
                return
            if self.place.cursor == before:
                raise circle(self._transport.options.url, before)

    def _opened(self, deadline: Deadline) -> Any:
        headers = {"Accept": "text/event-stream", "Accept-Encoding": "identity", "Cache-Control": "no-store"}
        if self.place.cursor:
            headers["Last-Event-ID"] = self.place.cursor
        silence = max(deadline.left(self._transport.options.silence), 0.001)
        return self._transport.stream(self._path, headers=headers, read=silence)

    def _check(self, stream: Stream) -> None:
        if stream.status == 200 and stream.headers.get("content-type", "").startswith("text/event-stream"):
            return
        if stream.status == 200:
            kind = stream.headers.get("content-type", "nothing").partition(";")[0]
            raise NotWalkaway(
                f"{self._transport.options.url} answers ({kind}), but not with events. Is the address right?"
            )
        raise answers.refused(stream.whole(), self._transport.options)

    def _taken(self, line: Line) -> Event | None:
        if not line.cursor or not self.place.takes(line.cursor):
            return None
        self._last = line.type
        log = line.cursor.rpartition(":")[0]
        return made(line.type, line.cursor, line.text, log if log.startswith("msg_") else self._turn)
