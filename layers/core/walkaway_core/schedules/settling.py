"""How a firing gets its outcome: in the transaction that begins its turn, or in one that says why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from walkaway_core.ports.items import Fact, Is, Item, Refused
from walkaway_core.schedules import firings, places, schedules, telling, watching
from walkaway_core.schedules.firings import Firing
from walkaway_core.schedules.schedules import Schedule
from walkaway_core.store import due, outbox, turns
from walkaway_core.store.keys import TurnKey
from walkaway_core.store.services import Services
from walkaway_core.store.transaction import Transaction
from walkaway_wire import jsontext

if TYPE_CHECKING:
    from walkaway_core.schedules.lasts import Last


class Changed(Exception):
    """The firing or its schedule is no longer as it was read: look again."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Why a firing begins nothing. `pauses`: it will be no better at the next time."""

    outcome: str
    code: str
    sentence: str
    pauses: bool = False


class Begun:
    """What a firing begins: `write` goes along with the transaction that makes a turn, `tell` behind it.

    `delete` is in the place of `write` where no turn is made, but sessions are deleted.
    """

    def __init__(self, services: Services, schedule: Schedule, firing: Firing, last: "Last | None") -> None:
        self._services = services
        self._schedule = schedule
        self._firing = firing
        self._last = last
        self._notices: list[Item] = []

    @property
    def facts(self) -> Mapping[str, Fact]:
        """What the turn's record says of it."""
        return {"schedule": self._schedule.id, "firing": self._firing.id}

    def write(self, tx: Transaction, turn: TurnKey) -> None:
        """Close the firing. Raises Changed where somebody else has: who only tries again would do so for ever."""
        told: dict[str, Fact] = {"session": turn.session, "turn": turn.turn}
        self._write(tx, told, told, "pruning")

    def delete(self, tx: Transaction, told: Mapping[str, Fact]) -> None:
        """Let the firing delete, as its record then says. Raises Changed where somebody else has closed it."""
        self._write(tx, told, {"pruning": self._firing.id}, "session", "turn")

    def _write(self, tx: Transaction, told: Mapping[str, Fact], last: Mapping[str, Fact], *before: str) -> None:
        """Close the firing: its record says what is `told`, the schedule's what it began `last`, not what `before`."""
        services, schedule, firing = self._services, self._schedule, self._firing
        now = schedules.load(services, schedule.tenant, schedule.id)
        open_ = firings.load(services, firing.tenant, firing.schedule, firing.id)
        if now is None or now.version != schedule.version or open_ is None or open_.due != firing.due:
            raise Changed
        facts: dict[str, Fact] = {**last, "last": firing.id}
        kept = schedule.number("kept") + firing.by_itself
        most = schedule.asked["max_firings"]
        if firing.by_itself and most and kept >= most and schedule.state == "active":
            facts |= watching.ends(services, tx, schedule)
        facts |= judged(schedule, self._last)
        tx.change(
            places.schedule(schedule.tenant, schedule.id),
            Is("version", schedule.version),  # of two firings at once one begins; a change a moment earlier wins
            set=facts,
            add={"version": 1, "started": 1, "kept": int(firing.by_itself)},
            drop=before,
        )
        told = {"outcome": "started", **told}
        _close(tx, firing, told)
        self._notices = [telling.of_firing(services, tx, schedule, firing, outbox.FIRED, now=told)]

    def tell(self) -> None:
        """Tell the bus, once it is committed."""
        outbox.send_now(self._services, self._notices)


