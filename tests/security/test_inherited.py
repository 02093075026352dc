"""What no namespace covers is not inherited: calls of the kernel, keys, groups, and what lies where Python stands."""

import ctypes
import errno
import os
import platform
import shutil
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kit.sandboxes import needs_bubblewrap
from tests.kit.users import SOMEBODY, as_somebody
from walkaway_core.ports.sandbox import Command, SandboxRefused
from walkaway_local.sandbox import groups, mounts, seccomp, spawning
from walkaway_local.sandbox.bubblewrap import Bubblewrap
from walkaway_local.workspace import FolderWorkspace

PRETENDED = -1
I386, X32 = 0x40000003, 0x40000000
OTHERS_GROUP = 61_235
NUMBERS = [
    (name, machine, numbers[known.column])
    for name, numbers in seccomp.REFUSED.items()
    for machine, known in seccomp.MACHINES.items()
]
NEEDED = {
    "x86_64": {"read": 0, "mmap": 9, "clone": 56, "execve": 59, "unshare": 272, "clone3": 435, "getrandom": 318},
    "aarch64": {"read": 63, "mmap": 222, "clone": 220, "execve": 221, "unshare": 97, "clone3": 435, "getrandom": 278},
}
SEND = """python - <<'END'
import shutil, socket, threading
shutil.copyfile('a', 'b')
ours, theirs = socket.socketpair()
heard = []
def hear():
    while data := theirs.recv(65536):
        heard.append(len(data))
hearing = threading.Thread(target=hear)
hearing.start()
with ours, open('a', 'rb') as file:
    ours.sendfile(file)
hearing.join()
print(sum(heard))
END
true"""
INT80 = """python - <<'END'
import ctypes, mmap
code = mmap.mmap(-1, 4096, prot=7)
code.write(bytes.fromhex('53b814000000cd805bc3'))
address = ctypes.addressof(ctypes.c_char.from_buffer(code))
print('pid', ctypes.CFUNCTYPE(ctypes.c_int)(address)())
END"""
"""Asks for its own number as a program of 32 bits does (getpid is 20 there, and 0x80 the interrupt)."""


def answer(machine: str, number: int, *arguments: int, audit: int | None = None, stored: bool = True) -> int:
    """Run a filter by hand; give what it answers: 0 to let a call pass, an error, or PRETENDED."""
    known = seccomp.MACHINES[machine]
    data = struct.pack("=iIQ6Q", number, audit or known.audit, 0, *(*arguments, *[0] * (6 - len(arguments))))
    lines = list(struct.iter_unpack("=HBBI", seccomp.program(machine, stored=stored)))
    at, held = 0, 0
    while True:
        code, true, false, operand = lines[at]
        at += 1
        if code == seccomp.LOAD:
            held = int.from_bytes(data[operand : operand + 4], "little")
        elif code == seccomp.RETURN:
            return 0 if operand == seccomp.ALLOW else operand & 0xFFFF or PRETENDED
        else:
            holds = {seccomp.EQUAL: held == operand, seccomp.AT_LEAST: held >= operand, seccomp.ABOVE: held > operand}
            at += true if holds[code] else false


@pytest.mark.parametrize(("name", "machine", "number"), NUMBERS)
def test_a_call_that_no_command_needs_is_refused(name: str, machine: str, number: int | None) -> None:
    if number is None:
        assert machine == "aarch64", f"{name} is a call of x86-64 at least"
        return
    assert answer(machine, number) == errno.ENOSYS


@pytest.mark.parametrize("machine", seccomp.MACHINES)
def test_pages_are_not_passed_on_without_a_copy(machine: str) -> None:
    for numbers in seccomp.UNSUPPORTED.values():
        assert answer(machine, numbers[seccomp.MACHINES[machine].column]) == errno.EINVAL


