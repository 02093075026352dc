"""The model port over the Messages API, through the official SDK.

It calls the real service, one that speaks like it, Amazon Bedrock, or the offline model, whose transport answers in
their place. The SDK is imported at the first call, or by `warm`.
"""

import socket
import threading
from collections.abc import Callable, Generator
from contextlib import closing
from typing import TYPE_CHECKING, Any

from walkaway_core.models import caching
from walkaway_core.models.block import Unreadable
from walkaway_core.models.blocks import Blocks
from walkaway_core.ports.model import Answer, ModelFailed, ModelRefused, ModelRequest
from walkaway_core.settings import BEDROCK, REHEARSAL, Settings

if TYPE_CHECKING:
    from anthropic import Anthropic, AnthropicBedrock, Stream
    from anthropic.types import RawMessageStreamEvent

    Client = Anthropic | AnthropicBedrock

STALL_SECONDS = 60.0
SERVER_TOOLS = {
    "web_search": "web_search_20250305",
    "web_fetch": "web_fetch_20250910",
    "code_execution": "code_execution_20250825",
}
"""The editions of the service's own tools that are asked for (Messages API, server tools)."""


class AnthropicModel:
    """Model: one client for each service, made when it is first needed.

    `key` reads the API key from where it may change; it is asked before each call. Without it, the settings
    have the key.
    """

    def __init__(self, settings: Settings, key: Callable[[], str] | None = None) -> None:
        self._settings = settings
        self._key = key or (lambda: settings.api_key or "none")
        self._clients: dict[tuple[str, str], Client] = {}
        self._lock = threading.Lock()

    def knows(self, model: str) -> str | None:
        """Say what setting is missing for this model."""
        if model == REHEARSAL:
            return None
        if model.startswith(BEDROCK):
            missing = None if self._settings.provides("bedrock") else "WALKAWAY_PROVIDERS=bedrock"
        elif self._settings.provides("anthropic"):
            missing = None
        else:
            missing = "ANTHROPIC_API_KEY, or ANTHROPIC_BASE_URL for a service without keys"
        return missing and f"The model {model[:100]!r} needs {missing}; {REHEARSAL!r} works offline"

    def warm(self) -> None:
        """Import the SDK and make the client of the default model, so that the first turn need not."""
        self._client(self._settings.model)

    def close(self) -> None:
        """Close idle connections."""
        with self._lock:
            for client in self._clients.values():
                client.close()

    def count(self, request: ModelRequest) -> int | None:
        """Ask the service to count; some services cannot, and Bedrock does not through the SDK."""
        import anthropic

        known = {"model", "system", "messages", "tools", "thinking", "output_config"}
        asked = {name: value for name, value in _arguments(request).items() if name in known}
        try:
            return self._client(request.model).messages.count_tokens(**asked).input_tokens
        except anthropic.AnthropicError:
            return None

    def call(self, request: ModelRequest) -> "AnthropicCall":
        """Prepare a call."""
        return AnthropicCall(self._client(request.model), request)

    def _client(self, model: str) -> "Client":
        make = self._offline if model == REHEARSAL else self._bedrock if model.startswith(BEDROCK) else self._online
        key = self._key() if make == self._online else ""
        with self._lock:
            if (make.__name__, key) not in self._clients:
                self._clients[make.__name__, key] = make(key)
            return self._clients[make.__name__, key]

    def _online(self, key: str) -> "Client":
        from anthropic import Anthropic

        return Anthropic(api_key=key, base_url=self._settings.base_url, **_options())

    def _bedrock(self, _: str) -> "Client":
        from anthropic import AnthropicBedrock

        return AnthropicBedrock(**_options())

    def _offline(self, _: str) -> "Client":
        from anthropic import Anthropic, DefaultHttpxClient

        from walkaway_core.models.rehearsal.transport import RehearsalTransport

        transport = RehearsalTransport(self._settings.rehearsal_delay)
        client = DefaultHttpxClient(transport=transport)
        return Anthropic(api_key="none", base_url="http://rehearsal.invalid", max_retries=0, http_client=client)


def _options() -> dict[str, Any]:
    from anthropic import DefaultHttpxClient
    from httpx2 import Limits, Timeout

    return {
        "max_retries": 0,  # what is repeated, readers are told of
        "timeout": Timeout(STALL_SECONDS, connect=10.0),
        "http_client": DefaultHttpxClient(limits=Limits(max_connections=None, max_keepalive_connections=100)),
    }


