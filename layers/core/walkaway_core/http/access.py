"""Who is calling: from an API key to a tenant, and from there to the services that a route may use."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.security import APIKeyHeader, HTTPBearer

from walkaway_core.errors import Unauthorized
from walkaway_core.http import errors
from walkaway_core.http.conditions import refuse_elsewhere
from walkaway_core.http.parameters import refuse_unknown
from walkaway_core.ports.clock import Clock, SystemClock
from walkaway_core.ports.table import Table
from walkaway_core.store import api_keys
from walkaway_core.store.keys import SessionKey, TurnKey
from walkaway_core.store.services import Services

if TYPE_CHECKING:
    from walkaway_core.http.dialect import Surface

LOCAL_TENANT = "local"
"""Whose everything is while no keys are configured."""
CACHED_SECONDS = 40.0
"""With the 25 seconds that a request may wait, and a heartbeat, whoever holds a revoked key knows within 70."""
CACHED_KEYS = 10_000

_bearer = HTTPBearer(auto_error=False, description="Authorization: Bearer KEY")
_header = APIKeyHeader(name="X-API-Key", auto_error=False)


class Keyring:
    """Knows which tenant a key belongs to: by the settings, else by the Table.

    With neither, everyone is the local tenant. What the Table says holds for 40 seconds,
    and so long may a revoked key still open.
    """

    def __init__(self, keys: Mapping[str, str], table: Table | None = None, clock: Clock | None = None) -> None:
        self._given = {api_keys.digest(key): tenant for key, tenant in keys.items()}
        self._table = table
        self._clock = clock or SystemClock()
        self._cache: dict[str, tuple[str, float]] = {}

    @property
    def open(self) -> bool:
        """Whether nobody needs a key."""
        return not self._given and self._table is None

    async def tenant(self, key: str | None) -> str:
        """Find the tenant of a key; by its hash, so that the time says nothing about the key. Raises Unauthorized."""
        if self.open:
            return LOCAL_TENANT
        hashed = api_keys.digest(key or "")
        tenant = self._given.get(hashed) or (await self._stored(hashed) if key else None)
        if tenant is None:
            raise Unauthorized
        return tenant

    def about(self, key: str | None) -> api_keys.ApiKey | None:
        """Say what is known of a key that opens; None where nobody needs one."""
        if self.open or not key:
            return None
        hashed = api_keys.digest(key)
        found = api_keys.find(self._table, hashed) if self._table and hashed not in self._given else None
        return found or api_keys.ApiKey(hashed[: api_keys.ID_DIGITS], self._given.get(hashed, ""), "", 0.0)

    async def _stored(self, hashed: str) -> str | None:
        tenant, until = self._cache.get(hashed, ("", -math.inf))
        if self._clock.monotonic() < until:
            return tenant
        if self._table is None:
            return None
        owner = await run_in_threadpool(api_keys.tenant_of, self._table, hashed)
        self._cache.pop(hashed, None)
        if owner:
            if len(self._cache) >= CACHED_KEYS:
                self._cache.clear()
            self._cache[hashed] = owner, self._clock.monotonic() + CACHED_SECONDS
        return owner


@dataclass(frozen=True, slots=True)
class Caller:
    """A request's tenant, and the services for it."""

    services: Services
    tenant: str

    def session(self, session: str) -> SessionKey:
        """Name one of the tenant's sessions, existing or not."""
        return SessionKey(self.tenant, session)

    def turn(self, session: str, turn: str) -> TurnKey:
        """Name one of the tenant's turns, existing or not."""
        return TurnKey(self.tenant, session, turn)


def sent(request: Request) -> str | None:
    """Read the key that a request has."""
    surface: Surface = request.app.state.surface
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    bearer = token.strip() if scheme.lower() == "bearer" else ""
    return bearer or request.headers.get("x-api-key") or surface.key(request)


async def called(request: Request) -> Caller:
    """Find out who is calling. A bearer token wins over X-API-Key, and that over where the dialect may have a key."""
    state = request.app.state
    keyring: Keyring = state.keyring
    tenant = await keyring.tenant(sent(request))
    if server := request.scope.get("extensions", {}).get(errors.ACCEPTED):
        server["tell"]()
    return Caller(state.services, tenant)


def admit(request: Request, caller: Caller) -> None:
    """Look at what a request says of its tenant, where the dialect's clients say something. Raises WalkawayError."""
    surface: Surface = request.app.state.surface
    surface.admits(request, caller.tenant)


async def _documented(
    request: Request, _: Annotated[object, Depends(_bearer)], __: Annotated[object, Depends(_header)]
) -> Caller:
    """Find out who is calling, where the OpenAPI document says how they say so; and look at what else is asked."""
    caller = await called(request)
    admit(request, caller)
    refuse_unknown(request)
    refuse_elsewhere(request)
    return caller


Called = Annotated[Caller, Depends(_documented)]
