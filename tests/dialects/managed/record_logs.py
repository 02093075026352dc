"""Records the logs that the projection is held against: `python -m tests.dialects.managed.record_logs [NAME …]`.

Each file of logs/ has the log of a turn that the engine has run with a scripted model service, and what that leaves to
the conversation; told/ has what is told of it, one event a line. What is there is not written again unless it is named:
clients have seen the ids, so a projection that gives other events for a log that there is breaks them (decision 0034).
"""

import json
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.dialects.responses.record_logs import (
    FULL,
    LONG,
    CountedIds,
    found,
    in_the_middle,
    search,
    thought,
    to_the_end as run,
)
from tests.kit.engine import Engine, by_hand
from tests.kit.messages_api import Block, MessagesApi, Reply, call, messages_api, text
from walkaway_core.agent import client_tools
from walkaway_core.dialects.managed.projection import Turn as Projected
from walkaway_core.dialects.managed.told import PREVIEWED, USE, Told, Who
from walkaway_core.engine import creating, ending, telling
from walkaway_core.engine.ending import Ending
from walkaway_core.engine.pause.answering import CallAnswer
from walkaway_core.engine.telling import Several
from walkaway_core.log import spoken
from walkaway_core.log.said import Said
from walkaway_core.store import lifetimes, turns
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.sessions import SessionOptions
from walkaway_core.store.turns import Turn
from walkaway_wire import jsontext
from walkaway_wire.events import Event
from walkaway_wire.tools import FunctionTool

FOLDER = Path(__file__).parent
LOGS, TOLD = FOLDER / "logs", FOLDER / "told"
CALLS = TOLD / "asked_of_all.calls.txt"
"""One of them with previews of its calls."""
CUSTOM = [FunctionTool.model_validate({"name": name}) for name in ("get_time", "get_weather")]
IMAGE: Block = {"type": "image", "source": {"type": "file", "file_id": "file_1"}}
PIXEL: Block = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}}


@dataclass(frozen=True)
class Hand:
    """What a case has: an engine, its model, a session, and the ways to say something."""

    engine: Engine
    model: MessagesApi
    key: SessionKey

    def say(self, *texts: str, **more: Any) -> Turn:
        """Say something, and give the turn that it goes to."""
        said = [Said([{"type": "text", "text": each}]) for each in texts]
        told = telling.tell(self.engine.services, self.key, Several(said, **more))
        assert told
        found = turns.load(self.engine.services, told.turn)
        assert found
        return found

    def waits(self, turn: Turn) -> Turn:
        """Let a turn go until it waits for its caller."""
        state = self.engine.door("CallModel", turn.ticket.json())
        for index in state["calls"]:
            self.engine.door("RunTool", {**state, "call": index})
        self.engine.door("RequestClientTools", {"ticket": state, "token": "token"})
        return self.engine.now(turn)

    def answers(self, turn: Turn, **answers: CallAnswer) -> None:
        """Answer calls, by their ids."""
        telling.tell(self.engine.services, self.key, Several(answers=list(answers.items())))

    def goes_on(self, turn: Turn, *approved: int) -> None:
        """Let a turn that has its answers go to its end."""
        ticket = replace(turn.ticket, step=turn.pause.step)
        for index in approved:
            self.engine.door("RunTool", {**ticket.json(), "call": index})
        state = self.engine.door("CallModel", ticket.json())
        self.engine.door("FinishTurn", state)


Case = Callable[[Hand], Turn]


def plain(hand: Hand) -> Turn:
    hand.model.replies = [Reply([thought("Look."), text("Once 🌊, "), text("twice.")], pieces=6)]
    return ended(hand, hand.say("Hello"))


def own_tools(hand: Hand) -> Turn:
    hand.model.replies = [
        Reply([text("I read."), call("read_file", "c1", path="a.md"), call("no_such", "c2")]),
        Reply([call("list_files", "c1", path="")]),
        Reply([text("Done.")]),
    ]
    return ended(hand, hand.say("Read"))


def allowed(hand: Hand) -> Turn:
    hand.model.replies = [
        Reply([text("May I?"), call("write_file", "c1", path="a.md", content="x")]),
        Reply([text("Written.")]),
    ]
    turn = hand.waits(hand.say("Write"))
    hand.answers(turn, c1=CallAnswer(approve=True))
    hand.goes_on(turn, 0)
    return turn


def denied(hand: Hand) -> Turn:
    hand.model.replies = [Reply([call("write_file", "c1", path="a.md", content="x")]), Reply([text("Well.")])]
    turn = hand.waits(hand.say("Write"))
    hand.answers(turn, c1=CallAnswer(approve=False, reason="Not that one"))
    hand.goes_on(turn)
    return turn


