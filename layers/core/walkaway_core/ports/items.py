"""What stands in a Table: items, conditions and writes, and the limits that every adapter keeps."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from walkaway_core.ports.misfits import Misfit

Fact = str | int | bool
Key = tuple[str, str]
MAX_WRITES = 100
MAX_ITEM_BYTES = 400_000
MAX_TRANSACTION_BYTES = 4_000_000
MAX_PAGE_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Item:
    """One item: two-part key, small typed facts that conditions look at, and a body that they do not.

    `expires` is in whole seconds since the epoch; from then on the item counts as absent everywhere.
    """

    pk: str
    sk: str
    facts: Mapping[str, Fact] = field(default_factory=dict)
    body: bytes = b""
    expires: int | None = None

    @property
    def key(self) -> Key:
        """Both parts of the key."""
        return self.pk, self.sk

    @property
    def size(self) -> int:
        """About what the item weighs against the limits, in bytes."""
        size = len(self.pk.encode()) + len(self.sk.encode()) + len(self.body)
        for name, value in self.facts.items():  # a loop: it is asked of each item that is written
            size += len(name) + (len(value.encode(errors="replace")) if isinstance(value, str) else 8)
        return size

    def text(self, name: str) -> str:
        """The fact `name`, which must be text."""
        if isinstance(value := self.facts[name], str):
            return value
        raise Misfit.of(name, value)

    def number(self, name: str, default: int | None = None) -> int:
        """The fact `name`, which must be a whole number."""
        if isinstance(value := self.facts.get(name, default), int):
            return value
        raise Misfit.of(name, value)

    def time(self, name: str, default: int | None = None) -> float:
        """The fact `name`, a time or duration in whole milliseconds, in seconds."""
        return self.number(name, default) / 1000


@dataclass(frozen=True, slots=True)
class Absent:
    """No such item, or it has expired."""

    def holds(self, item: Item | None) -> bool:
        """Judge the item as it is."""
        return item is None


@dataclass(frozen=True, slots=True)
class Present:
    """The item is there and has not expired."""

    def holds(self, item: Item | None) -> bool:
        """Judge the item as it is."""
        return item is not None


@dataclass(frozen=True, slots=True)
class Is:
    """The item is there and its fact has this value."""

    name: str
    value: Fact

    def holds(self, item: Item | None) -> bool:
        """Judge the item as it is."""
        return item is not None and item.facts.get(self.name) == self.value


@dataclass(frozen=True, slots=True)
class IsNot:
    """The item is there and its fact is missing or has another value."""

    name: str
    value: Fact

    def holds(self, item: Item | None) -> bool:
        """Judge the item as it is."""
        return item is not None and item.facts.get(self.name) != self.value


@dataclass(frozen=True, slots=True)
class Lacks:
    """The item is there and has no such fact."""

    name: str

    def holds(self, item: Item | None) -> bool:
        """Judge the item as it is."""
        return item is not None and self.name not in item.facts


@dataclass(frozen=True, slots=True)
class Below:
    """The item is there and its fact is a number below this one."""

    name: str
    value: int

    def holds(self, item: Item | None) -> bool:
        """Judge the item as it is."""
        fact = None if item is None else item.facts.get(self.name)
        return isinstance(fact, int) and fact < self.value


Condition = Absent | Present | Is | IsNot | Lacks | Below


@dataclass(frozen=True, slots=True)
class Put:
    """Write the whole item."""

    item: Item
    when: tuple[Condition, ...] = ()

    @property
    def key(self) -> Key:
        """Whom it writes."""
        return self.item.key


@dataclass(frozen=True, slots=True)
class Change:
    """Change facts of an item that must be there: set some, add to numbers (missing counts as 0), drop some.

    A fact that is no number, as after a hand in the table, stays as it is when something is added to it: it stops
    nobody, and whoever reads it sees that it says nothing.
    """

    pk: str
    sk: str
    set: Mapping[str, Fact] = field(default_factory=dict)
    add: Mapping[str, int] = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    when: tuple[Condition, ...] = ()

    @property
    def key(self) -> Key:
        """Whom it writes."""
        return self.pk, self.sk


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete the item; that it is absent already is no error unless a condition says so."""

    pk: str
    sk: str
    when: tuple[Condition, ...] = ()

    @property
    def key(self) -> Key:
        """Whom it writes."""
        return self.pk, self.sk


@dataclass(frozen=True, slots=True)
class Check:
    """Write nothing, but the conditions must hold."""

    pk: str
    sk: str
    when: tuple[Condition, ...]

    @property
    def key(self) -> Key:
        """Whom it looks at."""
        return self.pk, self.sk


Write = Put | Change | Delete | Check


@dataclass(frozen=True, slots=True)
class Page:
    """Items in the order asked for; `more` says that the range goes on after the last of them."""

    items: tuple[Item, ...]
    more: bool = False


class Refused(Exception):
    """A condition did not hold; nothing was written.

    `key` is that of the first write refused and `item` the one that stood there (None: absent).
    """

    def __init__(self, key: Key, item: Item | None) -> None:
        super().__init__(f"refused at {key}, where there is {'nothing' if item is None else dict(item.facts)}")
        self.key = key
        self.item = item


class Unknown(Exception):
    """The write may have happened or not: read, compare, decide."""


class TooLarge(ValueError):
    """The write breaks a limit of the Table; nothing was written."""


def check_limits(writes: tuple[Write, ...]) -> None:
    """Refuse what DynamoDB would refuse, so that every adapter has the same limits.

    Raises TooLarge for more than 100 writes, an item over 400 KB or over 4 MB in all (DynamoDB's TransactWriteItems),
    and ValueError for no write at all or two of one key.
    """
    if not writes:
        raise ValueError("a transaction needs at least one write")
    if len(writes) > MAX_WRITES:
        raise TooLarge(f"{len(writes)} writes in one transaction; the limit is {MAX_WRITES}")
    if len({write.key for write in writes}) < len(writes):
        raise ValueError("two writes of one key in one transaction")
    sizes = [write.item.size for write in writes if isinstance(write, Put)]
    if sizes and max(sizes) > MAX_ITEM_BYTES:
        raise TooLarge(f"a record of {max(sizes)} bytes; the limit is {MAX_ITEM_BYTES}")
    if sum(sizes) > MAX_TRANSACTION_BYTES:
        raise TooLarge(f"{sum(sizes)} bytes in one transaction; the limit is {MAX_TRANSACTION_BYTES}")


def check_behind(writes: tuple[Write, ...]) -> None:
    """Refuse what nobody could be told of. Raises ValueError for a write with a condition, else as `check_limits`."""
    check_limits(writes)
    for write in writes:
        if write.when or not isinstance(write, Put | Delete):
            raise ValueError(f"{write.key} is written behind on a condition; nobody waits for what comes of it")


def ms(seconds: float) -> int:
    """Seconds as the whole milliseconds in which facts hold a time."""
    return round(seconds * 1000)
