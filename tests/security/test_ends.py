"""The end of a command is that of all its processes, before anything is looked at; what it leaves breaks nothing."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.kit import sse
from tests.kit.patience import holds
from tests.kit.sandboxes import needs_bubblewrap
from tests.kit.servers import served
from tests.kit.users import as_somebody
from tests.security.scene import DAEMON, KEEP, Scene, daemons, scene
from walkaway_core.ports.sandbox import Command
from walkaway_local.sandbox import staging
from walkaway_local.sandbox.bubblewrap import Bubblewrap
from walkaway_local.workspace import FolderWorkspace

pytestmark = [needs_bubblewrap, pytest.mark.deep]

SLEEPERS = "for i in $(seq 100); do {} sleep @DAEMON@ & done >/dev/null 2>&1 </dev/null; echo kept > kept.txt; {}"
CUT = 3
"""Seconds for commands that are cut off: what they do before that takes a busy machine more than one."""
ENDINGS = {
    "cut off": (SLEEPERS.format("", "sleep @DAEMON@"), CUT),
    "over": (SLEEPERS.format("", "exit 0"), 20),
    "over, in sessions of their own": (SLEEPERS.format("setsid", "exit 3"), 20),
    "output closed": (SLEEPERS.format("", "exec >&- 2>&-; sleep @DAEMON@"), CUT),
    "deaf to signals": ("trap '' 1 2 3 15; " + SLEEPERS.format("", "wait"), CUT),
    "stopped": (SLEEPERS.format("", "kill -STOP 0 $$; sleep @DAEMON@"), CUT),
}
WRITERS = """python - <<'END'
import os, time
for k in range(40):
    if os.fork() == 0:
        i = 0
        while True:
            i += 1
            name = 'd%d/e/%d' % (k, i % 5)
            try:
                os.makedirs('d%d/e' % k, exist_ok=True)
                open(name, 'w').write('x' * 100)
                os.rename(name, 'd%d/f' % k)
                os.unlink('d%d/f' % k)
            except OSError:
                pass
open('result.txt', 'w').write('what it has worked out')
print('what it says', flush=True)
time.sleep(60)
END"""
NEST = """python - <<'END'
import os
open('kept.txt', 'w').write('kept')
for _ in range({}):
    os.mkdir('{}')
    os.chdir('{}')