def asked_of_all(hand: Hand) -> Turn:
    """One call of the server's, one that waits for a yes and two of the caller's, answered in two requests."""
    calls = [call("get_time", "c1"), call("list_files", "c2", path=""), call("write_file", "c3", path="a", content="")]
    hand.model.replies = [Reply([*calls, call("get_weather", "c4", place="Kiel")]), Reply([text("All done.")])]
    turn = hand.waits(hand.say("Go"))
    hand.answers(turn, c4=CallAnswer(blocks=[PIXEL], shown=[IMAGE]))
    hand.answers(turn, c1=CallAnswer("noon"), c3=CallAnswer(approve=True))
    hand.goes_on(turn, 2)
    return turn


def steered(hand: Hand) -> Turn:
    hand.model.replies = [Reply([call("list_files", "c1", path="")]), Reply([text("Both.")])]
    turn = hand.say("One", "two")
    state = hand.engine.door("CallModel", {**turn.ticket.json()} | {"free": False})
    hand.say("three")
    for index in state["calls"]:
        hand.engine.door("RunTool", {**state, "call": index})
    hand.engine.door("FinishTurn", hand.engine.door("CallModel", {**state, "step": state["step"]}))
    return turn


def interrupted_idle(hand: Hand) -> Turn:
    hand.model.replies = [Reply([text("Yes.")])]
    return ended(hand, hand.say("Instead", stops=True))


def interrupted_waiting(hand: Hand) -> Turn:
    hand.model.replies = [Reply([call("get_time", "c1"), call("write_file", "c2", path="a", content="")])]
    turn = hand.waits(hand.say("Go"))
    hand.say(stops=True)
    return turn


def interrupted_midway(hand: Hand) -> Turn:
    hand.model.replies = [Reply([text("I look around")], gate=threading.Event())]
    turn = hand.say("Go")
    in_the_middle(hand.engine, hand.model, turn)
    return turn


def redirected(hand: Hand) -> Turn:
    """A message begins in the place of the turn that it ends: the session does not rest between them."""
    hand.model.replies = [Reply([call("get_time", "c1")])]
    turn = hand.waits(hand.say("Go"))
    hand.say("Instead", stops=True)
    return turn


def unheard(hand: Hand) -> Turn:
    turn = hand.say("One", "two")
    hand.say(stops=True)
    return turn


def busy_for_long(hand: Hand) -> Turn:
    busy = Reply(status=529, error="Overloaded", kind="overloaded_error", retry_after="40")
    hand.model.replies = [busy, busy, Reply([text("At last.")])]
    return ended(hand, hand.say("Hello"))


def broken_off(hand: Hand) -> Turn:
    hand.model.replies = [Reply([text("Half")], then="reset", pieces=2), Reply([text("Whole.")])]
    return ended(hand, hand.say("Hello"))


def no_calls(hand: Hand) -> Turn:
    """Arguments that are none, and a call at the end of an answer that was cut off: the model alone is told."""
    hand.model.replies = [
        Reply([{**call("get_time", "c1"), "raw": '{"zone": '}, call("list_files", "c2", path="")]),
        Reply([text("So"), call("get_time", "c3")], stop_reason="max_tokens"),
        Reply([text("Done.")]),
    ]
    return ended(hand, hand.say("Hello"))


def searched(hand: Hand) -> Turn:
    failed = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_2"}
    error = {"type": "web_search_tool_result_error", "error_code": "too_many_requests"}
    blocks = [
        text("I look. "),
        search("tides"),
        found(),
        search("moon", 2),
        {**failed, "content": error},
        text("High."),
    ]
    hand.model.replies = [Reply(blocks, stop_reason="end_turn")]
    return ended(hand, hand.say("When?"))


def failed(hand: Hand) -> Turn:
    hand.model.replies = [Reply(status=400, error="no")]
    return ended(hand, hand.say("Hello"))


def unpaid(hand: Hand) -> Turn:
    hand.model.replies = [Reply(status=402, error="Your credit is used up", kind="billing_error")]
    return ended(hand, hand.say("Hello"))


def declined(hand: Hand) -> Turn:
    hand.model.replies = [Reply([text("I will not")], stop_reason="refusal")]
    return ended(hand, hand.say("Hello"))


def too_many_steps(hand: Hand) -> Turn:
    hand.model.replies = [Reply([call("list_files", f"c{number}", path="")]) for number in range(3)]
    return ended(hand, hand.say("Hello"))


def over_budget(hand: Hand) -> Turn:
    end = Ending("failed", "The session has cost 1.0000 of the 1 US dollars allowed (budget)", "max_cost")
    turn = hand.say("Hello")
    ending.end_turn(hand.engine.services, turn.key, end)
    return turn


