"""Tools that the program runs: a function with annotations, what the model is told of it, and its answers to calls."""

import inspect
import json
import logging
import typing
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from walkaway import sense, signatures
from walkaway.errors import Refused, ToolInvalid, WalkawayError
from walkaway.given import listed
from walkaway_wire import jsontext

NAME = signatures.NAME
logger = logging.getLogger("walkaway")


class ToolError(Exception):
    """Raised by a tool: the model is told these words, as an error, and goes on."""


class Quit(Exception):
    """A tool raised what is no Exception, as sys.exit does, or a StopIteration, which no future can hold."""

    def __init__(self, raised: BaseException) -> None:
        self.raised = raised
        super().__init__(type(raised).__name__)


@dataclass(frozen=True)
class Deny:
    """A no to a call, with its reason, which the model is told."""

    reason: str = ""


@dataclass(frozen=True)
class Call:
    """A call that waits: for this program's output, or for a yes. It is put again after a crash: its ids stay.

    `needs`: `output` or `approval`. `expires_at`: then the model is told that nobody answered; 0: never. `session` and
    `turn` are ids.
    """

    call_id: str
    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    needs: str = "output"
    expires_at: float = 0.0
    session: str = ""
    turn: str = ""

    @classmethod
    def read(cls, said: Mapping[str, Any], session: str, turn: str) -> "Call":
        """Read one as records and events show it."""
        arguments = said.get("arguments")
        return cls(
            str(said.get("call_id", "")),
            str(said.get("name", "")),
            arguments if isinstance(arguments, Mapping) else {},
            str(said.get("needs", "output")),
            float(sense.number(said.get("expires_at")) or 0),
            session,
            turn,
        )


class Approver(Protocol):
    """Says yes or no to a call of one of the server's tools; may be `async`."""

    def __call__(self, call: Call, /) -> "bool | Deny | Awaitable[bool | Deny]":
        """Answer it."""
        ...


@dataclass(frozen=True, eq=False)
class Tool:
    """A function that the model can have called. `timeout`: seconds that there are for an answer, by the server."""

    function: Callable[..., Any]
    name: str
    description: str
    signature: signatures.Signature
    timeout: int | None = None

    def __call__(self, *args: Any, **named: Any) -> Any:
        """Call the function itself."""
        return self.function(*args, **named)

    @property
    def definition(self) -> dict[str, Any]:
        """What the server is told of it."""
        told: dict[str, Any] = {
            "type": "function",
            "name": self.name,
            "description": self.description,
            "parameters": self.signature.schema,
        }
        return told | ({"timeout": self.timeout} if self.timeout else {})

    def bound(self, call: Call) -> Callable[[], Any]:
        """Check a call's arguments. Raises ToolError in words that the model can do something with."""
        arguments = self.signature.checked(call.arguments)
        if arguments is None:
            raise ToolError(self.signature.problem(call.arguments))
        before = (call,) if self.signature.takes_call else ()
        return lambda: self.function(*before, **arguments)

    @property
    def is_async(self) -> bool:
        """Whether its answer is awaited."""
        return inspect.iscoroutinefunction(self.function)


@typing.overload
def tool(function: Callable[..., Any], /) -> Tool: ...
@typing.overload
def tool(
    function: None = None, /, *, name: str | None = None, description: str | None = None, timeout: int | None = None
) -> Callable[[Callable[..., Any]], Tool]: ...
def tool(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    timeout: int | None = None,
) -> "Tool | Callable[[Callable[..., Any]], Tool]":
    """Make a function a tool of the agent's.

    Its name, the first paragraph of its docstring and its signature are what the model is told: annotations make a
    strict schema; `Annotated[str, "what it is"]`, or a line `name: what it is` of the docstring, describes an argument.
    A first parameter that is annotated as `Call` is given the call. What it returns is told to the model: text as it
    is, anything else as JSON. `ToolError("…")` tells an error; any other exception tells its kind and message.

    **At least once**: after a crash a call is put again, with the same `session` and `call_id`, which together name it.
    `timeout`: seconds for an answer.
    A method is one of an object: `tool(object.method)`.
    Raises ToolInvalid for a function without a docstring, or with a parameter without an annotation.
    """
    if function is None:
        return lambda given: _made(given, name, description, timeout)
    return _made(function, name, description, timeout)


