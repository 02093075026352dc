"""A partition as far as this process knows it, and how long what is known may rest."""

from bisect import bisect_left, bisect_right
from itertools import takewhile

from walkaway_core.ports.items import Item

REST, LONG_REST = 1.0, 3.0
"""Seconds after which what was written a moment ago is rarely asked for, but by those who can wait for SQLite. What is
known of most partitions takes little: it may rest long enough for a turn that was handed in with hundreds of others."""
MANY = 8
"""So many items are many, as of a log that streams, or of a long conversation."""
OVERHEAD = 800
"""Bytes that an entry takes besides the item's own, about."""
NONE = 0, 0.0


class Partition:
    """What is known of a partition: items by sort key, those first that rest longest; `used` when, last.

    From `floor` on every item is there, and `sks` are their sort keys in order; None: there is no such end. `marks` say
    of each item how many bytes it takes, and since when it rests; `bytes` is their sum. Somebody may read a range with
    items that rest again and again, as each step of a session reads its conversation: `far` is the lowest of them since
    `deep`, and `farther` that of the REST seconds before.
    """

    __slots__ = ("bytes", "deep", "far", "farther", "floor", "items", "looked", "marks", "sks", "used")

    def __init__(self) -> None:
        self.items: dict[str, Item | None] = {}
        self.marks: dict[str, tuple[int, float]] = {}
        self.bytes = 0
        self.floor: str | None = None
        self.sks: list[str] = []
        self.used = self.deep = self.looked = 0.0
        self.far = self.farther = ""

    @property
    def rest(self) -> float:
        """Give for how many seconds what stands here may rest."""
        return REST if len(self.items) > MANY else LONG_REST

    def put(self, sk: str, item: Item | None, now: float) -> int:
        """Take an item in, or that there is none; give how many bytes this is more."""
        more = -self.marks.pop(sk, NONE)[0]
        self.items.pop(sk, None)
        in_end = self.floor is not None and sk >= self.floor
        if in_end:
            self._place(sk, there=item is not None)
        if item is not None or not in_end:  # what the end does not have is not there
            self.items[sk] = item
            weight = OVERHEAD + (item.size if item else 0)
            self.marks[sk] = weight, now
            more += weight
        self.bytes += more
        return more

    def _place(self, sk: str, *, there: bool) -> None:
        place = bisect_left(self.sks, sk)
        was = place < len(self.sks) and self.sks[place] == sk
        if there and not was:
            self.sks.insert(place, sk)
        elif was and not there:
            del self.sks[place]

    def touch(self, sk: str, now: float) -> None:
        """Note that an item is asked for."""
        weight, since = self.marks[sk]
        if since < now - REST / 2:
            self.items[sk] = self.items.pop(sk)
            self.marks[sk] = weight, now

    def read(self, far: str, now: float) -> None:
        """Note that a range is read that begins with this item."""
        if self.marks[far][1] >= now - REST / 2:
            return
        if now >= self.deep + REST:
            self.farther = self.far if now < self.deep + 2 * REST else far
            self.far, self.deep = far, now
        self.far = min(self.far, far)

    def let_rest(self, now: float) -> int:
        """Let go of items that have rested, but for what is read again and again; give how many bytes that is less."""
        if now < self.looked + REST / 4:
            return 0
        before, self.looked = now - self.rest, now
        resting = [*takewhile(lambda sk: self.marks[sk][1] < before, self.items)]
        unread = now >= self.deep + 2 * REST
        return sum(self.drop(sk) for sk in resting if unread or sk < min(self.far, self.farther))

    def drop(self, sk: str) -> int:
        """Let go of an item; the known end begins behind it then. Gives how many bytes that is less."""
        if self.floor is not None and sk >= self.floor:
            del self.sks[: bisect_right(self.sks, sk)]
            self.floor = sk + "\x00" if self.sks else None
        del self.items[sk]
        less, _ = self.marks.pop(sk)
        self.bytes -= less
        return less
