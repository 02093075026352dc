"""Where a session that goes on from another one's turn says so, and what keeps that one for it (decision 0033).

The child's record names session and turn, and the turn's place in the conversation (`Parent`); the parent's partition
has an item for each child, CHILD#{session}, until that one's contents have gone. Both are written with the child. A
parent is there before its child, and its pointer never changes: no circle can be made.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from walkaway_core.ports.items import Absent, Fact, Item, Key, Lacks
from walkaway_core.store import due
from walkaway_core.store.keys import SessionKey, TurnKey
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction

DEEPEST = 32
"""How many parents one behind the other a conversation is read across; a child of the last one gets a copy."""


@dataclass(frozen=True, slots=True)
class Parent:
    """What a session's conversation begins with: that of another session, up to a turn and with it.

    `upto` is the turn's place in the conversation; `depth`: so many parents are read, this one included.
    """

    session: str
    turn: str
    upto: str
    depth: int

    @classmethod
    def of(cls, facts: Mapping[str, Fact]) -> "Parent | None":
        """Read what a session's record says; None for one that begins by itself."""
        if "parent" not in facts:
            return None
        session, turn, upto = (str(facts.get(name, "")) for name in ("parent", "parent_turn", "parent_upto"))
        depth = facts.get("depth", 1)
        return cls(session, turn, upto, depth if type(depth) is int else DEEPEST)

    @property
    def facts(self) -> dict[str, Fact]:
        """What the child's record says."""
        return {
            "parent": self.session,
            "parent_turn": self.turn,
            "parent_upto": self.upto,
            "depth": self.depth,
        }

    def key(self, tenant: str) -> TurnKey:
        """Name the turn."""
        return TurnKey(tenant, self.session, self.turn, self.upto if self.upto != self.turn else "")

    def check(self, tx: Transaction, tenant: str) -> None:
        """Let a transaction hold only if what it goes on from is there for everyone outside."""
        tx.check(self.key(tenant).owner.item, Lacks("deleted"))  # a deletion a moment earlier wins
        tx.check(self.key(tenant).item, Lacks("forgotten"))  # and so does that of the one turn

    def hold(self, tx: Transaction, tenant: str, child: str) -> None:
        """Keep the parent for a child that the transaction makes."""
        self.check(tx, tenant)
        tx.put(Item(*_held(self.key(tenant).owner, child), {"upto": self.upto}), Absent())

    def release(self, tx: Transaction, tenant: str, child: str, now: float) -> None:
        """Let the parent go, of whose child nothing is left; somebody looks then what of it has been kept for that."""
        owner = self.key(tenant).owner
        tx.delete(_held(owner, child))
        due.watch(tx, now, "purge", owner.session, owner.detail)


def children(services: Services, key: SessionKey) -> Iterator[tuple[SessionKey, str]]:
    """Go through a session's children, also those that are gone for everyone outside, with the places where they fork.

    A child whose contents have gone is none any more.
    """
    after, more = "CHILD#", True
    while more:
        page = services.table.query(key.partition, after=after, upto="CHILD#~")
        for item in page.items:
            yield SessionKey(key.tenant, item.sk.removeprefix("CHILD#")), str(item.facts.get("upto", "~"))
        after, more = page.items[-1].sk if page.items else after, page.more


def kept(services: Services, key: SessionKey) -> str:
    """Say up to which place a session's conversation is kept for its children; empty: it has none."""
    return max((upto for _, upto in children(services, key)), default="")


def _held(parent: SessionKey, child: str) -> Key:
    return parent.partition, f"CHILD#{child}"