@pytest.mark.parametrize("machine", seccomp.MACHINES)
def test_what_commands_need_passes_and_other_ways_of_calling_do_not(machine: str) -> None:
    known = seccomp.MACHINES[machine]
    for number in NEEDED[machine].values():
        assert answer(machine, number) == 0
        assert answer(machine, number, audit=I386) == errno.ENOSYS
        assert machine != "x86_64" or answer(machine, number | X32) == errno.ENOSYS
    for call in (known.socket, known.socketpair):
        assert [family for family in range(50) if answer(machine, call, family) == 0] == [1, 2, 10, 16]
        assert answer(machine, call, 40) == errno.EAFNOSUPPORT
    for call, most in ((known.shmget, seccomp.SHARED_BYTES), (known.semget, seccomp.SEMAPHORES)):
        assert answer(machine, call, 0, most) == 0
        assert answer(machine, call, 0, most + 1) == errno.ENOSPC
        assert answer(machine, call, 0, 1 << 32) == errno.ENOSPC
    for level, option, told in ((1, 7, PRETENDED), (1, 8, PRETENDED), (1, 2, 0), (6, 7, 0), (6, 1, 0)):
        assert answer(machine, known.setsockopt, 3, level, option) == told
    refused = [command for command in range(50) if answer(machine, known.fcntl, 3, command) == errno.EINVAL]
    assert refused == list(seccomp.OFD_LOCKS)
    assert {answer(machine, known.fcntl, 3, command) for command in range(50)} == {0, errno.EINVAL}


@pytest.mark.parametrize("stored", [True, False])
@pytest.mark.parametrize("machine", seccomp.MACHINES)
def test_space_is_reserved_in_memory_alone(machine: str, *, stored: bool) -> None:
    known, told = seccomp.MACHINES[machine], errno.EOPNOTSUPP if stored else 0
    assert answer(machine, seccomp.RESERVING["fallocate"][known.column], stored=stored) == told
    for command in seccomp.RESERVING_BY_IOCTL:
        assert answer(machine, known.ioctl, 3, command, stored=stored) == told
        assert answer(machine, known.ioctl, 3, command + 3, stored=stored) == 0


def run(sandbox: Bubblewrap, command: str) -> str:
    """Run a command; give what it printed."""
    words: list[bytes] = []
    with sandbox.run(Command(command, "t/files", ("",), ("",), 20.0), words.append):
        return b"".join(words).decode()


@needs_bubblewrap
def test_programs_copy_and_send_files_all_the_same(tmp_path: Path) -> None:
    sandbox = Bubblewrap(tmp_path / "sandbox", FolderWorkspace(tmp_path / "workspace"))
    assert run(sandbox, f"head -c 500000 /dev/zero > a; {SEND}; cp a c; cat a > d; cmp a b && cmp a c && cmp a d") == (
        "500000\n"
    )
    assert run(sandbox, "ulimit -l") == "64\n"


@needs_bubblewrap
@pytest.mark.skipif(platform.machine() != "x86_64", reason="other processors have no i386 calls")
def test_calls_of_32_bits_do_not_go_past_the_filter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = Bubblewrap(tmp_path / "sandbox", FolderWorkspace(tmp_path / "workspace"))
    assert run(sandbox, INT80).strip() in (f"pid {-errno.ENOSYS}", "")
    monkeypatch.setattr(seccomp, "program", lambda _, **__: struct.pack("=HBBI", seccomp.RETURN, 0, 0, seccomp.ALLOW))
    if not (said := run(sandbox, INT80).strip()):
        pytest.skip("this kernel has no i386 calls")
    assert int(said.split()[1]) > 0


