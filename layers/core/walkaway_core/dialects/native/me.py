"""The route that says who is calling, and what there is for them."""

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request

from walkaway_core.http import access, errors
from walkaway_core.http.access import Called, Keyring
from walkaway_core.http.cursors import LONGEST_WAIT
from walkaway_core.log import metadata
from walkaway_core.models import aliases
from walkaway_core.notify import endpoints
from walkaway_core.schedules import resource
from walkaway_core.settings import MEGABYTE
from walkaway_core.store.files import MOST_BYTES
from walkaway_wire import VERSION
from walkaway_wire.me import FEATURES, KeyRecord, Me, ModelRecord
from walkaway_wire.messages import MESSAGE_CHARACTERS

if TYPE_CHECKING:
    from walkaway_core.http.dialect import Surface

router = APIRouter(prefix="/v1/me", tags=["me"])


@router.get("", responses=errors.answers(401), summary="Ask who one is")
def me(caller: Called, request: Request) -> Me:
    """Say whose the key is, which version this is and what it can do, what limits hold, which models there are."""
    keyring: Keyring = request.app.state.keyring
    surface: Surface = request.app.state.surface
    key = keyring.about(access.sent(request))
    settings = caller.services.settings
    return Me(
        tenant=caller.tenant,
        key=KeyRecord(id=key.id, name=key.name) if key else None,
        version=VERSION,
        features=sorted(FEATURES),
        limits={
            "message_characters": MESSAGE_CHARACTERS,
            "metadata_bytes": metadata.METADATA_BYTES,
            "body_bytes": surface.body_bytes,
            "file_bytes": settings.file_bytes or MOST_BYTES,
            "wait_seconds": LONGEST_WAIT,
            "queued_messages": settings.queue_limit,
            "turn_seconds": settings.turn_timeout,
            "webhooks": endpoints.MOST,
            "schedules": resource.MOST,
            "stored_bytes": settings.tenant_storage * MEGABYTE,
        },
        models=[
            ModelRecord(id=name, default=name == settings.model)
            for name in aliases.names(settings, caller.services.model)
        ],
    )
