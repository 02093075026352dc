"""Agents and webhooks: records that are made, read, changed and deleted, and the verbs of their own."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Unpack

from walkaway._sync import sending
from walkaway._sync.hooks import Hooked
from walkaway._sync.lists import Pages
from walkaway._sync.transport import Transport
from walkaway.errors import SettingInvalid
from walkaway.given import address, id_of, listed
from walkaway.records import lenient
from walkaway.retries import Safe
from walkaway.settings import AgentChanges, AgentSettings
from walkaway.tools import Tool, gathered
from walkaway.webhooks import TOLERANCE, Headers, unwrap

if TYPE_CHECKING:
    from walkaway_wire.agents import AgentRecord, AgentVersion, AgentVersionDetail
    from walkaway_wire.webhooks import DeliveryDetail, DeliveryRecord, SecretRotated, WebhookCreated, WebhookRecord

    Webhook = str | WebhookRecord | WebhookCreated
    """One, by its id or what has it."""


class Agents:
    """Named settings that sessions can share. An agent may be named by its id or its name."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        *,
        name: str,
        tools: "Sequence[Tool | Callable[..., Any] | Mapping[str, Any]]" = (),
        **settings: Unpack[AgentSettings],
    ) -> "AgentRecord":
        """Make an agent; `settings` are those of a session, and `description`. Raises NameTaken."""
        told = gathered(tools)[1]
        body = {"name": name, **settings, **({"tools": told} if told else {})}
        return _agent((sending.created(self._transport, "/v1/agents", body)).record("id"))

    def get(self, agent: "str | AgentRecord", /) -> "AgentRecord":
        """Ask for an agent."""
        return _agent((self._transport.request("GET", address("agents", id_of("agent", agent)))).record("id"))

    def list(self, *, limit: int | None = None) -> "Pages[AgentRecord]":
        """List agents."""
        return Pages(self._transport, "/v1/agents", {}, _agent, limit)

    def update(
        self,
        agent: "str | AgentRecord",
        /,
        *,
        tools: "Sequence[Tool | Callable[..., Any] | Mapping[str, Any]] | None" = None,
        **change: Unpack[AgentChanges],
    ) -> "AgentRecord":
        """Change what is named, for turns that begin from now on."""
        body = {**change, **({} if tools is None else {"tools": gathered(tools)[1]})}
        return _agent(
            (self._transport.request("PATCH", address("agents", id_of("agent", agent)), json=body)).record("id")
        )

    def versions(self, agent: "str | AgentRecord", /, *, limit: int | None = None) -> "Pages[AgentVersion]":
        """List what an agent was, the newest first, with the names of its tools."""
        from walkaway_wire.agents import AgentVersion

        path = address("agents", id_of("agent", agent), "versions")
        return Pages(self._transport, path, {}, lambda raw: lenient(AgentVersion, raw), limit)

    def version(self, agent: "str | AgentRecord", number: int, /) -> "AgentVersionDetail":
        """Ask for an agent as it was in a version, its tools in full."""
        from walkaway_wire.agents import AgentVersionDetail

        path = address("agents", id_of("agent", agent), "versions", str(number))
        return lenient(AgentVersionDetail, (self._transport.request("GET", path)).record("id"))

    def delete(self, agent: "str | AgentRecord", /) -> None:
        """Delete an agent."""
        (self._transport.request("DELETE", address("agents", id_of("agent", agent)))).done()


