"""How a command ends: a code for every error, and a sentence or an object on standard error."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator

import click
import httpx
import pytest

from tests.kit.clients import quick
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.sites import Site
from tests.kit.terminals import Caller
from walkaway import advice, errors
from walkaway.commands import exits

EXPECTED = {
    "AlreadyAnswered": 1,
    "AlreadyClaimed": 1,
    "BadRequest": 1,
    "Conflict": 1,
    "ConnectionLost": 5,
    "CursorInvalid": 1,
    "FeatureMissing": 1,
    "FileMissing": 2,
    "FileRefused": 1,
    "FilesChanged": 1,
    "FilesRefused": 1,
    "Forbidden": 6,
    "IdempotencyMismatch": 1,
    "LogBroken": 1,
    "NameTaken": 1,
    "NotAllowed": 1,
    "NotFound": 7,
    "NotWaiting": 1,
    "NotWalkaway": 5,
    "PreconditionFailed": 1,
    "QueueFull": 1,
    "RangeInvalid": 1,
    "Refused": 1,
    "ServerFailed": 1,
    "SessionBusy": 1,
    "SettingInvalid": 2,
    "SignatureInvalid": 1,
    "TimedOut": 124,
    "TooLarge": 1,
    "TooManyRequests": 1,
    "ToolInvalid": 2,
    "TurnCancelled": 4,
    "TurnFailed": 1,
    "TurnWaiting": 3,
    "Unauthorized": 6,
    "Unreachable": 5,
    "WalkawayError": 1,
}


def every(kind: type[BaseException]) -> Iterator[type[BaseException]]:
    yield kind
    for each in kind.__subclasses__():
        yield from every(each)


def test_every_error_of_the_client_has_a_code() -> None:
    kinds = {kind.__name__: kind for kind in every(errors.WalkawayError) if kind.__module__ == "walkaway.errors"}
    assert {name: exits.code(kind.__new__(kind)) for name, kind in kinds.items()} == EXPECTED


def test_names_of_errors_are_the_server_s_or_those_of_their_kinds() -> None:
    assert exits.word(errors.NotFound(404, "session.not_found", "no")) == "session.not_found"
    assert exits.word(errors.ServerFailed(503, "", "no")) == "http_503"
    assert exits.word(errors.NotWalkaway("no")) == "not_walkaway"
    assert exits.word(click.BadParameter("no")) == "usage"
    assert exits.word(click.ClickException("no")) == "failed"


def test_without_a_server_it_says_how_to_start_one_and_how_to_name_another(walkaway: Caller) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    ran = walkaway("tail", "abcdef", "--url", f"http://127.0.0.1:{port}")
    assert (ran.code, ran.out) == (5, "")
    assert "No server" in ran.err
    assert "Errno" not in ran.err
    assert "`walkaway serve`" in ran.err
    assert "--url, WALKAWAY_URL" in ran.err


def test_what_is_no_walkaway_is_said_to_be_none(walkaway: Caller, site: Site) -> None:
    ran = walkaway("tail", "abcdef", "--url", site.url)
    assert ran.code == 5
    assert "not as Walkaway does" in ran.err


def test_a_wrong_key(walkaway: Caller) -> None:
    ran = walkaway("tail", "abcdef", "--json", WALKAWAY_KEY="wrong")
    assert (ran.code, ran.out) == (6, "")
    told = json.loads(ran.err)
    assert told["error"] == "unauthorized"
    assert "walkaway login" in told["message"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("tail", "nothing of that name"), 7, "no session"),
        (("tail", "@3"), 7, "@3"),
        (("send", "@"), 2, "There is no message: walkaway send @ MESSAGE"),
        (("send", "@", "Hello"), 7, "`walkaway run MESSAGE` begins one"),
        (("send", "Hello"), 7, "`walkaway run MESSAGE` begins one"),
        (("answer", "@", "--yes"), 7, "`walkaway run MESSAGE` begins one"),
        (("tail", "--url", "ftp://x"), 2, "no address of a server"),
        (("tail", "--nonsense"), 2, "nonsense"),
        (("nonsense",), 2, "nonsense"),
        (("help",), 2, "Did you mean '--help'?"),
        (("files", "list"), 2, "Did you mean 'ls'?"),
        (("sesions", "list"), 2, "Did you mean 'sessions'?"),
        (("sessions", "lst"), 2, "Did you mean 'list'?"),
        (("sessions", "create", "--agnt", "x"), 2, "Did you mean '--agent'?"),
        (("run",), 2, "nothing to send"),
        (("run", "@no/such/file"), 2, "no/such/file"),
        (("run", "x", "--attach", "no/such/file"), 2, "no/such/file"),
        (("run", "x", "--agent", "nobody"), 7, "agent"),
        (("run", "x", "--out", __file__), 2, "is a file"),
        (("run", "x", "--timeout", "soon"), 2, "no duration"),
    ],
)
def test_what_goes_wrong_is_a_sentence_or_an_object(
    walkaway: Caller, arguments: tuple[str, ...], code: int, words: str
) -> None:
    ran = walkaway(*arguments)
    assert (ran.code, ran.out) == (code, "")
    assert words in ran.err
    assert "Traceback" not in ran.err
    ran = walkaway(*arguments, "--json")
    assert (ran.code, ran.out) == (code, "")
    told = json.loads(ran.err.splitlines()[-1])
    assert set(told) == {"error", "message"}
    assert words in told["message"]


def test_with_json_what_ends_before_its_turn_is_an_object_as_well(asked: Caller, model: MessagesApi) -> None:
    model.replies[:] = [Reply([call("list_files", path="")]), Reply([text("Tidy.")])]
    told = {}
    for ran in (
        asked("run", "Tidy up", "--approve", "list_files", "--json"),
        asked("wait", "@", "--json"),
        asked("tail", "@", "--json", "--until-done", "--follow"),
        asked("tail", "@", "--json", "--follow", "--from", "now", "--timeout", "0.2s"),
    ):
        told[ran.code] = json.loads(ran.err)
        assert set(told[ran.code]) == {"error", "message"}
    assert told[3]["error"] == "turn_waiting"
    assert "walkaway answer sess_" in told[3]["message"]
    assert told[124]["error"] == "timed_out"
    assert "it goes on. walkaway wait sess_" in told[124]["message"]
    cancelled = asked("cancel", "@", "--json")
    assert json.loads(cancelled.out)["status"] == "cancelled"
    gone = asked("wait", "@", "--json")
    assert (gone.code, json.loads(gone.out)["status"], gone.err) == (4, "cancelled", "")


def test_with_json_who_leaves_is_told_so_by_an_object(asked: Caller, model: MessagesApi) -> None:
    gate = threading.Event()
    model.replies[:] = [Reply([text("One.")], gate=gate)]
    asked("run", "go", "--detach")
    with asked.terminal("tail", "@", "--json", columns=200) as seen:
        seen.until("message.created")
        seen.type("\x03")
        assert seen.end() == 130
    gate.set()
    told = json.loads(seen.text[seen.text.index('{"error"') :])
    assert told["error"] == "interrupted"
    assert "Still running. walkaway tail sess_" in told["message"]


def test_a_place_that_is_none_says_where_to_begin(asked: Caller) -> None:
    asked("run", "go")
    ran = asked("tail", "@", "--from", "4000")
    assert ran.code == 1
    assert "without --from" in ran.err
    assert "after=" not in ran.err


def test_a_pipe_that_is_closed_ends_it_quietly(asked: Caller, model: MessagesApi) -> None:
    model.replies[:] = [Reply([text("word " * 1_000)], pieces=2)]
    assert asked("run", "go").code == 0
    line = f"{sys.executable} -m walkaway tail @ --events | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", line], env=asked.environ, cwd=asked.home, capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("0\tmessage.created")
    assert done.stdout.endswith("\n141\n")
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("words", "redirected", "code"),
    [
        ("profiles", ">&-", 0),
        ("--version", ">&- 2>&- <&-", 0),
        ("run x --url ftp://x", ">&- 2>&-", 2),
        ("run", "<&-", 2),
        ("tail @3", "2>&-", 7),
        ("tail @3", "2>/dev/full", 7),
        ("run --nonsense", "2>/dev/full", 2),
        ("profiles --json", ">/dev/full", 1),
        ("--version", ">/dev/full", 1),
    ],
)
def test_where_nothing_can_be_written_it_ends_as_it_would(
    walkaway: Caller, words: str, redirected: str, code: int
) -> None:
    line = f"exec {sys.executable} -m walkaway {words} {redirected}"
    done = subprocess.run(
        ["bash", "-c", line], env=walkaway.environ, cwd=walkaway.home, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert "ignored" not in done.stderr


@pytest.mark.parametrize("words", ["profiles", "sessions list", "export"])
def test_a_full_disk_is_said_by_a_word_of_its_own(walkaway: Caller, words: str) -> None:
    line = f"exec {sys.executable} -m walkaway {words} --json >/dev/full"
    done = subprocess.run(
        ["bash", "-c", line], env=walkaway.environ, cwd=walkaway.home, capture_output=True, text=True, check=False
    )
    said = {"error": "not_written", "message": "The output cannot be written: No space left on device"}
    assert (done.returncode, json.loads(done.stderr)) == (1, said)


def test_a_name_that_fits_two_sessions_lists_them(walkaway: Caller, client: httpx.Client) -> None:
    two = [client.post("/v1/sessions").json()["id"] for _ in range(2)]
    for id_ in two:
        client.patch(f"/v1/sessions/{id_}", json={"title": "Tides of Porto"})
    ran = walkaway("tail", "tides of porto")
    assert ran.code == 2
    assert all(id_ in ran.err for id_ in two)


def test_of_what_is_not_there_it_names_the_command_that_tells_what_is(walkaway: Caller) -> None:
    with quick(walkaway.url) as client:
        session = client.sessions.create().id
    for name, command in (("sess_" + "0" * 24, "sessions list"), (f"{session}/msg_{'0' * 24}", "turns list SESSION")):
        ran = walkaway("turns", "show", name)
        assert (ran.code, ran.out) == (7, "")
        assert ran.err.endswith(f". `walkaway {command}` tells what there is\n")


def test_what_the_client_names_of_its_own_has_its_words_here() -> None:
    assert exits.INSTEAD.keys() == advice.DOING.keys()
    for code, doing in advice.DOING.items():
        error = errors.NotFound(404, code, f"There is none; {doing}")
        assert exits.sentence(error) == f"There is none. {exits.INSTEAD[code]}"


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        (("run", "go", "--agent", "nosuch"), "There is no agent 'nosuch'", 7),
        (("sessions", "list", "--agent", "nosuch"), "There is no agent 'nosuch'", 7),
        (("tail",), "No session was used here", 7),
        (("status", "--url", "nonsense://x"), "from --url,", 2),
    ],
)
def test_what_is_wrong_is_named_as_it_was_typed(walkaway: Caller, words: tuple[str, ...], said: str, code: int) -> None:
    ran = walkaway(*words)
    assert (ran.code, ran.out, said in ran.err) == (code, "", True), ran.err


@pytest.mark.parametrize("words", [(), ("sessions",)])
def test_who_says_no_command_is_shown_help_and_no_error(walkaway: Caller, words: tuple[str, ...]) -> None:
    ran = walkaway(*words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == walkaway(*words, "--help").out
