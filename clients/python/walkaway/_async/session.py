"""A session: a conversation and its workspace, in which one turn runs at a time."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Unpack

from walkaway._async import sending
from walkaway._async.answering import give
from walkaway._async.files import AsyncFiles
from walkaway._async.following import AsyncFollower
from walkaway._async.lists import AsyncPages
from walkaway._async.results import AsyncResult, awaited
from walkaway._async.transport import AsyncTransport
from walkaway._async.turns import AsyncTurn
from walkaway.events import Event
from walkaway.given import address, id_of, listed
from walkaway.reading import Place
from walkaway.records import lenient
from walkaway.retries import Deadline, Safe
from walkaway.settings import TurnSettings
from walkaway.tools import Approver, Call, Tool, gathered

if TYPE_CHECKING:
    from pathlib import Path

    from walkaway_wire.messages import ResponseRecord, Said
    from walkaway_wire.resources import SessionRecord

OnBusy = Literal["reject", "enqueue", "steer", "interrupt"]


class AsyncSession:
    """A session. Properties say what is known here, and ask nobody: `refresh()` does."""

    def __init__(
        self,
        transport: AsyncTransport,
        id_: str,
        *,
        own: Mapping[str, Tool] | None = None,
        raw: Mapping[str, Any] | None = None,
    ) -> None:
        self._transport, self.id = transport, id_
        self.own = dict(own or {})
        self.raw: dict[str, Any] = dict(raw or {})
        self.files = AsyncFiles(transport, id_)
        self._path = address("sessions", id_)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id}>"

    @property
    def busy(self) -> bool:
        """Whether a turn runs."""
        return bool(self.raw.get("busy"))

    @property
    def title(self) -> str:
        """What it is called; empty: not known here, or an older server."""
        return str(self.raw.get("title") or "")

    @property
    def metadata(self) -> dict[str, Any]:
        """Free form; the agent reports its progress here, too."""
        return dict(self.raw.get("metadata") or {})

    @property
    def expires_at(self) -> float:
        """When it ends, in seconds since the epoch."""
        return float(self.raw.get("expires_at") or 0)

    @property
    def cost_usd(self) -> float | None:
        """What its turns have cost so far."""
        return self.raw.get("cost_usd")

    @property
    def queue(self) -> list[AsyncTurn]:
        """The turns that wait, the next one first."""
        return [self._standing(str(each), "queued") for each in self.raw.get("queue") or ()]

    @property
    def current(self) -> AsyncTurn | None:
        """The turn that runs."""
        running = self.raw.get("response_id")
        return self._standing(str(running), "in_progress") if running else None

    def _standing(self, id_: str, status: str) -> AsyncTurn:
        return AsyncTurn(self._transport, self.id, id_, own=self.own, raw={"status": status})

    @property
    def record(self) -> "SessionRecord":
        """All that the server said of it last, typed; `raw` has what a newer server says besides."""
        from walkaway_wire.resources import SessionRecord

        return lenient(SessionRecord, self.raw)

    async def refresh(self) -> "AsyncSession":
        """Ask how it stands."""
        self.raw = (await self._transport.request("GET", self._path)).record("id")
        return self

    async def update(self, *, metadata: Mapping[str, Any] | None = None, title: str | None = None) -> "AsyncSession":
        """Set keys of the metadata (None removes one, others stay), or the title."""
        said = {"metadata": metadata, "title": title}
        change = {name: value for name, value in said.items() if value is not None}
        self.raw = (await self._transport.request("PATCH", self._path, json=change, safe=Safe.YES)).record("id")
        return self

    async def delete(self) -> None:
        """Delete it, and cancel what runs. Files stay."""
        (await self._transport.request("DELETE", self._path)).done()

    def turn(self, id_: "str | ResponseRecord | AsyncTurn") -> AsyncTurn:
        """Give a handle for a turn, by its id or what has it; asks nobody. Raises SettingInvalid."""
        return AsyncTurn(self._transport, self.id, id_of("turn", id_), own=self.own)

    async def send(
        self,
        message: str,
        /,
        *,
        attachments: "Sequence[str | Path | tuple[str, bytes]]" = (),
        on_busy: OnBusy = "reject",
        webhook_url: str = "",
        webhook_secret: str = "",
        idempotency_key: str | None = None,
        tools: "Sequence[Tool | Callable[..., Any] | Mapping[str, Any]] | None" = None,
        **settings: Unpack[TurnSettings],
    ) -> AsyncTurn:
        """Send a message, and come back at once: the turn goes on by itself, and starts once whatever breaks.

        `attachments`: a `str` is a path of the workspace, a `Path` a file of this machine, a pair is a name and bytes;
        what is larger than 3 MB goes to `uploads/` of the workspace first. At most 20: texts of
        1 MB, PNG, JPEG, GIF and WebP of 5 MB, PDFs of 20 MB, 20 MB in all. Raises FileRefused for others, and sends
        nothing then. `on_busy`: what becomes of the message while a turn runs: refused with SessionBusy, queued, told
        to the running turn, or begun in its place. `tools`, functions of this program, and `settings`, such as `model`
        and `max_steps`, hold for this turn alone; the session's are what is not said.
        """
        body: dict[str, Any] = {"message": message, "on_busy": on_busy, **settings}
        own = self.own
        if tools is not None:
            own, body["tools"] = gathered(tools)
        if given := listed("attachments", attachments):
            body["attachments"] = await sending.attached(self.files, given)
        hook = {"webhook_url": webhook_url, "webhook_secret": webhook_secret}
        body |= {name: value for name, value in hook.items() if value}
        said = await sending.sent(self._transport, self._path, body, idempotency_key)
        about = {"status": said.get("status", ""), "outcome": said.get("outcome", "")}
        after = said.get("after")
        over, id_ = self._transport.lasting, str(said["response_id"])
        return AsyncTurn(over, self.id, id_, own=own, raw=about, after=-1 if after is None else int(after))

    async def ask(
        self,
        message: str,
        /,
        *,
        attachments: "Sequence[str | Path | tuple[str, bytes]]" = (),
        on_busy: OnBusy = "reject",
        timeout: float | None = None,
        on_waiting: Literal["raise", "wait"] = "raise",
        on_approval: Approver | None = None,
        raise_on_failure: bool = True,
        tools: "Sequence[Tool | Callable[..., Any] | Mapping[str, Any]] | None" = None,
        **settings: Unpack[TurnSettings],
    ) -> AsyncResult:
        """Send a message and wait for what comes of it: `send` and `result` in one, by one deadline."""
        return await asked(
            self,
            self._transport,
            message,
            Deadline(timeout),
            attachments=attachments,
            on_busy=on_busy,
            on_approval=on_approval,
            raising=on_waiting == "raise",
            raise_on_failure=raise_on_failure,
            tools=tools,
            **settings,
        )

    def turns(self, limit: int | None = None) -> AsyncPages[AsyncTurn]:
        """List the turns, the newest first."""
        own = self.own
        make: Callable[[Mapping[str, Any]], AsyncTurn] = lambda raw: AsyncTurn(  # noqa: E731 - it has a type
            self._transport, self.id, str(raw["id"]), own=own, raw=raw
        )
        return AsyncPages(self._transport, f"{self._path}/responses", {}, make, limit)

    def messages(self, limit: int | None = None) -> "AsyncPages[Said]":
        """List what was said, from the beginning."""
        from walkaway_wire.messages import Said

        return AsyncPages(self._transport, f"{self._path}/messages", {}, lambda raw: lenient(Said, raw), limit)

    async def events(self, after: str = "", *, follow: bool = True) -> AsyncGenerator[Event, None]:
        """Read the events of all turns by one cursor (`event.cursor`), until the session is gone.

        Runs no tools. Without `follow` it gives what is there.
        """
        follower = AsyncFollower(self._transport, f"{self._path}/events", Place(after))
        found = follower.events() if follow else follower.present()
        try:
            async for event in found:
                yield event
        finally:
            await found.aclose()

    async def answer(self, *answers: Mapping[str, Any]) -> list[Call]:
        """Answer calls, in the form of POST …/tool_results; give those that are still waited for."""
        return await give(self._transport, self.id, *answers)


async def asked(
    session: AsyncSession,
    transport: AsyncTransport,
    message: str,
    deadline: Deadline,
    *,
    attachments: "Sequence[str | Path | tuple[str, bytes]]" = (),
    on_busy: OnBusy = "reject",
    on_approval: Approver | None = None,
    raising: bool = True,
    raise_on_failure: bool = True,
    tools: "Sequence[Tool | Callable[..., Any] | Mapping[str, Any]] | None" = None,
    **settings: Unpack[TurnSettings],
) -> AsyncResult:
    """Send a message and wait for what comes of it, as `session.ask` says it, by a deadline that runs already."""
    soon = AsyncSession(transport.until(deadline), session.id, own=session.own)
    turn = await soon.send(message, attachments=attachments, on_busy=on_busy, tools=tools, **settings)
    return await awaited(
        turn, transport, turn.own, on_approval, deadline, raising=raising, raise_on_failure=raise_on_failure
    )
