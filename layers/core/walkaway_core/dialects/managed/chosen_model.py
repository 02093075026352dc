"""The model of an agent: by a name or with an effort in requests, always an object in answers (contract E.5, E.19)."""

from collections.abc import Mapping
from typing import Any

from walkaway_core.agent import settings
from walkaway_core.dialects.managed import refusing
from walkaway_core.dialects.managed.agent_wire import ModelChosen
from walkaway_core.models import aliases, catalog
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.services import Services


def said(chosen: ModelChosen, before: AgentSettings | None = None) -> dict[str, Any]:
    """Say in settings which model is asked for; an effort that is not named stays with the same model. Raises Refusal.

    With another model it is that one's own.
    """
    refusing.check_model(chosen)
    same = before is not None and chosen.id == (before.asked_model or before.model)
    return {"model": chosen.id, "effort": chosen.word or (before.effort if before and same else "")}


def called(services: Services, said: Mapping[str, Any]) -> str:
    """Say which model is called where this is said."""
    return aliases.resolve(services.settings, said["model"] or services.settings.model)


def shown(services: Services, of: AgentSettings) -> dict[str, Any]:
    """Show the model by the name that was asked for, with the effort that holds."""
    card = catalog.find(settings.called(services, of))
    effort = of.effort or (card.effort if card else None)
    return {
        "id": of.asked_model or of.model or services.settings.model,
        "effort": {"type": effort} if effort in refusing.EFFORTS else None,
        "speed": "standard",
    }
