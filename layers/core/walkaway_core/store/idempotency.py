"""Idempotency keys (contract A.9): a request that is repeated finds what came of the first one.

What the record of a key says; it stands at the key's hash:

fact     unit    written by  says
asks     hash    keep        what was asked of which session; a run's key: "runs", whatever was asked
session  id      keep        the session whose turn has the message
turn     id      keep        that turn
outcome          keep        started, queued, steered
at       number  keep        the event of the turn's log from which on it is told

*keep* is called by engine/starting.py, engine/queueing.py and engine/steering.py, each in the transaction that starts,
queues or steers. It never changes, and expires after `kept` seconds; a run's goes with the run, if it is still that
run's (dialects/runs/index.py). Names and units are a contract: docs/upgrades.md.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from walkaway_core.errors import IdempotencyMismatch
from walkaway_core.ports.items import Absent, Fact, Item
from walkaway_core.store import keys
from walkaway_core.store.keys import SessionKey, TurnKey
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_wire import jsontext

KEPT = 24 * 60 * 60
"""Seconds for which a key is remembered."""

Outcome = Literal["started", "queued", "steered"]

FACTS = {"asks": str, "session": str, "turn": str, "outcome": str, "at": int}
"""What is kept of a request."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What came of a request: the turn that has its message, from its event `at` on."""

    turn: TurnKey
    outcome: Outcome
    at: int


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

    @property
    def sort_key(self) -> str:
        """Where it is remembered, in the tenant's partition."""
        return keys.idempotency(self.tenant, self.key)[1]

    def keep(
        self, tx: Transaction, services: Services, turn: TurnKey, outcome: Outcome = "started", at: int = 0
    ) -> None:
        """Write down what came of the request; refused where the key is taken."""
        facts: dict[str, Fact] = {"asks": self.asks, "session": turn.session, "turn": turn.turn}
        facts |= {"outcome": outcome, "at": at}
        item = Item(*keys.idempotency(self.tenant, self.key), facts, expires=int(services.clock.now()) + self.kept)
        tx.put(item, Absent())

    def earlier(self, services: Services) -> Earlier | None:
        """Find what came of the request. Raises IdempotencyMismatch for another request's key, or a damaged record."""
        item = services.table.get(keys.idempotency(self.tenant, self.key))[0]
        if item is None:
            return None
        if not all(isinstance(item.facts.get(name), kind) for name, kind in FACTS.items()):
            raise IdempotencyMismatch(
                "What is stored of this Idempotency-Key cannot be read: look whether the request has had its effect, "
                "and use a new key if it has not"
            )
        if item.facts["asks"] != self.asks:
            raise IdempotencyMismatch(
                f"The Idempotency-Key was used for another message or session ({item.text('session')}); use a new key "
                "for a new request"
            )
        turn = TurnKey(self.tenant, item.text("session"), item.text("turn"))
        return Earlier(turn, cast("Outcome", item.text("outcome")), item.number("at"))
