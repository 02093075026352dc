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
    id_ = walkaway("sessions", "create", "--title", f"{mark} of Porto", "-q").out.strip()
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


def offered(walkaway: Caller, *typed: str, shell: str = "zsh") -> str:
    said = {"COMP_WORDS": " ".join(("walkaway", *typed)), "COMP_CWORD": str(len(typed))}
    environ = {**walkaway.environ, **said, "_WALKAWAY_COMPLETE": f"{shell}_complete"}
    program = Path(sys.executable).parent / "walkaway"  # by this name: variables are named after it
    done = subprocess.run([program], env=environ, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout


def test_names_of_sessions_are_titles_that_one_alone_has_or_ids(walkaway: Caller) -> None:
    mark = uuid4().hex[:8]
    ids = [walkaway("sessions", "create", "--title", f"{mark} {each}", "-q").out.strip() for each in ("a", "b", "b")]
    assert offered(walkaway, "tail", mark) == f"plain\n{mark} a\n{ids[0]}\n"
    assert offered(walkaway, "tail", mark, shell="bash") == f"plain,{mark}\\\\ a\n"
    assert offered(walkaway, "tail", ids[1][:-1]).split("\n")[1] == ids[1]
    assert offered(walkaway, "tail", ids[2][-8:]).split("\n")[1] == ids[2]


def test_a_server_that_does_not_answer_offers_nothing_and_takes_no_time(walkaway: Caller) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        before = time.monotonic()
        assert offered(walkaway, "--url", url, "tail", "x") == "\n"
        assert time.monotonic() - before < 30  # it would be asked for thirty seconds, and again
    assert offered(walkaway.having(WALKAWAY_KEY="no"), "tail", "x") == "\n"
