"""`walkaway sessions` and `walkaway turns`."""

import json

from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.terminals import Caller


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


def test_prune_deletes_what_was_not_used_for_long(asked: Caller) -> None:
    asked("sessions", "create")
    assert asked("sessions", "prune", "--older-than", "1h", "--yes", "--field", "deleted").out == "0\n"
    assert asked("sessions", "prune", "--older-than", "1h").code == 2


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
