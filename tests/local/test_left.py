"""What a server has left that was killed while its commands began ends when it starts again."""

import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.kit.patience import holds
from tests.kit.sandboxes import needs_bubblewrap
from tests.kit.users import as_somebody
from walkaway_core.ports.sandbox import Command
from walkaway_local.sandbox import left, spawning
from walkaway_local.sandbox.bubblewrap import Bubblewrap
from walkaway_local.workspace import FolderWorkspace

if TYPE_CHECKING:
    from collections.abc import Iterator

KILLS = 30
SERVER = """
import sys, threading
from pathlib import Path
from walkaway_core.ports.sandbox import Command
from walkaway_local.sandbox.bubblewrap import Bubblewrap
from walkaway_local.workspace import FolderWorkspace

folder = Path(sys.argv[1])
sandbox = Bubblewrap(folder / "s", FolderWorkspace(folder / "w"))

def begin():
    while True:
        with sandbox.run(Command("true", "", (), (), 10.0), lambda _: None):
            pass

for _ in range(3):
    threading.Thread(target=begin).start()
print("begun", flush=True)
"""


def marked(folder: Path) -> list[int]:
    """The processes that work in a folder, as far as they have not ended."""
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if f"{left.MARK}={folder}".encode() in environ.read_bytes().split(b"\0"):
                found.append(int(environ.parent.name))
    return found


@pytest.fixture
def sleepers(tmp_path: Path) -> "Iterator[dict[str, subprocess.Popen[bytes]]]":
    """Processes that nobody follows, of this folder and of another one."""
    folders = {"here": tmp_path / "s", "elsewhere": tmp_path / "s2"}
    started = {
        name: subprocess.Popen(["sleep", "1000"], env={"PATH": os.environ["PATH"], **left.mark(folder)})
        for name, folder in folders.items()
    }
    yield started
    for process in started.values():
        process.kill()
        process.wait()


def test_what_works_in_its_folder_ends_and_nothing_else(
    sleepers: "dict[str, subprocess.Popen[bytes]]", tmp_path: Path
) -> None:
    Bubblewrap(tmp_path / "s", FolderWorkspace(tmp_path / "w"))
    assert sleepers["here"].wait(10) == -signal.SIGKILL
    assert sleepers["elsewhere"].poll() is None


@needs_bubblewrap
def test_bubblewrap_is_marked_and_its_command_is_not(tmp_path: Path) -> None:
    sandbox = Bubblewrap(tmp_path / "s", FolderWorkspace(tmp_path / "w"))
    seen: list[int] = []
    told: list[bytes] = []

    def heard(words: bytes) -> None:
        told.append(words)
        seen.extend(marked(tmp_path / "s"))

    with sandbox.run(Command("env; sleep 2", "", (), (), 10.0), heard):
        assert left.MARK not in b"".join(told).decode()
    assert seen
    assert holds(lambda: not marked(tmp_path / "s"))


def dies_while_it_fills_a_disk(folder: Path) -> None:
    """Be a server that is killed then, when bubblewrap has long been waiting."""

    def killed(*_: Any) -> Any:
        time.sleep(0.3)
        os.kill(os.getpid(), signal.SIGKILL)

    spawning._thread = ThreadPoolExecutor(1)  # threads stay behind in a fork
    sandbox = Bubblewrap(folder / "s", FolderWorkspace(folder / "w"))
    sandbox._staged = killed  # type: ignore[assignment,method-assign]
    with sandbox.run(Command("true", "", (), (), 10.0), lambda _: None):
        pass


@needs_bubblewrap
@pytest.mark.parametrize("whose", ["own", "an ordinary user's"])
def test_a_server_that_dies_while_it_fills_a_disk_leaves_nothing(whose: str, tmp_path: Path) -> None:
    def act(folder: Path) -> str:
        if (server := os.fork()) == 0:
            with suppress(BaseException):
                dies_while_it_fills_a_disk(folder)
            os._exit(1)
        died = os.waitstatus_to_exitcode(os.waitpid(server, 0)[1])
        return str(died == -signal.SIGKILL and holds(lambda: not marked(folder / "s")))

    assert (act(tmp_path) if whose == "own" else as_somebody(act)) == "True"


@needs_bubblewrap
@pytest.mark.deep
def test_a_server_that_starts_again_finds_nothing_of_the_one_that_was_killed(tmp_path: Path) -> None:
    for _ in range(KILLS):
        with subprocess.Popen([sys.executable, "-c", SERVER, str(tmp_path)], stdout=subprocess.PIPE) as server:
            assert server.stdout
            assert server.stdout.readline()
            time.sleep(random.random() * 0.3)  # anywhere in a command's beginning
            server.kill()
    Bubblewrap(tmp_path / "s", FolderWorkspace(tmp_path / "w"))
    assert holds(lambda: not marked(tmp_path / "s"))
