"""Sessions, turns, cancels, deletes, expiry and crashes in any order: what users were told stays true."""

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule

from tests.faults.campaign import Ground, ground
from tests.faults.violations import of_log, of_record, turns_began
from tests.faults.world import TROUBLE
from tests.kit.faulty import WRITE_FAULTS
from walkaway_core.doors.sweep import sweep
from walkaway_core.engine import deleting, sending
from walkaway_core.engine.ending import cancel
from walkaway_core.engine.pause import answering
from walkaway_core.engine.pause.answering import CallAnswer
from walkaway_core.engine.sending import OnBusy, Sent
from walkaway_core.errors import (
    AlreadyAnswered,
    NotWaiting,
    ResponseNotFound,
    SessionBusy,
    SessionNotFound,
    ToolCallNotFound,
)
from walkaway_core.log import log, transcript
from walkaway_core.store import sessions
from walkaway_core.store.idempotency import Once
from walkaway_core.store.keys import END, SessionKey, TurnKey
from walkaway_wire.events import Event

FEW, MANY = 25, int(os.environ.get("WALKAWAY_TEST_EXAMPLES", "150"))
WAYS: list[OnBusy] = ["reject", "enqueue", "steer", "interrupt"]
ASKED = "call_1"
"""The call of a turn that waits for a yes, where its session says so."""
SESSIONS, TURNS = Bundle("sessions"), Bundle("turns")


