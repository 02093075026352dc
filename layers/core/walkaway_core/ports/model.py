"""The Model port: one streamed call of a model."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol


def forces(choice: str | dict[str, Any] | None) -> bool:
    """Whether a choice of tools has the model call one."""
    return choice == "any" or isinstance(choice, dict)


class Repeated(dict[str, Any]):
    """A message that is sent again with each call of a conversation; `text` is its JSON, once there is some.

    Whoever changes it takes that away.
    """

    __slots__ = ("text",)
    text: bytes | None

    def __init__(self, role: str, content: list[dict[str, Any]]) -> None:
        super().__init__(role=role, content=content)
        self.text = None


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One model call: messages and tools are in the shape of the Messages API."""

    model: str
    system: str
    messages: Sequence[dict[str, Any]]
    tools: list[dict[str, Any]]
    max_tokens: int
    thinking: bool | int | None = None
    """Whether to think first: as much as the model likes, or with so many tokens more; None: as it does by itself."""
    effort: str = ""
    """How much work to put into the answer, `low` to `max`; the service's default if empty."""
    temperature: float | None = None
    top_p: float | None = None
    tool_choice: str | dict[str, Any] | None = None
    """Whether to call tools: `auto`, `any` or `none` of them, or {"type": "tool", "name": …}; None: auto."""
    parallel_tool_calls: bool = True
    """Whether the answer may call several at once."""
    output_format: dict[str, Any] | None = None
    """{"type": "json_schema", "schema": …}: what the answer's text is to be an instance of; None: any text."""
    server_tools: tuple[str, ...] = ()
    """Tools that the service runs itself, by the names that it gives them."""
    web_search: dict[str, Any] | None = None
    """`allowed_domains` and `user_location` of the service's own search (Messages API, web search tool); None: any."""
    container: str = ""
    """Names the place where the service's own tools have left their files."""
    slow: bool = False
    """Whether the next call may well come more than a few minutes after this one: what is cached is to live longer."""
    signed: bool = False
    """Whether the events say the signatures of thinking. The service is told nothing of it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer: content blocks to send back unchanged, why it stopped, what it cost in tokens.

    `broken` has the arguments, by call id, that were not a JSON object. `refusal` says why the model declined, if it
    did: `category` and `explanation`, each if known. `container`: `id` and `expires_at` (ISO 8601) of the place where
    the service's own tools leave their files.
    """

    content: list[dict[str, Any]]
    stop_reason: str
    usage: dict[str, int]
    broken: dict[str, str]
    refusal: Mapping[str, str] = field(default_factory=dict)
    container: Mapping[str, str] = field(default_factory=dict)


class ModelCall(Protocol):
    """A model call under way."""

    def events(self) -> Generator[tuple[str, dict[str, Any]], None, None]:
        """Stream the events of the turn, as (type, data), as they come. Whoever stops early closes the generator.

        Raises ModelFailed, ModelRefused.
        """

    def answer(self) -> Answer:
        """Give the whole answer, once the iteration has ended by itself."""

    def cut(self) -> None:
        """End the call at once, from any thread, and keep what has come: the iteration ends by itself.

        The answer's `stop_reason` is then `time_limit`. The iteration raises ModelFailed when nothing can be kept.
        """

    def close(self) -> None:
        """End the call at once, from any thread; the iteration then raises ModelFailed."""


class ModelFailed(Exception):
    """The call broke off or the service has trouble: worth trying again, after `retry_after` seconds if it said so."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ModelBusy(ModelFailed):
    """The service has too much to do, or the caller has asked too much of it just now: it passes, if one waits."""


class ModelSilent(ModelFailed):
    """The answer was cut off when its time was over, and nothing of it can be kept: it may well be so again."""


class ModelRefused(Exception):
    """The service will not take this call however often it is repeated. The message says what to do."""

    code: ClassVar[str] = "model_refused"
    """That of the turn which it ends."""


class ModelUnknown(ModelRefused):
    """The service has no such model: whatever asks for it will do no better."""

    code = "model_unknown"


class ContentRefused(ModelRefused):
    """The service does not take something that was said: a picture that it cannot read, too many of them, too large.

    `where`: the message and the block that it named, counted from 0; None when it named none.
    """

    def __init__(self, message: str, where: tuple[int, int] | None = None) -> None:
        super().__init__(message)
        self.where = where


class TooLong(ContentRefused):
    """All that was said together is more than the model, or one request, takes."""


class ThinkingRefused(ModelRefused):
    """Thinking was sent back that does not belong to what stands before it: it is to be left out, once and for all."""


class Model(Protocol):
    """Calls a language model."""

    def knows(self, model: str) -> str | None:
        """Say why no call of this model can be made here; None when nothing speaks against it."""

    def prefix(self, request: ModelRequest) -> str:
        """Name what stands before the conversation, if the model's thinking is bound to it; else `""`.

        It is the same for the same model, instructions and tools, as the service gets them.
        """

    def count(self, request: ModelRequest) -> int | None:
        """Count a request's tokens; None when the service does not say."""

    def call(self, request: ModelRequest) -> ModelCall:
        """Prepare a call; it goes out when the first event is asked for."""
