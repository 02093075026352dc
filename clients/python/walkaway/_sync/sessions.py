"""The sessions of a tenant: made, found, listed and deleted."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Unpack

from walkaway._sync import sending
from walkaway._sync.lists import Pages
from walkaway._sync.session import Session
from walkaway._sync.transport import Transport
from walkaway.given import address, id_of
from walkaway.settings import SessionSettings
from walkaway.tools import Tool, gathered

if TYPE_CHECKING:
    from walkaway_wire.resources import SessionRecord

WEEK = 7 * 86_400


class Sessions:
    """The sessions of a tenant."""

    def __init__(self, transport: Transport, own: Mapping[str, Tool]) -> None:
        self._transport, self._own = transport, own

    def create(
        self,
        *,
        agent: str = "",
        persistent: bool = True,
        ttl: int = WEEK,
        metadata: Mapping[str, Any] | None = None,
        tools: "Sequence[Tool | Callable[..., Any] | Mapping[str, Any]]" = (),
        **settings: Unpack[SessionSettings],
    ) -> Session:
        """Make a session. It sends `persistent: true` and a `ttl` of a week, where the API's own are false and 4 hours.

        `agent`: id or name; what is said here goes before what it says. `tools`: functions of this program. `settings`:
        what else POST /v1/sessions takes, such as `model`, `instructions`, `approve` and `file_access`.
        """
        own, told = gathered(tools)
        body: dict[str, Any] = {"persistent": persistent, "ttl": ttl, **({"agent": agent} if agent else {}), **settings}
        body |= ({"metadata": dict(metadata)} if metadata else {}) | ({"tools": told} if told else {})
        return self._made((sending.created(self._transport, "/v1/sessions", body)).record("id"), own)

    def get(self, id_: "str | SessionRecord | Session", /) -> Session:
        """Ask for a session. Raises NotFound."""
        return self._made({"id": id_of("session", id_)}).refresh()

    def list(
        self,
        *,
        busy: bool | None = None,
        waiting: bool | None = None,
        failed: bool | None = None,
        agent: str = "",
        q: str = "",
        limit: int | None = None,
    ) -> Pages[Session]:
        """List sessions, the newest first; filters need a server that has them, others refuse them by name."""
        flags = {"busy": busy, "waiting": waiting, "failed": failed}
        asked = {**{name: _flag(value) for name, value in flags.items()}, "agent": agent, "q": q}
        given = {name: value for name, value in asked.items() if value}
        return Pages(self._transport, "/v1/sessions", given, self._made, limit)

    def delete(self, id_: "str | SessionRecord | Session", /) -> None:
        """Delete a session."""
        (self._transport.request("DELETE", address("sessions", id_of("session", id_)))).done()

    def delete_many(self, *, status: str | None = None, older_than: str | None = None) -> int:
        """Delete by filter, such as `status="idle"`, `older_than="1h30m"`; give how many. Without a filter: refused."""
        asked = {"status": status, "older_than": older_than}
        answer = self._transport.request("DELETE", "/v1/sessions", params=asked)
        return int(answer.having("deleted", int)["deleted"])

    def _made(self, raw: Mapping[str, Any], own: Mapping[str, Tool] | None = None) -> Session:
        return Session(self._transport.lasting, str(raw["id"]), own={**self._own, **(own or {})}, raw=raw)


def _flag(value: bool | None) -> str:  # noqa: FBT001 - the caller's own argument
    return "" if value is None else str(value).lower()
