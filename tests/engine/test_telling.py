"""Several things that are said at once: messages, answers and an end, all or none."""

from dataclasses import replace
from typing import Any

import pytest

from tests.kit.busy import go_on, words
from tests.kit.engine import Engine
from tests.kit.messages_api import MessagesApi, Reply, call, text
from walkaway_core.agent import client_tools
from walkaway_core.doors.sweep import sweep
from walkaway_core.engine import creating, telling
from walkaway_core.engine.pause import asking
from walkaway_core.engine.pause.answering import CallAnswer
from walkaway_core.engine.stopping import Told
from walkaway_core.engine.telling import Several, Waits
from walkaway_core.errors import AlreadyAnswered, Invalid, NotWaiting
from walkaway_core.log.said import Said
from walkaway_core.store import due, lifetimes, sessions, turns
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.keys import SessionKey
from walkaway_core.store.sessions import SessionOptions
from walkaway_core.store.turns import Turn
from walkaway_wire.tools import FunctionTool

TOOLS = [FunctionTool.model_validate({"name": name}) for name in ("time", "weather")]


def session(engine: Engine) -> SessionKey:
    """A session whose calls wait for as long as it lives."""
    services, name = engine.services, engine.services.ids.new("sess_")
    stored = client_tools.store(services, "t", name, TOOLS)
    settings = AgentSettings(tool_timeout=0, approve=("bash",), **stored.settings)
    options = SessionOptions(persistent=True, ttl=lifetimes.FOR_EVER, settings=settings)
    return creating.create(services, "t", options, {}, stored.keep, name=name).key


def says(*texts: str) -> list[Said]:
    return [Said([{"type": "text", "text": each}]) for each in texts]


def tell(engine: Engine, key: SessionKey, *texts: str, **what: Any) -> Told:
    told = telling.tell(engine.services, key, Several(says(*texts), **what))
    assert told
    return told


def turn(engine: Engine, key: SessionKey, name: str = "") -> Turn:
    found = turns.load(engine.services, key.turn(name or sessions.get(engine.services, key).turn))
    assert found
    return found


def waits(engine: Engine, model: MessagesApi, key: SessionKey, *calls: Any) -> Turn:
    """Let a session's turn call these and wait."""
    model.replies = [Reply(list(calls)), Reply([text("done")])]
    told = tell(engine, key, "go")
    began = turn(engine, key, told.turn.turn)
    state = engine.door("CallModel", began.ticket.json())
    engine.door("RequestClientTools", {"ticket": state, "token": "token"})
    return turn(engine, key)


def goes_on(engine: Engine, waiting: Turn, model: MessagesApi) -> list[Any]:
    """Carry out what is left of a turn that has its answers; give the last message the model got."""
    ticket = replace(waiting.ticket, step=waiting.pause.step)
    engine.door("FinishTurn", engine.door("CallModel", ticket.json()))
    found: list[Any] = model.requests[-1]["messages"][-1]["content"]
    return found


class TestMessages:
    def test_several_begin_one_turn_that_answers_them_together(self, engine: Engine, model: MessagesApi) -> None:
        key = session(engine)
        model.replies = [Reply([text("done")])]
        told = tell(engine, key, "one", "two", "three")
        began = turn(engine, key)
        assert engine.kinds(began) == ["message.created", "turn.steered", "turn.steered"]
        assert [event.data.get("message") for event in engine.events(began)] == [None, "two", "three"]
        assert (told.turn, told.at, began.steers, began.steered) == (began.key, 0, 2, 1)
        go_on(engine, began)
        assert (words(model), len(model.requests)) == (["one", "two", "three"], 1)

    def test_several_steer_at_once(self, engine: Engine, model: MessagesApi) -> None:
        key = session(engine)
        model.replies = [Reply([text("done")]), Reply([text("more")])]
        tell(engine, key, "one")
        began = turn(engine, key)
        state = engine.door("CallModel", began.ticket.json())
        told = tell(engine, key, "two", "three")
        assert [event.type for event in engine.events(began)][told.at :] == ["turn.steered"] * 2
        assert engine.now(began).steers == 2
        assert engine.door("FinishTurn", state)["next"] == "call_model"

    def test_a_turn_that_ends_meanwhile_is_followed_by_another(self, engine: Engine, model: MessagesApi) -> None:
        key = session(engine)
        model.replies = [Reply([text("done")])]
        tell(engine, key, "one")
        began = turn(engine, key)
        engine.table.at(1, "", lambda: go_on(engine, began))
        told = tell(engine, key, "two", "three")
        assert (told.turn != began.key, told.at) == (True, 0)
        assert engine.kinds(turn(engine, key)) == ["message.created", "turn.steered"]

    def test_a_turn_that_waits_takes_none_but_behind_its_last_answer(self, engine: Engine, model: MessagesApi) -> None:
        key = session(engine)
        waiting = waits(engine, model, key, call("time", "c1"), call("weather", "c2"))
        with pytest.raises(Waits, match="waiting on responses to") as refused:
            tell(engine, key, "and?")
        assert refused.value.calls == ["c1", "c2"]
        with pytest.raises(Waits) as left:
            tell(engine, key, "and?", answers=[("c1", CallAnswer("12"))])
        assert left.value.calls == ["c2"]
        assert len(asking.pending(engine.services, waiting)) == 2, "nothing of a request that is refused is kept"
        told = tell(engine, key, "and?", answers=[("c1", CallAnswer("12")), ("c2", CallAnswer("rain"))])
        kinds = engine.kinds(waiting)
        assert kinds[-3:] == ["tool_result", "tool_result", "turn.steered"]
        assert [event.data.get("more") for event in engine.events(waiting)[-3:]] == [True, None, None]
        assert (told.answers, told.at) == ({"c1": len(kinds) - 3, "c2": len(kinds) - 2}, len(kinds) - 1)
        last = goes_on(engine, waiting, model)
        assert [block["type"] for block in last] == ["tool_result", "tool_result", "text"]