open('f', 'w').write('x')
END"""
LEAVINGS = {
    "the workspace closed": "echo kept > kept.txt; chmod 0 .",
    "directories closed": "mkdir -p a/b; echo kept > a/b/kept.txt; cp a/b/kept.txt .; chmod 0 a/b; chmod 0 a",
    "files closed": "echo kept > kept.txt; chmod 0 kept.txt",
    "all but entering": "echo kept > kept.txt; chmod 111 .",
    "all but reading": "echo kept > kept.txt; chmod 444 .",
    "deep": NEST.format(300, "d", "d"),
    "longer than a path": NEST.format(30, "d" * 250, "d" * 250),
    "names": "echo kept > kept.txt; touch $'\\n' $'\\xff' -- -rf '*' ' ' $'\\u202e' '[kept]'",
    "other kinds": "echo kept > kept.txt; mkfifo p; ln -s loop loop; ln -s / root; ln kept.txt same",
    "a kind in a kind's place": "echo kept > kept.txt; rm -r in keep.txt; mkfifo in; mkdir keep.txt",
}


@pytest.fixture(params=[True, False], ids=["bounded", "looked at"])
def here(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """Both kinds of disks."""
    with scene(tmp_path, monkeypatch) as made:
        assert made.stack.services.sandbox.problem() is None
        monkeypatch.setattr(made.stack.services.sandbox, "_bounded", request.param)
        yield made


def left(scene: Scene, patch: pytest.MonkeyPatch, command: str, timeout: int) -> tuple[list[int], str]:
    """Run a command; give what of it runs when its copy is looked at, and what the model is told."""
    alive: list[int] = []
    made = staging.changes

    def changes(*given: Any) -> Any:
        alive.extend(daemons())
        return made(*given)

    patch.setattr(staging, "changes", changes)
    return alive, scene.run(command, timeout=timeout)


@pytest.mark.parametrize("ending", ENDINGS)
def test_nothing_runs_when_the_copy_is_looked_at(ending: str, here: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    command, timeout = ENDINGS[ending]
    alive, told = left(here, monkeypatch, command, timeout)
    assert alive == []
    assert told.endswith("[written: kept.txt]")


def test_output_and_files_of_writers_that_are_cut_off_stay(here: Scene) -> None:
    for _ in range(3):
        told = here.run(WRITERS, timeout=CUT)
        assert told.startswith(f"killed: it took more than {CUT} seconds\nwhat it says")
        assert here.content("result.txt") == b"what it has worked out"


@pytest.mark.parametrize("leaving", LEAVINGS)
def test_what_is_left_breaks_neither_the_tool_nor_the_next_command(leaving: str, here: Scene) -> None:
    told = here.run(LEAVINGS[leaving])
    assert told.startswith("exit code 0"), told
    assert (here.content("kept.txt") or b"").startswith(b"kept")
    if "keep.txt" not in LEAVINGS[leaving]:
        assert here.content("keep.txt") == KEEP
    assert here.run("cat kept.txt; cd; pwd").startswith("exit code 0\nkept")
    assert list((here.data / "sandbox").iterdir()) == []


def test_processes_that_do_not_end_are_told_and_their_copy_is_not_looked_at(
    here: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[Any] = []
    monkeypatch.setattr(staging, "changes", lambda *given: looked.append(given))
    monkeypatch.setattr("walkaway_local.sandbox.namespace._ended", lambda _: False)
    sandbox = here.stack.services.sandbox
    assert isinstance(sandbox, Bubblewrap)
    with pytest.raises(TimeoutError, match="have not ended"):
        here.run("sleep 30", timeout=1)
    assert looked == []


def disk(process: int) -> str:
    """The device that a command's process has its /tmp on (proc_pid_mountinfo(5))."""
    mounts = [line.split() for line in Path(f"/proc/{process}/mountinfo").read_text().splitlines()]
    return next(mount[2] for mount in mounts if mount[4] == "/tmp")


def seeing(device: str) -> list[str]:
    """The processes that see a device mounted."""
    found = []
    for mounts in Path("/proc").glob("[0-9]*/mountinfo"):
        with suppress(OSError):
            found += [mounts.parent.name] * (f" {device} " in mounts.read_text())
    return found


def test_the_death_of_a_server_is_that_of_its_commands_and_of_their_disks(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "sandbox"
    with served(tmp_path / "data") as server, server.client() as client:
        session = sse.new(client, persistent=True)
        message = f"Run `setsid sleep {DAEMON} & sleep {DAEMON}`"
        with client.stream("POST", f"/v1/sessions/{session}/messages", json={"message": message}):
            assert holds(lambda: len(daemons()) == 2)
            device = disk(daemons()[0])
            assert seeing(device)
            server.kill()
        assert holds(lambda: not daemons() and not seeing(device))
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("bounded", ["bounded", ""])
@pytest.mark.parametrize("leaving", LEAVINGS)
def test_an_ordinary_user_finds_what_was_left_however_closed(leaving: str, bounded: str) -> None:
    def act(folder: Path) -> str:
        workspace = FolderWorkspace(folder / "workspace")
        workspace.write("t/files", "keep.txt", [KEEP])
        workspace.write("t/files", "in/a.txt", [KEEP])
        sandbox = Bubblewrap(folder / "sandbox", workspace)
        sandbox._bounded = bool(bounded)
        command = Command(LEAVINGS[leaving].replace("python", "python3"), "t/files", ("",), ("",), 20.0)
        with sandbox.run(command, lambda _: None) as finished:
            kept = {change.path: b"".join(change.contents()) for change in finished.changes if change.contents}
        left = [path.name for path in (folder / "sandbox").iterdir()]
        return f"{finished.exit_code} {kept.get('kept.txt', b'')[:4]!r} {left}"

    assert as_somebody(act) == "0 b'kept' []"
