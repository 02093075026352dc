"""Reading a log, without any I/O: bytes to events, the places of a log, and the text that a turn has said so far."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from walkaway.errors import LogBroken
from walkaway.events import Event, StepStarted, TextDelta

MOST_BYTES = 64 * 1024 * 1024
"""Of one event. The largest that there can be is a body of 4 MB, with everything escaped."""

PLAIN = re.compile(rb"id: ([^\n]*)\nevent: ([^\n]*)\ndata: ([^\n]*)")
"""An event as servers of ours write it, which is read in one go; whatever else the standard allows is read by lines."""


class Line(NamedTuple):
    """An event as it came."""

    cursor: str
    type: str
    text: str


class Decoder:
    """Decodes Server-Sent Events (HTML standard, 9.2.6) from bytes that may be cut anywhere."""

    def __init__(self) -> None:
        self._rest = b""
        self._half = False
        """Whether a line ended with what may be the first half of its end."""

    def feed(self, data: bytes) -> Iterator[Line]:
        """Take what has come, and give the events that are complete. Raises LogBroken for what is no such stream."""
        if self._half and data.startswith(b"\n"):
            data = data[1:]
        self._half = data.endswith(b"\r")
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        come = self._rest + data if self._rest else data
        *blocks, self._rest = come.split(b"\n\n")
        if len(self._rest) > MOST_BYTES:
            raise LogBroken(f"An event of more than {MOST_BYTES} bytes came, and no end of it")
        for block in blocks:
            if found := _parsed(block):
                yield found


def _parsed(block: bytes) -> Line | None:
    if plain := PLAIN.fullmatch(block):
        return Line(*(each.decode("utf-8", "replace") for each in plain.groups()))
    cursor = type_ = ""
    data: list[str] = []
    for line in block.decode("utf-8", "replace").split("\n"):
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            data.append(value)
        elif name == "id":
            cursor = value
        elif name == "event":
            type_ = value
    return Line(cursor, type_, "\n".join(data)) if data else None


class Place:
    """Where a reader is: numbers only grow, by one each. What it has already is dropped; a gap is never silent.

    Cursors are numbers, or `msg_…:41` and `sess_…:3` where several logs are read as one.
    """

    def __init__(self, cursor: str = "") -> None:
        self.cursor = cursor
        self._last: dict[str, int] = {}
        if cursor:
            log, number = _split(cursor)
            self._last[log] = number

    def takes(self, cursor: str) -> bool:
        """Whether an event is the next one; it is read then. Raises LogBroken where one before it is missing."""
        log, number = _split(cursor)
        last = self._last.get(log)
        if last is None and log and not log.startswith("msg_"):
            last = number - 1  # what is between turns is counted over the session's whole life
        if last is None:
            last = -1
        if number <= last:
            return False
        if number != last + 1:
            raise LogBroken(f"Event {cursor} came behind {last}: {number - last - 1} are missing. Please report this")
        self._last[log] = number
        self.cursor = cursor
        return True


def _split(cursor: str) -> tuple[str, int]:
    log, _, number = cursor.rpartition(":")
    try:
        return log, int(number)
    except ValueError:
        raise LogBroken(f"{cursor[:100]!r} is no place in a log") from None


class Accumulator:
    """The text of a turn's last step so far. What an attempt wrote that failed is withdrawn."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def take(self, event: Event) -> None:
        """Take the next event."""
        if isinstance(event, TextDelta):
            self._parts.append(event.content)
        elif isinstance(event, StepStarted):
            self._parts.clear()

    @property
    def text(self) -> str:
        """What the step has said."""
        if len(self._parts) > 1:
            self._parts = ["".join(self._parts)]
        return self._parts[0] if self._parts else ""
