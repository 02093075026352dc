"""`walkaway chat`, as somebody types it."""

import json
import signal
import threading

import pytest

from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.terminals import Caller

NEW_LINE, PASTE = "\x1b\r", "\x1b[200~{}\x1b[201~"


def said(model: MessagesApi, at: int = -1) -> str:
    return json.dumps(model.requests[at]["messages"])


def test_messages_are_sent_and_answered_until_somebody_leaves(asked: Caller, model: MessagesApi) -> None:
    model.replies[:] = [Reply([text("Hello **you**.")]), Reply([text("Again.")])]
    with asked.terminal("chat") as seen:
        seen.until("/help says")
        seen.type(f"one{NEW_LINE}two\r")
        seen.until("Hello you.")
        seen.until("✔ completed")
        seen.type(PASTE.format("pasted\nlines\n") + "end\r")
        seen.until("Again.")
        seen.until("✔ completed", times=2)
        seen.type("/quit\r")
        assert seen.end() == 0
    assert "one\\ntwo" in said(model, 0)
    assert "pasted\\nlines\\nend" in said(model)
    assert len(model.requests) == 2
    with asked.terminal("chat", "@") as seen:  # what was typed before is there, and what was said last
        seen.until("\n>")
        seen.type("\x1b[A\x1b[A")
        seen.until("lines")
        seen.type("\x03")
        assert seen.end() == 0
    assert f"Come back: walkaway chat {asked('sessions', 'show', '-q').out.strip()}" in seen.text
    history = next((asked.home / ".config/walkaway/state").glob("*.history"))
    assert history.stat().st_mode & 0o077 == 0


def test_while_a_turn_runs_it_asks_once_what_becomes_of_a_message(asked: Caller, model: MessagesApi) -> None:
    gate = threading.Event()
    model.replies[:] = [Reply([text("First.")], gate=gate), Reply([text("Second.")]), Reply([text("Third.")])]
    with asked.terminal("chat") as seen:
        seen.until("/help says")
        seen.type("go\r")
        seen.until("First")
        seen.type("more\r")
        seen.until("[q]ueue it?")
        seen.type("q\r")
        seen.until("messages wait from now on")
        seen.type("most\r")
        gate.set()
        seen.until("Third.")
        seen.until("✔ completed", times=3)
        assert seen.text.count("[q]ueue it?") == 1
        seen.type("\x03")
        assert seen.end() == 0
    assert [each for each in ("go", "more", "most") if f'"{each}"' in said(model)] == ["go", "more", "most"]


def test_leaving_cancels_nothing_and_cancel_does(asked: Caller, model: MessagesApi) -> None:
    gate = threading.Event()
    model.replies[:] = [Reply([text("First.")], gate=gate), Reply([text("Second.")], gate=gate)]
    with asked.terminal("chat") as seen:
        seen.until("/help says")
        seen.type("go\r")
        seen.until("First")
        seen.type("\x03")
        assert seen.end() == 130
    assert "Still running. Come back: walkaway chat sess_" in seen.text
    with asked.terminal("chat", "@") as seen:
        seen.until("First")
        seen.type("/cancel\r")
        seen.until("cancelled")
        seen.type("/cancel\r")
        seen.until("Nothing runs")
        seen.type("/quit\r")
        assert seen.end() == 0
    gate.set()
    assert asked("wait", "@").code == 4


@pytest.mark.parametrize(("keys", "told"), [("y\r", "false"), ("n not today\r", "not today")])
def test_a_call_that_waits_takes_the_answer(asked: Caller, model: MessagesApi, keys: str, told: str) -> None:
    model.replies[:] = [Reply([call("list_files", path="")]), Reply([text("Tidy.")])]
    session = asked("sessions", "create", "--approve", "list_files", "-q").out.strip()
    with asked.terminal("chat", session) as seen:
        seen.until("/help says")
        seen.type("Tidy up\r")
        seen.until("[s]kip>")
        seen.type(keys)
        seen.until("Tidy.")
        seen.type("/quit\r")
        assert seen.end() == 0
    result = json.dumps(model.requests[-1]["messages"][-1])
    assert told in result if told != "false" else '"is_error": true' not in result


def test_what_was_begun_before_a_call_was_asked_for_is_a_message(asked: Caller, model: MessagesApi) -> None:
    gate = threading.Event()
    waits = Reply([text("One two three."), call("list_files", path="")], gate=gate)
    model.replies[:] = [waits, Reply([text("Tidy.")]), Reply([text("Next.")])]
    session = asked("sessions", "create", "--approve", "list_files", "-q").out.strip()
    with asked.terminal("chat", session) as seen:
        seen.until("/help says")
        seen.type("go\r")
        seen.until("One")
        seen.type("yes")
        seen.until("> yes")
        gate.set()
        seen.until("asks for a yes")
        seen.type("\r")
        seen.until("[q]ueue it?")
        seen.type("q\r")
        seen.until("[s]kip>")
        seen.type("yes of course\r")
        seen.until("y, n, n and a reason")
        seen.type("n not today\r")
        seen.until("Next.")
        seen.type("/quit\r")
        assert seen.end() == 0
    assert "not today" in said(model, 1)
    assert '"yes"' in said(model)


