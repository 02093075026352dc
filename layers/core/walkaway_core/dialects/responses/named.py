"""What an input names by its id: items of responses, and files. Each is read once, and together they have an end."""

from typing import Final

from walkaway_core.dialects.responses import added, answers, ids, problems
from walkaway_core.dialects.responses.items import Item
from walkaway_core.dialects.responses.parts import Sent
from walkaway_core.engine import executions, importing
from walkaway_core.errors import BodyTooLarge, NotFound
from walkaway_core.store import identified
from walkaway_core.store.keys import TurnKey
from walkaway_core.store.services import Services
from walkaway_wire import jsontext
from walkaway_wire.attaching import ALL_BYTES

Place = tuple[str, bool]
"""A response, and whether its input is meant or its output."""
TOO_LONG: Final = "The items that the input refers to have more than {:,} bytes together; refer to fewer"
TOO_LARGE: Final = "The files of the input have more than {:,} bytes in all; {} is the one that goes beyond"


class Named:
    """Finds what one input names: a request of a few bytes may name something large, and may do it many times."""

    def __init__(self, services: Services, tenant: str) -> None:
        self._services, self._tenant = services, tenant
        self._items: dict[Place, dict[str, tuple[Item, int]]] = {}
        self._files: dict[str, Sent] = {}
        self._bytes = self._file_bytes = 0

    def item(self, id_: str) -> Item:
        """Find the item with an id, of an output or of an input. Raises Refusal (404), BodyTooLarge."""
        item, size = self._found(id_)
        self._bytes += size
        if self._bytes > importing.BYTES:
            raise BodyTooLarge(TOO_LONG.format(importing.BYTES))
        return item

    def file(self, id_: str) -> Sent:
        """Read the file with an id. Raises FileNotFound, BodyTooLarge where no message can have it, Unavailable."""
        if id_ not in self._files:
            kept = identified.get(self._services, self._tenant, id_)
            self._count(id_, kept.size)
            data = b"".join(identified.read(self._services, kept))
            self._files[id_] = Sent(kept.name, kept.media, data)
        else:
            self._count(id_, len(self._files[id_].data))
        return self._files[id_]

    def _count(self, id_: str, size: int) -> None:
        self._file_bytes += size
        if self._file_bytes > ALL_BYTES:
            raise BodyTooLarge(TOO_LARGE.format(ALL_BYTES, id_[:100]))

    def _found(self, id_: str) -> tuple[Item, int]:
        place = ids.read_item(id_)
        if place is None:
            raise problems.unknown_item(id_)
        there = (place.names.response, place.sent)
        if there not in self._items:
            items = self._read(TurnKey(self._tenant, place.names.session, place.names.turn), sent=place.sent)
            self._items[there] = {item["id"]: (item, len(jsontext.dump_bytes(item))) for item in items}
        found = self._items[there].get(id_)
        if found is None:
            raise problems.unknown_item(id_)
        return found

    def _read(self, key: TurnKey, *, sent: bool) -> list[Item]:
        """Read the items of a response's input, or of its output; or those that were added to a conversation there."""
        try:
            turn = executions.get(self._services, key)
        except NotFound:
            return added.read(self._services, key.owner, key.turn) or []
        if sent:
            return answers.given(self._services, turn)
        output: list[Item] = answers.response(self._services, turn)["output"]
        return output
