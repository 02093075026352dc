"""Limits of commands that the kernel keeps, and those that are looked at where it does not."""

import os
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.kit.sandboxes import needs_bubblewrap
from tests.kit.users import as_somebody
from tests.security.scene import KEEP, Scene, scene
from walkaway_core.apart import priority
from walkaway_core.ports.sandbox import Command, SandboxRefused
from walkaway_local.sandbox import bubblewrap, disk, growth, locks, mounts, namespace, running, seccomp, sharing, usage
from walkaway_local.sandbox.bubblewrap import Bubblewrap
from walkaway_local.workspace import FolderWorkspace
from walkaway_sandbox import tree

pytestmark = [needs_bubblewrap, pytest.mark.deep]

FILL = "for i in 1 2 3; do head -c 400000000 /dev/zero > {}/$i || exit; done; echo DONE"
LONG = """python3 - <<'END'
import os, time
for _ in range(18):
    os.mkdir('d' * 250)
    os.chdir('d' * 250)
for number in range(3):
    with open(str(number), 'wb') as out:
        os.posix_fallocate(out.fileno(), 0, 400_000_000)
time.sleep(2)
print('DONE')
END"""
UNNAMED = """exec python3 - <<'END'
import os, time
held = [os.open('.', os.O_RDWR | os.O_TMPFILE) for _ in range(3)]
for file in held:
    os.posix_fallocate(file, 0, 400_000_000)
time.sleep(2)
print('DONE')
END"""
LOOKED_AT = {
    "in a path that is too long": LONG,
    "beyond the end of files": "touch 1 2 3; for i in 1 2 3; do fallocate -nl 400000000 $i; done; sleep 2; echo DONE",
    "many files": "mkdir d; cd d; seq 2500 | xargs touch; sleep 2; echo DONE",
    "without a name": UNNAMED,
    "in a path that is too deep": "for i in $(seq 150); do mkdir d; cd d; done; sleep 2; echo DONE",
}
NAMED = """exec python3 - <<'END'
import ctypes, time
ctypes.CDLL(None).prctl(15, b'\\rVmRSS:{}', 0, 0, 0)
held = b'x' * 250_000_000
time.sleep(3)
print('DONE', flush=True)
END"""
HIDDEN = {
    "behind a name that looks like an empty line of its status": NAMED.format(""),
    "behind a name that looks like a line of its status": NAMED.format(" -99999"),
    "behind a name that is no number": NAMED.format(" x"),
    "in a process whose first thread has ended": """python3 - <<'END'
import ctypes, os, threading, time
def hold():
    held = b'x' * 400_000_000
    time.sleep(3)
    os.write(1, b'DONE')
    os._exit(0)
threading.Thread(target=hold).start()
ctypes.CDLL(None).syscall(60 if os.uname().machine == 'x86_64' else 93, 0)
END""",
}
SHARED = """exec python3 - <<'END'
import ctypes, mmap, time
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
size = 50_000_000 // mmap.PAGESIZE * mmap.PAGESIZE
for _ in range(6):
    place = libc.mmap(None, size, 3, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS, -1, 0)
    ctypes.memset(place, 1, size)
    {}
time.sleep(3)
print('DONE', flush=True)
END"""
GIVEN_UP = {
    "all but one page unmapped": "libc.munmap(ctypes.c_void_p(place + 4096), ctypes.c_size_t(size - 4096))",
    "given up": "libc.madvise(ctypes.c_void_p(place), ctypes.c_size_t(size), mmap.MADV_DONTNEED)",
    "given up, under another name": "libc.prctl(0x53564D41, 0, ctypes.c_void_p(place), ctypes.c_size_t(size), b'x');"
    " libc.madvise(ctypes.c_void_p(place), ctypes.c_size_t(size), mmap.MADV_DONTNEED)",
}
MAPPINGS = """exec python3 - <<'END'
import mmap, time
held = [mmap.mmap(-1, 4096, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS) for _ in range(5000)]
time.sleep(3)
print('DONE', flush=True)
END"""
LEFT = """python3 - <<'END'
import os
for _ in range({depth}):
    os.mkdir(b'\\xff' * {length})
    os.chdir(b'\\xff' * {length})
for number in range({number}):
    os.{make}(b'%d' % number, 0o600{kind})
END"""
KINDS = {"files": ("mknod", " | 0o100000"), "pipes": ("mkfifo", "")}


