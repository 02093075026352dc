"""`walkaway inbox`: what waits for you, and what has ended since you looked."""

import json
import subprocess
import sys
from pathlib import Path

from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.terminals import Caller


def test_what_waits_comes_first_and_what_has_ended_is_shown_once(asked: Caller, model: MessagesApi) -> None:
    model.replies[:] = [Reply([text("Ready.")]), Reply([call("list_files", path="\x1b[2J")]), Reply([text("Tidy.")])]
    ended = asked("run", "Say ready", "-q").out.strip().partition("/")[0]
    waits = asked("run", "Tidy up", "--approve", "list_files", "-q").out.strip().partition("/")[0]
    rows = [line.split("\t") for line in asked("inbox", "--keep").out.splitlines()]
    assert [row[:2] for row in rows] == [[waits, "approval"], [ended, "completed"]]
    assert rows[0][2].startswith("list_files {")
    assert asked("inbox", "-q", "--keep").out.split() == [waits, ended]
    assert [each["id"] for each in json.loads(asked("inbox", "--json").out)] == [waits, ended]
    assert asked("inbox", "-q").out.split() == [waits]
    assert asked("inbox", "-q", "--since", "1h").out.split() == [waits, ended]
    with asked.terminal("inbox", columns=60) as seen:
        assert seen.end() == 0
    assert f"walkaway answer {waits}/{rows[0][3]} --yes" in seen.text.replace("\n", "")
    assert asked("answer", f"{waits}/{rows[0][3][-6:]}", "--no", "not today").code == 0
    assert asked("wait", waits).code == 0
    assert asked("inbox", "--waiting", "--json").out == "[]\n"
    for words, told in ((("--waiting",), ""), ((), ", and nothing has ended since you looked")):
        asked("inbox")
        with asked.terminal("inbox", *words) as seen:
            assert seen.end() == 0
        assert seen.text == f"Nothing waits for you{told}"
    assert "not today" in json.dumps(model.requests[-1])


def test_what_could_not_be_shown_is_shown_the_next_time(asked: Caller, model: MessagesApi) -> None:
    model.replies[:] = [Reply([text("Ready.")])]
    ended = asked("run", "Say ready", "-q").out.strip().partition("/")[0]
    with Path("/dev/full").open("w") as full:  # which takes nothing that is printed
        command = [sys.executable, "-m", "walkaway", "inbox", "-q"]
        assert subprocess.run(command, env=asked.environ, stdout=full, check=False).returncode == 1
    assert asked("inbox", "-q").out.split() == [ended]
    (kept,) = (asked.home / ".config/walkaway/state").glob("*.json")
    at = asked("sessions", "show", ended, "--field", "last_activity").out
    assert json.loads(kept.read_text())["looked"] == json.loads(at), "by the server's clock"
    assert asked("inbox", "-q").out == ""
