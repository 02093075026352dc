"""How an agent works: the one list of its settings, each with what holds where nobody says it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from types import UnionType
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

from walkaway_core.ports.misfits import Misfit
from walkaway_core.ports.model import forces

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


UNSAID: Mapping[str, Any] = {
    "thinking": None,
    "max_output_tokens": 0,
    "tool_choice": None,
    "parallel_tool_calls": True,
    "top_p": None,
    "output_format": None,
    "max_turn_output_tokens": None,
    "asked_model": "",
    "web_search": None,
    "web_fetch": None,
    "max_tool_calls": None,
    "toolset": "",
}
"""What is not stored where it has this value."""


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """What a session, or the agent that it names, says about how its turns are worked on.

    The names are those of the stored JSON and of the wire (`walkaway_wire.settings`). A setting that is added here
    has a default by which things stay as they were: what is stored without it means that.
    """

    model: str = ""
    """The server's default where it is empty."""
    asked_model: str = ""
    """The name that was asked for, where that is an alias of `model` (`models/aliases.py`): records show it."""
    instructions: str = ""
    thinking: bool | int | None = None
    """Whether to think first, or with how many tokens more; None: as the model does by itself."""
    max_steps: int = 200
    turn_timeout: int = 0
    """Seconds; 0 for the server's own."""
    max_output_tokens: int = 0
    """Of one answer, its thinking counted; 0 for what is usual with the model."""
    effort: str = ""
    temperature: float | None = None
    allowed_tools: tuple[str, ...] | None = None
    """None for all that run here."""
    disallowed_tools: tuple[str, ...] = ()
    max_cost_usd: float | None = None
    max_turn_cost_usd: float | None = None
    tools: tuple[str, ...] = ()
    """Names of the tools that the caller runs; `tools_at` says where their definitions are."""
    tools_at: str = ""
    approve: tuple[str, ...] = ()
    """Tools of the server's whose calls wait for a yes."""
    tool_timeout: int = 86_400
    """Seconds for which a call waits for the caller."""
    inline_tools: bool = True
    """Whether light tools run where the model is called; else each call has an invocation of its own."""
    tool_choice: str | dict[str, Any] | None = None
    """`auto`, `any`, `none`, or {"type": "tool", "name": …}; None: auto. A call is forced in the first step alone."""
    parallel_tool_calls: bool = True
    """Whether an answer may call several tools at once."""
    top_p: float | None = None
    output_format: dict[str, Any] | None = None
    """{"type": "json_schema", "schema": …}: what the text of an answer is an instance of; None: any text."""
    max_turn_output_tokens: int | None = None
    """Of all answers of a turn together, their thinking and summaries counted."""
    web_search: dict[str, Any] | None = None
    """What narrows the model service's own search, in its words; None: nothing. Only responses say it."""
    web_fetch: dict[str, Any] | None = None
    """What narrows the server's tool that reads pages: `allowed_domains` or `blocked_domains`, as `outbound/domains.py`
    writes them, and `max_content_tokens`; None: nothing. Only the managed dialect says it."""
    max_tool_calls: int | None = None
    """How many calls of the server's tools a turn carries out; None: any number. Only responses say it."""
    toolset: str = ""
    """Which tools of the server's there are: `""` for those of the workspace, `container` for those of a container of
    the session's own. Only the managed dialect says it."""

    @property
    def body(self) -> dict[str, Any]:
        """As it is stored. What is left to the model is left out: 0.1.0 knows no such values and takes its own.

        So is what 0.1.0 does not know at all, where nobody says it: it opens no session with a name that it has not.
        A thinking of `false` is what 0.1.0 stored where nobody had said anything; so one that is meant is stored as 0.
        """
        stored = {name: value for name, value in asdict(self).items() if UNSAID.get(name, self) != value}
        return stored | ({"thinking": 0} if self.thinking is False else {})

    @classmethod
    def stored(cls, body: Mapping[str, Any]) -> "AgentSettings":
        """Read what `body` gives; what is not known is passed over."""
        values = known(cls, body)
        thinking = values.pop("thinking", False)
        return cls(**values, thinking=None if thinking is False else thinking or False)

    @property
    def forces(self) -> bool:
        """Whether a turn's first answer is to call a tool."""
        return forces(self.tool_choice)

    def allows(self, tool: str, *, unasked: bool = True) -> bool:
        """Whether the agent may use this tool; `unasked`: also where nobody says which ones."""
        listed = unasked if self.allowed_tools is None else tool in self.allowed_tools
        return listed and tool not in self.disallowed_tools


def known(kind: "type[DataclassInstance]", body: Mapping[str, Any]) -> dict[str, Any]:
    """Give the values of JSON that are fields of a frozen dataclass, its lists as tuples; pass over the others.

    Raises Misfit for a value that its field cannot have.
    """
    values = {}
    for name, types in _fields(kind).items():
        if name in body:
            value = body[name]
            value = tuple(value) if isinstance(value, list) else value
            if not isinstance(value, types) or (
                isinstance(value, tuple) and not all(isinstance(v, str) for v in value)
            ):
                raise Misfit.of(name, body[name])
            values[name] = value
    return values


@cache
def _fields(kind: "type[DataclassInstance]") -> dict[str, tuple[type, ...]]:
    """Give the fields with the types that each may have; JSON has one kind of number, so any will do for a float."""
    there: dict[str, tuple[type, ...]] = {}
    for name, said in get_type_hints(kind).items():
        types = get_args(said) if isinstance(said, UnionType) else (said,)
        plain = [get_origin(type_) or type_ for type_ in types]
        there[name] = (*plain, int) if float in plain else tuple(plain)
    return there
