"""Tools of an agent: from what is asked to what is shown, resolved, and to what settings say (contract E.5, E.16)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

from pydantic import ValidationError

from walkaway_core.dialects.managed import narrowing
from walkaway_core.dialects.managed.agent_wire import (
    TOOLSET,
    CustomTool,
    DefaultConfig,
    ForeignTools,
    Tool,
    ToolAsked,
    ToolConfig,
    Toolset,
)
from walkaway_core.dialects.managed.problems import invalid
from walkaway_core.models import catalog
from walkaway_core.settings import BEDROCK
from walkaway_wire import problems
from walkaway_wire.tools import FunctionTool

NAMES: Final[tuple[str, ...]] = get_args(Tool)
CONTAINER: Final = "container"
"""The tools of the server's that agents here have, if any: never those of the workspace (AgentSettings.toolset)."""
SEARCH: Final = "web_search"
"""The model service's own: it is there where the service has it, and its calls cannot wait for a yes."""
ALLOW: Final[Mapping[str, str]] = {"type": "always_allow"}
ASK: Final[Mapping[str, str]] = {"type": "always_ask"}
DEFAULT: Final[Mapping[str, Any]] = {"enabled": True, "permission_policy": ALLOW}


@dataclass(frozen=True, slots=True)
class Resolved:
    """What tools come to. `shown`: as an agent has them; `said`: what settings say; `functions`: the caller's own."""

    shown: list[dict[str, Any]]
    said: Mapping[str, Any]
    functions: tuple[FunctionTool, ...]


class Function(FunctionTool):
    """A tool of the caller's, whose name may be longer than in the sessions API."""

    name: str


def resolve(asked: Sequence[ToolAsked] | None, model: str) -> Resolved:
    """Resolve an agent's tools, of which the model called says whether there is a search. Raises Refusal."""
    shown, functions, sets = list[dict[str, Any]](), list[FunctionTool](), list[dict[str, Any]]()
    for number, tool in enumerate(asked or ()):
        field = f"tools[{number}]"
        if isinstance(tool, ForeignTools):
            raise invalid("there are no MCP servers here; offer the tool as a custom one", field)
        if isinstance(tool, Toolset):
            if sets:
                raise invalid(f"{TOOLSET} is there twice; send it once", field)
            sets.append(_set(tool, field, search=_search_of(model)))
            shown += sets
        elif tool.name in {function.name for function in functions}:
            raise invalid(f"two tools are called {tool.name!r}; a name can stand for one only", f"{field}.name")
        else:
            functions.append(_function(tool, field))
            shown.append(custom(functions[-1].model_dump()))
    return Resolved(shown, said(sets[0] if sets else None), tuple(functions))


def custom(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Show a tool of the caller's, given its definition."""
    return {
        "type": "custom",
        "name": definition["name"],
        "description": definition.get("description", ""),
        "input_schema": definition.get("parameters", {"type": "object"}),
    }


def said(shown: Mapping[str, Any] | None) -> dict[str, Any]:
    """Say in settings what a resolved toolset means; without one the agent has no tools of the server's."""
    if shown is None:
        return {"toolset": CONTAINER, "allowed_tools": (), "approve": (), **dict.fromkeys(narrowing.OF)}
    default, configs = shown["default_config"], {config["name"]: config for config in shown["configs"]}
    holds = {name: configs.get(name, default) for name in NAMES}
    enabled = tuple(name for name, each in holds.items() if each["enabled"])
    asks = tuple(name for name in enabled if holds[name]["permission_policy"] == ASK)
    return {
        "toolset": CONTAINER,
        "allowed_tools": enabled,
        "approve": asks,
        **{name: narrowing.said(name, configs.get(name, {})) if name in enabled else None for name in narrowing.OF},
    }


def _set(asked: Toolset, field: str, *, search: bool | None) -> dict[str, Any]:
    default = _config(asked.default_config or DefaultConfig(), DEFAULT)
    configs: dict[str, dict[str, Any]] = {}
    for number, config in enumerate(asked.configs or ()):
        place = f"{field}.configs[{number}]"
        if config.name in configs:
            raise invalid(f"{config.name!r} has a config already; put the two together", f"{place}.name")
        if config.type not in (None, config.name):
            raise invalid(f"must be {config.name!r}, as the name is, or absent", f"{place}.type")
        shown = {"type": config.name, "name": config.name} | _config(config, default)
        configs[config.name] = shown | narrowing.shown(config, place)
        if config.name == SEARCH:
            shown["enabled"] = configs[SEARCH]["enabled"] = _searches(config, shown, place, search=search)
    if default["enabled"] and SEARCH not in configs and not (search and default["permission_policy"] == ALLOW):
        off = {**default, "enabled": False}
        configs[SEARCH] = {"type": SEARCH, "name": SEARCH, **off, **dict.fromkeys(narrowing.OF[SEARCH])}
    return {"type": TOOLSET, "default_config": default, "configs": [*configs.values()]}


def _config(asked: DefaultConfig, default: Mapping[str, Any]) -> dict[str, Any]:
    policy = asked.permission_policy
    return {
        "enabled": default["enabled"] if asked.enabled is None else asked.enabled,
        "permission_policy": policy.model_dump() if policy else default["permission_policy"],
    }


def _searches(config: ToolConfig, shown: Mapping[str, Any], field: str, *, search: bool | None) -> bool:
    """Say whether the search is on. Raises Refusal where it is asked for by name and cannot be had.

    By default it is quietly off there: nearly every program has the whole set, and uses no search.
    """
    if not shown["enabled"]:
        return False
    if search is False and config.enabled:
        raise invalid("the model's service has no search; leave web_search out, or say enabled: false", field)
    if search is not False and shown["permission_policy"] == ASK and (config.enabled or config.permission_policy):
        raise invalid("searches are the model service's own and cannot wait for a yes; say always_allow", field)
    return bool(config.enabled or search) and shown["permission_policy"] == ALLOW


def _function(tool: CustomTool, field: str) -> FunctionTool:
    schema = {name: value for name, value in tool.input_schema.items() if value is not None}
    try:
        return Function(name=tool.name, description=tool.description, parameters=schema)
    except ValidationError as error:
        raise invalid(problems.of_fields(error, field).replace(".parameters", ".input_schema", 1)) from None


def _search_of(model: str) -> bool | None:
    """Say whether the service of a model that is called has a search of its own; None: nobody knows."""
    card = catalog.find(model)
    if model.startswith(BEDROCK):
        return False
    return None if card is None else "anthropic" in card.services
