"""Where the pages of a list begin, without any I/O: each comes once and leads somewhere, or it would have no end."""

from collections.abc import Sequence

from walkaway import sense
from walkaway.errors import NotWalkaway

MOST = 100_000
"""Places and pages that are remembered: a longer circle is none that anything makes by mistake."""
IDLE = 1000
"""Pages in a row without anything new, at which a list ends: a filter may pass over hundreds of pages, and few more."""


class Trail:
    """The places that a reader has been at. `where`: the server's address. `closed`: whether there was no end.

    A list that always has something new is no other than a long one: it is read for as long as it is asked for.
    """

    def __init__(self, where: str) -> None:
        self._where, self.closed = where, False
        self._been: set[int] = set()
        self._idle = 0

    def on(self, place: str, page: Sequence[object]) -> str:
        """Give the place behind a page, to read on from. Raises NotWalkaway for what has no end.

        That is a list where a place comes again, or a whole page, or where too many in a row are empty.
        """
        again = self._met(place) or (bool(page) and self._met(page))
        self._led(place, again=again, idle=not page)
        return place

    def after(self, page: Sequence[object], place: str) -> None:
        """Take the place behind a page of a feed. Nothing may have come, and then the place is as it was.

        Behind another place there may be what came already, though not for ever. Raises NotWalkaway.
        """
        if page:
            self._led(place, again=self._met(place), idle=self._met(page))

    def begin(self) -> None:
        """Begin anew, at the beginning."""
        self._been.clear()
        self._idle = 0

    def _met(self, found: object) -> bool:
        """Whether it was met before; from now on it was."""
        mark = hash((type(found), sense.encoded(found)))
        if mark in self._been:
            return True
        if len(self._been) == MOST:
            self._been.clear()
        self._been.add(mark)
        return False

    def _led(self, place: str, *, again: bool, idle: bool) -> None:
        self._idle = self._idle + 1 if idle else 0
        if again:
            self.closed = True
            raise circle(self._where, place)
        if self._idle >= IDLE:
            self.closed = True
            raise NotWalkaway(
                f"{self._where} answers with a list that has no end: {IDLE:,} pages in a row had nothing new, and each "
                "led to another one. Is the address right?"
            )


def circle(where: str, place: str) -> NotWalkaway:
    """Make the error of a list that leads back to where its reader has been."""
    return NotWalkaway(
        f"{where} answers with a list that has no end: at {place[:100]!r} it goes in a circle. Is the address right?"
    )
