"""Where a stream without a cursor begins, by hand: with a clock and turns that stand still."""

import pytest

from tests.dialects.managed.record_logs import CUSTOM, Hand
from tests.dialects.responses.record_logs import to_the_end
from tests.kit.engine import Engine
from tests.kit.messages_api import MessagesApi, Reply, call, text
from walkaway_core.agent import client_tools
from walkaway_core.dialects.managed import segments
from walkaway_core.dialects.managed.segments import Start
from walkaway_core.dialects.managed.told import Spot, Told, Who
from walkaway_core.dialects.managed.walking import Walk
from walkaway_core.engine import archiving, creating
from walkaway_core.engine.pause.answering import CallAnswer
from walkaway_core.store import sessions
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.sessions import SessionOptions
from walkaway_core.store.turns import Turn


@pytest.fixture
def hand(engine: Engine, model: MessagesApi) -> Hand:
    name = engine.services.ids.new("sess_")
    tools = client_tools.store(engine.services, "t", name, CUSTOM)
    settings = AgentSettings(model="test-model", tool_timeout=0, **tools.settings)
    options = SessionOptions(persistent=True, settings=settings)
    return Hand(engine, model, creating.create(engine.services, "t", options, {}, tools.keep, name=name).key)


def walk(hand: Hand) -> Walk:
    return Walk(hand.engine.services, hand.key, Who(hand.key.session, "Ada"))


def begins(hand: Hand) -> Start:
    return segments.begin(walk(hand), sessions.get(hand.engine.services, hand.key))


def told(hand: Hand, turn: Turn) -> list[Told]:
    return [*walk(hand).turn(turn.key.turn)]


def turn(hand: Hand) -> Turn:
    """Let a turn run to its end."""
    hand.model.replies = [Reply([text("Yes.")])]
    made = hand.say("Go")
    to_the_end(hand.engine, hand.model, made)
    return made


def at(hand: Hand, turn: Turn) -> Start:
    """At the beginning of a turn, of which there is one or two."""
    return Start(f"{hand.key.session}:{turn.place}", turn.key.turn)


def behind(hand: Hand, turn: Turn) -> Start:
    """Behind a turn that is over."""
    return Start(f"{turn.key.turn}:{hand.engine.events(turn)[-1].number}")


def test_a_new_session_begins_with_whatever_comes(hand: Hand) -> None:
    assert begins(hand) == Start("")


def test_what_is_under_way_is_shown_from_its_beginning_however_old(hand: Hand) -> None:
    made = hand.say("Go")
    hand.engine.clock.time += 3600
    assert begins(hand) == at(hand, made)


def test_an_end_is_shown_for_ten_seconds_and_not_when_it_was_told(hand: Hand) -> None:
    made = turn(hand)
    assert begins(hand) == at(hand, made)
    hand.engine.clock.time += 10
    assert begins(hand) == at(hand, made)
    hand.engine.clock.time += 0.1
    assert begins(hand) == behind(hand, made)
    made = turn(hand)
    segments.told(walk(hand), told(hand, made)[-1].at)
    assert begins(hand) == behind(hand, made)
    hand.engine.clock.time += 1
    assert begins(hand) == behind(hand, made)


def test_a_turn_that_ends_behind_what_was_told_is_shown(hand: Hand) -> None:
    segments.told(walk(hand), told(hand, turn(hand))[-1].at)
    hand.engine.clock.time += 1
    second = turn(hand)
    assert begins(hand) == at(hand, second)


def test_a_pause_is_an_end_and_what_follows_it_a_segment(hand: Hand) -> None:
    hand.model.replies = [Reply([call("get_time", "c1"), call("get_weather", "c2")]), Reply([text("Noon.")])]
    waiting = hand.waits(hand.say("Go"))
    assert begins(hand) == at(hand, waiting)
    rest = told(hand, waiting)[-1]
    hand.engine.clock.time += 11
    assert begins(hand).after == Spot(waiting.key.turn, rest.number, segments.ALL), "nothing that was told"
    hand.answers(waiting, c1=CallAnswer("noon"))
    assert begins(hand).after == rest.spot, "one answer, and a pause for the other"
    hand.answers(waiting, c2=CallAnswer("rain"))
    second = next(each for each in told(hand, waiting) if each.idle and each.spot > rest.spot)
    assert begins(hand).after == second.spot
    hand.goes_on(waiting)
    assert begins(hand).after == second.spot


def test_who_is_shown_that_it_rests_is_not_told_so_again(hand: Hand) -> None:
    made = turn(hand)
    segments.reported(hand.engine.services, sessions.get(hand.engine.services, hand.key))
    assert begins(hand) == behind(hand, made)


def test_what_runs_is_not_reported_as_resting(hand: Hand) -> None:
    made = hand.say("Go")
    segments.reported(hand.engine.services, sessions.get(hand.engine.services, hand.key))
    hand.model.replies = [Reply([text("Yes.")])]
    to_the_end(hand.engine, hand.model, made)
    assert begins(hand) == at(hand, made)


def test_a_session_that_is_archived_says_so(hand: Hand) -> None:
    turn(hand)
    archiving.archive(hand.engine.services, hand.key)
    assert [each.type for each in begins(hand).told] == [
        "session.thread_status_terminated",
        "session.status_terminated",
    ]
