"""What a response was asked for: kept in its turn when it is made, and never changed after it.

The fold of its log and its object read this and nothing else beside the log. `said` are the request's fields as the
object repeats them, so that nothing is kept twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any, Final

UNSAID: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "background": False,
        "instructions": None,
        "model": "",
        "previous_response_id": None,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "reasoning": {"effort": None, "summary": None},
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "store": True,
        "temperature": 1.0,
        "top_p": 1.0,
        "presence_penalty": 0.0,
        "frequency_penalty": 0.0,
        "top_logprobs": 0,
        "truncation": "disabled",
        "max_output_tokens": None,
        "max_tool_calls": None,
        "service_tier": "default",
        "safety_identifier": None,
        "prompt_cache_key": None,
        "metadata": {},
    }
)
"""The fields of every response's object, each as it is where the request does not say it (contract D.3)."""
SOMETIMES: Final = ("conversation", "user")
"""Fields that only those objects have whose requests have said them: their types know no null."""


@dataclass(frozen=True, slots=True)
class Approved:
    """A call of an earlier response's that its caller has said yes to: the id of the request, and the call."""

    request: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What the turn of a response keeps of its request: `body`, which `stored` reads.

    `version` is that of the fold (decision 0030): a turn that says none, as one of the sessions API, has the first.
    `approve` names tools of the server's whose calls wait for a yes. `served` names those that may be shown, since the
    request has chosen them; None for all. `approved` are calls of an earlier response's that run in this one, by their
    `call_id`. `seal`: the tenant's key, with which thinking is sealed for who keeps the conversation elsewhere; empty
    where that is not asked for. `notes` say what was done otherwise than asked for.
    """

    said: Mapping[str, Any] = field(default_factory=dict)
    approve: frozenset[str] = frozenset()
    served: frozenset[str] | None = None
    approved: Mapping[str, Approved] = field(default_factory=dict)
    seal: str = ""
    notes: Sequence[str] = ()
    version: int = 1

    @property
    def body(self) -> dict[str, Any]:
        """As it is stored."""
        served = None if self.served is None else sorted(self.served)
        approved = {call: asdict(about) for call, about in self.approved.items()}
        about = {"approve": sorted(self.approve), "served": served, "approved": approved, "version": self.version}
        sometimes = {name: value for name, value in (("seal", self.seal), ("notes", [*self.notes])) if value}
        return {"said": {**self.said}, **about, **sometimes}

    @classmethod
    def stored(cls, body: Mapping[str, Any]) -> "Asked":
        """Read it; what is not there is as where nothing was asked for. Raises ValueError, and as `salvage.WRONG`."""
        served, said = body.get("served"), body.get("said", {})
        wrong = [name for name, value in said.items() if not _fits(value, UNSAID.get(name))]
        if wrong or not all(isinstance(tool, dict) for tool in said.get("tools") or ()):
            raise ValueError(f"what is stored of {[*wrong, 'tools'][0]} is none")
        return cls(
            said,
            frozenset(body.get("approve", ())),
            None if served is None else frozenset(served),
            {call: Approved(**about) for call, about in body.get("approved", {}).items()},
            body.get("seal", ""),
            body.get("notes", ()),
            int(body.get("version", 1)),
        )

    @property
    def repeated(self) -> dict[str, Any]:
        """The fields that the object repeats, with what holds where nothing was said."""
        sometimes = {name: self.said[name] for name in SOMETIMES if self.said.get(name) is not None}
        said = {name: self.said[name] for name in UNSAID if self.said.get(name) is not None}
        return {**UNSAID, **said, **sometimes}

    @property
    def background(self) -> bool:
        """Whether the response was asked for without waiting for it."""
        return bool(self.said.get("background"))

    @property
    def functions(self) -> frozenset[str]:
        """The names of the tools that the caller runs."""
        return frozenset(tool["name"] for tool in self._tools if tool.get("type") == "function")

    @property
    def reasons(self) -> bool:
        """Whether thinking is shown, with its words or without: no item comes that was not asked for (contract D.6)."""
        return self.summed or bool(self.seal) or self._reasoning.get("effort") not in (None, "none")

    @property
    def summed(self) -> bool:
        """Whether the words of thinking are shown."""
        return self._reasoning.get("summary") is not None

    @property
    def held(self) -> bool:
        """Whether a text is held back until its phase is known: clients parse it at once (contract D.6)."""
        format_ = (self.said.get("text") or {}).get("format") or {}
        return format_.get("type") == "json_schema" and bool(self._tools)

    def serves(self, tool: str) -> bool:
        """Whether calls of this tool of the server's are shown: clients know what to do with chosen ones alone."""
        return self.served is None or tool in self.served

    @property
    def _tools(self) -> Sequence[Mapping[str, Any]]:
        return self.said.get("tools") or ()

    @property
    def _reasoning(self) -> Mapping[str, Any]:
        return self.said.get("reasoning") or {}


def _fits(value: Any, unsaid: Any) -> bool:
    """Whether a field can be what it is said to be, going by what it is where nothing is said."""
    kinds = {dict: dict, list: list, bool: bool, float: int | float}
    return value is None or isinstance(value, kinds.get(type(unsaid), object))
