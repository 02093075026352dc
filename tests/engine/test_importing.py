"""What was said elsewhere, and comes along with a message."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.kit.chains import TTL, begin, chain, forked, next_, said
from tests.kit.engine import Engine
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.prompt_cache import PromptCache
from tests.kit.steps import asked, run
from walkaway_core.engine import importing, queueing, starting
from walkaway_core.errors import BodyTooLarge, Invalid
from walkaway_core.log import spoken
from walkaway_core.ports.items import Put
from walkaway_core.store import bodies, sessions

if TYPE_CHECKING:
    from walkaway_core.log.transcript import Entry

RESULT = {"type": "tool_result", "tool_use_id": "call_1", "content": "noon"}
TALK: list[dict[str, Any]] = [
    {"role": "user", "content": "What time is it?"},
    {"role": "assistant", "content": [call("get_time", "call_1", zone="UTC")]},
    {"role": "user", "content": [RESULT]},
    {"role": "assistant", "content": "It is noon."},
]


def test_it_stands_before_the_message(engine: Engine, model: MessagesApi) -> None:
    turn = forked(engine, "And now?", imported=TALK)
    messages = asked(model)
    assert [message["role"] for message in messages] == ["user", "assistant"] * 2 + ["user"]
    assert messages[1]["content"] == TALK[1]["content"]
    assert messages[2]["content"] == [RESULT]
    assert messages[-1]["content"] == [text("And now?")]
    next_(engine, "on", turn)
    assert asked(model)[:5] == messages, "what is given once is given in the same way ever after"


def test_it_comes_behind_what_its_turn_goes_on_from(engine: Engine, model: MessagesApi) -> None:
    first = forked(engine, "one")
    forked(engine, "two", first.key, TALK)
    said_ = [block.get("text") for message in asked(model) for block in message["content"] if "text" in block]
    assert said_ == ["one", "Hello.", "What time is it?", "It is noon.", "two"]


def test_a_later_turn_of_a_session_brings_some_too(engine: Engine, model: MessagesApi) -> None:
    first = forked(engine, "one")
    session = sessions.get(engine.services, first.key.owner)
    turn = starting.claim(engine.services, session, said("", imported=importing.read(TALK[:3])), None)
    assert turn

    run(engine, turn)
    assert asked(model)[-1]["content"] == [RESULT], "a message that says nothing itself"
    assert [entry.body["role"] for entry in spoken.of_turn(engine.services, turn.key)][:3] == [
        "user",
        "assistant",
        "user",
    ]


def test_roles_take_turns_and_results_come_first() -> None:
    more = [{"role": "user", "content": "also"}, *TALK[:2], {"role": "user", "content": "by the way"}, TALK[2]]
    read = importing.read([*more, {"role": "assistant", "content": ""}])
    assert [message["role"] for message in read] == ["user", "assistant", "user"]
    assert [block["text"] for block in read[0]["content"]] == ["also", "What time is it?"]
    assert [block["type"] for block in read[2]["content"]] == ["tool_result", "text"]


def test_what_the_service_does_not_take_is_told_otherwise(engine: Engine, model: MessagesApi) -> None:
    forked(engine, "go on", imported=[{"role": "assistant", "content": "I am here."}])
    assert [message["role"] for message in asked(model)] == ["user", "assistant", "user"]
    forked(engine, "go on", imported=TALK[:2])
    assert asked(model)[-1]["content"][0]["is_error"], "a call that nobody has answered"


def test_it_has_limits() -> None:
    for count, size, limit in ((2_001, 1, "2,000"), (1, 10_000_000, "10,000,000")):
        with pytest.raises(BodyTooLarge, match=limit):
            importing.read([{"role": "user", "content": "x" * size}] * count)
    with pytest.raises(Invalid, match="system"):
        importing.read([{"role": "system", "content": "x"}])


def test_it_is_shown_in_pages(engine: Engine) -> None:
    turn = forked(engine, "And now?", imported=TALK)
    shown: list[Entry] = []
    cursor, pages = "", 0
    while pages == 0 or cursor:
        page, cursor = spoken.newest(engine.services, turn.key.owner, limit=2, before=cursor)
        shown, pages = [*page, *shown], pages + 1
    assert pages == 3
    assert [entry.body["role"] for entry in shown] == ["user", "assistant"] * 3
    assert len({entry.id for entry in shown}) == 6
    assert sorted(entry.id for entry in shown) == [entry.id for entry in shown]
    assert {entry.turn for entry in shown} == {turn.key.turn}


def test_much_of_it_stands_beside_the_table_and_goes_with_its_session(engine: Engine, model: MessagesApi) -> None:
    many = [{"role": ("user", "assistant")[n % 2], "content": f"{n} " + "word " * 50} for n in range(2_000)]
    turn = begin(engine, "go", imported=many)
    root, session = bodies.root("t"), turn.key.session
    assert engine.services.workspace.listing(root, session)
    assert len(spoken.of_turn(engine.services, turn.key)) == 2_001
    assert "purge" in engine.due(), "it may not have come to be"


def test_a_summary_can_stand_for_a_part_of_it(engine: Engine, model: MessagesApi) -> None:
    model.cache = PromptCache()
    long = "tide " * 2_450
    talk = [{"role": ("user", "assistant")[n % 2], "content": f"{n}: {long}"} for n in range(8)]
    model.replies = [Reply([text("SUMMED UP")]), Reply([text("answer")])]
    turn = forked(engine, "And now?", imported=talk)
    shown = str(asked(model))
    assert "SUMMED UP" in shown
    assert "7: tide" in shown
    assert "0: tide" not in shown
    model.replies = [Reply([text("x")])]
    next_(engine, "on", turn)
    assert "SUMMED UP" in str(asked(model))


def test_a_cut_leaves_results_with_their_calls(engine: Engine, model: MessagesApi) -> None:
    model.cache = PromptCache()
    long = "tide " * 2_450
    talk: list[dict[str, Any]] = []
    for number in range(6):
        talk += [
            {"role": "user", "content": f"{number}"},
            {"role": "assistant", "content": [call("get_time", f"call_{number}")]},
            {"role": "user", "content": [{**RESULT, "tool_use_id": f"call_{number}", "content": long}]},
            {"role": "assistant", "content": long},
        ]
    model.replies = [Reply([text("SUMMED UP")]), Reply([text("answer")])]
    forked(engine, "And now?", imported=talk)
    assert "SUMMED UP" in str(asked(model))


def test_it_does_not_wait(engine: Engine) -> None:
    turn = begin(engine, "one")
    session = sessions.get(engine.services, turn.key.owner)
    with pytest.raises(Invalid, match="wait"):
        queueing.enqueue(engine.services, session, said("two", imported=importing.read(TALK)), None)
    assert chain().ttl == TTL


def test_an_item_that_cannot_be_read_says_so(engine: Engine, model: MessagesApi) -> None:
    turn = begin(engine, "go", imported=TALK)
    item = engine.table.get(turn.key.imported)[0]
    assert item
    engine.table.write(Put(replace(item, body=b'{"role": "imported", "entries": [{"role": "summary"}]}')))
    assert "cannot be read" in str(spoken.of_turn(engine.services, turn.key)[0].body)
