"""A namespace's first process, which ends with the server and makes all others end, is out of its command's reach.

So are the namespace's settings.
"""

import platform
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kit.sandboxes import needs_bubblewrap
from tests.kit.users import as_somebody
from tests.security.scene import Scene, scene
from tests.security.weaken import filters_nothing
from walkaway_core.ports.sandbox import Command
from walkaway_local.sandbox import mounts, seccomp
from walkaway_local.sandbox.bubblewrap import Bubblewrap
from walkaway_local.workspace import FolderWorkspace

pytestmark = needs_bubblewrap

CALLS = seccomp.MACHINES[platform.machine()].column if platform.machine() in seccomp.MACHINES else 0
NUMBERS = {name: numbers[CALLS] for name, numbers in seccomp.REFUSED.items()}
REACH = """python3 - <<'END'
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def tell(way, answer):
    print(way, 'refused' if answer < 0 else 'reached', flush=True)
def opened(path, flags):
    try:
        return os.open(path, flags)
    except OSError:
        return -1
ATTACH, SEIZE, DETACH = 16, 0x4206, 17
part = ctypes.create_string_buffer(8)
here = (ctypes.c_size_t * 2)(ctypes.addressof(part), 8)
maps = opened('/proc/1/maps', os.O_RDONLY)
there = int(os.read(maps, 12).split(b'-')[0], 16) if maps >= 0 else 0
away = (ctypes.c_size_t * 2)(there, 8)
tell('seize', libc.syscall({ptrace}, SEIZE, 1, None, None))
tell('attach', libc.syscall({ptrace}, ATTACH, 1, None, None))
tell('read', libc.syscall({process_vm_readv}, 1, here, 1, away, 1, 0))
tell('descriptor', libc.syscall({pidfd_getfd}, os.pidfd_open(1), 0, 0))
tell('memory', opened('/proc/1/mem', os.O_RDWR))
tell('task', opened('/proc/1/task/1/mem', os.O_RDWR))
tell('root', opened('/proc/1/root', os.O_RDONLY))
tell('opened', opened('/proc/1/fd/0', os.O_RDONLY))
tell('settings', opened('/proc/sys/kernel/shmmni', os.O_RDWR))
tell('ended-last', opened('/proc/self/oom_score_adj', os.O_RDWR))
END
test ! -w /proc/1""".format(**NUMBERS)
WAYS = ["seize", "attach", "read", "descriptor", "memory", "task", "root", "opened", "settings", "ended-last"]
BY_CALLS, BY_FILES, BY_SETTINGS = {"seize", "descriptor"}, {"memory", "task", "root"}, {"settings", "ended-last"}
"""Of each, those that need nothing of the others."""


def reached(told: str) -> set[str]:
    """The ways that led somewhere."""
    answers = dict(line.split() for line in told.splitlines() if line.endswith((" refused", " reached")))
    assert list(answers) == WAYS, told
    return {way for way, answer in answers.items() if answer == "reached"}


def as_root_or_whoever_tests(patch: pytest.MonkeyPatch, folder: Path) -> str:
    """Try it in a server of the one who runs the tests: root, in CI."""
    with scene(folder, patch) as made:
        return made.run(REACH)


def as_an_ordinary_user(_: pytest.MonkeyPatch, __: Path) -> str:
    """Try it in a server of a user without rights."""

    def act(folder: Path) -> str:
        sandbox = Bubblewrap(folder / "sandbox", FolderWorkspace(folder / "workspace"))
        heard: list[bytes] = []
        with sandbox.run(Command(REACH, "t/files", ("",), ("",), 20.0), heard.append) as finished:
            return b"".join(heard).decode() + f"exit code {finished.exit_code}"

    return as_somebody(act)


Servers = Callable[[pytest.MonkeyPatch, Path], str]


@pytest.mark.parametrize("server", [as_root_or_whoever_tests, as_an_ordinary_user])
def test_a_command_does_not_reach_it(server: Servers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = server(monkeypatch, tmp_path)
    assert reached(told) == set()
    assert "exit code 0" in told


def writable(patch: pytest.MonkeyPatch, _: Scene | None) -> None:
    """Leave /proc as the kernel makes it."""
    patch.setattr(mounts, "SETTINGS_CLOSED", ())


def uncovered(patch: pytest.MonkeyPatch, _: Scene | None) -> None:
    """Leave its folder there as well."""
    patch.setattr(mounts, "SETTINGS_CLOSED", ())
    patch.setattr(mounts, "FIRST_COVERED", ())


WEAKENED = [(filters_nothing, BY_CALLS), (uncovered, BY_FILES), (writable, BY_SETTINGS)]


@pytest.mark.parametrize("server", [as_root_or_whoever_tests, as_an_ordinary_user])
@pytest.mark.parametrize(("weaken", "open_ways"), WEAKENED)
def test_the_defences_are_what_keeps_it_out(
    server: Servers,
    weaken: Callable[[pytest.MonkeyPatch, Scene | None], None],
    open_ways: set[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    weaken(monkeypatch, None)
    assert reached(server(monkeypatch, tmp_path)) >= open_ways