class AnthropicCall:
    """ModelCall: one streamed `POST /v1/messages`."""

    def __init__(self, client: "Client", request: ModelRequest) -> None:
        self._client = client
        self._request = request
        self._blocks = Blocks(request.messages)
        self._lock = threading.Lock()
        self._stream: Stream[RawMessageStreamEvent] | None = None
        self._closed = False
        self._short = False

    def events(self) -> Generator[tuple[str, dict[str, Any]], None, None]:
        """Stream the events; errors of the SDK come out as the port's."""
        import anthropic
        import httpx2

        try:
            with self._lock:
                if self._closed:
                    raise ModelFailed("the model call was closed")
            stream = self._client.messages.create(**_arguments(self._request))
            with self._lock:
                self._stream = stream
                if self._closed:
                    self._hang_up()
            with closing(stream):
                for event in stream:
                    yield from self._blocks.take(event)
            yield from self._blocks.end()
        except (anthropic.APIStatusError, anthropic.APIConnectionError, httpx2.HTTPError, httpx2.StreamError) as error:
            if not self._short:
                raise _translated(error, self._request.model) from error
        except Unreadable as error:
            raise ModelFailed(f"The model service's answer cannot be read: {error}") from error
        if self._short and not self._blocks.complete:
            yield from self._blocks.cut()
        if not self._blocks.complete:
            late = "had said nothing that can be kept when its time was over"
            raise ModelFailed(f"the model {late}" if self._short else "the model's answer broke off")

    def answer(self) -> Answer:
        """Give the whole answer."""
        return self._blocks.answer()

    def cut(self) -> None:
        """End the call, and keep what has come."""
        self._short = not self._closed
        self.close()

    def close(self) -> None:
        """End the call, also while another thread waits for its next byte."""
        with self._lock:
            if not self._closed:
                self._closed = True
                if self._stream and not self._blocks.complete:
                    self._hang_up()

    def _hang_up(self) -> None:
        """Shut the socket down: closing it would not wake a thread that reads from it."""
        assert self._stream
        connection = self._stream.response.extensions.get("network_stream")
        raw = connection.get_extra_info("socket") if connection else None
        if isinstance(raw, socket.socket):
            try:
                raw.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it is closed already
        else:
            self._stream.response.stream.close()  # type: ignore[union-attr]  # a sync client's is


def _arguments(request: ModelRequest) -> dict[str, Any]:
    """Say it in the words of the Messages API."""
    arguments: dict[str, Any] = {
        "model": request.model.removeprefix(BEDROCK),
        "system": caching.instructions(request.system),
        "messages": caching.conversation(request.messages),
        "tools": [*request.tools, *({"type": SERVER_TOOLS[name], "name": name} for name in request.server_tools)],
        "max_tokens": request.max_tokens,
        "stream": True,
    }
    if request.thinking is True:
        arguments["thinking"] = {"type": "adaptive", "display": "summarized"}
    elif request.thinking:
        arguments["thinking"] = {"type": "enabled", "budget_tokens": request.thinking}
    if request.effort:
        arguments["output_config"] = {"effort": request.effort}
    if request.temperature is not None:
        arguments["extra_body"] = {"temperature": request.temperature}  # the SDK has it no more; some services do
    return arguments


def _translated(error: Exception, model: str) -> Exception:
    """Tell what may pass by itself from what will not."""
    status = getattr(error, "status_code", None)
    said = str(getattr(error, "message", error))[:1000]
    if status in (401, 403):
        check = "that the role may invoke the model on Bedrock" if model.startswith(BEDROCK) else "ANTHROPIC_API_KEY"
        return ModelRefused(f"The model service refused the caller; check {check} ({said})")
    if status == 404:
        return ModelRefused(f"The model service does not know {model!r}; check the session's model or WALKAWAY_MODEL")
    if isinstance(status, int) and 400 <= status < 500 and status not in (408, 409, 429):
        return ModelRefused(f"The model service refused the call: {said}")
    asked = getattr(error, "response", None) and error.response.headers.get("retry-after")  # type: ignore[attr-defined]
    trouble = f"The model service failed: {said}" if status else f"The model service broke off: {said}"
    return ModelFailed(trouble, float(asked) if asked and asked.replace(".", "", 1).isdigit() else None)
