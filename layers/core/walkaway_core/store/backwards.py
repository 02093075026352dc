"""Reading a partition from its end, in pages that begin as small as what is asked for."""

from collections.abc import Iterator

from walkaway_core.ports.items import Item
from walkaway_core.store.services import Services

MOST = 1000


def items(services: Services, pk: str, upto: str, *, first: int, after: str = "") -> Iterator[Item]:
    """Give the items of `pk` with `after` < sk < `upto`, the greatest first; read about as many as are taken.

    `first` is how many will do if all of them can be used. Where they cannot, each page is twice as large as the one
    before it, so that a few are not paid for by many, nor many by a call for each few.
    """
    size, more = min(first, MOST), True
    while more:
        page = services.table.query(pk, after=after, upto=upto, reverse=True, limit=size + 1)  # one may be `upto`
        yield from (item for item in page.items if item.sk != upto)
        more, size = page.more, min(2 * size, MOST)
        upto = page.items[-1].sk if page.items else upto
