"""Who is calling: from an API key to a tenant, and from there to the services that a route may use."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader, HTTPBearer

from walkaway_core.errors import Unauthorized
from walkaway_core.keys import SessionKey, TurnKey
from walkaway_core.services import Services

LOCAL_TENANT = "local"
"""Whose everything is while no keys are configured."""

_bearer = HTTPBearer(auto_error=False, description="Authorization: Bearer KEY")
_header = APIKeyHeader(name="X-API-Key", auto_error=False)


class Keyring:
    """Knows which key belongs to which tenant. Without keys, everyone is the local tenant."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        self._tenants = {_digest(key): tenant for key, tenant in keys.items()}

    def tenant(self, key: str | None) -> str:
        """Find the tenant of a key; by digest, so that the time says nothing about the key. Raises Unauthorized."""
        if not self._tenants:
            return LOCAL_TENANT
        tenant = self._tenants.get(_digest(key or ""))
        if tenant is None:
            raise Unauthorized
        return tenant


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


async def caller(
    request: Request,
    bearer: Annotated[object, Depends(_bearer)],
    header: Annotated[str | None, Depends(_header)],
) -> Caller:
    """Find out who is calling. A bearer token, if there is one, wins over X-API-Key."""
    key = getattr(bearer, "credentials", None) or header
    keyring: Keyring = request.app.state.keyring
    return Caller(request.app.state.services, keyring.tenant(key))


Called = Annotated[Caller, Depends(caller)]


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode(errors="replace")).digest()
