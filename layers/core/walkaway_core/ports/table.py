"""The Table port: items under two-part keys, read consistently and written in conditional transactions."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from walkaway_core.ports.items import Item, Key, Page, Write

if TYPE_CHECKING:
    from concurrent.futures import Future


class Tail(Protocol):
    """Waits for what is written, on the event loop on which it was asked for; one read at a time.

    To whom nothing happens costs next to nothing, however short its reads are.
    """

    async def read(self, pk: str, after: str, *, limit: int = 1000, timeout: float) -> Page:
        """Wait until `pk` has items after `after`, then return them as `query` does; an empty page after `timeout` s.

        Nothing written before or during the call is missed, nor between two of them.
        """


class Table(Protocol):
    """Items under a two-part key, read consistently and written in conditional transactions.

    An item whose `expires` has come counts as absent, in reads and in conditions.
    """

    quick: bool
    """Whether requests stay on this machine. Then they cost nothing, and whoever runs on an event loop need not leave
    it for a few reads; else each is billed and takes its way, and callers ask less often than they could."""

    def get(self, *keys: Key) -> list[Item | None]:
        """Read up to 100 items, in the order of the keys; None for an absent one.

        Strongly consistent: a write that has returned is seen. The items are not one snapshot.
        """

    def query(
        self, pk: str, *, after: str = "", upto: str | None = None, reverse: bool = False, limit: int = 1000
    ) -> Page:
        """Read the items of `pk` with `after` < sk ≤ `upto` in byte order of sk, the greatest first if `reverse`.

        Strongly consistent; at most `limit` items and about 1 MB; `more` says whether the range goes on.
        """

    def write(self, *writes: Write) -> None:
        """Carry out all writes or none; they are durable on return.

        Conditions see the state before the transaction. Conflicts and throttles are repeated inside, and so is what has
        no room, for as long as the caller bears it (`ports/patience.py`); then it raises Unavailable.
        Raises Refused with the first write that was refused, Unknown when the outcome is unknown, TooLarge beyond
        100 writes, 400 KB an item or 4 MB in all, ValueError for no write or two writes of one key.
        """

    def submit(self, *writes: Write) -> "Future[None]":
        """Do what `write` does without waiting; what it would raise, limits included, is the future's exception.

        Where nothing is repeated inside, that is NotWritten for what has no room.

        A callback on the future may submit again, but must not wait.
        """

    def write_behind(self, *writes: Write) -> "Future[None]":
        """Hand in writes that nobody has to wait for: they stay inside this process until something later is durable.

        They are carried out, all or none, before whatever this process hands in afterwards, and are durable no later
        than the next `write` that returns or `submit` that succeeds. A crash may lose the last of them, never one in
        front of something durable. Reads of this process see them once the future is done, which is no later than that
        too, or within a second by itself; without room, when there is some. What cannot be carried out is logged, and
        the future's exception.
        Raises ValueError for anything but puts and deletes without conditions, and for what `write` raises it for.
        """

    def sweep_out(self, pk: str, upto: str, limit: int) -> int:
        """Delete the first `limit` items of `pk` with sk ≤ `upto`, from the front; return how many there were."""

    def tail(self) -> AbstractContextManager[Tail]:
        """Give what waits for news to the end of the block. Whoever waits several times keeps one."""