class TestAnswers:
    def test_blocks_reach_the_model_as_they_are(self, engine: Engine, model: MessagesApi) -> None:
        key = session(engine)
        waiting = waits(engine, model, key, call("time", "c1"))
        blocks: list[dict[str, Any]] = [
            {"type": "text", "text": "noon"},
            {"type": "document", "source": {"type": "text", "data": "x"}},
        ]
        answer = CallAnswer(blocks=blocks, shown=[{"type": "document", "source": {"type": "file", "file_id": "f"}}])
        tell(engine, key, answers=[("c1", answer)])
        assert engine.events(waiting)[-1].data["content"] == "noon", "the native log has the text"
        (result,) = goes_on(engine, waiting, model)
        assert (result["content"], "shown" in result) == (blocks, False)

    def test_a_no_says_its_reason_apart(self, engine: Engine, model: MessagesApi) -> None:
        key = session(engine)
        waiting = waits(engine, model, key, call("bash", "c1", command="rm -rf /"))
        tell(engine, key, answers=[("c1", CallAnswer(approve=False, reason="Not that"))])
        event = engine.events(waiting)[-1].data
        assert (event["denied"], event["is_error"]) == ("Not that", True)
        assert event["content"].endswith("Not that")

    def test_the_same_again_is_where_it_was_and_another_is_refused(self, engine: Engine, model: MessagesApi) -> None:
        key = session(engine)
        waiting = waits(engine, model, key, call("time", "c1"), call("bash", "c2", command="true"))
        both = [("c1", CallAnswer("12")), ("c2", CallAnswer(approve=True))]
        first = tell(engine, key, answers=both)
        assert tell(engine, key, answers=both).answers == first.answers
        assert tell(engine, key, answers=both[:1]).answers == {"c1": first.answers["c1"]}
        with pytest.raises(AlreadyAnswered):
            tell(engine, key, answers=[("c1", CallAnswer("13"))])
        goes_on(engine, waiting, model)
        assert tell(engine, key, answers=both).answers == first.answers, "when all is over, too"

    def test_more_than_a_transaction_holds(self, engine: Engine, model: MessagesApi) -> None:
        key = session(engine)
        calls = [call("time", f"c{number}") for number in range(2 * telling.TOGETHER + 1)]
        waiting = waits(engine, model, key, *calls)
        told = tell(engine, key, "and?", answers=[(each["id"], CallAnswer("12")) for each in calls])
        assert [event.number for event in engine.events(waiting) if event.type == "tool_result"] == list(
            told.answers.values()
        )
        assert engine.kinds(waiting)[told.at] == "turn.steered"

    def test_of_two_at_the_same_moment_one_is_kept_whole(self, engine: Engine, model: MessagesApi) -> None:
        key = session(engine)
        waiting = waits(engine, model, key, call("time", "c1"), call("weather", "c2"))
        other = [("c2", CallAnswer("snow"))]
        engine.table.at(1, "", lambda: tell(engine, key, answers=other))
        with pytest.raises(AlreadyAnswered):
            tell(engine, key, answers=[("c1", CallAnswer("12")), ("c2", CallAnswer("rain"))])
        assert [request.id for request in asking.pending(engine.services, waiting)] == ["c1"]