class Life(RuleBasedStateMachine):
    """A world, and what its users know of it: turns by key, what was cancelled, what is gone, what they have read."""

    grounds: Ground

    def __init__(self) -> None:
        super().__init__()
        self.world = self.grounds.world()
        self.services = self.world.services
        self.by_key: dict[tuple[SessionKey, str], TurnKey] = {}
        self.started: set[TurnKey] = set()
        self.cancelled: set[TurnKey] = set()
        self.deleted: set[SessionKey] = set()
        self.read: dict[TurnKey, list[Event]] = {}
        self.said: dict[str, Sent] = {}
        self.answers: dict[TurnKey, bool] = {}
        self.words = 0

    def told(self, act: Any, *refusals: type[Exception]) -> Any:
        """Do something once, as a client whose server may die: None when it did, or refused."""
        expected: tuple[type[BaseException], ...] = (*TROUBLE, *refusals)
        try:
            return act()
        except expected:
            self.world.table.revive()
            return None

    @rule(target=SESSIONS, persistent=st.booleans(), asks=st.booleans(), in_one_go=st.booleans())
    def create(self, persistent: bool, asks: bool, in_one_go: bool) -> Any:  # noqa: FBT001
        options = {"persistent": persistent, "inline_tools": in_one_go}
        waits = {"approve": ("write_file",), "ttl": 50_000, "tool_timeout": 3600} if asks else {}
        return self.world.survive(lambda: self.world.create(**options, **waits))

    @rule(session=SESSIONS, yes=st.booleans())
    def answer(self, session: SessionKey, yes: bool) -> None:  # noqa: FBT001
        refusals = (AlreadyAnswered, NotWaiting, ToolCallNotFound, SessionNotFound, ResponseNotFound)
        given = [(ASKED, CallAnswer(approve=yes))]
        if turn := self.told(lambda: answering.take(self.services, session, given), *refusals):
            assert self.answers.setdefault(turn.key, yes) == yes, "one call, two answers"

    @rule(target=TURNS, session=SESSIONS, key=st.sampled_from(["", "a", "b"]), on_busy=st.sampled_from(WAYS))
    def send(self, session: SessionKey, key: str, on_busy: OnBusy) -> Any:
        once = Once.of(session, key + session.session, {"message": "go"}) if key else None
        self.words += 1
        message = f"go {self.words}.txt"
        sent = self.told(
            lambda: sending.send(self.services, session, message, once, on_busy=on_busy),
            SessionBusy,
            SessionNotFound,
            ResponseNotFound,
        )
        if sent is None:
            return None
        turn: TurnKey = sent.turn.key
        assert session not in self.deleted, "a deleted session took a message"
        assert not key or self.by_key.setdefault((session, key), turn) == turn, "one key, two turns"
        self.started.add(turn)
        if not sent.again:
            self.said[message] = sent
        return turn

    @rule(turn=TURNS)
    def cancel(self, turn: TurnKey | None) -> None:
        if turn and self.told(lambda: cancel(self.services, turn), SessionNotFound, ResponseNotFound):
            self.cancelled.add(turn)

    @rule(session=SESSIONS)
    def delete(self, session: SessionKey) -> None:
        def act() -> bool:
            deleting.delete(self.services, session)
            return True

        if self.told(act, SessionNotFound):
            self.deleted.add(session)

    @rule(turn=TURNS)
    def read_on(self, turn: TurnKey | None) -> None:
        if turn:
            events = self.events(turn)
            before = self.read.get(turn, [])
            if events:  # they go with their session
                assert events[: len(before)] == before, "what was read has changed"
                self.read[turn] = events

    @rule(count=st.integers(1, 8))
    def work(self, count: int) -> None:
        for _ in range(count):
            self.world.move()

    @rule(seconds=st.sampled_from([1, 11, 61, 301, 1000, 6000, 15_000]))
    def time_passes(self, seconds: int) -> None:
        self.world.clock.time += seconds

    @rule()
    def sweep(self) -> None:
        self.told(lambda: sweep(self.services))

    @precondition(lambda self: not self.world.table.armed)
    @rule(number=st.integers(1, 6), fault=st.sampled_from(WRITE_FAULTS))
    def something_will_break(self, number: int, fault: str) -> None:
        self.world.table.at(number, fault)

    @precondition(lambda self: self.world.machine.invoked)
    @rule(chance=st.randoms(use_true_random=False))
    def an_old_invocation_comes(self, chance: Any) -> None:
        number = chance.randint(1, len(self.world.machine.invoked))
        self.told(lambda: self.world.machine.deliver(number), Exception)

    @invariant()
    def a_session_has_one_running_turn_at_most(self) -> None:
        for session in {turn.owner for turn in self.started}:
            records = self.stored(session.partition, "TURN#", f"TURN#{END}")
            running = [item.sk for item in records if item.facts["status"] == "running"]
            owner = self.world.place.table.get(session.item)[0]
            named = [f"TURN#{owner.facts['turn']}"] if owner and "turn" in owner.facts else []
            assert running == named, f"running {running}, the session says {named}"

    def teardown(self) -> None:
        self.world.table.disarm()
        self.world.finish()
        self.a_session_has_one_running_turn_at_most()
        for turn in self.started:
            self.told_the_truth(turn)
        for session in {turn.owner for turn in self.started}:
            self.heard_all(session)
        self.world.clock.time += 86_400
        self.world.finish("nothing")
        left = self.stored("T#t", "SESSION#", f"SESSION#{END}")
        assert not left, "sessions outlive their time"
        logs = self.started | {turn.owner.own_log for turn in self.started}
        assert all(not self.events(turn) for turn in logs), "logs outlive their session"
        self.world.place.close()

    def told_the_truth(self, turn: TurnKey) -> None:
        """Everything that was said about a turn is so, as long as its session lives."""
        try:
            sessions.get(self.services, turn.owner)
        except SessionNotFound:
            return
        assert turn.owner not in self.deleted
        events = self.events(turn)
        assert events[: len(self.read.get(turn, ()))] == self.read.get(turn, [])
        assert of_log(events) + of_record(self.services, turn, events) == []
        assert turn not in self.cancelled or events[-1].type == "message.cancelled"
        if turn in self.answers:
            said = [event.type for event in events if ASKED in (event.data.get("call_id"), event.data.get("id"))]
            assert said.count("tool_call.requested") == 1
            assert ("tool_call.approved" in said, "tool_use.executing" in said) in {
                (self.answers[turn], self.answers[turn]),
                (self.answers[turn], False),  # cancelled before it ran
            }

    def heard_all(self, session: SessionKey) -> None:
        """Each message that was taken is in the conversation once, in the turn that took it, unless that never ran."""
        if not sessions.alive(self.world.place.table.get(session.item)[0], self.world.clock.now()):
            return
        entries = [e for e in transcript.entries(self.services, session) if e.body.get("role") == "user"]
        there = [(transcript.text(entry.body["content"]), entry.turn) for entry in entries]
        assert len(set(there)) == len(there), f"said twice: {there}"
        for message, sent in self.said.items():
            if sent.turn.key.owner == session:
                ran = turns_began(self.services, sent)
                assert ((message, sent.turn.key.turn) in there) == ran, f"{message}: {there}"
        record = sessions.get(self.services, session)
        assert (record.busy, record.queued) == (False, 0)

    def events(self, turn: TurnKey) -> list[Event]:
        return log.events(self.services, turn, self.world.place.table.query(turn.log).items)

    def stored(self, pk: str, after: str, upto: str) -> Any:
        return self.world.place.table.query(pk, after=after, upto=upto).items


@pytest.mark.parametrize(
    "examples", [FEW, pytest.param(MANY, marks=[pytest.mark.deep, pytest.mark.timeout(max(300, 2 * MANY))])]
)
def test_whatever_happens_what_users_were_told_stays_true(examples: int) -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        Life.grounds = stack.enter_context(ground("one machine", folder))
        Life.TestCase.settings = settings(
            max_examples=examples,
            stateful_step_count=60,
            derandomize=True,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        Life.TestCase().runTest()
