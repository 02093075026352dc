"""Idempotency keys (contract A.9): a request that is repeated finds what came of the first one.

What the record of a key says; it stands at the key's hash:

fact     unit    written by  says
asks     hash    keep        what was asked of which session; a run's key: "runs", whatever was asked
session  id      keep        the session whose turn has the message
turn     id      keep        that turn
outcome          keep        started, queued, steered
at       number  keep        the event of the turn's log from which on it is told
made     id      keep_made   what was made, of a request that makes something; of the others above only `asks`

*keep* is called by engine/starting.py, engine/queueing.py and engine/steering.py, each in the transaction that starts,
queues or steers. It never changes, and expires after `kept` seconds; a run's goes with the run, if it is still that
run's (dialects/runs/index.py). Names and units are a contract: docs/upgrades.md.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar, cast

from walkaway_core.errors import IdempotencyMismatch, WalkawayError
from walkaway_core.ports.items import Absent, Fact, Item, Key, Refused
from walkaway_core.store import keys
from walkaway_core.store.keys import SessionKey, TurnKey
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_wire import jsontext

KEPT = 24 * 60 * 60
"""Seconds for which a key is remembered."""

Made = TypeVar("Made")
Outcome = Literal["started", "queued", "steered"]

FACTS = {"asks": str, "session": str, "turn": str, "outcome": str, "at": int}
"""What is kept of a request with a message."""
MADE = {"asks": str, "made": str}
"""What is kept of a request that makes something."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What came of a request: the turn that has its message, from its event `at` on."""

    turn: TurnKey
    outcome: Outcome
    at: int


class Keeps(Protocol):
    """Whoever writes down what came of a request with a message, in the transaction that carries it out."""

    def keep(
        self, tx: Transaction, services: Services, turn: TurnKey, outcome: Outcome = "started", at: int = 0
    ) -> None:
        """Write it down: the turn that has the message, from its event `at` on."""


@dataclass(frozen=True, slots=True)
class Once:
    """A request that is to be carried out once: whose key it has, and the hash of what it asks of which session."""

    tenant: str
    key: str
    asks: str
    kept: int = KEPT

    @classmethod
    def of(cls, session: SessionKey, key: str, body: Mapping[str, Any]) -> "Once":
        """Recognise a request by its key (`http/repeats.py`), session and body."""
        text = jsontext.dumps({"session": session.session, "body": dict(sorted(body.items()))})
        return cls(session.tenant, key, hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest())

    @classmethod
    def making(cls, tenant: str, kind: str, key: str, body: Mapping[str, Any]) -> "Once":
        """Recognise a request that makes something of a kind by its key, and what is asked for."""
        text = jsontext.dumps({"makes": kind, "body": dict(sorted(body.items()))})
        return cls(tenant, key, hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest())

    @property
    def place(self) -> Key:
        """Where it is remembered."""
        return keys.idempotency(self.tenant, self.key)

    @property
    def sort_key(self) -> str:
        """Where it is remembered, in the tenant's partition."""
        return keys.idempotency(self.tenant, self.key)[1]

    def keep(
        self, tx: Transaction, services: Services, turn: TurnKey, outcome: Outcome = "started", at: int = 0
    ) -> None:
        """Write down what came of the request; refused where the key is taken."""
        facts: dict[str, Fact] = {"session": turn.session, "turn": turn.turn}
        self._put(tx, services, {**facts, "outcome": outcome, "at": at})

    def keep_made(self, tx: Transaction, services: Services, id_: str) -> None:
        """Write down what was made; refused where the key is taken."""
        self._put(tx, services, {"made": id_})

    def refuses(self, refusal: Refused) -> bool:
        """Say whether it is this record that a transaction was refused for."""
        return refusal.key == self.place

    def to_try_again(self, error: Exception) -> bool:  # noqa: ARG002 - for those that can be (repetitions.py)
        """Say whether what has refused to make something may let it be made the next time."""
        return False

    def _put(self, tx: Transaction, services: Services, facts: Mapping[str, Fact]) -> None:
        until = int(services.clock.now()) + self.kept
        tx.put(Item(*self.place, {"asks": self.asks, **facts}, expires=until), Absent())

    def earlier(self, services: Services) -> Earlier | None:
        """Find what came of the request. Raises IdempotencyMismatch for another request's key, or a damaged record."""
        item = self._remembered(services)
        if item is None:
            return None
        turn = TurnKey(self.tenant, item.text("session"), item.text("turn"))
        return Earlier(turn, cast("Outcome", item.text("outcome")), item.number("at"))

    def made(self, services: Services) -> str | None:
        """Give the id of what the request has made. Raises IdempotencyMismatch as `earlier` does."""
        item = self._remembered(services)
        return item.text("made") if item else None

    def _remembered(self, services: Services) -> Item | None:
        item = services.table.get(self.place)[0]
        if item is None:
            return None
        if not any(fits(item, facts) for facts in (FACTS, MADE)):
            raise IdempotencyMismatch(
                "What is stored of this Idempotency-Key cannot be read: look whether the request has had its effect, "
                "and use a new key if it has not"
            )
        if item.facts["asks"] != self.asks:
            about = item.text("made" if "made" in item.facts else "session")
            raise IdempotencyMismatch(
                f"The Idempotency-Key was used for another request ({about}); use a new key for a new request"
            )
        return item


def fits(item: Item, facts: Mapping[str, type]) -> bool:
    """Say whether a record has facts of these types."""
    return all(isinstance(item.facts.get(name), kind) for name, kind in facts.items())


def make(
    services: Services, once: Once | None, make_it: Callable[[], Made], find: Callable[[str], Made]
) -> tuple[Made, bool]:
    """Make something, or find what the same request has made: whether it was found is said, too.

    `make_it` writes what it makes with `Once.keep_made` in one transaction; `find` is given the id.
    Raises IdempotencyMismatch, and what the two raise.
    """
    while True:
        if once and (id_ := once.made(services)):
            return find(id_), True
        try:
            return make_it(), False
        except (Refused, WalkawayError) as error:
            if once is None or not (once.made(services) or once.to_try_again(error)):
                raise  # else the same request came first, and is in its own way, or came again