def run(sandbox: Bubblewrap, command: str, timeout: float = 20.0) -> str:
    """Run a command; give what it printed, and why it was killed."""
    words: list[bytes] = []
    with sandbox.run(Command(command, "t/files", ("",), ("",), timeout), words.append) as finished:
        return b"".join(words).decode() + finished.killed


@pytest.fixture
def sandbox(tmp_path: Path) -> Bubblewrap:
    return Bubblewrap(tmp_path / "sandbox", FolderWorkspace(tmp_path / "workspace"))


@pytest.fixture
def without_a_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """A machine that mounts no tmpfs for us; 2,000 files are too many, which a slow disk makes in time as well."""
    monkeypatch.setattr(disk, "options", lambda: "no-such-option=1")
    monkeypatch.setattr(disk, "FILES", 2000)
    with scene(tmp_path, monkeypatch) as made:
        yield made


def test_the_start_says_what_keeps_the_disk(sandbox: Bubblewrap) -> None:
    assert sandbox.problem() is None
    assert "the kernel keeps" in sandbox.limits()


@pytest.mark.parametrize("attack", LOOKED_AT)
def test_where_no_disk_can_be_mounted_it_is_looked_at(
    attack: str, without_a_disk: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = seccomp.program
    monkeypatch.setattr(seccomp, "program", lambda machine, **_: made(machine, stored=False))  # or no space is reserved
    sandbox = without_a_disk.stack.sandbox
    assert sandbox.problem() is None
    assert "only looked at" in sandbox.limits()
    told = without_a_disk.run(LOOKED_AT[attack])
    assert told.startswith("killed: it made more than"), told
    assert "DONE" not in told
    assert without_a_disk.content("keep.txt") == KEEP
    assert list((without_a_disk.data / "sandbox").iterdir()) == []
    monkeypatch.setattr(growth.Growth, "too_much", lambda *_: False)
    assert "DONE" in without_a_disk.run(LOOKED_AT[attack])


def test_what_is_closed_to_the_one_who_looks_counts_as_too_much() -> None:
    def act(folder: Path) -> str:
        sandbox = Bubblewrap(folder / "sandbox", FolderWorkspace(folder / "workspace"))
        sandbox._bounded = False
        return run(sandbox, "mkdir d; chmod 0 d; sleep 2; echo DONE")

    assert as_somebody(act).startswith("it made more than")


def test_an_ordinary_user_has_a_disk_that_the_kernel_keeps_and_nothing_else_to_write_on() -> None:
    def act(folder: Path) -> str:
        sandbox = Bubblewrap(folder / "sandbox", FolderWorkspace(folder / "workspace"))
        told = [sandbox.limits()]
        told += [run(sandbox, FILL.format(place)) for place in (".", "/tmp", "/dev/shm")]
        told += [run(sandbox, "for d in / /dev /etc /opt /usr /proc; do touch $d/x && echo DONE; done")]
        told += [run(sandbox, "grep ^Cap /proc/self/status | tr -d 'CapInhPrmEffBndAmb:\\t\\n0'; echo $(id -u)")]
        return "\n".join(told)

    told = as_somebody(act)
    assert "the kernel keeps" in told
    assert told.count("No space left on device") == 3
    assert "DONE" not in told
    assert told.rstrip().endswith("1000")


def test_the_first_process_of_a_namespace_has_no_more_than_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mounts, "FIRST_COVERED", ())  # or nobody in it could tell

    def told(folder: Path) -> str:
        sandbox = Bubblewrap(folder / "sandbox", FolderWorkspace(folder / "workspace"))
        return run(sandbox, "cat /proc/1/limits; echo; cat /proc/self/limits")

    for limits in (as_somebody(told), told(tmp_path)):
        first, own = limits.split("\n\n")
        assert first.splitlines() == own.splitlines()
        assert "Max processes             256 " in own


