"""Where the server may make control groups, the kernel keeps the memory and processes of each command."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.kit.sandboxes import needs_bubblewrap
from walkaway_core.ports.sandbox import Command, SandboxRefused
from walkaway_local.sandbox import cgroups, disk, running, usage
from walkaway_local.sandbox.bubblewrap import Bubblewrap
from walkaway_local.workspace import FolderWorkspace

pytestmark = [needs_bubblewrap, pytest.mark.deep]

HERE = cgroups.Cgroups(cgroups.own())
HOLD = 'python3 -c \'held = b"x" * 300_000_000; print("DONE")\' & wait; echo after'
ROOT_ALONE = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a group to be started in")


@pytest.fixture
def above() -> Iterator[Path]:
    """The group below which commands have theirs."""
    if HERE.problem:
        pytest.skip(f"no control groups of version 2 can be made here: {HERE.problem}")
    assert HERE.above
    yield HERE.above
    assert list(HERE.above.glob("walkaway-*-*")) == []


@pytest.fixture
def sandbox(above: Path, tmp_path: Path) -> Bubblewrap:
    assert above
    return Bubblewrap(tmp_path / "sandbox", FolderWorkspace(tmp_path / "workspace"))


def run(sandbox: Bubblewrap, command: str, heard: Callable[[bytes], None] = lambda _: None) -> str:
    words: list[bytes] = []

    def hear(data: bytes) -> None:
        words.append(data)
        heard(data)

    with sandbox.run(Command(command, "t/files", ("",), ("",), 20.0), hear) as finished:
        return b"".join(words).decode() + finished.killed


def test_the_start_says_who_keeps_the_memory(sandbox: Bubblewrap) -> None:
    assert "Their memory is kept by the kernel" in sandbox.limits()


def test_the_kernel_ends_all_of_a_command_that_takes_too_much(
    sandbox: Bubblewrap, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage, "used", lambda *_: 0)  # nobody looks
    assert run(sandbox, HOLD) == "DONE\nafter\n"
    monkeypatch.setattr(running, "MEMORY", 100_000_000)
    monkeypatch.setattr(disk, "size", lambda: 100_000_000)
    told = run(sandbox, HOLD)
    assert told.startswith("it used more than 100000000 bytes of memory"), told
    assert run(sandbox, "echo next") == "next\n"


def test_no_more_processes_than_a_command_may_have(sandbox: Bubblewrap, above: Path) -> None:
    most: list[str] = []

    def look(_: bytes) -> None:
        most.extend((group / "pids.max").read_text().strip() for group in above.glob("walkaway-*-*"))

    assert run(sandbox, "echo go", look) == "go\n"
    assert set(most) == {str(256 + cgroups.HELPERS)}


def test_what_a_killed_server_has_left_is_removed(above: Path) -> None:
    process = subprocess.Popen(["true"])
    process.wait()
    (above / f"walkaway-{process.pid}-0").mkdir()
    (mine := above / f"walkaway-{os.getpid()}-x").mkdir()
    assert cgroups.Cgroups(cgroups.own()).problem == ""
    left = list(above.glob("walkaway-*-*"))
    mine.rmdir()
    assert left == [mine]


START = """\
import os, sys
from pathlib import Path
from walkaway_local.sandbox import cgroups
Path(sys.argv[1], "cgroup.procs").write_text(str(os.getpid()))
groups = cgroups.Cgroups(cgroups.own())
with groups.one(10**9, 10) as group:
    print(groups.problem, group is not None, cgroups.own())
again = cgroups.Cgroups(cgroups.own())
print(again.problem, again.above)
"""


@ROOT_ALONE
@pytest.mark.parametrize("others", [0, 1])
def test_a_server_in_a_group_of_its_own_moves_into_a_leaf_of_it(above: Path, others: int) -> None:
    """As in a unit of systemd's with `Delegate=yes`; beside other processes, nothing is moved and none can be made."""
    (unit := above / "unit").mkdir()
    beside = [subprocess.Popen(["sleep", "60"]) for _ in range(others)]
    try:
        for process in beside:
            (unit / "cgroup.procs").write_text(str(process.pid))
        done = subprocess.run([sys.executable, "-c", START, str(unit)], capture_output=True, text=True, check=True)
    finally:
        for process in beside:
            process.kill()
            process.wait()
        for group in (unit / cgroups.SERVER, unit):
            if group.exists():
                group.rmdir()
    if others:
        assert os.strerror(errno.EBUSY) in done.stdout
        assert f"False {unit}\n" in done.stdout
    else:
        assert done.stdout == f" True {unit / cgroups.SERVER}\n {unit}\n"


def test_a_command_that_gets_none_is_refused(sandbox: Bubblewrap, above: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox._cgroups, "above", above / "gone")
    with pytest.raises(SandboxRefused, match="no control group: No such file"):
        run(sandbox, "true")


def test_where_none_can_be_made_memory_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpu\n")
    for own, why in ((None, "no cgroup"), (tmp_path, "memory and pids"), (tmp_path / "none", "No such file")):
        made = cgroups.Cgroups(own)
        assert "looked at twice a second" in made.told()
        assert why in made.told()
        with made.one(1, 1) as group:
            assert group is None