@needs_bubblewrap
class TestWherePythonStands:
    """Python's prefix with the data folder, keys and notes in it."""

    @pytest.fixture
    def prefix(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        for name in ("bin/python", "lib/module.py", "share/doc", "include/x.h", "pyvenv.cfg", "notes.txt", ".env/key"):
            (tmp_path / "venv" / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "venv" / name).write_text(f"content of {name}")
        monkeypatch.setattr(sys, "prefix", str(tmp_path / "venv"))
        tmp_path.chmod(0o755)
        return tmp_path / "venv"

    def test_what_python_needs_is_seen_and_nothing_else(self, prefix: Path) -> None:
        sandbox = Bubblewrap(
            prefix / "data/sandbox", FolderWorkspace(prefix / "data/workspace"), private=prefix / "data"
        )
        assert run(sandbox, f"ls -A {prefix}").split() == ["bin", "include", "lib", "pyvenv.cfg", "share"]
        assert run(sandbox, f"cat {prefix}/lib/module.py") == "content of lib/module.py"

    @pytest.mark.parametrize("place", ["lib/data", "share/deep/er/data", "bin/.walkaway"])
    @pytest.mark.parametrize("covered", ["covered", ""])
    def test_a_data_folder_within_is_covered(
        self, place: str, covered: str, prefix: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        data = prefix / place
        workspace = FolderWorkspace(data / "workspace")
        sandbox = Bubblewrap(data / "sandbox", workspace, private=data)
        workspace.write("other/files", "private.txt", [b"another tenant's"])
        for path in (data, *data.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        if not covered:
            monkeypatch.setattr(mounts, "_within", lambda _: [])
        said = run(sandbox, f"cat {data}/workspace/other/files/private.txt; touch {data}/x; echo here > here.txt")
        assert ("another tenant's" in said) != bool(covered)
        assert "Read-only file system" in said

    def test_a_link_to_where_the_data_are_shows_nothing(self, prefix: Path) -> None:
        (prefix / "lib").rename(prefix.parent / "elsewhere")
        (prefix / "lib").symlink_to(prefix.parent / "elsewhere")
        data = prefix.parent / "elsewhere" / "data"
        workspace = FolderWorkspace(data / "workspace")
        sandbox = Bubblewrap(data / "sandbox", workspace, private=data)
        workspace.write("other/files", "private.txt", [b"another tenant's"])
        for path in (data, *data.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        said = run(sandbox, f"cat {prefix}/lib/module.py {prefix}/lib/data/workspace/other/files/private.txt")
        assert said.startswith("content of lib/module.py")
        assert "another tenant's" not in said


@needs_bubblewrap
def test_of_etc_no_keys_are_seen(tmp_path: Path) -> None:
    sandbox = Bubblewrap(tmp_path / "sandbox", FolderWorkspace(tmp_path / "workspace"))
    assert set(run(sandbox, "ls -A /etc/ssl").split()) <= {"certs", "openssl.cnf"}
    seen = set(run(sandbox, "ls -A /etc").split())
    assert not seen & {"passwd", "shadow", "group", "hosts", "resolv.conf", "ssh", "machine-id", "krb5.keytab"}


def grouped(change: Callable[[Bubblewrap], None] | None = None) -> Callable[[Path], str]:
    """A command that reads what only a group may read, beside what everybody may."""

    def act(folder: Path) -> str:
        mounts.environment = lambda: [Path("/tmp/walkaway-mounted")]
        sandbox = Bubblewrap(folder / "sandbox", FolderWorkspace(folder / "workspace"))
        if change:
            change(sandbox)
        said = run(sandbox, "cd /tmp/walkaway-mounted; cat open.txt key.txt shut/key.txt 2>&1; touch shut/x")
        return f"{said}\n{sandbox.limits()}"

    return act


@pytest.fixture
def mounted() -> object:
    """A mounted directory with files of two groups that the server's user is in."""
    folder = Path("/tmp/walkaway-mounted")
    if os.geteuid() != 0:
        pytest.skip("only root can give files to groups")
    (folder / "shut").mkdir(parents=True)
    for name, text, mode in (
        ("open.txt", "open", 0o644),
        ("key.txt", "s3cret", 0o640),
        ("shut/key.txt", "s3cret", 0o644),
    ):
        (folder / name).write_text(text)
        os.chown(folder / name, 0, OTHERS_GROUP)
        (folder / name).chmod(mode)
    os.chown(folder / "shut", 0, SOMEBODY)
    (folder / "shut").chmod(0o750)
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@needs_bubblewrap
@pytest.mark.usefixtures("mounted")
def test_what_a_group_may_read_is_covered_and_the_groups_are_told() -> None:
    said = as_somebody(grouped(), [OTHERS_GROUP])
    assert said.startswith("open")
    assert "s3cret" not in said
    assert "Commands keep this user's groups" in said

    def uncovered(sandbox: Bubblewrap) -> None:
        sandbox._closed.covers = lambda: iter(())  # type: ignore[method-assign]

    assert as_somebody(grouped(uncovered), [OTHERS_GROUP]).count("s3cret") == 2


@needs_bubblewrap
def test_root_clears_groups(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can")
    assert groups.told() == ""
    sandbox = Bubblewrap(tmp_path / "sandbox", FolderWorkspace(tmp_path / "workspace"))
    assert run(sandbox, "grep Groups: /proc/self/status").split() == ["Groups:"]


def test_without_a_keyring_of_its_own_nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing:
        def __init__(self, reason: int) -> None:
            self.reason = reason

        def syscall(self, *_: object) -> int:
            ctypes.set_errno(self.reason)
            return -1

    monkeypatch.setattr(spawning, "_libc", Failing(errno.ENOSYS))
    assert spawning.spawn(lambda: "no keys here, and so none for commands") == "no keys here, and so none for commands"
    monkeypatch.setattr(spawning, "_libc", Failing(errno.EDQUOT))
    assert spawning.spawn(lambda: "the last one's") == "the last one's"
    spawning._own.clear()
    with pytest.raises(SandboxRefused, match="keyring"):
        spawning.spawn(lambda: "never")
