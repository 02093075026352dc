"""The offline model works in a container: by its tools, with its paths, and leaves what was asked for as an output."""

from typing import Any

import pytest

from walkaway_core.models.rehearsal import contained
from walkaway_core.models.rehearsal.contained import understand
from walkaway_core.models.rehearsal.script import reply
from walkaway_core.ports.containers import OUTPUTS

GIVEN = {
    "bash": ("command", "restart", "timeout_ms"),
    "read": ("file_path", "view_range"),
    "write": ("file_path", "content"),
    "edit": ("file_path", "old_string", "new_string"),
    "glob": ("pattern", "path"),
    "grep": ("pattern", "path"),
}
TOOLS = [
    {"name": name, "input_schema": {"type": "object", "properties": {each: {} for each in given}}}
    for name, given in GIVEN.items()
]
CSV = "name,age\nAda,36\n"


def turn(message: str, tools: list[Any] = TOOLS, result: Any = CSV) -> tuple[list[tuple[str, Any]], str]:
    """Carry a turn out, each call with the same result; give the calls, and the last text."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": [{"type": "text", "text": message}]}]
    called: list[tuple[str, Any]] = []
    for _ in range(20):
        made = reply({"model": "rehearsal", "max_tokens": 9, "messages": messages, "tools": tools}).blocks
        calls = [block for block in made if block["type"] == "tool_use"]
        if not calls:
            return called, "".join(block["text"] for block in made if block["type"] == "text")
        called += [(call["name"], call["input"]) for call in calls]
        results = [{"type": "tool_result", "tool_use_id": call["id"], "content": result} for call in calls]
        messages += [{"role": "assistant", "content": made}, {"role": "user", "content": results}]
    raise AssertionError("it goes on for ever")


@pytest.mark.parametrize(
    ("message", "deed", "path"),
    [
        ("Read /uploads/data.csv and tell me the column names.", "read", "/uploads/data.csv"),
        ("Summarize /mnt/session/uploads/a/b.txt", "read", "/mnt/session/uploads/a/b.txt"),
        ("Read `/opt/sandbox/workspace/a.md`", "read", "a.md"),
        ("Read notes.md", "read", "notes.md"),
        ("Write a poem on moss to /workspace/moss.txt.", "make", "/workspace/moss.txt"),
        ("Write a report on moss to moss.md", "make", "moss.md"),
        ("Write a report on moss", "make", f"{OUTPUTS}/report.md"),
        ("Make slides about bees", "make", f"{OUTPUTS}/bees.md"),
        ("Read /uploads/data.csv and write a summary to /mnt/session/outputs/s.md", "make", f"{OUTPUTS}/s.md"),
        ("Analyse /uploads/s.csv by region. Produce report.html as you were told.", "make", f"{OUTPUTS}/report.html"),
        ("Analyse /uploads/s.csv and write a report", "make", f"{OUTPUTS}/report.md"),
        ("A table of /mnt/session/uploads/s.csv, please", "read", "/mnt/session/uploads/s.csv"),
        ("What drives revenue? The data is at /mnt/session/uploads/s.csv.", "read", "/mnt/session/uploads/s.csv"),
        ("Which files are there in /mnt/session/uploads?", "list", "/mnt/session/uploads"),
        ("Hello Claude!", "talk", ""),
        ("Write a short haiku about the ocean.", "make", ""),
    ],
)
def test_both_kinds_of_path_are_read(message: str, deed: str, path: str) -> None:
    wish = understand(message)
    assert (wish.deed, wish.path) == (deed, path)
    assert "/opt/sandbox" not in wish.subject


def test_a_question_for_columns_is_answered_from_the_file() -> None:
    calls, said = turn("Read /uploads/data.csv and tell me the column names.", result=[{"type": "text", "text": CSV}])
    assert calls == [("read", {"file_path": "/uploads/data.csv"})]
    assert "The columns of /uploads/data.csv are: name, age." in said


def test_a_file_by_its_name_alone_is_made_of_what_was_given() -> None:
    calls, said = turn("Analyse the orders in /mnt/session/uploads/s.csv.\nColumns: a, b.\n\nProduce report.html.")
    assert [(name, given["file_path"]) for name, given in calls[:2]] == [
        ("read", "/mnt/session/uploads/s.csv"),
        ("write", f"{OUTPUTS}/report.html"),
    ]
    assert "<!doctype html>" in calls[1][1]["content"]
    assert f"{OUTPUTS}/report.html" in said


def test_what_is_to_be_made_of_a_file_is_made_when_that_was_read() -> None:
    calls, said = turn("Analyse /uploads/sales.csv and write a report on it to /mnt/session/outputs/report.md")
    assert [name for name, _ in calls] == ["read", "write", "read"]
    assert calls[0][1]["file_path"] == "/uploads/sales.csv"
    assert calls[1][1]["file_path"] == calls[2][1]["file_path"] == f"{OUTPUTS}/report.md"
    assert f"{OUTPUTS}/report.md" in said


@pytest.mark.parametrize(
    ("message", "call"),
    [
        ("Which files are there in the directory?", ("glob", {"pattern": "**/*"})),
        ("Search the files for 'a+b'", ("grep", {"pattern": r"a\+b"})),
        ("Run `echo hi`", ("bash", {"command": "echo hi"})),
        (
            "Run `cat /mnt/a/b.txt /opt/sandbox/workspace/c`",
            ("bash", {"command": "cat /mnt/a/b.txt /opt/sandbox/workspace/c"}),
        ),
        ("Search the files for '/mnt/a/b'", ("grep", {"pattern": "/mnt/a/b"})),
    ],
)
def test_it_looks_and_runs_with_the_containers_tools(message: str, call: Any) -> None:
    assert turn(message)[0] == [call]


def test_where_bash_is_all_there_is_it_does_everything() -> None:
    [write, read], _ = turn("Write a haiku about moss to /mnt/session/outputs/a$b.txt", TOOLS[:1])
    assert write[1]["command"].startswith("mkdir -p /mnt/session/outputs && printf %s ")
    assert read == ("bash", {"command": "head -n 3 '/mnt/session/outputs/a$b.txt'"})
    assert [name for name, _ in turn("Search the files for 'moss'", TOOLS[:1])[0]] == ["bash"]


def test_what_it_cannot_do_without_tools_it_does_not_call() -> None:
    assert turn("Write a report on moss", TOOLS[1:2])[0] == [
        ("read", {"file_path": f"{OUTPUTS}/report.md", "view_range": [1, 3]})
    ]


def test_a_callers_tool_of_such_a_name_is_the_callers() -> None:
    own = {"name": "grep", "input_schema": {"type": "object", "properties": {"needle": {"type": "string"}}}}
    assert contained.offered([own]) == set()
    assert turn("Grep it", [own])[0] == [("grep", {})]


def test_steps_that_are_asked_for_call_something() -> None:
    calls, _ = turn("Go on in 4 steps with 2 tools at once")
    assert [name for name, _ in calls] == ["bash"] * 6


def test_a_callers_tool_is_called_so_many_times_side_by_side() -> None:
    own = {"name": "approve_expense", "input_schema": {"type": "object", "properties": {}}}
    assert len(turn("Approve the expenses, 12 tools at once", [*TOOLS, own])[0]) == 12
