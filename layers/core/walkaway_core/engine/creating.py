"""How a session is made: its record, and the due item of its end."""

from typing import Any

from walkaway_core.agent.prices import check_model
from walkaway_core.log.metadata import check_metadata
from walkaway_core.ports.items import Absent, Fact, Item, Put, Write, ms
from walkaway_core.store import due
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session, SessionOptions, unpack
from walkaway_wire import jsontext


def create(
    services: Services, tenant: str, options: SessionOptions, metadata: dict[str, Any], *also: Write, name: str = ""
) -> Session:
    """Make a session, under a `name` that is new, in one transaction with what belongs to it.

    Raises Invalid when its model cannot be called here, TooMuch for too much metadata.
    """
    item, watch = fresh(services, tenant, options, metadata, name)
    services.table.write(Put(item, (Absent(),)), watch, *also)
    return unpack(SessionKey(tenant, item.sk.removeprefix("SESSION#")), item)


def fresh(
    services: Services, tenant: str, options: SessionOptions, metadata: dict[str, Any], name: str = ""
) -> tuple[Item, Put]:
    """Make the item of a new session, and the due item of its end. Raises Invalid, TooMuch."""
    model = check_model(services, options.model, options.max_cost_usd or options.max_turn_cost_usd)
    check_metadata(metadata)
    now = services.clock.now()
    key = SessionKey(tenant, name or services.ids.new("sess_"))
    watch = due.put(now + options.ttl, "session", key.session, {"tenant": tenant, "session": key.session})
    facts: dict[str, Fact] = {
        "created": ms(now),
        "active": ms(now),
        "expires": ms(now + options.ttl),
        "due": watch.item.sk,
        "inbox": 0,
        "queued": 0,
        "events": 0,
        "told": 0,
        "metadata": jsontext.dumps(metadata),
        "metadata_version": 0,
    }
    body = {name: getattr(options, name) for name in SessionOptions.__slots__}
    body |= {"model": model, "turn_timeout": options.turn_timeout or services.settings.turn_timeout}
    return Item(*key.item, facts, jsontext.dump_bytes(body)), watch
