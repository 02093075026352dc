"""The model port over the Messages API, through the official SDK.

It calls the real service, one that speaks like it, Amazon Bedrock, or the offline model, whose transport answers in
their place. The SDK is imported at the first call, or by `warm`.
"""

import hashlib
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from walkaway_core.models import arguments, catalog, unforeseen
from walkaway_core.models.calling import AnthropicCall
from walkaway_core.models.encoded import encoded
from walkaway_core.ports.model import ModelRequest
from walkaway_core.settings import BEDROCK, REHEARSAL, Settings
from walkaway_core.values import PROVIDERS
from walkaway_wire import jsontext

if TYPE_CHECKING:
    from anthropic import Anthropic, AnthropicBedrock, AnthropicBedrockMantle, Stream

    Client = Anthropic | AnthropicBedrock | AnthropicBedrockMantle

ADDRESS = "https://api.anthropic.com"
OTHERS = ", and so do names such as claude-…, gpt-… and o3"
"""What else does where there is no service (models/aliases.py)."""
BEDROCKS = "https://bedrock-runtime.us-east-1.amazonaws.com"
"""An address there; a region's has its name in it, which no proxy is chosen by."""
CONNECT_SECONDS = 10.0
STALL_SECONDS = 60.0
"""How long a service may say nothing in the middle of an answer."""


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
        others = "" if any(map(self._settings.provides, PROVIDERS)) else OTHERS
        works = f"{REHEARSAL!r} works offline{others}"
        return missing and f"The model {model[:100]!r} needs the server's {missing}; {works}"

    def problem(self) -> str | None:
        """Say what in the environment keeps every call to a service that is set up from being sent."""
        addresses = {"anthropic": self._settings.base_url or ADDRESS, "bedrock": BEDROCKS}
        called = [address for service, address in addresses.items() if self._settings.provides(service)]
        if not called:
            return None
        from httpx2 import URL

        from walkaway_core.models.ways import Ways

        try:
            ways = Ways()
            for address in called:
                ways.to(URL(address))
        except Exception as error:  # noqa: BLE001 - whatever it is, no call can be made
            return unforeseen.set_wrong(error) or f"The model service cannot be called from here: {error}"
        ways.close()
        return None

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
        known = {"model", "system", "messages", "tools", "thinking", "output_config"}
        try:
            body, headers = self._arguments(request)
            asked = {name: value for name, value in body.items() if name in known}
            client = self._client(request.model)
            counted: object = client.messages.count_tokens(**asked, extra_headers=headers).input_tokens
        except Exception:  # noqa: BLE001 - whatever it is, the call itself will say it
            return None
        return counted if isinstance(counted, int) and counted > 0 else None

    def call(self, request: ModelRequest) -> AnthropicCall:
        """Prepare a call. The client is made when it begins: what is wrong with it is what the call fails with."""
        return AnthropicCall(lambda: self._begin(request), request, self._settings, STALL_SECONDS)

    def _begin(self, request: ModelRequest) -> "Stream[object]":
        """Send a request; what the service says may be long in coming, but not between two parts of it.

        Through the method of the SDK that does neither copy what is sent, which costs more than all else of a long
        conversation, nor make objects of what comes; Bedrock puts the model's name from the body into the address.
        """
        from anthropic import Stream
        from httpx2 import Timeout

        first = max(float(self._settings.first_byte_seconds), STALL_SECONDS)
        body, headers = self._arguments(request)
        sent: dict[str, Any] = {"content": encoded(body)}
        if request.model.startswith(BEDROCK):
            sent = {"body": body}
        return self._client(request.model).post(
            "/v1/messages",
            **sent,
            options={"headers": headers, "timeout": Timeout(STALL_SECONDS, connect=CONNECT_SECONDS, read=first)},
            cast_to=object,
            stream=True,
            stream_cls=Stream[object],
        )

    def _arguments(self, request: ModelRequest) -> arguments.Asked:
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

        return Anthropic(api_key=key, base_url=self._settings.base_url or ADDRESS, **_options())

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
    from httpx2 import Timeout

    from walkaway_core.models.ways import Ways

    return {
        "max_retries": 0,  # what is repeated, readers are told of
        "timeout": Timeout(STALL_SECONDS, connect=CONNECT_SECONDS),
        "http_client": DefaultHttpxClient(transport=Ways()),
    }
