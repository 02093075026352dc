"""What root makes ahead of a command: bubblewrap is nobody and sees nothing else, and the server stays as it was."""

import os
from pathlib import Path

import pytest

from tests.kit.sandboxes import needs_bubblewrap
from walkaway_core.ports.sandbox import Command, SandboxRefused
from walkaway_local.sandbox import bubblewrap, mounting, mounts, running
from walkaway_local.sandbox.bubblewrap import Bubblewrap
from walkaway_local.workspace import FolderWorkspace

pytestmark = [needs_bubblewrap, pytest.mark.skipif(os.geteuid() != 0, reason="only root makes it ahead")]


@pytest.fixture
def sandbox(tmp_path: Path) -> Bubblewrap:
    return Bubblewrap(tmp_path / "sandbox", FolderWorkspace(tmp_path / "workspace"))


def run(sandbox: Bubblewrap, command: str) -> str:
    """Run a command; give what it printed."""
    words: list[bytes] = []
    with sandbox.run(Command(command, "t/files", ("",), ("",), 20.0), words.append):
        return b"".join(words).decode()


def status(process: int | str, name: str) -> list[str]:
    """Say something of a process (proc_pid_status(5))."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(line.split()[1:] for line in lines if line.startswith(f"{name}:"))


@pytest.mark.parametrize("bounded", ["bounded", ""])
def test_bubblewrap_is_nobody_and_sees_only_what_is_made(
    bounded: str, sandbox: Bubblewrap, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[list[str], list[str], list[str], list[str], set[str]]] = []
    waited = running.Running.wait

    def wait(self: running.Running) -> tuple[str, int | None]:
        pid = self._namespace.process.pid
        told = (status(pid, name) for name in ("Uid", "Gid", "Groups", "CapPrm"))
        seen.append((*told, {path.name for path in Path(f"/proc/{pid}/root").iterdir()}))  # type: ignore[arg-type]
        return waited(self)

    monkeypatch.setattr(running.Running, "wait", wait)
    sandbox._bounded = bool(bounded)
    assert (
        run(sandbox, "echo here; id -u; cat /proc/self/status | grep Uid:")
        == "here\n1000\nUid:\t1000\t1000\t1000\t1000\n"
    )
    ((uid, gid, groups, rights, root),) = seen
    assert bubblewrap.FIRST_USER <= int(uid[0]) < bubblewrap.FIRST_USER + bubblewrap.USERS
    assert (set(uid), set(gid), groups) == ({uid[0]}, {uid[0]}, [])
    assert int(rights[0], 16) == 0
    system = {Path(name).name for name in mounts.SYSTEM if os.path.lexists(name)}
    assert root == {"dev", "disk", "etc", "proc", "tmp", "tree"} | system


def test_the_server_stays_who_and_where_it_was(sandbox: Bubblewrap) -> None:
    def here() -> object:
        umask = os.umask(0o022)
        os.umask(umask)
        who = [status("self", name) for name in ("Uid", "Gid", "Groups", "CapEff")]
        return umask, who, Path.cwd(), Path("/proc/self/mountinfo").read_text()

    before = here()
    assert run(sandbox, "echo here") == "here\n"
    assert here() == before


def test_nothing_that_is_shown_can_be_written_wherever_it_stands(
    sandbox: Bubblewrap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a/open.txt", "b.txt"):
        (tmp_path / "shown" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "shown" / name).write_text(f"content of {name}")
        (tmp_path / "shown" / name).chmod(0o666)
    (tmp_path / "shown/a").chmod(0o777)
    own, shown = mounts.environment(), [tmp_path / "shown/a", tmp_path / "shown/b.txt"]
    monkeypatch.setattr(mounts, "environment", lambda: [*own, *shown])
    folder = tmp_path / "shown"
    said = run(
        sandbox, f"cd {folder}; cat a/open.txt b.txt; echo; for f in a/open.txt a/x b.txt x; do echo x > $f; done 2>&1"
    )
    assert said.startswith("content of a/open.txtcontent of b.txt\n")
    assert said.count("Read-only file system") == 4
    assert said.count("\n") == 5
    assert (folder / "a/open.txt").read_text() == "content of a/open.txt"


def test_where_it_cannot_be_made_that_is_said(sandbox: Bubblewrap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mounting, "CLONE_NEWNS", -1)
    with pytest.raises(SandboxRefused, match="cannot be mounted: Invalid argument"):
        run(sandbox, "true")
