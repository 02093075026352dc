"""`walkaway run`, `send`, `tail`, `wait`, `cancel` and `answer`, in a pipe and on a terminal."""

import dataclasses
import json
import re
import threading
from pathlib import Path

import pytest

from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.servers import Running, served
from tests.kit.terminals import Caller

STEPS = [
    Reply([text("Let me **write** it."), call("write_file", path="tides.csv", content="x,y\n" * 300)]),
    Reply([text("# Done\nThe `chart` is there.")]),
]


class TestInAPipe:
    def test_the_text_is_on_standard_output_and_nothing_else(self, asked: Caller, model: MessagesApi) -> None:
        model.replies[:] = STEPS
        ran = asked("run", "Chart it", "--out", "made")
        assert (ran.code, ran.out) == (0, "Let me **write** it.\n# Done\nThe `chart` is there.\n")
        assert (asked.home / "made/tides.csv").read_text() == "x,y\n" * 300
        assert "\x1b" not in ran.err
        first, last = ran.err.splitlines()
        assert first.endswith("walkaway tail @")
        assert last.startswith("✔ completed in ")
        assert last.endswith("2 steps · tides.csv 1.2 KB → made/")

    def test_json_is_the_turn_s_record(self, asked: Caller, scripted: Running) -> None:
        ran = asked("--json", "run", "Say hello")
        said = json.loads(ran.out)
        with scripted.client() as client:
            path = f"/v1/sessions/{said['session_id']}/responses/{said['id']}"
            assert client.get(path).json() == said
        assert ran.err == ""
        assert said["output_text"] == "Hello."

    def test_quiet_is_the_reference_which_every_command_takes(self, asked: Caller) -> None:
        ref = asked("run", "-q", "Say hello").out.strip()
        assert asked("wait", ref, "-q").out.strip() == ref
        assert asked("wait", ref, "--field", "output_text").out == "Hello.\n"
        assert asked("tail", ref).out == "Hello.\n"
        session, _, turn = ref.partition("/")
        assert asked("tail", session[-6:]).out == "Hello.\n"
        assert asked("tail", f"{session[-8:]}/{turn[-8:]}").out == "Hello.\n"
        assert asked("tail", "say hello").out == "Hello.\n"

    def test_detached_it_runs_by_itself(self, asked: Caller, model: MessagesApi) -> None:
        gate = threading.Event()
        model.replies[:] = [Reply([text("Hello.")], gate=gate)]
        ran = asked("run", "Say hello", "--detach")
        ref = ran.out.strip()
        assert ran.code == 0
        assert f"walkaway tail {ref}" in ran.err
        assert asked("wait", "@", "--timeout", "0.2").code == 124
        looked = asked("tail", "@")
        assert (looked.code, looked.err) == (0, f"Still running. walkaway tail -f {ref}\n")
        assert asked("tail", "@", "--timeout", "0.5s").code == 124
        assert asked("tail", "@", "--no-follow", "--until-done").code == 2
        over = asked("tail", "@", "-f", "--timeout", "0.5s")
        assert over.code == 124
        assert f"walkaway wait {ref}" in over.err
        gate.set()
        assert asked("tail", "@", "--until-done").out == "Hello.\n"

    def test_a_no_needs_no_reason(self, asked: Caller, model: MessagesApi) -> None:
        model.replies[:] = [Reply([call("list_files", path="")]), Reply([text("Tidy.")])]
        assert asked("run", "Tidy up", "--approve", "list_files").code == 3
        assert asked("answer", "@", "--no").code == 0
        assert asked("wait", "@").code == 0
        assert '"is_error": true' in json.dumps(model.requests[-1]["messages"][-1])

    def test_its_time_is_over_and_it_goes_on(self, asked: Caller, model: MessagesApi) -> None:
        gate = threading.Event()
        model.replies[:] = [Reply([text("Hello.")], gate=gate)]
        ran = asked("run", "Say hello", "--timeout", "0.5")
        assert ran.code == 124
        assert "The time is over; it goes on. walkaway wait sess_" in ran.err
        gate.set()
        assert asked("wait", "@").code == 0

    def test_tail_looks_on_so_long_whether_or_not_a_turn_runs(self, asked: Caller) -> None:
        asked("run", "Say hello")
        over = asked("tail", "@", "-f", "--timeout", "0.5s")
        assert (over.code, over.out) == (124, "Hello.\n")
        assert over.err.endswith("The time is over\n")

    @pytest.mark.parametrize("command", ["tail", "wait"])
    def test_files_are_saved_by_who_comes_back(self, asked: Caller, model: MessagesApi, command: str) -> None:
        gate = threading.Event()
        model.replies[:] = [STEPS[0], Reply([text("Done.")], gate=gate)]
        ran = asked("run", "Chart it", "--out", "made here", "--timeout", "0.5")
        assert "--out 'made here'" in ran.err
        gate.set()
        assert asked(command, "@", "--out", "made here").code == 0
        assert (asked.home / "made here/tides.csv").read_text() == "x,y\n" * 300

    def test_the_reference_that_is_printed_says_where_files_go(self, asked: Caller) -> None:
        ran = asked("run", "Say hello", "--detach", "--out", "made")
        assert ran.err == f"It runs. walkaway tail {ran.out.strip()} --out made\n"

    @pytest.mark.parametrize("option", ["--attach", "--file"])
    def test_what_cannot_be_sent_leaves_no_session(self, asked: Caller, option: str) -> None:
        asked("run", "Say hello")
        before = asked("sessions", "list", "-q").out
        wrong = asked("run", "hi", option, "nofile")
        assert wrong.code == 2
        assert "There is no file nofile here" in wrong.err
        assert asked("run", "hi", "--file", "task.txt:../out").code != 0
        (asked.home / "task.txt").write_text("x")
        assert asked("run", "hi", "--file", "task.txt:../out").code != 0
        assert asked("sessions", "list", "-q").out == before
        assert asked("sessions", "show", "-q").out in before

    def test_of_several_the_first_is_enough_where_that_is_said(self, asked: Caller, model: MessagesApi) -> None:
        gate = threading.Event()
        model.replies[:] = [Reply([text("Slow.")], gate=gate), Reply([text("Quick.")])]
        slow = asked("run", "go", "--detach").out.strip()
        quick = asked("run", "go", "-q").out.strip()
        assert asked("wait", slow, quick, "--any", "-q", "--timeout", "60").out.strip() == quick
        over = asked("wait", slow, quick, "--timeout", "0.5")
        assert over.code == 124
        gate.set()
        assert sorted(asked("wait", slow, quick, "-q").out.split()) == sorted([slow, quick])

    def test_files_go_along_and_an_editor_writes_the_message(self, asked: Caller, model: MessagesApi) -> None:
        (asked.home / "data.csv").write_text("1,2")
        (asked.home / "editor.sh").write_text("grep -q Draft $1 && echo 'From the editor' >$1")
        writer = asked.having(EDITOR="sh editor.sh", VISUAL="")
        ran = writer("run", "Draft", "--edit", "--file", "data.csv", "--file", "data.csv:deep/other.csv")
        assert ran.code == 0, ran.err
        assert "From the editor" in json.dumps(model.requests[-1])
        assert "Draft" not in json.dumps(model.requests[-1]["messages"])
        assert asked("files", "cat", "data.csv").out == asked("files", "cat", "deep/other.csv").out == "1,2"
        assert asked("run", "Draft", "--edit", EDITOR="sh -c ':>$0'", VISUAL="").code == 2
        nowhere = asked("run", "Draft", "--edit", EDITOR="nosucheditor", VISUAL="")
        assert (nowhere.code, "nosucheditor" in nowhere.err, "Errno" in nowhere.err) == (2, True, False)

    def test_what_is_piped_in_is_attached(self, asked: Caller, model: MessagesApi) -> None:
        assert asked("run", "Review this", stdin=b"- old\n+ new\n").code == 0
        assert "+ new" in json.dumps(model.requests[-1])
        assert asked("run", "-", stdin=b"The task itself").code == 0
        assert "The task itself" in json.dumps(model.requests[-1])
        (asked.home / "task.txt").write_text("From a file")
        assert asked("send", "@task.txt").code == 0
        assert "From a file" in json.dumps(model.requests[-1])
        assert asked("send", "@", "@@home").code == 0
        assert '"@home"' in json.dumps(model.requests[-1])

    def test_a_turn_that_fails_is_code_1(self, asked: Caller, model: MessagesApi) -> None:
        model.replies[:] = [Reply(status=400, error="no such luck")]
        ran = asked("run", "go")
        assert ran.code == 1
        assert "✘ failed" in ran.err
        assert "no such luck" in ran.err
        assert asked("wait", "@").code == 1

    def test_a_cancelled_one_is_code_4(self, asked: Caller, model: MessagesApi) -> None:
        gate = threading.Event()
        model.replies[:] = [Reply([text("Hello.")], gate=gate)]
        ref = asked("run", "go", "--detach").out.strip()
        assert "is cancelled" in asked("cancel", "@").err
        gate.set()
        assert asked("wait", ref).code == 4
        assert "had ended before" in asked("cancel", ref).err

    def test_a_turn_that_waits_is_code_3_and_the_command_to_answer_with(
        self, asked: Caller, model: MessagesApi
    ) -> None:
        model.replies[:] = [Reply([call("list_files", path="")]), Reply([text("Tidy.")])]
        ran = asked("run", "Tidy up", "--approve", "list_files")
        assert ran.code == 3
        answer = ran.err.partition("walkaway answer ")[2].split()[0]
        waited = asked("wait", "@")
        assert waited.code == 3
        commands = f"list_files: walkaway answer {answer} --yes, or walkaway answer {answer} --no\n"
        assert commands in waited.err
        for command in (("tail", "@"), ("tail", "@", "--until-done"), ("tail", "@", "--timeout", "60")):
            looked = asked(*command)
            assert (looked.code, looked.err.endswith(commands)) == (3, True)
        assert asked("turns", "show", "@").err.endswith(commands)
        assert asked("answer", answer).code == 2
        assert "list_files asks for a yes or a no: --yes, or --no\n" in asked("answer", answer, "text").err
        assert (
            f"waits for no call 'nonsense', but for another:\n  {answer}" in asked("answer", "@/nonsense", "--yes").err
        )
        assert asked("answer", answer, "--yes").code == 0
        assert asked("wait", "@").code == 0
        nothing = asked("answer", answer, "--yes")
        assert (nothing.code, "waits for nothing: its turn is completed" in nothing.err) == (7, True)
        assert asked("tail", "@").out == "Tidy.\n"

    def test_events_are_objects_or_lines(self, asked: Caller) -> None:
        asked("run", "Say hello")
        lines = asked("tail", "@", "--events").out.splitlines()
        assert lines[0].startswith("0\tmessage.created\t{")
        events = [json.loads(line) for line in asked("tail", "@", "--json").out.splitlines()]
        assert [each["id"] for each in events] == list(range(len(lines)))
        assert events[-1]["event"] == "message.completed"
        behind = asked("tail", "@", "--field", "event", "--from", str(len(lines) - 2)).out
        assert behind == "message.completed\n"

    def test_a_busy_session_says_what_can_become_of_the_message(self, asked: Caller, model: MessagesApi) -> None:
        gate = threading.Event()
        model.replies[:] = [Reply([text("Hello.")], gate=gate), Reply([text("Next.")])]
        asked("run", "go", "--detach")
        refused = asked("send", "@", "more")
        assert refused.code == 1
        assert "--on-busy enqueue" in refused.err
        queued = json.loads(asked("send", "more", "--on-busy", "enqueue", "--detach", "--json").out)
        assert (queued["status"], queued["outcome"]) == ("queued", "queued")
        assert (
            "It waits for the turn that runs. walkaway tail"
            in asked("send", "x", "--on-busy", "enqueue", "--detach").err
        )
        gate.set()
        assert asked("wait", f"{queued['session_id']}/{queued['response_id']}").code == 0


