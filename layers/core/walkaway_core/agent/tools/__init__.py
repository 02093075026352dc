"""The agent's tools. A tool is a class: its docstring is the description, its fields are the arguments."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from walkaway_core.agent.tools import allotted
from walkaway_core.agent.tools.allotted import Allotted, GivenUp
from walkaway_core.agent.tools.bash import Bash
from walkaway_core.agent.tools.container import CONTAINER
from walkaway_core.agent.tools.files import EditFile, ListFiles, ReadFile, SearchFiles, WriteFile
from walkaway_core.agent.tools.presentation import CreatePresentation
from walkaway_core.agent.tools.progress import ReportProgress
from walkaway_core.agent.tools.tool import Result, Tool, ToolContext, ToolError
from walkaway_core.agent.tools.web import FetchUrl
from walkaway_core.errors import Invalid, WalkawayError
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.services import Services
from walkaway_wire import problems

TOOLS: Mapping[str, type[Tool]] = {
    tool.name: tool
    for tool in (
        Bash,
        ReadFile,
        WriteFile,
        EditFile,
        ListFiles,
        SearchFiles,
        ReportProgress,
        CreatePresentation,
        FetchUrl,
    )
}
DEFINITIONS: Mapping[str, dict[str, Any]] = {name: tool.definition() for name, tool in TOOLS.items()}
"""The tools in the shape of the Messages API."""

SERVER_TOOLS = ("web_search", "web_fetch", "code_execution")
"""Tools that the model service runs itself (Messages API, server tools)."""
TOOLSETS: Mapping[str, Mapping[str, type[Tool]]] = {"": TOOLS, "container": CONTAINER}
"""The server's tools, by `AgentSettings.toolset`."""
SERVED: Mapping[str, Sequence[str]] = {"": SERVER_TOOLS, "container": ("web_search",)}
"""Those of the model service's that go with them: of the container's tools one fetches pages itself."""
_DEFINED = {"": DEFINITIONS, "container": {name: tool.definition() for name, tool in CONTAINER.items()}}


MOST_SHOWN = 200_000
"""Characters of a result: more than any tool means to give."""
TOO_SLOW = (
    "This call took more than {:g} seconds and was given up; it is not known whether it was carried out. "
    "Look at the result before you repeat it."
)


def check(names: Sequence[str]) -> None:
    """Raise Invalid for a name that is no tool's."""
    if unknown := [name for name in names if name not in TOOLS and name not in SERVER_TOOLS]:
        there = ", ".join((*TOOLS, *SERVER_TOOLS))
        raise Invalid(f"There is no tool {unknown[0][:100]!r}; there are: {there}")


def check_ours(names: Sequence[str]) -> None:
    """Raise Invalid for a name that is no tool of ours: only those can wait for a yes."""
    if unknown := [name for name in names if name not in TOOLS]:
        raise Invalid(f"{unknown[0][:100]!r} cannot wait for a yes; these can: {', '.join(TOOLS)}")


def check_free(name: str) -> None:
    """Raise Invalid for a name that is a tool's of the server's or of the model service's."""
    if name in TOOLS or name in SERVER_TOOLS:
        raise Invalid(f"{name!r} is a tool of the server's; call yours something else")


def wanted(settings: AgentSettings) -> list[str]:
    """Name the tools of the server's and of the model service's that settings give an agent, wherever it runs."""
    unasked = {name: tool.unasked for name, tool in _toolset(settings).items()}
    unasked |= dict.fromkeys(SERVED.get(settings.toolset, ()), False)
    return [name for name, alike in unasked.items() if settings.allows(name, unasked=alike)]


def _toolset(settings: AgentSettings) -> Mapping[str, type[Tool]]:
    return TOOLSETS.get(settings.toolset, {})  # a later release may know others


def definition(settings: AgentSettings, name: str) -> dict[str, Any]:
    """Describe a tool of the server's that an agent has to the model."""
    return _DEFINED[settings.toolset][name]


def there(services: Services, settings: AgentSettings) -> list[str]:
    """Name the server's tools that an agent has here. A tool of the caller's goes before one of the same name."""
    tools = _toolset(settings)
    names = [name for name in wanted(settings) if name in tools and name not in settings.tools]
    return [name for name in names if tools[name].missing(services) is None]


def served(settings: AgentSettings) -> tuple[str, ...]:
    """Name the model service's own tools that an agent has; the caller's go before these, too."""
    served = SERVED.get(settings.toolset, ())
    return tuple(name for name in wanted(settings) if name in served and name not in settings.tools)


def named(services: Services, settings: AgentSettings) -> set[str]:
    """Name all tools that an agent has here: the server's, the model service's and the caller's."""
    return {*there(services, settings), *served(settings), *settings.tools}


def of_server(settings: AgentSettings, name: str) -> type[Tool] | None:
    """Give the server's tool that a call means; None where there is none, or the name is a tool's of the caller's."""
    return None if name in settings.tools else _toolset(settings).get(name)


def use(tool: type[Tool], arguments: dict[str, Any], context: ToolContext) -> Result:
    """Check the arguments and carry the call out; whatever the agent did wrong is a result that says so.

    It has the tool's time and no more, ends with its turn, and gives no more than a model should read.
    Raises Superseded.
    """
    try:
        call = tool.model_validate(arguments)
        every = allotted.LOOK_EVERY if context.services.table.quick else allotted.LOOK_SELDOM

        def run(time: Allotted) -> str | Result:
            return call.run(replace(context, allotted=time))

        given = allotted.within(tool.seconds(), context.check_still_mine, every, run)
        result = given if isinstance(given, Result) else Result(given)
        return replace(result, content=_shown(result.content)) if isinstance(result.content, str) else result
    except GivenUp:
        return Result(TOO_SLOW.format(tool.seconds()), is_error=True)
    except ValidationError as error:
        return Result(f"The arguments do not fit {tool.name}: {problems.of_fields(error)}", is_error=True)
    except (ToolError, WalkawayError) as error:
        return Result(str(error), is_error=True)


def _shown(content: str) -> str:
    return content if len(content) <= MOST_SHOWN else f"{content[:MOST_SHOWN]}\n[cut here; ask for less at once]"
