"""The conversation as people are shown it: a session's newest entries, and those of one turn."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from walkaway_core.log.transcript import Entry, said, text, unpack
from walkaway_core.store.keys import SessionKey, TurnKey
from walkaway_core.store.services import Services

if TYPE_CHECKING:
    from walkaway_core.ports.items import Item


def of_turn(services: Services, key: TurnKey) -> list[Entry]:
    """Read what was said in a turn, in its order; calls that have begun and have no result say nothing.

    What came along with its message stands before that.
    """
    read: list[Entry] = []
    of_this = key.entry(0)[1].rsplit("#", 2)[0]
    after, more = f"{of_this}#", True
    while more:
        page = services.table.query(key.owner.partition, after=after, upto=f"{of_this}#~")
        read += [entry for item in page.items for entry in said(unpack(services, key.tenant, item))]
        after, more = page.items[-1].sk if page.items else "", page.more
    return read


def newest(
    services: Services, key: SessionKey, *, limit: int, before: str = "", forgotten: bool = False
) -> tuple[list[Entry], str]:
    """Read the newest entries before the one with this id, in their order; with the id to go on from, or `""`.

    Calls that have no result yet are left out, and, where turns were taken away (`forgotten`), what they said.
    """
    newest_first: list[Entry] = []
    upto, more = f"ENTRY#{before.replace('.', '#') or '~'}", True
    while more and len(newest_first) <= limit:
        page = services.table.query(key.partition, after="ENTRY#", upto=upto, reverse=True, limit=limit + 2)
        read = [unpack(services, key.tenant, item) for item in page.items if item.sk != upto]
        all_ = [one for entry in read for one in reversed(said(entry)) if not before or one.id < before]
        shown = [entry for entry in all_ if "content" in entry.body]
        newest_first += _there(services, key, shown) if forgotten else shown
        more = page.more
        upto = page.items[-1].sk if page.items else upto
    kept = newest_first[:limit]
    return kept[::-1], kept[-1].id if len(newest_first) > limit else ""


def texts(services: Services, steps: Sequence[tuple[TurnKey, int]]) -> list[str]:
    """Read the text of these answers, `""` for a step 0 or one that is missing."""
    items: list[Item | None] = []
    for start in range(0, len(steps), 100):
        items += services.table.get(*(key.entry(step) for key, step in steps[start : start + 100]))
    return [
        text(unpack(services, key.tenant, item).body["content"]) if item and step else ""
        for (key, step), item in zip(steps, items, strict=True)
    ]


def _there(services: Services, key: SessionKey, entries: Sequence[Entry]) -> list[Entry]:
    names = sorted({entry.turn for entry in entries})
    gone = set()
    for start in range(0, len(names), 100):
        asked = names[start : start + 100]
        records = services.table.get(*(key.turn(name).item for name in asked))
        gone |= {name for name, item in zip(asked, records, strict=True) if item and "forgotten" in item.facts}
    return [entry for entry in entries if entry.turn not in gone]
