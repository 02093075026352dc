"""`walkaway sessions` and `walkaway turns`."""

import json
import re

import pytest

from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.terminals import Caller

NOBODY = f"sess_{'0' * 24}"


def test_sessions_are_made_named_described_and_deleted(walkaway: Caller) -> None:
    id_ = walkaway("sessions", "create", "--title", "Harbours", "--ttl", "2h").out.strip()
    assert walkaway("sessions", "show", "--field", "ttl").out == "7200\n"
    assert walkaway("sessions", "show", "harbours", "-q").out == f"{id_}\n"
    assert walkaway("sessions", "meta", "@", "project=tides", "count=3").out == "project\ttides\ncount\t3\n"
    assert json.loads(walkaway("sessions", "meta", "@", "project=", "--json").out) == {"count": 3}
    assert walkaway("sessions", "meta", "@", "nonsense").code == 2
    walkaway("sessions", "rename", "@", "Ports")
    shown = dict(line.split("\t") for line in walkaway("sessions", "show", id_[-6:]).out.splitlines())
    assert (shown["session"], shown["title"], shown["state"]) == (id_, "Ports", "new")
    other = walkaway("sessions", "create", "-q").out.strip()
    assert walkaway("sessions", "show", "@2", "-q").out.strip() == id_
    assert walkaway("sessions", "delete", other, id_, "--yes", "-q").out.split() == [other, id_]
    assert walkaway("sessions", "list", "-q").out.count(id_) == 0


def test_an_id_of_managed_agents_names_its_session(walkaway: Caller) -> None:
    id_ = walkaway("sessions", "create", "-q").out.strip()
    for name in (id_.replace("sess_", "sesn_"), f"sesn_{id_[5:20]}"):
        assert walkaway("sessions", "show", name, "-q").out.strip() == id_


def test_those_whose_last_turn_has_failed_are_listed_alone(asked: Caller, model: MessagesApi) -> None:
    model.replies[:] = [Reply([text("done")]), Reply(status=400)]
    asked("run", "well")
    asked("run", "badly")
    assert len(asked("sessions", "list", "-q").out.split()) == 2
    failed = asked("sessions", "list", "--failed", "-q").out.split()
    assert failed == [asked("sessions", "show", "@", "-q").out.strip()]


def test_prune_deletes_what_was_not_used_for_long(asked: Caller) -> None:
    asked("sessions", "create")
    assert asked("sessions", "prune", "--older-than", "1h", "--yes", "--field", "deleted").out == "0\n"
    assert asked("sessions", "prune", "--older-than", "1h").code == 2


def test_prune_says_how_many_before_it_asks_and_after(walkaway: Caller) -> None:
    ids = [walkaway("sessions", "create", "-q").out.strip() for _ in range(2)]
    with walkaway.terminal("sessions", "prune", "--older-than", "1h") as seen:
        assert seen.end() == 0
    assert seen.text == "There are none: nothing is deleted"
    with walkaway.terminal("sessions", "prune", "--older-than", "0") as seen:
        count = re.search(r"Delete (\d+) sessions, not used for", seen.until("[y/N]"))
        assert count
        seen.type("y\r")
        assert seen.end() == 0
    assert int(count[1]) >= len(ids)
    assert f"{count[1]} sessions deleted" in seen.text


def test_a_list_that_filters_leave_empty_names_them(walkaway: Caller) -> None:
    for words, told in (
        (
            ("sessions", "list", "--waiting", "--search", "none like it"),
            "There are no sessions with --waiting and --search",
        ),
        (("runs", "list", "--status", "failed", "--label", "none"), "There are no runs with --status and --label"),
    ):
        with walkaway.terminal(*words) as seen:
            assert seen.end() == 0
        assert seen.text == told


def test_who_is_not_there_is_said_beside_those_who_are(walkaway: Caller) -> None:
    walkaway("agents", "create", "keeper")
    for words in (("run", "x"), ("sessions", "create")):
        agent = walkaway(*words, "--agent", "nobody")
        assert agent.code == 7
        assert "There is no agent 'nobody'. There are: keeper" in agent.err
        model = walkaway(*words, "--model", "nobody")
        assert model.code == 1
        assert "There are: rehearsal" in model.err
    assert "There are: rehearsal" in walkaway("agents", "create", "x", "--model", "nobody").err
    scheduled = walkaway("schedules", "create", "x", "--every", "1d", "--agent", "nobody")
    assert "There is no agent 'nobody'. There are: keeper" in scheduled.err


def test_turns_are_listed_shown_and_counted(asked: Caller, model: MessagesApi) -> None:
    model.replies[:] = [Reply([text("First.")]), Reply([text("Second.")])]
    first = asked("run", "go", "-q").out.strip()
    second = asked("send", "more", "-q").out.strip()
    assert asked("turns", "list", "-q").out.split() == [second, first]
    rows = [line.split("\t") for line in asked("turns", "list", "@").out.splitlines()]
    assert [row[:4] for row in rows] == [[second, "completed", "Second.", "1"], [first, "completed", "First.", "1"]]
    shown = asked("turns", "show", first)
    assert shown.out == "First.\n"
    assert "✔ completed" in shown.err
    assert asked("turns", "show", "@", "--field", "output_text").out == "Second.\n"
    usage = json.loads(asked("turns", "usage", "@", "--json").out)
    assert f"output_tokens\t{usage['output_tokens']}\n" in asked("turns", "usage", "@").out
    assert asked("turns", "events", "@").out == asked("tail", "@", "--events").out
    assert asked("turns", "show", second[-8:], "-q").out.strip() == second
    assert asked("turns", "show", first.partition("/")[2], "-q").out.strip() == first
    nowhere = asked("turns", "show", "0" * 8)
    assert (nowhere.code, "There is no turn '00000000'" in nowhere.err) == (7, True)
    assert asked("turns", "show", asked("sessions", "create", "-q").out.strip()).code == 7


def test_what_was_said_is_exported(asked: Caller, model: MessagesApi) -> None:
    model.replies[:] = [Reply([text("I look."), call("list_files", path="")]), Reply([text("Nothing is there.")])]
    asked("run", "Look around")
    asked("send", "--utc", "And now?")
    told = asked("sessions", "export", "@").out
    heads = [line.split(" · ")[0] for line in told.splitlines() if line.startswith("## ")]
    assert heads == ["## user", "## assistant", "## tool", "## assistant", "## user", "## assistant"]
    assert "I look.\n\n`list_files` {" in told
    assert told.count("Nothing is there.") == 2
    objects = json.loads(asked("sessions", "export", "--json").out)
    assert [each["role"] for each in objects] == [head[3:] for head in heads]
    assert objects[0]["content"][0]["text"] == "Look around"


@pytest.mark.parametrize("words", [("turns", "list", NOBODY), ("tail", f"{NOBODY}/msg_{'0' * 24}", "-F")])
def test_what_is_not_there_was_not_used(walkaway: Caller, words: tuple[str, ...]) -> None:
    used = walkaway("sessions", "create", "-q").out
    assert walkaway(*words).code == 7
    assert walkaway("sessions", "show", "@", "-q").out == used
