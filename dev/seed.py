"""Puts into a table what the payloads in events/ speak of: a key, a session, and a turn that has not begun."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

from walkaway_core.aws.sandbox import STAGING
from walkaway_core.engine import creating, sending
from walkaway_core.notify import endpoints
from walkaway_core.ports.clock import TimeIds
from walkaway_core.ports.items import Fact, Item, Put, Write
from walkaway_core.store import api_keys, keys, turns
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import SessionOptions

KEY = "wk_for-the-emulated-account-only"
TENANT = "local"
NAME = "0123456789abcdef01234567"
"""What follows `sess_`, `msg_` and `whk_` in the payloads."""
MESSAGE = "Write a 1-page report on tides to tides.md"


class _Known(TimeIds):
    """Ids: the session and the turn get the names that the payloads use."""

    def new(self, prefix: str, *, after: str = "") -> str:
        return prefix + NAME if prefix in ("sess_", "msg_", "whk_") else super().new(prefix, after=after)


class _Still:
    """Machine: starts nothing, so that the payloads find the turn at its beginning."""

    def claims(self, _: str, __: Mapping[str, Any]) -> tuple[Write, ...]:
        return ()

    def start(self, name: str, ticket: Mapping[str, Any]) -> None:
        pass

    def attending(self) -> AbstractContextManager[None]:
        return nullcontext()

    def stop(self, name: str) -> None:
        pass

    def resume(self, _: str, __: Mapping[str, Any]) -> bool:
        return False


def seed(services: Services) -> turns.Turn:
    """Make the key, the session and its turn, a webhook, and the empty list of files of a command."""
    services.workspace.write(f"{STAGING}/example", "files.json", [b"[]"])
    made = round(services.clock.now() * 1000)
    facts: dict[str, Fact] = {"tenant": TENANT, "name": "for the payloads in events/", "created": made}
    services.table.write(Put(Item(keys.API_KEYS, api_keys.digest(KEY), facts)))
    own = replace(services, ids=_Known(), machine=_Still())
    endpoints.create(own, TENANT, "https://example.com/hook", events=("*",), format_="native", description="")
    session = creating.create(own, TENANT, SessionOptions(persistent=True), {})
    return sending.send(own, session.key, MESSAGE).turn
