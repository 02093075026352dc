"""A record that is written anew keeps what a later version has put into it: unknown facts, and fields of its body."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from walkaway_core.ports.items import Item
from walkaway_wire import gate, jsontext


def over(before: Item | None, after: Item, *known: str, below: Mapping[str, Collection[str]] | None = None) -> Item:
    """Give `after` with whatever `before` has besides and nobody here knows, in its facts and its body, a JSON object.

    `known`: names that this version writes at times, so that their absence says something. `below`: fields that are
    objects of their own, with the names that are known in them.
    """
    if before is None:
        return after
    was, now = gate.stored_object(before.body), jsontext.loads(after.body)
    merged = _merged(was, now, (*known, gate.UNREADABLE))
    for name, names in (below or {}).items():
        merged[name] = _merged(was.get(name, {}), now[name], names)
    facts = _merged(before.facts, after.facts, (*known, "body_at"))
    return replace(after, facts=facts, body=jsontext.dump_bytes(merged))


def _merged(was: Mapping[str, Any], now: Mapping[str, Any], known: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in was.items() if name not in known} | dict(now)