@pytest.mark.parametrize("place", [".", "/tmp", "/dev/shm"])
def test_all_that_can_be_written_is_one_disk(place: str, sandbox: Bubblewrap) -> None:
    assert "No space left" in run(sandbox, FILL.format(place), 90.0)
    assert "No space left" in run(sandbox, "mkdir /tmp/d; cd /tmp/d; seq 25000 | xargs touch")
    assert "kept" in run(sandbox, "echo kept")


def test_a_file_that_is_deleted_and_open_takes_its_room(sandbox: Bubblewrap) -> None:
    fill = "head -c 600000000 /dev/zero"
    assert "DONE" not in run(sandbox, f"exec 3>a 4>b; rm a b; {fill} >&3; {fill} >&4 && echo DONE")


def test_what_may_be_read_must_fit(sandbox: Bubblewrap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "BYTES", 1_000_000)
    FolderWorkspace(tmp_path / "workspace").write("t/files", "large", [b"x" * 2_000_000])
    with pytest.raises(SandboxRefused, match="does not fit"):
        run(sandbox, "true")


def test_disks_take_no_more_than_their_part_of_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    room = disk.Room()
    monkeypatch.setattr(disk, "total", lambda: 4_000_000_000)
    inside, most, lock, go = 0, 0, threading.Lock(), threading.Event()

    def hold(number: int) -> None:
        nonlocal inside, most
        with room.taken(str(number), 30.0, lambda _: None):
            with lock:
                inside += 1
                most = max(most, inside)
                if inside == 4:
                    go.set()
            assert go.wait(30)
            with lock:
                inside -= 1

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(hold, range(12)))
    assert most == 4  # of 500 MB each, in half of the memory
    with room.taken("t", 1.0, lambda _: None):
        pass


