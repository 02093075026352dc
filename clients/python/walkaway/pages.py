"""Where the pages of a list begin, without any I/O: each place comes once, or the list would have no end."""

from collections.abc import Sequence

from walkaway.errors import NotWalkaway

MOST = 100_000
"""Places that are remembered: a longer circle is none that anything makes by mistake."""


class Trail:
    """The places that a reader has been at. `where`: the server's address. `closed`: whether one came again."""

    def __init__(self, where: str) -> None:
        self._where, self.closed = where, False
        self._been: set[str] = set()

    def on(self, place: str) -> str:
        """Give the place to read on from, which is new. Raises NotWalkaway where it leads in a circle."""
        if place in self._been:
            self.closed = True
            raise circle(self._where, place)
        if len(self._been) == MOST:
            self._been.clear()
        self._been.add(place)
        return place

    def after(self, page: Sequence[object], place: str) -> None:
        """Take the place behind a page. Nothing may have come, and then the place is as it was."""
        if page:
            self.on(place)

    def begin(self) -> None:
        """Begin anew, at the beginning."""
        self._been.clear()


def circle(where: str, place: str) -> NotWalkaway:
    """Make the error of a list that leads back to where its reader has been."""
    return NotWalkaway(
        f"{where} answers with a list that has no end: at {place[:100]!r} it goes in a circle. Is the address right?"
    )
