"""`walkaway completion`: what bash, zsh and fish offer, typed into each of them."""

import shutil
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest

from tests.kit.terminals import Caller, Terminal
from walkaway.commands.bash import Line, read

SHELLS = {
    "bash": (("bash", "--norc", "--noprofile", "-i"), 'eval "$(walkaway completion bash)"'),
    "zsh": (
        ("zsh", "-f", "-i"),
        'autoload -U compinit; compinit -u -D; eval "$(walkaway completion zsh)"',
    ),
    "fish": (("fish", "--no-config", "-i"), "walkaway completion fish | source"),
}


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_completes_commands_options_and_names(walkaway: Caller, shell: str) -> None:
    if not shutil.which(shell):
        pytest.skip(f"there is no {shell} here; `make shells` installs it")
    mark = uuid4().hex[:8]  # the server is shared
    id_ = walkaway("sessions", "create", "--title", f'{mark} of Porto, it\'s: "so"', "-q").out.strip()
    agent = walkaway("agents", "create", f"agent{mark}", "-q").out.strip()
    command, begin = SHELLS[shell]
    with walkaway.shell(*command, PS1="$ ", HISTFILE="") as seen:
        seen.type(f"{begin}; echo rea''dy\r")
        seen.until("ready")
        complete(seen, "walkaway sess", "walkaway sessions")
        complete(seen, "sho", "sessions show")
        complete(seen, mark, f"{mark}\\ of\\ Porto")
        complete(seen, " --fiel", "--field")
        seen.type(" id\r")
        seen.until(f"\n{id_}")
        complete(seen, f"walkaway agents show agent{mark[:6]}", f"show agent{mark}")
        seen.type(" -q\r")
        seen.until(f"\n{agent}")


def complete(seen: Terminal, typed: str, words: str) -> None:
    """Type the beginning of something, and Tab, again where the second is over that the server has."""
    seen.type(typed)
    for _ in range(8):
        seen.type("\t")
        with suppress(AssertionError):
            seen.until(words, patience=5)
            return
    seen.until(words)


@pytest.mark.parametrize("typed", ["{}:it", '"{}:it', "'{}:it", '"{}', "{}:it\\'", "{}"])
def test_bash_completes_a_title_with_whatever_in_it_however_it_is_quoted(walkaway: Caller, typed: str) -> None:
    mark = uuid4().hex[:8]  # the server is shared
    title = f'{mark}:it\'s "a" $HOME *, `x` \\o/ ~'
    id_ = walkaway("sessions", "create", "--title", title, "-q").out.strip()
    command, begin = SHELLS["bash"]
    with walkaway.shell(*command, PS1="$ ", HISTFILE="") as seen:
        seen.type(f"{begin}; echo rea''dy\r")
        seen.until("ready")
        complete(seen, f"walkaway sessions show {typed.format(mark)}", "o/")
        seen.type(" --field title --color never\r")
        seen.until(f"\n{title}")
        seen.type("walkaway sessions show @ -q\r")
        seen.until(f"\n{id_}")


def test_zsh_completes_a_title_with_whatever_in_it(walkaway: Caller) -> None:
    if not shutil.which("zsh"):
        pytest.skip("there is no zsh here; `make shells` installs it")
    mark = uuid4().hex[:8]  # the server is shared
    title = f'{mark}:it\'s "a" $HOME *, `x` \\o/ \\: ~'
    id_ = walkaway("sessions", "create", "--title", title, "-q").out.strip()
    command, begin = SHELLS["zsh"]
    with walkaway.shell(*command, PS1="$ ", HISTFILE="") as seen:
        seen.type(f"{begin}; echo rea''dy\r")
        seen.until("ready")
        complete(seen, f"walkaway sessions show {mark}", "o/")
        seen.type(" --field id --color never\r")
        seen.until(f"\n{id_}")


def test_bash_completes_the_value_behind_an_option_s_equals_sign(walkaway: Caller) -> None:
    agent = walkaway("agents", "create", f"agent{uuid4().hex[:8]}", "--field", "name").out.strip()
    said = offered(walkaway, "run", f"--agent={agent[:-2]}", shell="bash")
    assert said == f"plain,{agent}\n"


def test_ctrl_c_while_a_server_is_asked_says_nothing(walkaway: Caller) -> None:
    command, begin = SHELLS["bash"]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with walkaway.having(WALKAWAY_URL=url).shell(*command, PS1="$ ", HISTFILE="") as seen:
            seen.type(f"{begin}; echo rea''dy\r")
            seen.until("ready")
            seen.type("walkaway tail x\t")
            asking, _ = silent.accept()
            with asking:
                seen.type("\x03")
                seen.until("^C")  # which bash shows once the command has ended
    assert "Traceback" not in seen.text
    assert "Interrupt" not in seen.text


@pytest.mark.parametrize("shell", SHELLS)
def test_what_goes_wrong_in_a_shell_s_completion_is_not_shown(walkaway: Caller, shell: str) -> None:
    assert "2>/dev/null" in walkaway("completion", shell).out


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("walkaway tail a", Line(["walkaway", "tail"], "a")),
        ("walkaway tail ", Line(["walkaway", "tail"])),
        ("walkaway 'a b' c:d", Line(["walkaway", "a b"], "c:d", 2)),
        ('walkaway "a\\"b', Line(["walkaway"], 'a"b', 0, '"')),
        ("walkaway 'a\\", Line(["walkaway"], "a\\", 0, "'")),
        ("walkaway a\\:b\\ c", Line(["walkaway"], "a:b c")),
        ('walkaway "" x"y', Line(["walkaway", ""], "xy", 1, '"')),
    ],
)
def test_a_line_is_read_as_bash_reads_it(line: str, expected: Line) -> None:
    assert read(line, " \t\n\"'@><=;|&(:") == expected


def offered(walkaway: Caller, *typed: str, shell: str = "zsh") -> str:
    line = " ".join(("walkaway", *typed))
    said = {"COMP_WORDS": line, "COMP_CWORD": str(len(typed)), "COMP_LINE": line, "COMP_WORDBREAKS": "=:"}
    environ = {**walkaway.environ, **said, "_WALKAWAY_COMPLETE": f"{shell}_complete"}
    program = Path(sys.executable).parent / "walkaway"  # by this name: variables are named after it
    done = subprocess.run([program], env=environ, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout


def test_names_of_sessions_are_titles_that_one_alone_has_or_ids(walkaway: Caller) -> None:
    mark = uuid4().hex[:8]
    ids = [walkaway("sessions", "create", "--title", f"{mark} {each}", "-q").out.strip() for each in ("a", "b", "b")]
    assert offered(walkaway, "tail", mark) == f"plain\n{mark} a\n{ids[0]}\n"
    assert offered(walkaway, "tail", mark, shell="bash") == f"plain,{mark}\\ a\n"
    assert offered(walkaway, "tail", ids[1][:-1]).split("\n")[1] == ids[1]
    assert offered(walkaway, "tail", ids[2][-8:]).split("\n")[1] == ids[2]


def test_a_server_that_does_not_answer_offers_nothing_and_takes_no_time(walkaway: Caller) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        before = time.monotonic()
        assert offered(walkaway, "--url", url, "tail", "x") == "\n"
        assert time.monotonic() - before < 30  # it would be asked for thirty seconds, and again
    assert offered(walkaway.having(WALKAWAY_KEY="no"), "tail", "x") == "\n"