def test_words_with_a_slash(asked: Caller, model: MessagesApi) -> None:
    (asked.home / "my notes.txt").write_text("these are notes")
    model.replies[:] = [Reply([call("write_file", path="made.txt", content="x")]), Reply([text("Done.")])]
    with asked.terminal("chat", columns=100) as seen:
        for typed, shown in (
            ("/nonsense", "There is no /nonsense"),
            ("/attach nowhere.txt", "nowhere.txt: No such file"),
            ("/attach 'my notes.txt'", "With the next message goes my notes.txt"),
            ("//go", "✔ completed"),
            ("/files", "  made.txt  1 B"),
            ("/get made.txt got.txt", "Saved got.txt"),
            ("/cost", "the last turn"),
            ("/model", "model"),
            ("/model other", "A session keeps its model"),
            ("/title Boats and tides", "Boats and tides"),
            ("/interrupt", "/cancel ends the turn"),
            ("/steer", "messages are told to it now"),
            ("/help", "`walkaway chat @` comes back"),
        ):
            seen.type(f"{typed}\r")
            seen.until(shown)
        seen.type("/quit\r")
        assert seen.end() == 0
    assert "these are notes" in said(model)
    assert '"/go"' in said(model)
    assert (asked.home / "got.txt").read_text() == "x"
    assert asked("sessions", "show", "boats and tides").code == 0


def test_what_goes_wrong_is_said_and_the_chat_lives_on(asked: Caller, model: MessagesApi) -> None:
    model.replies[:] = [Reply([text("Hello.")])]
    with asked.shell("bash", "-c", "ulimit -f 0; trap '' XFSZ; exec walkaway chat") as seen:  # as on a full disk
        seen.until("/help says")
        for number, (typed, said) in enumerate([
            ('/attach "a', "No closing quotation"),
            ("/get it's", "No closing quotation"),
            ("/attach ~no-body/x", "~no-body/x is no file here"),
            ("/nonsense", "There is no /nonsense"),
        ]):  # fmt: skip
            seen.type(f"{typed}\r")
            seen.until(said, times=2 if number == 1 else 1)
        seen.type("go\r")
        seen.until("Hello.")
        seen.until("✔ completed")
        seen.type("/quit\r")
        assert seen.end() == 0
    assert "Traceback" not in seen.text
    assert "Unhandled" not in seen.text
    assert seen.text.count("What is typed is not kept: File too large") == 1


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGHUP])
def test_what_ends_it_leaves_the_terminal_as_it_was(asked: Caller, ending: signal.Signals) -> None:
    with asked.terminal("chat") as seen:
        before = seen.modes
        seen.until("/help says")
        seen.until("\n>")
        assert seen.modes != before
        seen.process.send_signal(ending)
        assert seen.end() == 0
        assert seen.modes == before
    assert "Traceback" not in seen.text


def test_a_history_that_is_no_file_is_not_read(asked: Caller) -> None:
    asked("sessions", "create")
    kept = next((asked.home / ".config/walkaway/state").glob("*.json"))
    kept.with_suffix(".history").symlink_to("/dev/zero")
    with asked.terminal("chat") as seen:
        seen.until("\n>")
        seen.type("/quit\r")
        assert seen.end() == 0
    assert "is no file" in seen.text


def test_from_a_pipe_each_line_is_a_message(asked: Caller, model: MessagesApi) -> None:
    model.replies[:] = [Reply([text("First.")]), Reply([text("Second.")])]
    ran = asked("chat", stdin=b"one\n\ntwo\n")
    assert (ran.code, ran.out) == (0, "First.\nSecond.\n")
    assert len(model.requests) == 2
    assert asked("chat", "@", "--model", "x").code == 2


def test_what_was_asked_for_stays_so_behind_an_answer_that_is_none(asked: Caller, model: MessagesApi) -> None:
    model.replies[:] = [Reply([call("list_files", path="")]), Reply([text("Next.")])]
    session = asked("sessions", "create", "--approve", "list_files", "-q").out.strip()
    with asked.terminal("chat", session) as seen:
        seen.until("/help says")
        seen.type("go\r")
        seen.until("[s]kip>")
        seen.type("yes of course\rn not today\r")
        seen.until("Next.")
        seen.type("/quit\r")
        assert seen.end() == 0
    assert len(model.requests) == 2
    assert "not today" in said(model)
