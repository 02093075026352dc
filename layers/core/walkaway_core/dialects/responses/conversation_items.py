"""The items of a conversation, in their order: what each response was given and what it gave, and what was added."""

from collections.abc import Iterator
from typing import Any, Final

from walkaway_core.dialects.responses import added, answers, ids, problems
from walkaway_core.dialects.responses.conversations import Conversation
from walkaway_core.dialects.responses.items import Item
from walkaway_core.dialects.responses.named import Named
from walkaway_core.dialects.responses.problems import Refusal
from walkaway_core.store import turns
from walkaway_core.store.keys import END, SessionKey
from walkaway_core.store.services import Services
from walkaway_core.store.turn_facts import OVER
from walkaway_core.store.turns import Turn

MOST: Final = 20
"""Items that can be added at once."""

Part = Turn | list[Item]
"""A response that is over, or what was added between two."""


def page(services: Services, found: Conversation, *, after: str | None, limit: int, order: str) -> dict[str, Any]:
    """Give a page of them. Raises Refusal for an `after` that is none of them."""
    key = found.session.key
    out, parts = added.gone(services, key), _parts(services, key)
    parts = parts if order == "asc" else parts[::-1]
    if after is not None:
        place = ids.read_item(after)
        at = next((n for n, (name, _) in enumerate(parts) if place and name == place.names.turn), None)
        if at is None or place is None or place.names.session != key.session:
            raise Refusal(f"after: no item of this list has the id '{after[:100]}'", "after")
        parts = parts[at:]
    shown: list[Item] = []
    for each in _items(services, parts, order, after):
        shown += [] if each["id"] in out else [each]
        if len(shown) > limit:
            break
    return answers.page(shown, after=None, limit=limit, order="asc")


def item(services: Services, found: Conversation, id_: str) -> Item:
    """Find an item of it. Raises Refusal (404)."""
    key, place = found.session.key, ids.read_item(id_)
    if place is None or place.names.session != key.session or id_ in added.gone(services, key):
        raise problems.unknown_item(id_)
    return Named(services, key.tenant).item(id_)


def _items(services: Services, parts: list[tuple[str, Part]], order: str, after: str | None) -> Iterator[Item]:
    """Go through the items of parts, behind one of the first part's if `after` says so."""
    for number, (_, part) in enumerate(parts):
        there = _of(services, part)
        there = there if order == "asc" else there[::-1]
        if number == 0 and after is not None:
            names = [each["id"] for each in there]
            there = there[names.index(after) + 1 :] if after in names else there
        yield from there


def _of(services: Services, part: Part) -> list[Item]:
    if isinstance(part, list):
        return part
    output: list[Item] = answers.response(services, part)["output"]
    return [*answers.given(services, part), *output]


def _parts(services: Services, key: SessionKey) -> list[tuple[str, Part]]:
    """Name what it is made of, by turn or place, in order; a response is part of it once it is over."""
    made: list[tuple[str, str, Part]] = [(place, place, there) for place, there in added.all_of(services, key)]
    after, more = "TURN#", True
    while more:
        page_ = services.table.query(key.partition, after=after, upto=f"TURN#{END}")
        for record in page_.items:
            turn = turns.unpack(key.turn(record.sk.removeprefix("TURN#")), record)
            if turn.status in OVER and turn.began_at and not turn.forgotten:
                made.append((turn.key.order or turn.key.turn, turn.key.turn, turn))
        after, more = page_.items[-1].sk if page_.items else after, page_.more
    return [(name, part) for _, name, part in sorted(made, key=lambda each: each[0])]