class TestOnATerminal:
    def test_it_shows_tools_and_words_and_how_it_ended(self, asked: Caller, model: MessagesApi) -> None:
        model.replies[:] = STEPS
        with asked.terminal("run", "Chart it") as seen:
            assert seen.end() == 0
        lines = seen.text.splitlines()
        assert lines[0].startswith("● sess_")
        assert lines[1] == "  Let me write it."
        assert lines[2].startswith("  ▸ write_file tides.csv  ✓ ")
        assert lines[2].endswith("1.2 KB")
        assert lines[3:5] == ["  # Done", "  The `chart` is there."]
        assert lines[5].startswith("✔ completed in ")
        assert len(lines) == 6
        assert b"\x1b[1m" in seen.raw

    @pytest.mark.parametrize("arguments", [(), ("--thinking",)])
    def test_thoughts_are_a_line_or_all_that_was_thought(
        self, asked: Caller, model: MessagesApi, arguments: tuple[str, ...]
    ) -> None:
        thought = "First this. " * 20 + "Then that."
        model.replies[:] = [Reply([{"type": "thinking", "thinking": thought}, text("End.")])]
        with asked.terminal("run", "go", *arguments) as seen:
            assert seen.end() == 0
        assert "First this." in seen.text
        assert ("Then that." in " ".join(seen.text.split())) == bool(arguments)
        assert ("thinking First" in seen.text) != bool(arguments)

    def test_no_color_is_heeded(self, asked: Caller) -> None:
        for name, value in (("NO_COLOR", "1"), ("TERM", "dumb")):
            plain = dataclasses.replace(asked, more={name: value})
            with plain.terminal("run", "go") as seen:
                assert seen.end() == 0
            assert not re.search(rb"\x1b\[[0-9;]*m", seen.raw)
        ran = asked("tail", "@", "--color", "always")
        assert "\x1b" not in ran.out

    @pytest.mark.parametrize("columns", [0, 1, 5])
    def test_a_terminal_without_room_is_written_to_all_the_same(
        self, asked: Caller, model: MessagesApi, columns: int
    ) -> None:
        """One that says 0 says nothing, as those of some containers: it has room as others have."""
        model.replies[:] = STEPS
        with asked.terminal("run", "Chart it", columns=columns) as seen:
            assert seen.end() == 0
        if not columns:
            assert "▸ write_file tides.csv  ✓ " in seen.text
            assert "✔ completed in " in seen.text
        with asked.terminal("sessions", "list", columns=columns) as seen:
            assert seen.end() == 0
        assert "Traceback" not in seen.text
        assert ("SESSION" in seen.text.splitlines()[0]) == (not columns)

    @pytest.mark.parametrize("columns", [40, 80])
    def test_no_line_is_wider_than_the_terminal(self, asked: Caller, model: MessagesApi, columns: int) -> None:
        long = "A sentence of many words that has to be wrapped somewhere, 大きな文字 included. " * 4
        model.replies[:] = [
            Reply([text(long), call("write_file", path="a/very/long/path/to/a/file/of/the/report.md", content="x")]),
            Reply([text("End.")]),
        ]
        with asked.terminal("run", "go", columns=columns) as seen:
            assert seen.end() == 0
        rows = seen.text.splitlines()
        said = " ".join(row.strip() for row in rows if row.startswith("  ") and "▸" not in row)
        assert " ".join(long.split()) in said.replace("  ", " ")
        assert [row for row in rows if "▸" in row and "✓" in row]

    def test_ctrl_c_detaches_and_says_how_to_come_back(self, asked: Caller, model: MessagesApi) -> None:
        gate = threading.Event()
        model.replies[:] = [Reply([text("One two three.")], gate=gate)]
        with asked.terminal("run", "go") as seen:
            seen.until("One")
            seen.type("\x03")
            assert seen.end() == 130
        assert "Still running. walkaway tail sess_" in seen.text
        gate.set()
        assert asked("wait", "@").code == 0

    def test_tail_goes_on_with_the_turns_that_come(self, asked: Caller, model: MessagesApi) -> None:
        model.replies[:] = [Reply([text("First.")]), Reply([text("Second.")])]
        asked("run", "go")
        with asked.terminal("tail", "@") as seen:
            seen.until("What comes next is shown here")
            assert asked("send", "@", "more", "--detach").code == 0
            seen.until("Second.")
            seen.until("completed", times=2)
            seen.type("\x03")
            assert seen.end() == 0
        assert seen.text.count("First.") == seen.text.count("Second.") == 1

    def test_ctrl_c_cancels_where_that_is_wanted(self, asked: Caller, model: MessagesApi) -> None:
        gate = threading.Event()
        model.replies[:] = [Reply([text("One two three.")], gate=gate)]
        with asked.terminal("run", "go", "--cancel-on-interrupt") as seen:
            seen.until("One")
            seen.type("\x03")
            assert seen.end() == 4
        gate.set()
        assert asked("wait", "@").code == 4

    def test_killing_the_terminal_changes_nothing(self, asked: Caller, model: MessagesApi) -> None:
        gate = threading.Event()
        model.replies[:] = [Reply([text("One two three.")], gate=gate)]
        with asked.terminal("run", "go") as seen:
            seen.until("One")
        gate.set()
        assert asked("wait", "@", "--field", "output_text").out == "One two three.\n"

    @pytest.mark.parametrize(
        ("keys", "told"), [("y\r", None), ("n\r", "denied"), ("e\rnot on a Friday\r", "not on a Friday")]
    )
    def test_a_call_that_waits_is_a_card_and_takes_the_answer(
        self, asked: Caller, model: MessagesApi, keys: str, told: str | None
    ) -> None:
        model.replies[:] = [Reply([call("list_files", path="")]), Reply([text("Tidy.")])]
        with asked.terminal("run", "Tidy up", "--approve", "list_files") as seen:
            assert "list_files asks for a yes" in seen.until("[s]kip")
            for part in keys.split("\r")[:-1]:
                seen.type(f"{part}\r")
            assert seen.end() == 0
        assert "Tidy." in seen.text
        result = json.dumps(model.requests[-1]["messages"][-1])
        assert '"is_error": true' in result if told else '"is_error": true' not in result
        assert told in (None, "denied") or str(told) in result

    def test_a_card_takes_its_words_alone_and_none_that_were_typed_before(
        self, asked: Caller, model: MessagesApi
    ) -> None:
        gate = threading.Event()
        model.replies[:] = [
            Reply([text("One two three."), call("list_files", path="")], gate=gate),
            Reply([text("T.")]),
        ]
        with asked.terminal("run", "go", "--approve", "list_files") as seen:
            seen.until("One")
            seen.type("y\ry")
            gate.set()
            seen.until("and Enter:")
            for times, word in enumerate(("nope", "yesterday", "enot today"), 2):
                seen.type(f"{word}\r")
                seen.until("and Enter:", times)
            seen.type(" NO \r")
            assert seen.end() == 0
        assert "└ no" in seen.text
        assert "▸ list_files" in seen.text
        assert '"is_error": true' in json.dumps(model.requests[-1]["messages"][-1])

    def test_a_card_is_as_wide_as_the_terminal(self, asked: Caller, model: MessagesApi) -> None:
        long = "A sentence of many words that has to be wrapped somewhere. " * 4
        model.replies[:] = [Reply([call("write_file", path="a.md", content=f"# A\n    {long}")]), Reply([text("End.")])]
        with asked.terminal("run", "go", "--approve", "write_file", columns=60) as seen:
            seen.until("[s]kip")
            rows = seen.text.splitlines()
            seen.type("y\r")
            assert seen.end() == 0
        card = rows[rows.index("│ path: a.md") : -1]
        assert all(row.startswith("│ ") for row in card)
        assert "│       A sentence of many words" in "\n".join(card)

    def test_who_waits_is_asked_as_well(self, asked: Caller, model: MessagesApi) -> None:
        model.replies[:] = [Reply([call("list_files", path="")]), Reply([text("Tidy.")])]
        assert asked("run", "Tidy up", "--approve", "list_files").code == 3
        with asked.terminal("wait", "@") as seen:
            assert "list_files asks for a yes" in seen.until("[s]kip")
            seen.type("y\r")
            assert seen.end() == 0
        assert "✔ completed" in seen.text
        assert "Tidy." not in seen.text
        with asked.terminal("wait", "@", "--field", "status") as seen:
            assert seen.end() == 0
        assert seen.text == "completed"

    def test_what_a_tool_says_never_reaches_it_raw(self, asked: Caller, model: MessagesApi) -> None:
        evil = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202eend"
        model.replies[:] = [
            Reply([text(evil), call("write_file", path="x.txt", content=evil)]),
            Reply([call("read_file", path="x.txt"), call(f"no{evil}", "toolu_2", path=evil)]),
            Reply([text("End.")]),
        ]
        with asked.terminal("run", evil) as seen:
            assert seen.end() in (0, 1)
        for steers in (b"\x1b]", b"\x1b[2J", "\x9b".encode(), "\u202e".encode(), b"\x07"):
            assert steers not in seen.raw
        assert "␛]0;owned␇" in seen.text


def test_a_connection_that_is_lost_is_said_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    slow = {"WALKAWAY_REHEARSAL_DELAY": "0.2"}
    with served(tmp_path / "data", environ=slow) as server:
        port = server.url.rpartition(":")[2]
        walkaway = Caller(home, server.url, key="")
        with walkaway.terminal("run", "Write a poem on boats slowly") as seen:
            seen.until("boats")
            server.kill()
            seen.until("connection lost, reading on from event")
            with served(tmp_path / "data", "--port", port):
                assert seen.end() == 0
        assert seen.text.count("connection lost") == 1
        assert "✔ completed" in seen.text
