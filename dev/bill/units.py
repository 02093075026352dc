"""DynamoDB's request units of a call (DynamoDB developer guide, read and write operations; item sizes and formats)."""

from collections.abc import Callable, Iterable, Mapping
from math import ceil
from typing import Any

from dev.calls import Call

READ_BYTES, WRITE_BYTES = 4096, 1024
SizeOf = Callable[[Mapping[str, Any]], int]
"""Bytes of the item that stands at a key: the larger of what was there and what is; 0 where there was and is none."""


def size(item: Mapping[str, Any]) -> int:
    """Bytes of an item: of its names and of its values."""
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _size(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        return (len(content.strip("-").replace(".", "").strip("0")) + 1) // 2 + 1
    if kind == "B":
        return len(content)
    if kind == "L":
        return 3 + sum(1 + _size(entry) for entry in content)
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + _size(entry) for name, entry in content.items())
    return 1  # NULL, BOOL


def read(call: Call, answer: Mapping[str, Any]) -> int:
    """Read units of a consistent read: an item's own in a batch, of all together in a query, and one for nothing."""
    if call.operation == "Query":
        return max(1, ceil(sum(map(size, answer["Items"])) / READ_BYTES))
    asked = sum(len(table["Keys"]) for table in call.given["RequestItems"].values())
    found = [size(item) for items in answer["Responses"].values() for item in items]
    return sum(ceil(one / READ_BYTES) for one in found) + asked - len(found)


def written(call: Call, size_of: SizeOf) -> int:
    """Write units: for each item its size in steps, and twice that in a transaction. So do those that are refused."""
    if call.operation == "TransactWriteItems":
        return 2 * sum(_steps(write, size_of) for entry in call.given["TransactItems"] for write in entry.values())
    return _steps(call.given, size_of)


def keys(call: Call) -> Iterable[Mapping[str, Any]]:
    """The keys of what a call writes or looks at."""
    entries = call.given.get("TransactItems") or [{"": call.given}]
    return [_key(write) for entry in entries for write in entry.values()]


def _steps(write: Mapping[str, Any], size_of: SizeOf) -> int:
    return max(1, ceil(max(size(write.get("Item", {})), size_of(_key(write))) / WRITE_BYTES))


def _key(write: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = write["Key"] if "Key" in write else {name: write["Item"][name] for name in ("pk", "sk")}
    return found
