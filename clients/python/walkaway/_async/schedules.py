"""Schedules: turns that begin by themselves, and what became of each time."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Unpack

from walkaway._async import older, sending
from walkaway._async.lists import AsyncPages
from walkaway._async.transport import AsyncTransport
from walkaway._async.turns import AsyncTurn
from walkaway.answers import Answer
from walkaway.errors import WalkawayError
from walkaway.given import address, id_of, listed
from walkaway.records import lenient
from walkaway.retries import Safe
from walkaway.settings import Overlap, ScheduleChanges, ScheduleSettings, Times
from walkaway.tools import Tool

if TYPE_CHECKING:
    from pathlib import Path
    from typing import TypeAlias

    from walkaway._async.session import AsyncSession
    from walkaway_wire.firings import FiringRecord
    from walkaway_wire.schedules import SchedulePreview, ScheduleRecord

    Attachments: TypeAlias = Sequence[str | Path | tuple[str, bytes] | Mapping[str, Any]]
    Where: TypeAlias = str | Mapping[str, Any] | AsyncSession | None
    Named: TypeAlias = "str | ScheduleRecord | AsyncSchedule"
    """One, by its id or its name, or what has it."""

FEATURE = ("schedules", "This server is older and has no schedules; let cron or its like send messages")
Outcome = Literal["queued", "started", "skipped", "missed", "failed"]


class AsyncFiring:
    """A time at which a schedule was to begin a turn, and what became of it: its `outcome`."""

    def __init__(self, transport: AsyncTransport, raw: Mapping[str, Any], own: Mapping[str, Tool]) -> None:
        self._transport, self.raw, self._own = transport, dict(raw), own
        self.id, self.outcome = str(raw["id"]), str(raw.get("outcome") or "")
        self.scheduled_at = int(raw.get("scheduled_at") or 0)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id} {self.outcome}>"

    @property
    def record(self) -> "FiringRecord":
        """All that is known of it: `trigger`, `count`, `turn_status`, `error` and the rest."""
        from walkaway_wire.firings import FiringRecord

        return lenient(FiringRecord, self.raw)

    @property
    def turn(self) -> AsyncTurn:
        """The turn that it began, as a handle. Raises WalkawayError where there is none (yet); `outcome` says why."""
        session, id_ = self.raw.get("session_id"), self.raw.get("response_id")
        if self.raw.get("pruned"):
            raise WalkawayError(f"{self.id} has no turn, since it deletes sessions; `record.pruned` says how many")
        if not (session and id_):
            error = self.record.error
            why = f": {error.message}" if error else ""
            raise WalkawayError(f"{self.id} has no turn, since it is {self.outcome}{why}")
        raw = {"status": self.raw.get("turn_status") or ""}
        return AsyncTurn(self._transport, str(session), str(id_), own=self._own, raw=raw)


class AsyncSchedule:
    """A schedule, as it was when it was read. `client.schedules` changes it, and fires it by hand."""

    def __init__(self, transport: AsyncTransport, raw: Mapping[str, Any], own: Mapping[str, Tool]) -> None:
        self._transport, self.raw, self._own = transport, dict(raw), own
        self.id, self.name = str(raw["id"]), str(raw.get("name") or "")
        self.status, self.next_at = str(raw.get("status") or ""), raw.get("next_at")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name or self.id} {self.status}>"

    @property
    def record(self) -> "ScheduleRecord":
        """All that is known of it: `description`, `upcoming`, `paused_reason`, `counts` and the rest."""
        from walkaway_wire.schedules import ScheduleRecord

        return lenient(ScheduleRecord, self.raw)

    def firings(self, *, outcome: Outcome | None = None, limit: int | None = None) -> AsyncPages[AsyncFiring]:
        """List what became of each of its times in the last 90 days, the newest first."""
        return AsyncSchedules(self._transport, self._own).firings(self.id, outcome=outcome, limit=limit)


class AsyncSchedules:
    """Turns that begin by themselves, each time exactly once. All times are seconds since the epoch.

    Everything here raises FeatureMissing of an older server.
    """

    def __init__(self, transport: AsyncTransport, own: Mapping[str, Tool]) -> None:
        self._transport, self._own = transport, own

    async def create(
        self,
        *,
        message: str = "",
        name: str = "",
        session: "Where" = None,
        attachments: "Attachments" = (),
        **settings: Unpack[ScheduleSettings],
    ) -> AsyncSchedule:
        """Make a schedule: `cron`, `every` (seconds) or `at` says when. It sends the `message`.

        Or, with `action="prune"` and `prune={"older_than": "720h"}`, it deletes sessions that are idle so long.
        `session`: how to make the session of each turn, as an object of POST /v1/sessions (by default it lives a week),
        or one that goes on. `attachments`: a `str` is a path of the workspace, a `Path` a file of this machine, a pair
        is a name and bytes, an object is as the API says it; a schedule keeps 200 KB in all. Raises NameTaken, and
        BadRequest for what never fires.
        """
        body = {**settings, **_where(session), **_attached(attachments)}
        body |= {key: value for key, value in (("message", message), ("name", name)) if value}
        return self._made((await self._created("/v1/schedules", body)).record("id"))

    async def get(self, schedule: "Named", /) -> AsyncSchedule:
        """Ask for a schedule. Raises NotFound."""
        return self._made((await self._asked("GET", _path(schedule))).record("id"))

    async def update(
        self,
        schedule: "Named",
        /,
        *,
        session: "Where" = "",
        attachments: "Attachments | None" = None,
        **change: Unpack[ScheduleChanges],
    ) -> AsyncSchedule:
        """Change what is named. New times count from now on; the turn that runs goes on as it began.

        `session`: None makes one for each turn again; what is not said stays.
        """
        body = {
            **change,
            **({} if session == "" else _where(session)),
            **({} if attachments is None else _attached(attachments, empty=True)),
        }
        answer = await self._asked("PATCH", _path(schedule), json=body, safe=Safe.YES)
        return self._made(answer.record("id"))

    async def pause(self, schedule: "Named", /, *, note: str = "") -> AsyncSchedule:
        """Let no time fire until it is resumed; `note` says why. What runs goes on, and `run` still works."""
        said: ScheduleChanges = {"status": "paused"}
        if note:
            said["note"] = note
        return await self.update(schedule, **said)

    async def resume(self, schedule: "Named", /) -> AsyncSchedule:
        """Let it go on. Nothing of the pause is made up for."""
        return await self.update(schedule, status="active")

    async def delete(self, schedule: "Named", /) -> None:
        """Delete a schedule. Its sessions and turns stay."""
        (await self._asked("DELETE", _path(schedule))).done()

    async def run(
        self,
        schedule: "Named",
        /,
        *,
        overlap: Overlap | None = None,
        message: str | None = None,
        idempotency_key: str | None = None,
    ) -> AsyncFiring:
        """Fire now, also while it is paused; its next time stays. `overlap` and `message` are others for this once.

        What it gives says whether a turn began: one may wait, or be passed over, while the last one goes on.
        """
        said = {"overlap": overlap, "message": message}
        body = {name: value for name, value in said.items() if value is not None}
        answer = await self._created(_path(schedule, "run"), body, idempotency_key)
        return self._fired(answer.record("id"))

    async def backfill(
        self,
        schedule: "Named",
        begin: int,
        end: int,
        /,
        *,
        overlap: Literal["enqueue", "skip", "interrupt", "allow"] = "enqueue",
        idempotency_key: str | None = None,
    ) -> "list[AsyncFiring]":
        """Fire for each time that has passed from `begin` to `end`, at most 100, the oldest first."""
        body = {"from": begin, "to": end, "overlap": overlap}
        answer = await self._created(_path(schedule, "backfill"), body, idempotency_key)
        return [self._fired(each) for each in answer.records("id")]

    def list(self, *, limit: int | None = None) -> AsyncPages[AsyncSchedule]:
        """List schedules, the newest first."""
        return older.AsyncKnownPages(FEATURE, self._transport, "/v1/schedules", {}, self._made, limit)

    def firings(
        self, schedule: "Named", /, *, outcome: Outcome | None = None, limit: int | None = None
    ) -> AsyncPages[AsyncFiring]:
        """List what became of each time in the last 90 days, the newest first."""
        asked = {"outcome": outcome} if outcome else {}
        return older.AsyncKnownPages(FEATURE, self._transport, _path(schedule, "firings"), asked, self._fired, limit)

    async def preview(self, *, count: int = 5, **times: Unpack[Times]) -> "SchedulePreview":
        """Say in words when it would fire, and its next times. Nothing is made."""
        from walkaway_wire.schedules import SchedulePreview

        body = {"count": count, **times}
        answer = await self._asked("POST", "/v1/schedules/preview", json=body, safe=Safe.YES)
        return lenient(SchedulePreview, answer.having("upcoming", list))

    async def _asked(self, method: str, path: str, **more: Any) -> Answer:
        async with older.told(self._transport, *FEATURE):
            return await self._transport.request(method, path, **more)

    async def _created(self, path: str, body: Mapping[str, Any], own: str | None = None) -> Answer:
        async with older.told(self._transport, *FEATURE):
            return await sending.created(self._transport, path, body, own)

    def _made(self, raw: Mapping[str, Any]) -> AsyncSchedule:
        return AsyncSchedule(self._transport.lasting, raw, self._own)

    def _fired(self, raw: Mapping[str, Any]) -> AsyncFiring:
        return AsyncFiring(self._transport.lasting, raw, self._own)


def _path(schedule: "Named", *verb: str) -> str:
    return address("schedules", id_of("schedule", schedule), *verb)


def _where(session: "Where") -> dict[str, Any]:
    made = session is None or isinstance(session, Mapping)
    return {"session": session if made else id_of("session", session)}


def _attached(attachments: "Attachments", *, empty: bool = False) -> dict[str, Any]:
    given = [
        each if isinstance(each, Mapping) else sending.inlined(each) for each in listed("attachments", attachments)
    ]
    return {"attachments": given} if given or empty else {}
