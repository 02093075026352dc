"""Where a message takes its place that goes on from a turn: what the model is told then."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.kit.chains import begin, chain, forked, next_, said
from tests.kit.counting import CountingTable
from tests.kit.engine import Engine
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.prompt_cache import PromptCache
from tests.kit.steps import begun, run
from walkaway_core.agent import client_tools
from walkaway_core.engine import deleting, placing, sending, starting
from walkaway_core.engine.ending import Ending, cancel, end_turn
from walkaway_core.engine.open_calls import Answer
from walkaway_core.errors import Invalid, NotFound, ResponseNotFound, SessionBusy, SessionNotFound
from walkaway_core.log import spoken
from walkaway_core.store import parents, sessions
from walkaway_core.store.keys import SessionKey, TurnKey
from walkaway_core.store.parents import Parent
from walkaway_core.store.transaction import Transaction
from walkaway_wire.tools import FunctionTool

if TYPE_CHECKING:
    from walkaway_core.store.turns import Turn

WEATHER = FunctionTool(name="get_weather", parameters={"type": "object"})
QUERIES, GETS = 2, 1
"""What a step reads of a session that begins by itself."""


def told(model: MessagesApi) -> list[tuple[str, str]]:
    """What the model was told at last: roles, and the texts of each message."""
    return [
        (message["role"], "|".join(_words(block) for block in message["content"]))
        for message in model.requests[-1]["messages"]
    ]


def _words(block: dict[str, Any]) -> str:
    return str(block.get("text") or block.get("content") or block.get("name"))


def test_a_session_begins_with_the_conversation_of_its_parent(engine: Engine, model: MessagesApi) -> None:
    first = forked(engine, "one")
    second = next_(engine, "two", first)
    child = forked(engine, "other", first.key)
    assert told(model) == [("user", "one"), ("assistant", "Hello."), ("user", "other")]
    assert child.key.session != first.key.session
    third = next_(engine, "three", second)
    assert third.key.session == first.key.session
    assert [words for _, words in told(model)][::2] == ["one", "two", "three"], "a child is not its parent's"
    shown, more = spoken.newest(engine.services, child.key.owner, limit=10)
    assert [entry.turn for entry in shown] == [child.key.turn] * 2
    assert not more


def test_it_is_read_across_several_parents(engine: Engine, model: MessagesApi) -> None:
    at = forked(engine, "0")
    next_(engine, "beside 0", at)
    for number in range(1, 5):
        at = forked(engine, str(number), at.key)
        next_(engine, f"beside {number}", at)
    forked(engine, "end", at.key)
    assert [words for role, words in told(model) if role == "user"] == ["0", "1", "2", "3", "4", "end"]


def test_calls_of_a_parent_have_their_results_and_a_cut_one_its_note(engine: Engine, model: MessagesApi) -> None:
    model.replies = [Reply([call("list_files")]), Reply([text("none")])]
    first = forked(engine, "list")
    forked(engine, "again", first.key)
    assert [role for role, _ in told(model)] == ["user", "assistant", "user", "assistant", "user"]
    model.replies = [Reply([call("list_files", "toolu_2")])]
    failed = begin(engine, "fail", first.key)
    engine.door("CallModel", failed.ticket.json() | {"ways": 2})
    cancel(engine.services, failed.key)
    model.replies = []
    forked(engine, "after", failed.key)
    assert told(model)[-1] == ("user", told(model)[-1][1])
    assert told(model)[-1][1].endswith("|after")


def test_a_summary_behind_the_fork_is_not_seen_and_one_before_it_is(engine: Engine, model: MessagesApi) -> None:
    long, model.cache = "tide " * 2_450, PromptCache()
    turns: list[Turn] = []
    for number in range(7):
        model.replies = [Reply([text(f"{number}: {long}")], pieces=20_000)]
        turns.append(next_(engine, f"q{number}", turns[-1]) if turns else forked(engine, "q0"))
    model.replies = [Reply([text("SUMMED UP")]), Reply([text("answer")])]
    last = next_(engine, "q7", turns[-1])
    assert "SUMMED UP" in str(model.requests[-1]["messages"])
    model.replies = [Reply([text("x")])]
    forked(engine, "before", turns[2].key)
    assert "SUMMED UP" not in str(model.requests[-1]["messages"])
    assert [words for role, words in told(model) if role == "user"] == ["q0", "q1", "q2", "before"]
    model.replies = [Reply([text("x")])]
    forked(engine, "behind", last.key)
    assert "SUMMED UP" in str(model.requests[-1]["messages"])
    assert "q1" not in str(model.requests[-1]["messages"])
    assert told(model)[-1] == ("user", "behind")


def test_a_child_sums_up_what_its_parents_have_said(engine: Engine, model: MessagesApi) -> None:
    long, model.cache = "tide " * 2_450, PromptCache()
    at = None
    for number in range(7):
        model.replies = [Reply([text(f"{number}: {long}")], pieces=20_000)]
        at = forked(engine, f"q{number}", at.key if at else None)
    assert at
    model.replies = [Reply([text("SUMMED UP")]), Reply([text("answer")])]
    child = forked(engine, "q7", at.key)
    assert "SUMMED UP" in str(model.requests[-1]["messages"])
    assert "6: tide" in str(model.requests[-1]["messages"]), "what is kept stands with a parent"
    model.replies = [Reply([text("x")])]
    next_(engine, "q8", child)
    assert "SUMMED UP" in str(model.requests[-1]["messages"])
    assert "0: tide" not in str(model.requests[-1]["messages"])
    model.replies = [Reply([text("x")])]
    forked(engine, "other", at.key)
    assert "SUMMED UP" not in str(model.requests[-1]["messages"]), "a child's summary is its own"


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_step_reads_each_parent_once_and_a_session_without_reads_no_more(engine: Engine, depth: int) -> None:
    above: TurnKey | None = None
    for number in range(depth):
        above = forked(engine, str(number), above).key
    turn = begin(engine, "here", above)
    counting = CountingTable(engine.services.table)
    engine.services = replace(engine.services, table=counting)
    engine.door("CallModel", begun(turn))
    assert counting.kinds.count("query") == QUERIES + depth
    assert counting.kinds.count("get") == GETS + depth


def test_the_deepest_child_gets_a_copy(engine: Engine, model: MessagesApi, monkeypatch: Any) -> None:
    monkeypatch.setattr("walkaway_core.engine.starting.DEEPEST", 2)
    at = forked(engine, "0")
    sessions_ = []
    for number in range(1, 7):
        at = forked(engine, str(number), at.key)
        sessions_.append(sessions.get(engine.services, at.key.owner))
    assert [words for role, words in told(model) if role == "user"] == ["0", "1", "2", "3", "4", "5", "6"]
    depths = [session.parent.depth if session.parent else 0 for session in sessions_]
    assert depths == [1, 2, 0, 1, 2, 0]
    assert parents.kept(engine.services, sessions_[1].key) == ""


@pytest.mark.parametrize("what", ["session", "turn", "tenant", "itself", "deleted"])
def test_what_is_not_there_is_no_parent(engine: Engine, what: str) -> None:
    there = forked(engine, "one").key
    key = {
        "session": TurnKey("t", "sess_" + "0" * 24, there.turn),
        "turn": TurnKey("t", there.session, "msg_" + "f" * 24),
        "tenant": TurnKey("u", there.session, there.turn),
        "itself": TurnKey("t", "sess_" + "1" * 24, "msg_" + "1" * 24),
        "deleted": there,
    }[what]
    if what == "deleted":
        deleting.delete(engine.services, there.owner)
    with pytest.raises(NotFound):
        starting.with_session(engine.services, "t", chain(), said("two"), None, parent=key, name="sess_" + "1" * 24)
    assert not engine.table.get(SessionKey("t", "sess_" + "1" * 24).item)[0]


def test_what_is_not_over_is_no_parent(engine: Engine) -> None:
    turn = begin(engine, "one")
    with pytest.raises(SessionBusy, match="not over"):
        begin(engine, "two", turn.key)
    with pytest.raises(SessionBusy):
        placing.successor(engine.services, turn.key, chain())
    end_turn(engine.services, turn.key, Ending("failed", "x", "x"))
    assert begin(engine, "two", turn.key)


def test_the_next_turn_of_a_chain_is_behind_its_last_alone(engine: Engine) -> None:
    first = forked(engine, "one")
    here = placing.successor(engine.services, first.key, chain())
    assert here
    assert here.key == first.key.owner
    assert placing.successor(engine.services, first.key, chain(ttl=600)) is None, "another life"
    second = next_(engine, "two", first)
    assert placing.successor(engine.services, first.key, chain()) is None, "something has come behind it"
    assert placing.successor(engine.services, second.key, chain())
    native = engine.turn()
    end_turn(engine.services, native.key, Ending("completed"))
    assert placing.successor(engine.services, native.key, chain()) is None, "a session of the sessions API"
    assert forked(engine, "on", native.key)


def test_a_parent_that_goes_at_the_last_moment_is_not_gone_on_from(engine: Engine) -> None:
    first = forked(engine, "one")
    engine.table.at(1, "", lambda: deleting.delete(engine.services, first.key.owner))
    made = starting.with_session(engine.services, "t", chain(), said("two"), None, parent=first.key)
    assert made is None
    with pytest.raises((SessionNotFound, ResponseNotFound)):
        begin(engine, "two", first.key)


def test_a_child_sorts_behind_its_parent_when_the_clock_has_gone_back(engine: Engine, model: MessagesApi) -> None:
    first = forked(engine, "one")
    engine.clock.time -= 100
    child = forked(engine, "two", first.key)
    assert child.key.turn > first.key.turn
    assert [words for _, words in told(model)] == ["one", "Hello.", "two"]


def test_native_sessions_are_what_they_were(engine: Engine) -> None:
    key = engine.session(persistent=True)
    before = sessions.get(engine.services, key).expires_at
    run(engine, sending.send(engine.services, key, "go").turn)
    after = sessions.get(engine.services, key)
    assert (after.expires_at, after.parent, after.forgotten) == (before, None, 0)
    assert Parent.of({}) is None


def test_a_child_brings_what_came_of_calls_with_which_its_parent_has_ended(engine: Engine, model: MessagesApi) -> None:
    stored = client_tools.store(engine.services, "t", "sess_1", [WEATHER])
    stored.keep(tx := Transaction(engine.services.table))
    tx.commit()
    options = chain(**stored.settings)
    model.replies = [Reply([call("get_weather", "toolu_7", city="Ulm")])]
    asking = replace(said("how is it?"), ends_with_calls=True)
    turn = starting.with_session(engine.services, "t", options, asking, None)
    assert turn
    run(engine, turn)
    for answer in ("sunny", "rainy"):
        behind = replace(said(""), ends_with_calls=True, answers=[Answer("toolu_7", answer)])
        child = starting.with_session(engine.services, "t", options, behind, None, parent=turn.key)
        assert child
        run(engine, child)
        assert told(model)[2] == ("user", answer), "two continuations bring two outputs"
    with pytest.raises(Invalid, match="No tool output found"):
        starting.with_session(engine.services, "t", options, asking, None, parent=turn.key)
