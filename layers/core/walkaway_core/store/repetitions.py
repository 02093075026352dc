"""Repetitions without a key: a request that a client sends again, and says how often it has done so.

SDKs repeat a POST whose connection was torn as the same body with a count that is one higher, and give it no key. Of
two equal bodies nobody can say whether they are one caller's; so each original is handed to each count once, and a
request with the count 0 is always an original. A dialect makes a `Repetition` where it would make a `Once`
(`http/repetitions.py`), and uses it as that. One that comes while its original is still carried out overtakes that
(`overtaking.py`).

It stands in the partition T#{tenant}#REPEATED#{hash}, the hash being that of credential and body, under {ms}#{id}, and
expires after `KEPT`:

fact     unit    written by       says
count    number  keep, keep_made  how often the request had been sent before
…                keep, keep_made  what came of it, as that of a key (store/idempotency.py)
to_{n}   ms      earlier, made    when the request with the count n was given it

Names and units are a contract: docs/upgrades.md.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from walkaway_core.ports.items import Absent, Fact, Item, Key, Lacks, Refused, ms
from walkaway_core.store.idempotency import FACTS, MADE, Earlier, Once, Outcome, fits
from walkaway_core.store.keys import END, TurnKey
from walkaway_core.store.overtaking import Way
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_wire import jsontext

KEPT = 15 * 60
"""Seconds for which a request is given to repetitions of it."""
PAGE = 100


@dataclass(frozen=True, slots=True)
class Repetition(Once):
    """A request that was sent `count` times before, by whoever says so; `asks` is the hash of what it asks for.

    An original that was handed to it is kept: who looks again, as behind a write that was refused, has the same one.
    """

    count: int = 0
    handed: list[Item] = field(default_factory=list, compare=False)
    way: Way = field(default_factory=lambda: Way("", "", 0, KEPT), compare=False)

    @classmethod
    def sent(  # noqa: PLR0917 - who asks whom for what
        cls,
        services: Services,
        tenant: str,
        credential: str,
        kind: str,
        body: Mapping[str, Any],
        count: int,
        *,
        ago: float = 0.0,
    ) -> "Repetition":
        """Recognise a request by the credential it came with, seconds `ago`, and what it asks for."""
        text = jsontext.dumps({"credential": credential, "makes": kind, "body": dict(sorted(body.items()))})
        asks = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
        name = f"{ms(services.clock.now() - ago):013}#{services.ids.new('')}"
        return cls(tenant, name, asks, KEPT, count, way=Way(_below(tenant, asks), name, count, KEPT))

    @property
    def place(self) -> Key:
        """Where it stands as an original."""
        return _below(self.tenant, self.asks), self.key

    def refuses(self, refusal: Refused) -> bool:
        """Say whether it is its record, or another request's way past it, that a transaction was refused for."""
        return refusal.key in (self.place, self.way.key)

    def to_try_again(self, error: Exception) -> bool:
        """Say whether somebody has overtaken somebody, which is this one only if the next time says so."""
        return isinstance(error, Refused) and error.key == self.way.key

    def _put(self, tx: Transaction, services: Services, facts: Mapping[str, Fact]) -> None:
        until = int(services.clock.now()) + self.kept
        tx.put(Item(*self.place, {"asks": self.asks, "count": self.count, **facts}, expires=until), Absent())
        self.way.require(tx, services)

    def earlier(self, services: Services) -> Earlier | None:
        """Take an original that started, or queued, a turn: the newest one of a lower count. None: this is one."""
        item = self._original(services, FACTS)
        if item is None:
            return None
        turn = TurnKey(self.tenant, item.text("session"), item.text("turn"))
        return Earlier(turn, cast("Outcome", item.text("outcome")), item.number("at"))

    def made(self, services: Services) -> str | None:
        """Take an original that made something; give the id of that."""
        item = self._original(services, MADE)
        return item.text("made") if item else None

    def _original(self, services: Services, facts: Mapping[str, type]) -> Item | None:
        if self.handed:
            return self.handed[0]
        self.way.look(services)
        if self.count:
            while (taken := self._find(services, facts)) is not None and taken > self.way.since:
                self.way.overtake(services)  # again, if another one was given meanwhile what this one repeats
            if self.handed and self.way.since >= 0:  # it was about to be there
                self.way.withdraw(services)
        return self.handed[0] if self.handed else None

    def _find(self, services: Services, facts: Mapping[str, type]) -> int | None:
        """Take an original; else say when another of the same count has taken one last, in ms; 0: none has."""
        taken = 0
        for item in self._there(services):
            if fits(item, {**facts, "count": int}) and item.number("count") < self.count:
                if not (at := self._take(services, item)):
                    self.handed.append(item)
                    return None
                taken = max(taken, at)
        return taken

    def _there(self, services: Services) -> Iterator[Item]:
        """Give the originals of the last minutes, the newest first: who comes again has come just before."""
        pk, own = self.place
        oldest, upto, more = f"{ms(services.clock.now() - KEPT):013}", END, True
        while more:
            page = services.table.query(pk, after=oldest, upto=upto, reverse=True, limit=PAGE)
            yield from (item for item in page.items if item.sk not in (own, upto))
            more, upto = page.more, page.items[-1].sk if page.items else upto

    def _take(self, services: Services, item: Item) -> int:
        """Take an original for this count, which gives 0; else say when another request of the same count has."""
        name = f"to_{self.count}"
        while name not in item.facts:
            now, tx = ms(services.clock.now()), Transaction(services.table)
            tx.change(item.key, Lacks(name), set={name: now})
            self.way.require(tx, services)
            try:
                tx.commit()
            except Refused as refusal:
                if refusal.key == item.key:
                    return now
            else:
                return 0
        at = item.facts[name]
        return at if isinstance(at, int) and 0 < at <= ms(services.clock.now()) else 1


def _below(tenant: str, asks: str) -> str:
    """Name the partition of requests that ask for the same."""
    return f"T#{tenant}#REPEATED#{asks}"
