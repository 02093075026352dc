"""A command does not outlive a server that is killed, also not one that has only begun."""

import os
import select
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.kit.patience import holds
from tests.kit.sandboxes import needs_bubblewrap
from tests.kit.servers import PATIENCE
from tests.kit.users import as_somebody
from walkaway_core.ports.sandbox import Command, SandboxRefused
from walkaway_local.sandbox import namespace
from walkaway_local.sandbox.bubblewrap import Bubblewrap
from walkaway_local.workspace import FolderWorkspace

pytestmark = needs_bubblewrap

SERVER = """
import os, signal, sys
from pathlib import Path
from walkaway_core.ports.sandbox import Command
from walkaway_local.sandbox.bubblewrap import Bubblewrap
from walkaway_local.sandbox.namespace import Namespace
from walkaway_local.workspace import FolderWorkspace

opened, last = Namespace._open_gate, sys.argv[2] == "opened"

def open_gate(namespace):
    if namespace.first:
        os.kill(namespace.first, signal.SIGSTOP)
        if last:
            opened(namespace)
        print(namespace.first, flush=True)
        sys.stdin.readline()
        os.kill(os.getpid(), signal.SIGKILL)
    opened(namespace)

Namespace._open_gate = open_gate
folder = Path(sys.argv[1])
with Bubblewrap(folder / "s", FolderWorkspace(folder / "w")).run(Command("sleep 1000", "", (), (), 1000.0), print):
    pass
"""


def stat(number: int | str, field: int) -> str:
    """Say something of a process (proc_pid_stat(5), its fields counted from 0); nothing when it has ended."""
    try:
        return Path(f"/proc/{number}/stat").read_text().split()[field]
    except OSError:
        return ""


def parent(number: int) -> str:
    return stat(number, 3)


@pytest.mark.parametrize("gate", ["shut", "opened"])
def test_what_makes_its_namespace_when_the_server_dies_begins_nothing(tmp_path: Path, gate: str) -> None:
    command = [sys.executable, "-c", SERVER, str(tmp_path), gate]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        number = int(server.stdout.readline())
        first = os.pidfd_open(number)
        try:
            bubblewrap = parent(number)
            assert holds(lambda: stat(bubblewrap, 2) == "S"), "until it has let the first process go on, that one waits"
            server.communicate("\n")
            assert server.returncode == -signal.SIGKILL
            assert holds(lambda: parent(number) != bubblewrap)
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(first, signal.SIGCONT)
            ended = select.poll()
            ended.register(first, select.POLLIN)
            assert ended.poll(PATIENCE * 1000), "it runs, and nobody will end it"
        finally:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(first, signal.SIGKILL)
            os.close(first)


def test_a_namespace_that_is_never_made_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = Bubblewrap(tmp_path / "s", FolderWorkspace(tmp_path / "w"))
    assert sandbox.problem() is None
    monkeypatch.setattr(namespace, "BEGINS_WITHIN", 0.0)
    monkeypatch.setattr(namespace, "_filters", lambda _: [b"Seccomp:\t0"])
    with (
        pytest.raises(SandboxRefused, match="has not begun"),
        sandbox.run(Command("true", "", (), (), 10.0), lambda _: None),
    ):
        pytest.fail("it began")


@pytest.mark.parametrize("whose", ["own", "an ordinary user's"])
def test_a_bubblewrap_that_ends_at_once_is_told_by_its_own_words(whose: str, tmp_path: Path) -> None:
    def act(folder: Path) -> str:
        (folder / "bin").mkdir()
        program = folder / "bin" / "bwrap"
        program.write_text("#!/bin/sh\necho no such luck >&2; exit 3\n")
        program.chmod(0o755)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PATH", f"{folder}/bin:{os.environ['PATH']}")
            return str(Bubblewrap(folder / "s", FolderWorkspace(folder / "w")).problem())

    assert "no such luck" in (act(tmp_path) if whose == "own" else as_somebody(act))