class Webhooks:
    """Addresses that are told what happens."""

    def __init__(self, transport: Transport, own: Mapping[str, Tool]) -> None:
        self._transport, self._own = transport, own

    def unwrap(
        self, headers: Headers, body: bytes, *, secret: str | None = None, tolerance: float = TOLERANCE
    ) -> Hooked:
        """Give what has come, verified, with a handle for its turn: `event.turn.answer(…)`.

        `secret`: else WALKAWAY_WEBHOOK_SECRET. `body`: the bytes as they came. Raises SignatureInvalid (answer 401
        then), and SettingInvalid where there is no secret.
        """
        found = secret or os.environ.get("WALKAWAY_WEBHOOK_SECRET", "").strip()
        if not found:
            raise SettingInvalid("There is no secret to verify webhooks with: give secret=, or WALKAWAY_WEBHOOK_SECRET")
        return Hooked(unwrap(found, headers, body, tolerance=tolerance), self._transport, self._own)

    def create(self, *, url: str, events: Sequence[str] = ("*",), **more: Any) -> "WebhookCreated":
        """Register an address. Its `secret` is shown this once."""
        from walkaway_wire.webhooks import WebhookCreated

        body = {"url": url, "events": listed("events", events), **more}
        return lenient(WebhookCreated, (sending.created(self._transport, "/v1/webhooks", body)).record("id"))

    def get(self, webhook: "Webhook", /) -> "WebhookRecord":
        """Ask for a webhook."""
        return _webhook((self._transport.request("GET", address("webhooks", id_of("webhook", webhook)))).record("id"))

    def list(self) -> "list[WebhookRecord]":
        """List webhooks."""
        return [_webhook(each) for each in (self._transport.request("GET", "/v1/webhooks")).records("id")]

    def update(self, webhook: "Webhook", /, **change: Any) -> "WebhookRecord":
        """Change `url`, `events`, `format`, `description` or `status`."""
        path = address("webhooks", id_of("webhook", webhook))
        return _webhook((self._transport.request("PATCH", path, json=change, safe=Safe.YES)).record("id"))

    def delete(self, webhook: "Webhook", /) -> None:
        """Forget an address."""
        (self._transport.request("DELETE", address("webhooks", id_of("webhook", webhook)))).done()

    def rotate(self, webhook: "Webhook", /, *, grace: int = 86_400) -> "SecretRotated":
        """Make a new secret; the old one signs too for `grace` seconds."""
        from walkaway_wire.webhooks import SecretRotated

        path = address("webhooks", id_of("webhook", webhook), "rotate")
        return lenient(SecretRotated, (self._transport.request("POST", path, json={"grace": grace})).record("secret"))

    def test(self, webhook: "Webhook", /) -> None:
        """Have `webhook.test` sent."""
        (self._transport.request("POST", address("webhooks", id_of("webhook", webhook), "test"))).record("id")

    def deliveries(self, webhook: "Webhook", /, *, limit: int | None = None) -> "Pages[DeliveryRecord]":
        """List what it was to be told, the newest first."""
        from walkaway_wire.webhooks import DeliveryRecord

        path = address("webhooks", id_of("webhook", webhook), "deliveries")
        return Pages(self._transport, path, {}, lambda raw: lenient(DeliveryRecord, raw), limit)

    def delivery(self, webhook: "Webhook", delivery: "str | DeliveryRecord", /) -> "DeliveryDetail":
        """Ask for a delivery, with what was sent."""
        from walkaway_wire.webhooks import DeliveryDetail

        path = address("webhooks", id_of("webhook", webhook), "deliveries", id_of("delivery", delivery))
        return lenient(DeliveryDetail, (self._transport.request("GET", path)).record("id"))

    def redeliver(self, webhook: "Webhook", delivery: "str | DeliveryRecord", /) -> None:
        """Begin the attempts anew."""
        parts = ("webhooks", id_of("webhook", webhook), "deliveries", id_of("delivery", delivery), "redeliver")
        (self._transport.request("POST", address(*parts))).record("id")


def _agent(raw: Mapping[str, Any]) -> "AgentRecord":
    from walkaway_wire.agents import AgentRecord

    return lenient(AgentRecord, raw)


def _webhook(raw: Mapping[str, Any]) -> "WebhookRecord":
    from walkaway_wire.webhooks import WebhookRecord

    return lenient(WebhookRecord, raw)
