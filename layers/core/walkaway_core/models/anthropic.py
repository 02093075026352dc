"""The model port over the Messages API, through the official SDK.

It calls the real service, one that speaks like it, Amazon Bedrock, or the offline model, whose transport answers in
their place. The SDK is imported at the first call, or by `warm`.
"""

import hashlib
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import closing
from typing import TYPE_CHECKING, Any

from walkaway_core.models import arguments, catalog
from walkaway_core.models.blocks import Blocks
from walkaway_core.ports.model import Answer, ModelFailed, ModelRefused, ModelRequest, ThinkingRefused
from walkaway_core.settings import BEDROCK, REHEARSAL, Settings
from walkaway_wire import jsontext

if TYPE_CHECKING:
    from anthropic import Anthropic, AnthropicBedrock, AnthropicBedrockMantle, Stream
    from anthropic.types import RawMessageStreamEvent

    Client = Anthropic | AnthropicBedrock | AnthropicBedrockMantle

STALL_SECONDS = 60.0


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

    def prefix(self, request: ModelRequest) -> str:
        """Name instructions and tools as the service gets them, and the model."""
        card = catalog.find(request.model)
        if card is None or not card.bound:
            return ""
        bound = [request.model, request.system, arguments.tools(request, theirs=self._is_theirs(request.model))]
        return hashlib.sha256(jsontext.dump_bytes(bound)).hexdigest()[:16]

    def count(self, request: ModelRequest) -> int | None:
        """Ask the service to count; some services cannot, and Bedrock does not through the SDK."""
        import anthropic

        known = {"model", "system", "messages", "tools", "thinking", "output_config", "extra_headers"}
        asked = {name: value for name, value in self._arguments(request).items() if name in known}
        try:
            return self._client(request.model).messages.count_tokens(**asked).input_tokens
        except anthropic.AnthropicError:
            return None

    def call(self, request: ModelRequest) -> "AnthropicCall":
        """Prepare a call."""
        return AnthropicCall(self._client(request.model), request, self._arguments(request))

    def _arguments(self, request: ModelRequest) -> arguments.Arguments:
        return arguments.arguments(request, theirs=self._is_theirs(request.model))

    def _is_theirs(self, model: str) -> bool:
        """Whether a call goes to Claude's own API, which takes more than what speaks like it."""
        return not (model == REHEARSAL or model.startswith(BEDROCK) or self._settings.base_url)

    def _client(self, model: str) -> "Client":
        make: Callable[[str], Client] = self._online
        if model == REHEARSAL:
            make = self._offline
        elif model.startswith(BEDROCK):
            make = self._mantle if arguments.on_mantle(model) else self._bedrock
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

    def _mantle(self, _: str) -> "Client":
        from anthropic import AnthropicBedrockMantle

        return AnthropicBedrockMantle(**_options())

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

    def __init__(self, client: "Client", request: ModelRequest, arguments: arguments.Arguments) -> None:
        self._client = client
        self._request = request
        self._arguments = arguments
        self._blocks = Blocks()
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
            stream: Any = self._client.messages.create(**self._arguments)
            with self._lock:
                self._stream = stream
                if self._closed:
                    self._hang_up()
            with closing(stream):
                for event in stream:
                    yield from self._blocks.take(event)
        except (anthropic.APIStatusError, anthropic.APIConnectionError, httpx2.HTTPError, httpx2.StreamError) as error:
            if not self._short:
                raise _translated(error, self._request.model) from error
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


def _translated(error: Exception, model: str) -> Exception:
    """Tell what may pass by itself from what will not."""
    status = getattr(error, "status_code", None)
    said = str(getattr(error, "message", error))[:1000]
    if status in (401, 403):
        check = "that the role may invoke the model on Bedrock" if model.startswith(BEDROCK) else "ANTHROPIC_API_KEY"
        return ModelRefused(f"The model service refused the caller; check {check} ({said})")
    if status == 404:
        return ModelRefused(f"The model service does not know {model!r}; check the session's model or WALKAWAY_MODEL")
    if status == 400 and "`signature` in `thinking`" in said:
        return ThinkingRefused(f"The model service refused the call: {said}")
    if isinstance(status, int) and 400 <= status < 500 and status not in (408, 409, 429):
        return ModelRefused(f"The model service refused the call: {said}")
    asked = getattr(error, "response", None) and error.response.headers.get("retry-after")  # type: ignore[attr-defined]
    trouble = f"The model service failed: {said}" if status else f"The model service broke off: {said}"
    return ModelFailed(trouble, float(asked) if asked and asked.replace(".", "", 1).isdigit() else None)