def summed_up(hand: Hand) -> Turn:
    for _ in range(FULL):
        hand.model.replies[:] = [Reply([text(LONG)], pieces=20_000, usage={"input_tokens": 39_000})]
        run(hand.engine, hand.model, hand.say("More"))
    hand.model.replies[:] = [Reply([text("They asked.")]), Reply([text("Done.")])]
    return ended(hand, hand.say("Hello"))


CASES: Mapping[str, Case] = {
    each.__name__: each
    for each in (
        *(plain, own_tools, allowed, denied, asked_of_all, steered),
        *(interrupted_idle, interrupted_waiting, interrupted_midway, redirected, unheard, busy_for_long, broken_off),
        *(no_calls, searched, failed, unpaid, declined, too_many_steps, over_budget, summed_up),
    )
}


def ended(hand: Hand, turn: Turn) -> Turn:
    """Let a turn go to its end."""
    run(hand.engine, hand.model, turn)
    return turn


@dataclass(frozen=True)
class Recorded:
    """A recorded turn: its log, and what that leaves to the conversation (`told.Said`)."""

    who: Who
    turn: str
    since: float
    log: Sequence[Event]
    entries: Mapping[str, Any]

    @classmethod
    def read(cls, name: str) -> "Recorded":
        """Read one by its name."""
        body = json.loads((LOGS / f"{name}.json").read_text())
        log = [Event(number, type_, jsontext.dumps(data), at) for number, (type_, data, at) in enumerate(body["log"])]
        return cls(Who(body["session"], "Ada"), body["turn"], body["since"], log, body["entries"])

    def told(self, previews: frozenset[str] = frozenset()) -> list[Told]:
        """Give all that is told of it."""
        projected = Projected(self.who, self.turn, self.since, self, previews)
        return [told for event in self.log for told in projected.take(event)]

    def lines(self, previews: frozenset[str] = PREVIEWED) -> list[str]:
        """Give it as it is kept, with previews, one event a line."""
        return [f"{told.spot.cursor} {json.dumps(told.fields, ensure_ascii=False)}" for told in self.told(previews)]

    def message(self) -> Sequence[Block]:
        return self._shown("0.0")

    def steered(self, step: int, number: int) -> Sequence[Block]:
        return self._shown(f"{step}.-.{number:05}")

    def given(self, step: int, index: int) -> Sequence[Block] | None:
        body = self.entries.get(f"{step}.1.{index:03}", {})
        shown = body.get("shown", body.get("content"))
        return shown if isinstance(shown, list) else None

    def answer(self, step: int) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.entries.get(f"{step}.0", {})
        return found

    def spent(self) -> Mapping[str, Any]:
        return {"usage": {"input_tokens": 1, "output_tokens": 2}, "budget": None}

    def _shown(self, place: str) -> Sequence[Block]:
        body = self.entries.get(place, {"content": ()})
        shown: Sequence[Block] = body.get("shown", body["content"])
        return shown


def main() -> None:
    """Record what is not there, and what is named."""
    os.environ.update(NO_PROXY="*")  # the model service is here
    LOGS.mkdir(exist_ok=True)
    TOLD.mkdir(exist_ok=True)
    for name, case in CASES.items():
        log, told = LOGS / f"{name}.json", TOLD / f"{name}.txt"
        if name in sys.argv[1:] or not log.exists():
            log.write_text(json.dumps(recorded(case), ensure_ascii=False, indent=1) + "\n")
            told.unlink(missing_ok=True)
        if not told.exists():
            told.write_text("\n".join(Recorded.read(name).lines()) + "\n")
    if not CALLS.exists():
        CALLS.write_text("\n".join(Recorded.read("asked_of_all").lines(frozenset({USE}))) + "\n")


def recorded(case: Case) -> dict[str, Any]:
    """Let a case happen, and give what is left of it."""
    with tempfile.TemporaryDirectory() as folder, messages_api() as model, by_hand(Path(folder), model.url) as engine:
        engine.services = replace(engine.services, ids=CountedIds())
        name = engine.services.ids.new("sess_")
        tools = client_tools.store(engine.services, "t", name, CUSTOM)
        approve, most = ("write_file",), 2 if case is too_many_steps else 20
        settings = AgentSettings(model="test-model", tool_timeout=0, approve=approve, max_steps=most, **tools.settings)
        options = SessionOptions(persistent=True, ttl=lifetimes.FOR_EVER, settings=settings)
        key = creating.create(engine.services, "t", options, {}, tools.keep, name=name).key
        turn = engine.now(case(Hand(engine, model, key)))
        said = spoken.of_turn(engine.services, turn.key)
        return {
            "session": key.session,
            "turn": turn.key.turn,
            "since": turn.began_at,
            "log": [[event.type, event.data, event.at] for event in engine.events(turn)],
            "entries": {f"{entry.step}.{entry.place}": entry.body for entry in said},
        }


if __name__ == "__main__":
    main()
