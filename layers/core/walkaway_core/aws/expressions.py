"""Items and conditions in DynamoDB's words.

A fact `x` is the attribute `f.x`, so that no fact can meet a key; the body is `b`; `ttl` is the table's TTL attribute.
"""

from collections.abc import Iterable
from typing import Any

from walkaway_core.ports.items import Absent, Below, Change, Condition, Fact, Is, IsNot, Item, Lacks


class Words:
    """Collects the names and values that an expression refers to."""

    def __init__(self, now: float) -> None:
        self.names: dict[str, str] = {}
        self.values: dict[str, Any] = {}
        self._now = now

    def name(self, name: str) -> str:
        """Refer to an attribute."""
        return self._refer(self.names, "#", name)

    def value(self, value: Fact) -> str:
        """Refer to a value."""
        return self._refer(self.values, ":", encode(value))

    def conditions(self, conditions: Iterable[Condition], *, present: bool = False) -> str:
        """Say that all conditions hold; all but Absent need an item that has not expired."""
        listed = list(conditions)
        parts = [self._condition(condition) for condition in listed if not isinstance(condition, Absent)]
        if any(isinstance(condition, Absent) for condition in listed):
            parts.append(f"(attribute_not_exists({self.name('pk')}) OR {self.name('ttl')} <= {self._second()})")
        if present or any(not isinstance(condition, Absent) for condition in listed):
            alive = f"attribute_not_exists({self.name('ttl')}) OR {self.name('ttl')} > {self._second()}"
            parts.append(f"attribute_exists({self.name('pk')}) AND ({alive})")
        return " AND ".join(parts)

    def update(self, change: Change) -> str:
        """Say what a Change does."""
        sets = [f"{self.name(f'f.{name}')} = {self.value(value)}" for name, value in change.set.items()]
        adds = [f"{self.name(f'f.{name}')} {self.value(value)}" for name, value in change.add.items()]
        drops = [self.name(f"f.{name}") for name in change.drop if name not in change.set]
        clauses = (("SET", sets), ("ADD", adds), ("REMOVE", drops))
        return " ".join(f"{verb} {', '.join(parts)}" for verb, parts in clauses if parts)

    def _condition(self, condition: Condition) -> str:
        if isinstance(condition, Is):
            return f"{self.name(f'f.{condition.name}')} = {self.value(condition.value)}"
        if isinstance(condition, IsNot):
            fact = self.name(f"f.{condition.name}")
            return f"(attribute_not_exists({fact}) OR {fact} <> {self.value(condition.value)})"
        if isinstance(condition, Lacks):
            return f"attribute_not_exists({self.name(f'f.{condition.name}')})"
        if isinstance(condition, Below):
            fact, number = self.name(f"f.{condition.name}"), self._refer(self.values, ":", {"S": "N"})
            return f"attribute_type({fact}, {number}) AND {fact} < {self.value(condition.value)}"
        return f"attribute_exists({self.name('pk')})"

    def _second(self) -> str:
        return self._refer(self.values, ":", {"N": str(int(self._now))})

    @staticmethod
    def _refer(known: dict[str, Any], mark: str, thing: Any) -> str:
        for reference, value in known.items():
            if value == thing:
                return reference
        reference = f"{mark}{len(known)}"
        known[reference] = thing
        return reference


def encode(value: Fact) -> dict[str, Any]:
    """Write a fact as an attribute."""
    if isinstance(value, bool):
        return {"BOOL": value}
    return {"N": str(value)} if isinstance(value, int) else {"S": value}


def to_attributes(item: Item) -> dict[str, Any]:
    """Write an item."""
    attributes: dict[str, Any] = {"pk": {"S": item.pk}, "sk": {"S": item.sk}, "b": {"B": item.body}}
    attributes |= {f"f.{name}": encode(value) for name, value in item.facts.items()}
    if item.expires is not None:
        attributes["ttl"] = {"N": str(item.expires)}
    return attributes


def to_item(attributes: dict[str, Any], now: float) -> Item | None:
    """Read an item; None when there is none, or it has expired."""
    if not attributes:
        return None
    ttl = attributes.get("ttl", {}).get("N", "")
    expires = int(ttl) if ttl.isdecimal() else None
    if expires is not None and expires <= now:
        return None
    facts = {name[2:]: _decode(value) for name, value in attributes.items() if name.startswith("f.")}
    return Item(
        attributes["pk"]["S"], attributes["sk"]["S"], facts, bytes(attributes.get("b", {}).get("B", b"")), expires
    )


def _decode(value: dict[str, Any]) -> Fact:
    """Read a fact; of one that is none, such as a fraction, whatever stands there, for `salvage` to judge."""
    ((kind, content),) = value.items()
    try:
        return int(content) if kind == "N" else content if kind != "NULL" else None  # type: ignore[return-value]
    except ValueError:
        return float(content)  # type: ignore[return-value]