def gathered(tools: "Sequence[Tool | Callable[..., Any] | Mapping[str, Any]]") -> tuple[dict[str, Tool], list[Any]]:
    """Sort what may be given as `tools`: those that this program runs, by name, and what the server is told of all."""
    own: dict[str, Tool] = {}
    told: list[Any] = []
    for given in listed("tools", tools):
        if isinstance(given, Mapping):
            told.append(dict(given))
            continue
        made = given if isinstance(given, Tool) else tool(given)
        if made.name in own:
            raise ToolInvalid(f"Two tools have the name {made.name}; give one of them another: tool(name=…)")
        own[made.name] = made
        told.append(made.definition)
    return own, told


def answered(call: Call, value: Any) -> dict[str, Any]:
    """Say what a function returned, as POST …/tool_results takes it."""
    if value is None or isinstance(value, str):
        return {"call_id": call.call_id, "output": jsontext.whole(value or "")}
    from pydantic_core import PydanticSerializationError, to_jsonable_python

    try:
        output = to_jsonable_python(value)
        jsontext.dumps(output)  # pydantic lets NaN pass
        if not jsontext.is_unicode(output):
            output = jsontext.loads(jsontext.whole(json.dumps(output, ensure_ascii=False)))
    except (PydanticSerializationError, ValueError) as error:
        return failed(call, TypeError(f"{call.name} returned what is no JSON: {error}"))
    return {"call_id": call.call_id, "output": output}


def failed(call: Call, error: BaseException) -> dict[str, Any]:
    """Say what a function raised. The traceback stays here, in the log."""
    if isinstance(error, ToolError):
        return {"call_id": call.call_id, "output": _words(error), "is_error": True}
    raised = error.raised if isinstance(error, Quit) else error
    logger.error("the tool %s raised, call %s", call.name, call.call_id, exc_info=raised)
    return {"call_id": call.call_id, "output": f"{type(raised).__name__}: {_words(raised)}", "is_error": True}


def untold(call: Call, error: Refused) -> dict[str, Any]:
    """Say in an answer's place that the server does not take it."""
    logger.error("what the tool %s gave is refused, call %s: %s", call.name, call.call_id, error)
    said = jsontext.whole(f"What {call.name} gave could not be told: {error.message[:1000]}")
    return {"call_id": call.call_id, "output": said, "is_error": True}


def _words(error: BaseException) -> str:
    try:
        return jsontext.whole(str(error))
    except Exception as raised:  # noqa: BLE001 - a tool's own
        return f"its text cannot be had ({type(raised).__name__})"


def judged(call: Call, verdict: Any) -> dict[str, Any]:
    """Say what somebody answered who was asked for a yes. Raises WalkawayError for what is neither that nor a no."""
    if isinstance(verdict, Deny):
        return {"call_id": call.call_id, "approve": False, "reason": verdict.reason}
    if not isinstance(verdict, bool):
        raise WalkawayError(
            f"Whoever was asked for a yes to {call.name} ({call.call_id}) returned {repr(verdict)[:100]}; "
            'return True, False or Deny("why"). The call still waits'
        )
    return {"call_id": call.call_id, "approve": verdict}


def _made(function: Callable[..., Any], name: str | None, description: str | None, timeout: int | None) -> Tool:
    signatures.check_function(function)
    called = str(name or getattr(function, "__name__", ""))
    where = signatures.where(function)
    if not NAME.fullmatch(called):
        raise ToolInvalid(f"{where}: {called!r} is no name of a tool: 1 to 64 letters, digits, _ and -; give name=…")
    about, arguments = signatures.told(function)
    if not (description or about):
        raise ToolInvalid(f"{where}: {called} has no docstring; its first paragraph tells the model what it does")
    return Tool(function, called, description or about, signatures.read(function, arguments, Call), timeout)
