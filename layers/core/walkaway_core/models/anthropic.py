"""The model port over the Messages API, through the official SDK.

It calls the real service, one that speaks like it, Amazon Bedrock, or the offline model, whose transport answers in
their place. The SDK is imported at the first call, or by `warm`.
"""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from walkaway_core.models import caching
from walkaway_core.models.calling import AnthropicCall
from walkaway_core.ports.model import ModelRequest
from walkaway_core.settings import BEDROCK, REHEARSAL, Settings

if TYPE_CHECKING:
    from anthropic import Anthropic, AnthropicBedrock, Stream
    from anthropic.types import RawMessageStreamEvent

    Client = Anthropic | AnthropicBedrock

CONNECT_SECONDS = 10.0
STALL_SECONDS = 60.0
"""How long a service may say nothing in the middle of an answer."""
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
        known = {"model", "system", "messages", "tools", "thinking", "output_config"}
        try:
            asked = {name: value for name, value in _arguments(request).items() if name in known}
            return self._client(request.model).messages.count_tokens(**asked).input_tokens
        except Exception:  # noqa: BLE001 - whatever it is, the call itself will say it
            return None

    def call(self, request: ModelRequest) -> AnthropicCall:
        """Prepare a call. The client is made when it begins: what is wrong with it is what the call fails with."""
        return AnthropicCall(lambda: self._begin(request), request, self._settings, STALL_SECONDS)

    def _begin(self, request: ModelRequest) -> "Stream[RawMessageStreamEvent]":
        """Send a request; what the service says may be long in coming, but not between two parts of it."""
        from httpx2 import Timeout

        first = max(float(self._settings.first_byte_seconds), STALL_SECONDS)
        timeout = Timeout(STALL_SECONDS, connect=CONNECT_SECONDS, read=first)
        stream: Stream[RawMessageStreamEvent]
        stream = self._client(request.model).messages.create(**_arguments(request), timeout=timeout)
        return stream

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
        "timeout": Timeout(STALL_SECONDS, connect=CONNECT_SECONDS),
        "http_client": DefaultHttpxClient(limits=Limits(max_connections=None, max_keepalive_connections=100)),
    }


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