def settle(services: Services, schedule: Schedule, firing: Firing, why: Outcome, last: "Last | None") -> None:
    """Close a firing that begins nothing. Raises Changed."""
    tx = Transaction(services.table)
    told: dict[str, Fact] = {"outcome": why.outcome, "code": why.code, "error": why.sentence[:1000]}
    _close(tx, firing, told)
    facts: dict[str, Fact] = {"last": firing.id, **judged(schedule, last)}
    failures = int(facts.get("failures", schedule.number("failures")))
    if why.outcome == "failed":
        failures += 1
        facts["failures"] = failures
    kind = outbox.FAILED if why.outcome == "failed" else outbox.SKIPPED
    notices = [telling.of_firing(services, tx, schedule, firing, kind, now=told)]
    most = schedule.asked["pause_after_failures"]
    if schedule.state == "active" and (why.pauses or (most and failures >= most)):
        reason = {"code": why.code, "message": why.sentence[:1000]}
        facts |= pause(services, tx, schedule, reason)
        notices.append(telling.of_pause(services, tx, schedule, reason))
    tx.change(
        places.schedule(schedule.tenant, schedule.id),
        Is("version", schedule.version),  # a change a moment earlier wins
        set=facts,
        add={"version": 1, why.outcome: firing.count},
    )
    _commit(tx)
    outbox.send_now(services, notices)


def orphan(services: Services, firing: Firing) -> None:
    """Close a firing whose schedule is gone; nobody is told. Raises Changed."""
    tx = Transaction(services.table)
    _close(
        tx, firing, {"outcome": "skipped", "code": "schedule.not_found", "error": "The schedule was deleted meanwhile"}
    )
    _commit(tx)


def pause(services: Services, tx: Transaction, schedule: Schedule, reason: Mapping[str, Any]) -> dict[str, Fact]:
    """Let nobody look at a schedule until it is active again; give what its record says then."""
    if schedule.due:
        due.drop(tx, schedule.id, schedule.due)
    now = services.clock.now()
    return {"state": "paused", "due": "", "reason": jsontext.dumps({**reason, "at": now})}


def pause_behind(services: Services, schedule: str, key: TurnKey) -> None:
    """Pause a schedule for what its turn has ended with, unless somebody has changed it since that was begun."""
    while True:
        found, turn = schedules.load(services, key.tenant, schedule), turns.load(services, key)
        if found is None or turn is None or found.state != "active" or found.updated_at > turn.created_at:
            return
        tx = Transaction(services.table)
        reason = {"code": turn.code, "message": turn.error[:1000]}
        facts = pause(services, tx, found, reason)
        notice = telling.of_pause(services, tx, found, reason)
        tx.change(places.schedule(key.tenant, schedule), Is("version", found.version), set=facts, add={"version": 1})
        try:
            _commit(tx)
        except Changed:
            continue
        outbox.send_now(services, [notice])
        return


def judged(schedule: Schedule, last: "Last | None") -> dict[str, Fact]:
    """Count what has ended, once, into how many in a row have failed."""
    if last is None or not last.over or schedule.text("judged") == last.id:
        return {}
    return {"judged": last.id, "failures": schedule.number("failures") + 1 if last.failed else 0}


def worn_out(schedule: Schedule, firing: Firing, last: "Last | None") -> Outcome | None:
    """Say why a schedule begins nothing by itself any more, if it does not."""
    if not firing.by_itself:
        return None
    most = schedule.asked["max_firings"]
    if most and schedule.number("kept") >= most:
        return Outcome("skipped", "schedule.ended", f"It has fired {most} times, as often as it may (max_firings)")
    allowed = schedule.asked["pause_after_failures"]
    failures = int(judged(schedule, last).get("failures", schedule.number("failures")))
    if allowed and failures >= allowed and schedule.state == "active":
        sentence = f"The last {failures} in a row have failed (pause_after_failures)"
        return Outcome("skipped", "schedule.failures", sentence, pauses=True)
    return None


def _close(tx: Transaction, firing: Firing, facts: Mapping[str, Fact]) -> None:
    tx.change(
        firing.key,
        Is("due", firing.due),  # of two that act on it one closes it
        set=facts,
        drop=() if "due" in facts else ("due",),
    )
    firings.close(tx, firing)


def _commit(tx: Transaction) -> None:
    try:
        tx.commit()
    except Refused:
        raise Changed from None
