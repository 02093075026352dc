"""How a session is made: its record, and the due item of its end."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from walkaway_core.agent import settings, suitable
from walkaway_core.log.metadata import check_metadata
from walkaway_core.ports.items import Absent, Item
from walkaway_core.store import bodies, due, outbox, session_facts
from walkaway_core.store.idempotency import Once
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.lifetimes import busy_until, looked_at
from walkaway_core.store.parents import Parent
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session, SessionOptions, unpack
from walkaway_core.store.transaction import Transaction
from walkaway_wire import jsontext

UNMADE_AFTER = 20 * 60.0
"""Seconds after which a session that is not there will not come to be any more."""


def create(
    services: Services,
    tenant: str,
    options: SessionOptions,
    metadata: dict[str, Any],
    along: Callable[[Transaction], None] = lambda _: None,
    *,
    name: str = "",
    once: Once | None = None,
) -> Session:
    """Make a session, under a `name` that is new; `along` writes what else belongs to it, when nothing is refused.

    Raises Invalid when its model cannot be called here, BodyTooLarge for too much metadata, Refused where the key of
    `once` is taken.
    """
    tx = Transaction(services.table)
    session, notices = fresh(services, tx, tenant, options, metadata, name=name)
    if once:
        once.keep_made(tx, services, session.key.session)
    along(tx)
    watch_bodies(services, tx, session.key)
    tx.commit()
    outbox.send_now(services, notices)
    return session


def watch_bodies(services: Services, tx: Transaction, key: SessionKey) -> None:
    """Have what is large, and already written, removed in case its session does not come to be: else nobody would.

    Raises Unavailable, when nothing of it is kept.
    """
    if bodies.stowed(tx):
        watching = Transaction(services.table)
        due.watch(watching, services.clock.now() + UNMADE_AFTER, "purge", key.session, key.detail)
        try:
            watching.commit()
        except Exception:
            bodies.drop(services.workspace, key.tenant, key.session)
            raise


def fresh(
    services: Services,
    tx: Transaction,
    tenant: str,
    options: SessionOptions,
    metadata: dict[str, Any],
    *,
    name: str = "",
    parent: Parent | None = None,
) -> tuple[Session, list[Item]]:
    """Write a new session, and watch its end; give it, and what the bus is to hear. Raises Invalid, BodyTooLarge.

    `parent`: where its conversation begins; it is kept for this one.
    """
    options = replace(options, settings=settings.filled(services, options.settings))
    suitable.check(services, options.settings)
    check_metadata(metadata)
    now = services.clock.now()
    key = SessionKey(tenant, name or services.ids.new("sess_"))
    end = busy_until(options, now, now)
    watch = due.watch(tx, looked_at(options, end), "session", key.session, key.detail)
    facts = session_facts.made(now, end, watch, jsontext.dumps(metadata))
    if parent:
        parent.hold(tx, tenant, key.session)
        facts.update(parent.facts)
    item = Item(*key.item, facts, jsontext.dump_bytes(options.body))
    tx.put(item, Absent())
    session = unpack(key, item)
    services.extensions.projections.session_made(services, tx, session)
    notices = outbox.add(tx, services, key, session, "", outbox.CREATED)
    return replace(session, told=session.told + len(notices)), notices
