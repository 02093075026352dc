"""Settings of agents: read from requests of any dialect, merged, checked and shown."""

from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from typing import Any

from walkaway_core.agent import tools
from walkaway_core.models import catalog
from walkaway_core.store.agent_settings import AgentSettings, known
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import SessionOptions
from walkaway_wire.settings import Settings, SettingsRecord, ToolSettings

Said = Mapping[str, Any]
"""Some of the settings, by name, as AgentSettings has them."""


def read(asked: Settings) -> dict[str, Any]:
    """Read the settings that are said, `null` for the default; a caller's own tools are `client_tools.store`'s.

    Raises Invalid.
    """
    own = {tool.name for tool in asked.tools} if isinstance(asked, ToolSettings) else set()
    tools.check([*(name for name in asked.allowed_tools or () if name not in own), *asked.disallowed_tools])
    tools.check_ours(asked.approve)
    names = (name for name in Settings.model_fields if name in asked.model_fields_set)
    given = {name: getattr(asked, name) for name in names}
    default = AgentSettings()
    settings = {name: getattr(default, name) if value is None else value for name, value in given.items()}
    return known(AgentSettings, settings)


def shown(services: Services, settings: AgentSettings) -> dict[str, Any]:
    """Give the fields of a record that show settings; where nobody says it, what holds with the model."""
    model = settings.model or services.settings.model
    card = catalog.find(model)
    thinking = bool(card and card.thinks) if settings.thinking is None else settings.thinking
    holds = replace(
        settings, thinking=thinking, max_output_tokens=settings.max_output_tokens or catalog.most_output(model)
    )
    return dict(SettingsRecord.model_validate(holds, from_attributes=True))


def in_order(names: Collection[str]) -> tuple[str, ...]:
    """Name the settings that are among these names."""
    return tuple(field.name for field in fields(AgentSettings) if field.name in names)


def merged(services: Services, options: SessionOptions, of_agent: AgentSettings) -> AgentSettings:
    """Take what an agent says, but for what the session says itself."""
    own = {name: getattr(options.settings, name) for name in in_order(options.own)}
    return filled(services, replace(of_agent, **own))


def filled(services: Services, settings: AgentSettings) -> AgentSettings:
    """Put the server's own model and time where none is said."""
    ours = services.settings
    return replace(
        settings, model=settings.model or ours.model, turn_timeout=settings.turn_timeout or ours.turn_timeout
    )
