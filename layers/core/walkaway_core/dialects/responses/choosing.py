"""The tools of a response: the caller's functions, and which tools of the server's the model has (contract D.9).

No tool of the server's is there unless the request chooses it: `{"type": "mcp", "server_label": "walkaway"}`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pydantic import ValidationError

from walkaway_core.agent import tools as served
from walkaway_core.dialects.responses import searching
from walkaway_core.dialects.responses.items import LABEL
from walkaway_core.dialects.responses.problems import MISSING, Refusal
from walkaway_core.dialects.responses.refusing import value as unsupported
from walkaway_core.errors import Invalid
from walkaway_wire import problems
from walkaway_wire.settings import ToolNamed
from walkaway_wire.tools import MOST, FunctionTool

Object = Mapping[str, Any]
SEARCHES: Final = ("web_search", "web_search_2025_08_26", "web_search_preview", "web_search_preview_2025_03_11")
KNOWN: Final = "functions, mcp with server_label walkaway, and web_search are"


@dataclass(frozen=True, slots=True)
class Tools:
    """What is chosen. `search` narrows a search of the web; `echoed` is how the response's object repeats them."""

    functions: Sequence[FunctionTool] = ()
    ours: tuple[str, ...] = ()
    approve: tuple[str, ...] = ()
    choice: str | ToolNamed | None = None
    search: dict[str, Any] = field(default_factory=dict)
    echoed: Sequence[Object] = field(default_factory=tuple)


def read(given: Any, choice: Any) -> Tools:
    """Read `tools` and `tool_choice`. Raises Refusal, which names the field."""
    if given is not None and not isinstance(given, list):
        raise Refusal("tools must be a list", "tools")
    chosen = Tools()
    for number, tool in enumerate(given or ()):
        if not isinstance(tool, dict):
            raise Refusal(f"tools[{number}] must be an object", f"tools[{number}]")
        chosen = _with(chosen, {name: value for name, value in tool.items() if value is not None}, f"tools[{number}]")
        _check_names(chosen, f"tools[{number}]")
    if len(chosen.functions) > MOST:
        raise Refusal(f"There are {len(chosen.functions)} functions; {MOST} are allowed", "tools")
    return _choose(chosen, choice)


def _with(chosen: Tools, tool: Object, where: str) -> Tools:
    kind = tool.get("type")
    if kind == "function":
        function, echo = _function(tool, where)
        if any(function.name == other.name for other in chosen.functions):
            raise Refusal(f"{where}: two functions are called {function.name!r}", f"{where}.name")
        return replace(chosen, functions=[*chosen.functions, function], echoed=[*chosen.echoed, echo])
    if kind == "mcp":
        ours, approve = _server(tool, where)
        kept = {**tool, "server_label": LABEL}
        return replace(
            chosen,
            ours=tuple(dict.fromkeys((*chosen.ours, *ours))),
            approve=tuple(dict.fromkeys((*chosen.approve, *approve))),
            echoed=[*chosen.echoed, kept],
        )
    if kind in SEARCHES:
        search = searching.read(tool, where)
        if "web_search" in chosen.ours and search != chosen.search:
            raise Refusal(f"{where}: a search is chosen already, and narrowed otherwise; choose one", where)
        ours = tuple(dict.fromkeys((*chosen.ours, "web_search")))
        return replace(chosen, ours=ours, search=search, echoed=[*chosen.echoed, tool])
    if kind is None:
        raise Refusal(f"{where}.type is missing", f"{where}.type", MISSING)
    raise unsupported(f"{where}.type", f"{where}: tools of the type {str(kind)[:100]!r} are not served; {KNOWN}")


def _check_names(chosen: Tools, where: str) -> None:
    """Raise Refusal where a function has the name of a tool of the server's that is chosen, too."""
    if both := [function.name for function in chosen.functions if function.name in chosen.ours]:
        raise Refusal(
            f"{where}: {both[0]!r} is a tool of the server's that is chosen as well; call yours otherwise, or leave "
            "that one out",
            f"{where}.name",
        )


def _function(tool: Object, where: str) -> tuple[FunctionTool, Object]:
    """Read a function, and give how it is repeated; keys that are not known are passed over."""
    known = {name: tool[name] for name in ("name", "description", "parameters", "strict") if name in tool}
    if "name" not in known:
        raise Refusal(f"{where}.name is missing", f"{where}.name", MISSING)
    parameters = known.get("parameters")
    echo = {"type": "function", "description": None, "parameters": None, "strict": None, **known}
    try:
        made = FunctionTool.model_validate({**known, **({"parameters": parameters} if parameters else {})})
    except ValidationError as error:
        first = error.errors()[0]["loc"]
        raise Refusal(f"{where}: {problems.of_fields(error)}", f"{where}.{first[0]}" if first else where) from None
    return made, echo


