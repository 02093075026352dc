"""A Table that counts what is read from it."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from walkaway_core.ports.items import Item, Key, Page, Write
from walkaway_core.ports.table import Table, Tail

if TYPE_CHECKING:
    from concurrent.futures import Future


class CountingTable:
    """A Table. `looks` counts the calls that read, `items` what they gave; `kinds` names the calls."""

    def __init__(self, table: Table, *, quick: bool = True) -> None:
        self.quick = quick
        self._table = table
        self.kinds: list[str] = []
        self.items = 0

    @property
    def looks(self) -> int:
        return len(self.kinds)

    def forget(self) -> None:
        """Begin to count anew."""
        self.kinds.clear()
        self.items = 0

    def get(self, *keys: Key) -> list[Item | None]:
        read = self._table.get(*keys)
        self._note("get", read)
        return read

    def query(
        self, pk: str, *, after: str = "", upto: str | None = None, reverse: bool = False, limit: int = 1000
    ) -> Page:
        page = self._table.query(pk, after=after, upto=upto, reverse=reverse, limit=limit)
        self._note("query", page.items)
        return page

    def write(self, *writes: Write) -> None:
        self._table.write(*writes)

    def submit(self, *writes: Write) -> "Future[None]":
        return self._table.submit(*writes)

    def write_behind(self, *writes: Write) -> "Future[None]":
        return self._table.write_behind(*writes)

    def sweep_out(self, pk: str, upto: str, limit: int) -> int:
        return self._table.sweep_out(pk, upto, limit)

    def tail(self) -> AbstractContextManager[Tail]:
        self.kinds.append("tail")
        return self._table.tail()

    def _note(self, kind: str, read: list[Item | None] | tuple[Item, ...]) -> None:
        self.kinds.append(kind)
        self.items += len([item for item in read if item])