@pytest.mark.parametrize(("memory", "most"), [(4, 3), (8, 3), (24, 8)])
def test_one_tenant_leaves_room_for_the_disks_of_others(
    memory: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "total", lambda: memory * 10**9)
    room = disk.Room()
    with ExitStack() as taken:
        for _ in range(most):
            taken.enter_context(room.taken("alice", 1, lambda _: None))
        with ThreadPoolExecutor(1) as pool, ExitStack() as more:
            waiting = pool.submit(more.enter_context, room.taken("alice", 30, lambda _: None))
            for name in ("bob", "carol")[: memory // 8]:
                with room.taken(name, 5, lambda _: None):  # although she has waited for longer
                    assert not waiting.done()
            taken.close()
            waiting.result()
    monkeypatch.setattr(disk, "FREE", 100)
    with ExitStack() as taken:
        for _ in range(disk.total() // disk.SHARE // disk.size()):
            taken.enter_context(room.taken("alice", 1, lambda _: None))
        with pytest.raises(SandboxRefused, match="try again"), room.taken("bob", 0, lambda _: None):
            pass


def test_who_waits_for_room_in_vain_is_told_and_who_is_no_longer_wanted_leaves() -> None:
    class Over(Exception):
        pass

    def heard(_: bytes) -> None:
        raise Over

    room = disk.Room()
    with ExitStack() as taken:
        for number in range(disk.total() // disk.SHARE // disk.size()):
            taken.enter_context(room.taken(str(number), 1, lambda _: None))
        with pytest.raises(SandboxRefused, match="try again"), room.taken("t", 0, lambda _: None):
            pass
        with pytest.raises(Over), room.taken("t", 60, heard):
            pass
    with room.taken("t", 0, lambda _: None):
        pass


@pytest.mark.parametrize("place", HIDDEN)
def test_memory_cannot_be_hidden(place: str, sandbox: Bubblewrap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "MEMORY", 200_000_000)
    told = run(sandbox, HIDDEN[place])
    assert (told.endswith("bytes of memory"), "DONE" in told) == (True, False), told
    monkeypatch.setattr(usage, "used", lambda *_: 0)
    assert "DONE" in run(sandbox, HIDDEN[place])


@pytest.mark.parametrize("how", GIVEN_UP)
def test_shared_memory_counts_when_no_page_of_it_is_mapped(
    how: str, sandbox: Bubblewrap, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "MEMORY", 200_000_000)
    command = SHARED.format(GIVEN_UP[how])
    told = run(sandbox, command, 60.0)
    assert (told.endswith("bytes of memory"), "DONE" in told) == (True, False), told
    monkeypatch.setattr(sharing, "held", lambda _: 0)
    assert "DONE" in run(sandbox, command, 60.0)


def test_who_is_not_told_what_shared_memory_holds_counts_all_that_is_mapped() -> None:
    def told(folder: Path) -> str:
        running.MEMORY = 200_000_000
        sandbox = Bubblewrap(folder / "sandbox", FolderWorkspace(folder / "workspace"))
        return run(sandbox, SHARED.format(GIVEN_UP["given up"]), 60.0)

    assert as_somebody(told).endswith("bytes of memory")


@pytest.mark.parametrize("most", ["LINES", "PIECES"])
def test_more_shared_memory_than_can_be_looked_at_is_too_much(
    most: str, sandbox: Bubblewrap, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "PIECES" if most == "LINES" else "LINES", 10**9)
    monkeypatch.setattr(sharing, most, 1000)
    told = run(sandbox, MAPPINGS, 60.0)
    assert (told.endswith("bytes of memory"), "DONE" in told) == (True, False), told
    monkeypatch.setattr(sharing, most, 10**9)
    assert run(sandbox, MAPPINGS, 60.0) == "DONE\n"


LOCKS = """exec python3 - <<'END'
import fcntl, os, struct, time
open_files = [os.open(f'/tmp/{name}', os.O_RDWR | os.O_CREAT) for name in range(50)]
for file in open_files:
    for place in range(100):
        fcntl.fcntl(file, fcntl.F_SETLK, struct.pack('hhqqi', fcntl.F_WRLCK, 0, 2 * place, 1, 0))
time.sleep(3)
print('DONE', flush=True)
END"""


def test_locks_are_counted_and_those_that_cannot_be_are_refused(
    sandbox: Bubblewrap, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(sandbox, LOCKS) == "it held more than 4000 locks on files"
    assert run(sandbox, LOCKS.replace("range(50)", "range(10)")) == "DONE\n"
    assert "Invalid argument" in run(sandbox, LOCKS.replace("fcntl.F_SETLK,", "fcntl.F_OFD_SETLK,"))
    monkeypatch.setattr(locks, "MOST", 10**6)
    assert run(sandbox, LOCKS) == "DONE\n"


def test_of_all_commands_the_largest_ends_when_memory_is_short(
    sandbox: Bubblewrap, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage, "short", lambda: len(sandbox._together) == 2 and max(sandbox._together.values()) > 10**8)
    large = "python3 -c 'import time; held = b\"x\" * 300_000_000; time.sleep(10)'; echo DONE"
    with ThreadPoolExecutor(2) as pool:
        small, big = pool.submit(run, sandbox, "sleep 4; echo DONE"), pool.submit(run, sandbox, large)
        assert big.result().startswith("this machine has little memory left")
        assert small.result() == "DONE\n"


def test_memory_is_short_when_little_of_it_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not usage.short()
    monkeypatch.setattr(usage, "LEAST", 1)
    assert usage.short()


def test_commands_are_what_the_kernel_ends_first(sandbox: Bubblewrap) -> None:
    assert run(sandbox, "cat /proc/self/oom_score_adj; echo -1000 > /proc/self/oom_score_adj").startswith("1000\n")
    assert (Path("/proc/self/oom_score_adj")).read_text() != "1000\n"


SESSIONS = "nice; setsid sleep 5 & sleep 3; for i in $! $$; do cat /proc/$i/autogroup 2> /dev/null; done; kill $!"


def test_commands_stand_back_behind_the_server(tmp_path: Path) -> None:
    def told(folder: Path) -> str:
        sandbox = Bubblewrap(folder / "sandbox", FolderWorkspace(folder / "workspace"))
        return run(sandbox, SESSIONS)

    own = Path("/proc/self/autogroup")
    before = own.read_text() if own.exists() else ""
    grouped = subprocess.run(["setsid", "--wait", "cat", own], capture_output=True, check=False).stdout
    for here in (told(tmp_path), as_somebody(told)):
        nice, *sessions = here.splitlines()
        assert nice == str(min(19, os.nice(0) + priority.NICE))
        assert [session.partition(" ")[2] for session in sessions] == [f"nice {priority.NICE}"] * len(sessions)
        assert len(sessions) == (2 if grouped else 0)
    assert before == (own.read_text() if own.exists() else "")


def test_commands_are_ended_first_when_memory_runs_out(tmp_path: Path) -> None:
    def told(folder: Path) -> str:
        sandbox = Bubblewrap(folder / "sandbox", FolderWorkspace(folder / "workspace"))
        return run(sandbox, "cat /proc/self/oom_score_adj")

    for here in (told(tmp_path), as_somebody(told)):
        assert here.split() == ["1000"]


def test_a_server_that_is_killed_leaves_no_disk_behind(tmp_path: Path) -> None:
    folder = tmp_path / "sandbox"
    folder.mkdir()
    parts = list(mounts.system(folder, network=False))
    start = namespace.Start(next(bubblewrap._users) if os.geteuid() == 0 else None, parts, ["true"], b"", {})
    with namespace.opened(folder, disk.options(), start) as (_, seen):
        (seen / "x").mkdir()
        assert list(folder.iterdir()) == []
        assert str(folder) not in Path("/proc/self/mounts").read_text()
    assert os.listdir(folder) == []  # noqa: PTH208


QUEUES = """python3 - <<'END'
import socket, time
server = socket.create_server(({!r}, 0), family=socket.{})
sender, reader = socket.create_connection(server.getsockname()[:2]), server.accept()[0]
sender.setblocking(False)
try:
    while True:
        sender.send(bytes(65536))
except BlockingIOError:
    time.sleep(1.5)
END"""


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The tables of each look at a command's connections."""
    looks, tables = list[list[str]](), usage._tables

    def look(net: Path) -> list[Path]:
        here = list(tables(net))
        looks.append([table.name for table in here])
        return here

    monkeypatch.setattr(usage, "_tables", look)
    return looks


@pytest.mark.parametrize(("address", "family", "table"), [("127.0.0.1", "AF_INET", "tcp"), ("::1", "AF_INET6", "tcp6")])
def test_what_waits_in_connections_counts(
    sandbox: Bubblewrap, monkeypatch: pytest.MonkeyPatch, tables: list[list[str]], address: str, family: str, table: str
) -> None:
    counted, in_sockets = list[int](), usage._in_sockets

    def count(first: int) -> int:
        counted.append(in_sockets(first))
        return counted[-1]

    monkeypatch.setattr(usage, "_in_sockets", count)
    assert run(sandbox, QUEUES.format(address, family)) == ""
    assert max(counted) > 1_000_000
    assert [table] in tables


def test_a_command_without_connections_costs_no_look_at_those_of_the_machine(
    sandbox: Bubblewrap, tables: list[list[str]]
) -> None:
    assert run(sandbox, "sleep 1.2") == ""
    assert tables
    assert not any(tables)


def left(sandbox: Bubblewrap, kind: str, depth: int, length: int) -> tuple[int, int]:
    """Let a command leave a hundred of a kind, so deep in names so long; give how many, and what is said of them."""
    make, kind = KINDS[kind]
    text = LEFT.format(depth=depth, length=length, number=100, make=make, kind=kind)
    with sandbox.run(Command(text, "t/files", ("",), ("",), 20.0), lambda _: None) as finished:
        words = [*(change.path for change in finished.changes), *finished.lost]
        return len(words), sum(map(len, words))


@pytest.mark.parametrize("kind", KINDS)
def test_long_paths_fill_no_memory_of_the_server(
    kind: str, sandbox: Bubblewrap, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert left(sandbox, kind, 99, 250) == (1, len(tree._too_long))
    monkeypatch.setattr(tree, "LONGEST", 10**9)
    monkeypatch.setattr(tree, "_named", repr)
    assert left(sandbox, kind, 99, 250)[1] > 2_000_000


def test_what_lies_deep_is_not_looked_up_from_the_top_each_time(
    sandbox: Bubblewrap, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    made = tree._entered

    def entered(above: int | None, name: str, flags: int) -> int:
        opened.append(name)
        return made(above, name, flags)

    monkeypatch.setattr(tree, "_entered", entered)
    assert left(sandbox, "files", 50, 1)[0] == 100
    assert len(opened) < 50 * 50 + 100 + 100
