"""A turn, as a program holds it: read its events, wait for its end, answer its calls. All to be kept is `ref`."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

from walkaway._async import waiting
from walkaway._async.answering import AsyncAnswering, give
from walkaway._async.following import AsyncFollower
from walkaway._async.results import AsyncResult, awaited
from walkaway._async.transport import AsyncTransport
from walkaway.errors import Refused, Unreachable, WalkawayError
from walkaway.events import Event, TextDelta, ToolCallApproved, ToolCallRequested, ToolResult
from walkaway.given import address
from walkaway.reading import Accumulator, Place
from walkaway.records import lenient
from walkaway.retries import Deadline, Safe
from walkaway.tools import Approver, Call, Tool, answered

if TYPE_CHECKING:
    from walkaway_wire.messages import ResponseRecord

ENDED = frozenset({"completed", "failed", "cancelled"})


class AsyncTurn:
    """One message and what becomes of it. Properties say what is known here, and ask nobody: `refresh()` does.

    Leaving a loop over its events closes a connection and cancels nothing.
    """

    def __init__(
        self,
        transport: AsyncTransport,
        session: str,
        id_: str,
        *,
        own: Mapping[str, Tool] | None = None,
        raw: Mapping[str, Any] | None = None,
        after: int = -1,
    ) -> None:
        self._transport, self.session_id, self.id = transport, session, id_
        self.own = dict(own or {})
        self.raw: dict[str, Any] = dict(raw or {})
        self.outcome: str = self.raw.pop("outcome", "")
        self.cursor = str(after) if after >= 0 else ""
        self._said = Accumulator()
        self._path = address("sessions", session, "responses", id_)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.ref} {self.status or 'unread'}>"

    @property
    def ref(self) -> str:
        """What `client.turn(ref)` takes, on any machine."""
        return f"{self.session_id}/{self.id}"

    @property
    def status(self) -> str:
        """`queued`, `in_progress`, `completed`, `failed` or `cancelled`; empty: not known here yet."""
        return str(self.raw.get("status", ""))

    @property
    def ended(self) -> bool:
        """Whether it is known to be over."""
        return self.status in ENDED

    @property
    def text(self) -> str:
        """The text of the last step, as far as it is known here."""
        return str(self.raw.get("output_text") or self._said.text)

    @property
    def usage(self) -> dict[str, int]:
        """Tokens, by kind."""
        return dict(self.raw.get("usage") or {})

    @property
    def cost_usd(self) -> float | None:
        """What it has cost; None: not known, or a model without a price."""
        return self.raw.get("cost_usd")

    @property
    def error(self) -> str | None:
        """Why it failed."""
        return self.raw.get("error")

    @property
    def pending(self) -> list[Call]:
        """The calls that it waits for, as far as that is known here."""
        return [Call.read(each, self.session_id, self.id) for each in self.raw.get("pending_tool_calls") or ()]

    @property
    def files(self) -> "tuple[Mapping[str, Any], ...] | None":
        """The files that it has written or deleted; None: not known here, or an older server."""
        files = self.raw.get("files")
        return None if files is None else tuple(files)

    @property
    def record(self) -> "ResponseRecord":
        """All that the server said of it last, typed; `raw` has what a newer server says besides."""
        from walkaway_wire.messages import ResponseRecord

        return lenient(ResponseRecord, self.raw)

    async def refresh(self) -> "AsyncTurn":
        """Ask how it stands."""
        self.raw = (await self._transport.request("GET", self._path)).record("id")
        return self

    async def events(
        self,
        after: str | int | None = None,
        *,
        follow: bool = True,
        tools: bool = True,
        on_approval: Approver | None = None,
    ) -> AsyncGenerator[Event, None]:
        """Read events from behind `after` (`-1`: all), or from where this turn was left, to the last one.

        Runs the calls that functions of this client answer, unless `tools` is False. Without `follow` it gives what is
        there. Comes back by itself whatever happens to connections and servers; see ConnectionLost for the end of that.
        """
        cursor = self.cursor if after is None else str(after) if str(after) != "-1" else ""
        if not cursor:
            self._said = Accumulator()
        follower = AsyncFollower(self._transport, f"{self._path}/events", Place(cursor), turn=self.id)
        answering = AsyncAnswering(self._transport, self.own if tools else {}, on_approval)
        present = follower.present if not follow else None
        between = waiting.others(self, self._transport, answering, Deadline(None))
        found = present() if present else follower.events(None, between, answering.failed)
        try:
            async for event in found:
                await self._take(event, answering)
                yield event
        except WalkawayError as error:
            answering.lead_back(error, self)
            raise
        finally:
            answering.close()
            await found.aclose()

    async def texts(self) -> AsyncGenerator[str, None]:
        """Read what the agent says, as it says it: the answer, and what comes between its calls of tools.

        What an attempt wrote that failed may come again; `text` has it once.
        """
        found = self.events()
        try:
            async for event in found:
                if isinstance(event, TextDelta):
                    yield event.content
        finally:
            await found.aclose()

    async def wait(self, timeout: float | None = None, *, on_approval: Approver | None = None) -> "AsyncTurn":
        """Wait for the end, whatever it is and whoever answers its calls. Raises TimedOut; the turn goes on then."""
        await waiting.for_the_end(self, self._transport, self.own, on_approval, Deadline(timeout), raising=False)
        return self

    async def result(
        self,
        timeout: float | None = None,
        *,
        on_waiting: Literal["raise", "wait"] = "raise",
        on_approval: Approver | None = None,
        raise_on_failure: bool = True,
        tools: bool = True,
    ) -> AsyncResult:
        """Wait for the end and give what came of it. `timeout`: seconds by the clock, in all.

        Raises TurnFailed, TurnCancelled (both not without `raise_on_failure`), TurnWaiting when it waits for what
        nobody in this program answers (`on_waiting="wait"` waits for whoever else does), and TimedOut: it goes on then.
        """
        return await awaited(
            self,
            self._transport,
            self.own if tools else {},
            on_approval,
            Deadline(timeout),
            raising=on_waiting == "raise",
            raise_on_failure=raise_on_failure,
        )

    async def cancel(self) -> "AsyncTurn":
        """Cancel it. When this returns it is over, by that or before."""
        await self._transport.request("POST", f"{self._path}/cancel", safe=Safe.YES)
        return await self.refresh()

    async def answer(self, call: Call | str, output: Any = None, *, is_error: bool = False) -> None:
        """Answer a call: text as it is, anything else as JSON. The first answer stands."""
        said = answered(self._call(call), output)
        await give(self._transport, self.session_id, said | ({"is_error": True} if is_error else {}))

    async def approve(self, call: Call | str) -> None:
        """Say yes to a call of the server's tool."""
        await give(self._transport, self.session_id, {"call_id": self._call(call).call_id, "approve": True})

    async def deny(self, call: Call | str, reason: str = "") -> None:
        """Say no to it; the model is told why."""
        said = {"call_id": self._call(call).call_id, "approve": False, "reason": reason}
        await give(self._transport, self.session_id, said)

    def _call(self, call: Call | str) -> Call:
        return call if isinstance(call, Call) else Call(call, "")

    async def _take(self, event: Event, answering: AsyncAnswering) -> None:
        call = Call.read(event.data, self.session_id, self.id) if isinstance(event, ToolCallRequested) else None
        ours = call is not None and answering.knows(call)
        waits = call is not None and ours and await waiting.still_for(self, self._transport, call)
        self.cursor = event.cursor  # what raises before is read anew from there
        self._said.take(event)
        if call is not None and waits:
            answering.take(call)
        elif call is not None and not ours:
            self._note(call.call_id, event.data)
        elif isinstance(event, ToolResult | ToolCallApproved):
            self._note(str(event.data.get("call_id") or event.data.get("id") or ""))
        if event.at_end:
            self.raw["status"] = event.type.rpartition(".")[2].replace("error", "failed")
            with suppress(Unreachable, Refused):  # the log has told the end
                await self.refresh()

    def _note(self, id_: str, asked: Mapping[str, Any] | None = None) -> None:
        """Note what the log says of a call: that it is `asked`, or waits no more."""
        others = [each for each in self.raw.get("pending_tool_calls") or () if each.get("call_id") != id_]
        self.raw["pending_tool_calls"] = [*others, asked] if asked else others