def _server(tool: Object, where: str) -> tuple[Sequence[str], Sequence[str]]:
    """Say which tools of the server's are chosen, and which of them wait for a yes."""
    for name in ("server_url", "connector_id", "tunnel_id"):
        if tool.get(name):
            raise unsupported(
                f"{where}.{name}",
                f"{where}.{name}: tools of other servers are not called; leave it out, and name {LABEL!r}",
            )
    if tool.get("server_label") != LABEL:
        raise unsupported(f"{where}.server_label", f"{where}.server_label: {LABEL!r} is the one server that is here")
    names = _names(tool.get("allowed_tools"), f"{where}.allowed_tools", [*served.TOOLS])
    return names, _approved(tool.get("require_approval", "always"), names, f"{where}.require_approval")


def _names(said: Any, where: str, every: Sequence[str]) -> Sequence[str]:
    """Read names of tools: a list, or an object with `tool_names`; all where nothing is said."""
    said = said.get("tool_names") if isinstance(said, dict) else said
    if said is None:
        return every
    if not isinstance(said, list) or not all(isinstance(name, str) for name in said):
        raise Refusal(f"{where} must be a list of names", where)
    try:
        served.check_ours(said)
    except Invalid as error:
        raise unsupported(where, f"{where}: {error}") from None
    return said


def _approved(said: Any, names: Sequence[str], where: str) -> Sequence[str]:
    """Say which of the chosen tools wait for a yes."""
    if said == "never":
        return ()
    if said == "always":
        return names
    if not isinstance(said, dict):
        raise Refusal(f"{where} must be always, never, or an object that names tools", where)
    free = _names((said.get("never") or {}).get("tool_names", []), f"{where}.never", names) if "never" in said else ()
    if said.get("always") is None:
        return [name for name in names if name not in free]
    return [name for name in _names(said["always"], f"{where}.always", names) if name in names]


def _choose(chosen: Tools, choice: Any) -> Tools:
    """Take `tool_choice` into account."""
    if choice is None or choice in ("auto", "none"):
        return replace(chosen, choice="none" if choice == "none" else None)
    if choice == "required":
        return replace(chosen, choice="any")
    if not isinstance(choice, dict):
        raise Refusal("tool_choice must be auto, none, required, or an object that names a tool", "tool_choice")
    kind = choice.get("type")
    if kind == "allowed_tools":
        return _choose(_only(chosen, choice.get("tools")), choice.get("mode", "auto"))
    if kind == "function":
        return _named(chosen, choice.get("name"), [function.name for function in chosen.functions])
    if kind == "mcp" and choice.get("server_label") == LABEL:
        return _named(chosen, choice["name"], chosen.ours) if choice.get("name") else replace(chosen, choice="any")
    if kind in SEARCHES:
        return _named(chosen, "web_search", chosen.ours)
    raise unsupported("tool_choice.type", f"tool_choice: {str(kind)[:100]!r} names no tool that is served here")


def _named(chosen: Tools, name: Any, there: Sequence[str]) -> Tools:
    if not isinstance(name, str) or name not in there:
        raise Refusal(f"tool_choice: {str(name)[:100]!r} is not among the tools", "tool_choice.name")
    return replace(chosen, choice=ToolNamed(name=name))


def _only(chosen: Tools, allowed: Any) -> Tools:
    """Leave only the tools that `allowed_tools` names."""
    if not isinstance(allowed, list) or not all(isinstance(tool, dict) for tool in allowed):
        raise Refusal("tool_choice.tools must be a list of tools", "tool_choice.tools")
    functions = {tool.get("name") for tool in allowed if tool.get("type") == "function"}
    whole = any(tool.get("type") == "mcp" and not tool.get("name") for tool in allowed)
    named = {tool.get("name") for tool in allowed if tool.get("type") == "mcp"}
    named |= {"web_search" for tool in allowed if tool.get("type") in SEARCHES}
    return replace(
        chosen,
        functions=[function for function in chosen.functions if function.name in functions],
        ours=tuple(name for name in chosen.ours if (whole and name != "web_search") or name in named),
    )
