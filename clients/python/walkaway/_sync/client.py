"""The client: where requests go, and what there is."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, Unpack, overload

from walkaway import profiles, tools as of_tools
from walkaway._sync.feeds import Feed
from walkaway._sync.resources import Agents, Webhooks
from walkaway._sync.results import Result
from walkaway._sync.schedules import Schedules
from walkaway._sync.session import Session, asked
from walkaway._sync.sessions import Sessions
from walkaway._sync.transport import Transport
from walkaway._sync.turns import Turn
from walkaway._sync.workers import Worker
from walkaway.answers import Answer
from walkaway.errors import FeatureMissing, NotFound, SettingInvalid
from walkaway.given import id_of, listed, turn_ref
from walkaway.records import lenient
from walkaway.retries import Deadline
from walkaway.settings import RunSettings
from walkaway.tools import Approver, Tool, gathered

if TYPE_CHECKING:
    from pathlib import Path

    import httpx2

    from walkaway_wire.me import Me
    from walkaway_wire.messages import ResponseRecord
    from walkaway_wire.resources import SessionRecord


class Walkaway:
    """A server, as one tenant sees it.

    Address and key: `url` and `key`, else WALKAWAY_URL and WALKAWAY_KEY, else the profile (`profile`, WALKAWAY_PROFILE,
    or the active one), else http://127.0.0.1:8005 without a key. Seconds: `timeout` of a request without a sign of
    life; `patience`, how long a log is followed without any connection; `silence`, after which a stream is dead.
    `retries`: how often a request is sent again. `http`: a client of the caller's, which stays open.

    Safe for threads. Nothing is sent before something is asked. Raises SettingInvalid.
    """

    def __init__(
        self,
        *,
        url: str | None = None,
        key: str | None = None,
        profile: str | None = None,
        timeout: float = 30,
        retries: int = 5,
        patience: float = 600,
        silence: float = profiles.SILENCE,
        headers: Mapping[str, str] | None = None,
        http: "httpx2.Client | None" = None,
    ) -> None:
        said = {"timeout": timeout, "retries": retries, "patience": patience, "silence": silence}
        self._begin(Transport(profiles.options(url, key, profile, headers or {}, **said), http), {})

    def _begin(self, transport: Transport, own: dict[str, Tool]) -> None:
        self._transport, self._own = transport, own
        self.sessions = Sessions(transport, own)
        self.agents = Agents(transport)
        self.schedules = Schedules(transport, own)
        self.webhooks = Webhooks(transport, own)
        self.feed = Feed(transport, own)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._transport.options.url}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def run(
        self,
        message: str,
        /,
        *,
        agent: str = "",
        attachments: "Sequence[str | Path | tuple[str, bytes]]" = (),
        tools: "Sequence[Tool | Callable[..., Any] | Mapping[str, Any]]" = (),
        approve: Sequence[str] = (),
        on_approval: Approver | None = None,
        timeout: float | None = None,
        **settings: Unpack[RunSettings],
    ) -> Result:
        """Make a session, send a message, and wait for what comes of it.

        `approve`: tools of the server's whose calls wait for a yes of `on_approval`. `settings`: those of
        `sessions.create`. Raises what `turn.result` does; `error.turn` leads back to it.
        """
        told: dict[str, Any] = {**settings, **({"approve": listed("approve", approve)} if approve else {})}
        deadline = Deadline(timeout)
        soon = Sessions(self._transport.until(deadline), self._own)
        session = soon.create(agent=agent, tools=tools, **told)
        return asked(session, self._transport, message, deadline, attachments=attachments, on_approval=on_approval)

    def request(
        self, method: str, path: str, /, *, json: Any = None, params: Mapping[str, Any] | None = None
    ) -> Answer:
        """Send any request, such as `GET`, `/v1/me`, by the rules of all others; give the answer, if it is a success.

        Of the answer `json()`, `body`, `headers` (their names in lower case) and `status` are of use. Raises Refused.
        """
        if not path.startswith("/"):
            raise SettingInvalid(f"{path[:200]!r} is no path of an address: it begins with a slash, like /v1/sessions")
        return self._transport.request(method.upper(), path, json=json, params=params)

    def session(self, id_: "str | SessionRecord | Session", /) -> Session:
        """Give a handle for a session, by its id or what has it; asks nobody. Raises SettingInvalid."""
        return Session(self._transport, id_of("session", id_), own=self._own)

    def turn(self, ref: "str | ResponseRecord | Turn", /) -> Turn:
        """Give a handle for a turn by what `turn.ref` gave, on this machine or another; asks nobody.

        A turn's record or handle is taken as well. Raises SettingInvalid.
        """
        session, id_ = turn_ref(ref)
        return Turn(self._transport, session, id_, own=self._own)

    @overload
    def tool(self, function: Callable[..., Any], /) -> Tool: ...
    @overload
    def tool(
        self,
        function: None = None,
        /,
        *,
        name: str | None = None,
        description: str | None = None,
        timeout: int | None = None,
    ) -> Callable[[Callable[..., Any]], Tool]: ...
    def tool(
        self,
        function: Callable[..., Any] | None = None,
        /,
        *,
        name: str | None = None,
        description: str | None = None,
        timeout: int | None = None,
    ) -> "Tool | Callable[[Callable[..., Any]], Tool]":
        """Make a function a tool, as `walkaway.tool` does, that this client answers calls with in every session."""

        def made(given: Callable[..., Any]) -> Tool:
            tool = of_tools.tool(name=name, description=description, timeout=timeout)(given)
            self._own[tool.name] = tool
            return tool

        return made if function is None else made(function)

    def me(self) -> "Me":
        """Ask who is calling, and what there is for them. Raises FeatureMissing of an older server."""
        from walkaway_wire.me import Me

        try:
            return lenient(Me, (self._transport.request("GET", "/v1/me")).record("tenant"))
        except NotFound:
            raise FeatureMissing("me", "This server is older and does not tell who is calling") from None

    def serve_tools(
        self,
        tools: "Sequence[Tool | Callable[..., Any]]",
        /,
        *,
        agents: Sequence[str] = (),
        on_approval: Approver | None = None,
        lease: int = 60,
    ) -> None:
        """Answer calls of these tools in every turn of the tenant, and never end: first those that wait already.

        `agents`: ids or names of whose turns alone. Many workers may run: each call is claimed before its function
        runs, for `lease` seconds (1 to 3,600), which are renewed while it does; when a worker dies, another one takes
        its calls then. One that is stopped (Ctrl-C, a cancelled task) gives back what it has not answered. Raises
        SettingInvalid, and FeatureMissing where the server cannot tell what waits.
        """
        own = gathered(tools)[0]
        if not own and on_approval is None:
            raise SettingInvalid("There is nothing to serve: give functions, or on_approval=")
        ids = [str((self.agents.get(name)).id) for name in listed("agents", agents)]
        Worker(self._transport, own, ids, on_approval, lease).serve()

    def features(self) -> frozenset[str]:
        """What the server can do besides what the first one could; asked once."""
        return self._transport.features()

    def with_options(
        self,
        *,
        timeout: float | None = None,
        retries: int | None = None,
        patience: float | None = None,
        silence: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> "Walkaway":
        """Give a client with other options, and the same connections and tools."""
        said = {"timeout": timeout, "retries": retries, "patience": patience, "silence": silence, "headers": headers}
        changed: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
        options = dataclasses.replace(self._transport.options, **changed)
        other = object.__new__(type(self))
        other._begin(self._transport.sharing(options), self._own)
        return other
