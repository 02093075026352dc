"""The Model port: one streamed call of a model."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One model call: messages and tools are in the shape of the Messages API."""

    model: str
    system: str
    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]]
    max_tokens: int
    thinking: bool | int = False
    """Whether to think first: as much as the model likes, or up to so many tokens."""
    effort: str = ""
    """How much work to put into the answer, `low` to `max`; the service's default if empty."""
    temperature: float | None = None
    server_tools: tuple[str, ...] = ()
    """Tools that the service runs itself, by the names that it gives them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer: content blocks to send back unchanged, why it stopped, what it cost in tokens.

    `broken` has the arguments, by call id, that were not a JSON object.
    """

    content: list[dict[str, Any]]
    stop_reason: str
    usage: dict[str, int]
    broken: dict[str, str]


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


class ModelRefused(Exception):
    """The service will not take this call however often it is repeated. The message says what to do."""


class Model(Protocol):
    """Calls a language model."""

    def knows(self, model: str) -> str | None:
        """Say why no call of this model can be made here; None when nothing speaks against it."""

    def count(self, request: ModelRequest) -> int | None:
        """Count a request's tokens; None when the service does not say."""

    def call(self, request: ModelRequest) -> ModelCall:
        """Prepare a call; it goes out when the first event is asked for."""
