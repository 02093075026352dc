"""Lists that are longer than a page: iterating goes over all of them."""

from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any, Generic, TypeVar

from walkaway._async.transport import AsyncTransport
from walkaway.pages import Trail

T = TypeVar("T")
PAGE = 100


class AsyncPages(Generic[T]):
    """A list of the server's. `page`: the part that was read last. `cursor`: where the next one begins; None: no more.

    Nothing is read before somebody asks. Each iteration begins anew. A server whose list has no end is NotWalkaway.
    """

    def __init__(
        self,
        transport: AsyncTransport,
        path: str,
        params: Mapping[str, Any],
        make: Callable[[Mapping[str, Any]], T],
        limit: int | None = None,
    ) -> None:
        self._transport, self._path, self._params, self._make = transport, path, dict(params), make
        self._limit = limit
        self.page: list[T] = []
        self.cursor: str | None = ""
        self._trail = Trail(transport.options.url)

    async def __aiter__(self) -> AsyncGenerator[T, None]:
        """Give one after the other, as many as `limit` says."""
        self.cursor, given = "", 0
        self._trail.begin()
        while self.cursor is not None:
            for each in await self.next_page():
                if self._limit is not None and given >= self._limit:
                    return
                given += 1
                yield each

    async def next_page(self) -> list[T]:
        """Read the next part; empty behind the last one. A part may be short, or empty, though more follow."""
        if self.cursor is None:
            return []
        size = PAGE if self._limit is None else max(1, min(PAGE, self._limit))
        asked = {**self._params, "limit": size, "after": self.cursor}
        answer = await self._transport.request("GET", self._path, params=asked)
        found = answer.records("id")
        self.page = [self._make(each) for each in found]
        behind = answer.headers.get("x-next-cursor")
        self.cursor = self._trail.on(behind, found) if behind else None
        return self.page

    async def first(self, count: int) -> list[T]:
        """Give the first so many."""
        found: list[T] = []
        if count > 0:
            async for each in self:
                found.append(each)
                if len(found) == count:
                    break
        return found
