"""What a submitted run says about its agent: YAML and objects, of which every key is honoured or refused by name."""

from typing import Any

from pydantic import ValidationError

from walkaway_core.agent import settings
from walkaway_core.dialects.runs.wire import RunSettings, RunSubmit
from walkaway_core.errors import Invalid
from walkaway_wire import gate, problems

NO_YAML = (RecursionError, ValueError, LookupError, AttributeError, TypeError, OverflowError)
"""What PyYAML raises besides its own errors, for a tag that does not fit what it stands before (`!!bool maybe`)."""


def read(asked: RunSubmit) -> dict[str, Any]:
    """Give the settings that are said; what comes later goes before. Raises Invalid."""
    values: dict[str, Any] = {}
    for name, part in (
        ("agent_yaml", _yaml(asked.agent_yaml or "")),
        ("recipe_config", asked.recipe_config or {}),
        ("config", asked.config or {}),
    ):
        values |= _read(name, part)
    return values


def _read(name: str, part: dict[str, Any]) -> dict[str, Any]:
    try:
        given = RunSettings.model_validate(gate.taken(part))
    except gate.Flawed as flaw:
        raise Invalid(f"{name}: {flaw}") from None
    except ValidationError as error:
        known = ", ".join(sorted(RunSettings.model_fields))
        raise Invalid(f"{problems.of_fields(error, name)[:1000]}. There are: {known}") from None
    if given.tools is not None and given.allowed_tools is None:
        given = given.model_copy(update={"allowed_tools": given.tools})
        given.model_fields_set.add("allowed_tools")
    return settings.read(given)


def _yaml(text: str) -> dict[str, Any]:
    """Parse YAML that is one plain object; references are refused, since they can grow without end."""
    if not text.strip():
        return {}
    import yaml

    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader)):
            raise Invalid("agent_yaml has references (*name); write out what they stand for")
        document = yaml.safe_load(text)
    except (yaml.YAMLError, *NO_YAML) as error:
        raise Invalid(f"agent_yaml is no YAML: {str(error)[:500] or type(error).__name__}") from None
    if not isinstance(document, dict):
        raise Invalid("agent_yaml is no object; say instructions, model, tools or limits by name")
    return {str(key): value for key, value in document.items()}
