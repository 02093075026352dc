"""Settings of agents: read from requests of any dialect, merged, checked and shown."""

from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from typing import Any

from walkaway_core.agent import tools
from walkaway_core.models import aliases, catalog
from walkaway_core.store.agent_settings import AgentSettings, known
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import SessionOptions
from walkaway_wire.settings import Settings, SettingsRecord, ToolSettings

Said = Mapping[str, Any]
"""Some of the settings, by name, as AgentSettings has them."""
NAMES = {field.name for field in fields(AgentSettings)}


def read(asked: Settings, theirs: Collection[str] = ()) -> dict[str, Any]:
    """Read the settings that are said, `null` for the default; a caller's own tools are `client_tools.store`'s.

    `theirs`: the caller's tools that are there already. Raises Invalid.
    """
    tools_said = asked.tools if isinstance(asked, ToolSettings) else ()
    own = {*theirs, *(tool.name for tool in tools_said)}
    tools.check([*(name for name in asked.allowed_tools or () if name not in own), *asked.disallowed_tools])
    tools.check_ours(asked.approve)
    given = asked.model_dump(include=asked.model_fields_set & NAMES - {"tools"}, by_alias=True)
    default = AgentSettings()
    settings = {name: getattr(default, name) if value is None else value for name, value in given.items()}
    return known(AgentSettings, settings)


def shown(services: Services, settings: AgentSettings) -> dict[str, Any]:
    """Give the fields of a record that show settings; where nobody says it, what holds with the model."""
    model = called(services, settings)
    card = catalog.find(model)
    thinking = bool(card and card.thinks) if settings.thinking is None else settings.thinking
    holds = replace(
        settings,
        model=settings.asked_model or settings.model,
        thinking=thinking,
        max_output_tokens=settings.max_output_tokens or catalog.most_output(model),
    )
    return dict(SettingsRecord.model_validate(holds, from_attributes=True))


def in_order(names: Collection[str]) -> tuple[str, ...]:
    """Name the settings that are among these names."""
    return tuple(field.name for field in fields(AgentSettings) if field.name in names)


def over(below: AgentSettings, said: Said) -> AgentSettings:
    """Put what is said over other settings: who names a model names it by this name alone."""
    return replace(below, **{**({"asked_model": ""} if "model" in said else {}), **said})


def merged(services: Services, options: SessionOptions, of_agent: AgentSettings) -> AgentSettings:
    """Take what an agent says, but for what the session says itself."""
    own = {name: getattr(options.settings, name) for name in in_order(options.own)}
    if "model" in own:
        own["asked_model"] = options.settings.asked_model
    return filled(services, over(of_agent, own))


def filled(services: Services, settings: AgentSettings) -> AgentSettings:
    """Put the server's own model and time where none is said, and the model that is meant where an alias is."""
    asked, model = settings.model or services.settings.model, called(services, settings)
    return replace(
        settings,
        model=model,
        asked_model=settings.asked_model or (asked if model != asked else ""),
        turn_timeout=settings.turn_timeout or services.settings.turn_timeout,
    )


def called(services: Services, settings: AgentSettings) -> str:
    """Say which model is called."""
    asked = settings.model or services.settings.model
    return asked if settings.asked_model else aliases.resolve(services.settings, asked)