class TestWaiting:
    def test_a_call_without_an_end_waits_for_years(self, engine: Engine, model: MessagesApi) -> None:
        key = session(engine)
        waiting = waits(engine, model, key, call("time", "c1"))
        (request,) = asking.pending(engine.services, waiting)
        assert (request.expires_at, request.shown["expires_at"]) == (0, None)
        for _ in range(24):
            engine.clock.time += due.WAITING_WITHIN + 1
            sweep(engine.services)
            assert asking.pending(engine.services, engine.now(waiting))
        tell(engine, key, answers=[("c1", CallAnswer("12"))])
        goes_on(engine, waiting, model)
        assert engine.now(waiting).status == "completed"

    @pytest.mark.parametrize("named", ["TIMED_OUT", "States.Timeout"])
    def test_an_execution_whose_time_is_over_leaves_it_to_another(
        self, engine: Engine, model: MessagesApi, named: str
    ) -> None:
        key = session(engine)
        waiting = waits(engine, model, key, call("time", "c1"))
        error = {"Error": named, "Cause": ""}
        assert engine.door("FinishTurn", {**waiting.ticket.json(), "error": error})["next"] == "over"
        assert engine.now(waiting).parked
        tell(engine, key, answers=[("c1", CallAnswer("12"))])
        engine.clock.time += due.START_WITHIN + 1
        sweep(engine.services)
        assert f"{waiting.key.turn}-2" in engine.executions(), "the token is of the one that is over"
        goes_on(engine, engine.now(waiting), model)
        assert engine.now(waiting).status == "completed"


class TestStops:
    def test_what_runs_ends_and_what_is_said_begins(self, engine: Engine, model: MessagesApi) -> None:
        key = session(engine)
        tell(engine, key, "one")
        began = turn(engine, key)
        told = tell(engine, key, "two", "three", stops=True)
        assert engine.now(began).status == "cancelled"
        assert told.stopped == (began.key, len(engine.events(began)) - 1)
        assert engine.events(began)[-1].data["followed"]
        assert told.turn == turn(engine, key).key
        assert [event.data.get("interrupts") for event in engine.events(turn(engine, key))][:1] == [None]
        model.replies = [Reply([text("done")])]
        go_on(engine, turn(engine, key))
        assert words(model) == ["one", "two", "three"]

    def test_calls_that_wait_are_closed_for_model_and_readers(self, engine: Engine, model: MessagesApi) -> None:
        key = session(engine)
        waiting = waits(engine, model, key, call("time", "c1"), call("bash", "c2", command="true"))
        told = tell(engine, key, stops=True)
        events = engine.events(waiting)
        assert [(event.type, event.data.get("closed")) for event in events[-3:]] == [
            ("tool_result", True),
            ("tool_result", True),
            ("message.cancelled", None),
        ]
        assert told.stopped == (waiting.key, events[-1].number)
        with pytest.raises(NotWaiting):
            tell(engine, key, answers=[("c1", CallAnswer("12"))])
        tell(engine, key, "go on")
        model.replies = [Reply([text("done")])]
        go_on(engine, turn(engine, key))
        said = [block for message in model.requests[-1]["messages"] for block in message["content"]]
        results = {block["tool_use_id"]: block["is_error"] for block in said if block["type"] == "tool_result"}
        assert results == {"c1": True, "c2": True}

    def test_nothing_that_runs_is_noted(self, engine: Engine) -> None:
        key = session(engine)
        told = tell(engine, key, stops=True)
        assert (told.stopped, sessions.get(engine.services, key).events) == ((key.own_log, 0), 1)
        told = tell(engine, key, "two", stops=True)
        assert (told.stopped, engine.events(turn(engine, key))[0].data["interrupts"]) == (None, True)

    def test_a_turn_that_begins_meanwhile_is_ended(self, engine: Engine) -> None:
        key = session(engine)
        engine.table.at(1, "", lambda: tell(engine, key, "one"))
        told = tell(engine, key, stops=True)
        assert told.stopped
        assert told.stopped[0] != key.own_log
        assert not sessions.get(engine.services, key).busy

    def test_answers_beside_it_are_refused(self, engine: Engine, model: MessagesApi) -> None:
        key = session(engine)
        waiting = waits(engine, model, key, call("time", "c1"))
        with pytest.raises(Invalid, match="closes its calls"):
            tell(engine, key, stops=True, answers=[("c1", CallAnswer("12"))])
        assert engine.now(waiting).parked


class Kept:
    """A record that is in no table: it has been carried out once somebody has kept it."""

    def __init__(self) -> None:
        self.told: list[Told] = []

    def known(self) -> bool:
        return bool(self.told)

    def keep(self, tx: Any, services: Any, told: Told) -> None:
        self.told[:] = [told]


@pytest.mark.parametrize("what", ["start", "steer", "answer", "stop", "stop and say", "nothing", "nothing and say"])
def test_what_came_of_it_is_kept_with_it(engine: Engine, model: MessagesApi, what: str) -> None:
    key, kept = session(engine), Kept()
    if what == "answer":
        waits(engine, model, key, call("time", "c1"))
    elif what in ("steer", "stop", "stop and say"):
        tell(engine, key, "one")
    several: Several = {
        "start": Several(says("a", "b")),
        "steer": Several(says("a", "b")),
        "answer": Several(says("a"), [("c1", CallAnswer("12"))]),
        "stop": Several(stops=True),
        "stop and say": Several(says("a"), stops=True),
        "nothing": Several(stops=True),
        "nothing and say": Several(says("a"), stops=True),
    }[what]
    told = telling.tell(engine.services, key, several, kept)
    assert told
    assert kept.told == [told]
    assert telling.tell(engine.services, key, several, kept) is None, "a repetition does nothing"
