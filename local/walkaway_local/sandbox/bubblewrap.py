"""The Sandbox port by bubblewrap: own namespaces, a file system of its own, no environment, limits."""

import errno
import itertools
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from walkaway_core.ports.containers import HOME, PLACES, WORKING, Container
from walkaway_core.ports.paths import MOUNT
from walkaway_core.ports.sandbox import STDIN_BYTES, Command, Finished, SandboxRefused
from walkaway_core.ports.workspace import Workspace
from walkaway_local.sandbox import (
    cgroups,
    cloning,
    contained,
    disk,
    groups,
    left,
    limits,
    mounting,
    mounts,
    running,
    seccomp,
    staging,
)
from walkaway_local.sandbox.containers import Containers
from walkaway_local.sandbox.namespace import Start, opened

GET = (
    "Install bubblewrap (on Debian and Ubuntu: apt-get install bubblewrap), which is not the PyPI package of that name"
)
NEEDED = ("bwrap", "bash", "unshare", "sh")
FIRST_USER, USERS = 700_000, 10_000
"""Users without a name, as whom commands run when this program is root's: limits do not bind root."""
TMP = "/tmp"  # noqa: S108 - inside
ENVIRONMENT = {
    "HOME": TMP,
    "LANG": "C.UTF-8",
    "TERM": "dumb",
    "TMPDIR": TMP,
    "MPLBACKEND": "Agg",
    "MPLCONFIGDIR": TMP,
    "PYTHONDONTWRITEBYTECODE": "1",
}
AS_NOBODY = ("--unshare-user", "--disable-userns", "--uid", "1000", "--gid", "1000", "--cap-drop", "ALL")
_users = itertools.cycle(range(FIRST_USER, FIRST_USER + USERS))


class Bubblewrap:
    """Sandbox: each command gets a copy of what it may read, on a disk of its own, and an empty system around it."""

    def __init__(
        self,
        folder: Path,
        workspace: Workspace,
        *,
        network: bool = False,
        private: Path | None = None,
        stored: int | None = None,
    ) -> None:
        """Work in `folder`, with containers beside it, of which each tenant may have `stored` bytes; None: any number.

        `private` is what commands never see, wherever it lies; by default, `folder`.
        """
        self._containers = Containers(folder.with_name("containers").resolve(), stored)
        self._folder = folder = folder.resolve()  # bubblewrap runs in another directory
        self._workspace = workspace
        self._network = network
        self._private = (private or folder).resolve()
        self._closed = groups.Closed(mounts.mounted())
        self._room = disk.Room()
        self._cgroups = cgroups.Cgroups(cgroups.own())
        self._bounded = True
        self._together: dict[int, int] = {}
        left.end(folder)
        if folder.exists():
            for each in folder.iterdir():
                running.remove(each)
        folder.parent.mkdir(parents=True, exist_ok=True)
        self._make()

    def _make(self) -> None:
        self._folder.mkdir(mode=0o711, exist_ok=True)

    def problem(self) -> str | None:
        """Say what is missing on this machine."""
        return self._tried[0]

    def limits(self) -> str:
        """Say which limits of commands the kernel keeps here, and which this program only looks at."""
        return self._tried[1]

    @cached_property
    def _tried(self) -> tuple[str | None, str]:
        """Try a command, with a disk that the kernel bounds or else on the server's; say why there is none, or how."""
        missing = [name for name in NEEDED if shutil.which(name) is None]
        if missing:
            return f"Commands cannot be run: {', '.join(missing)} cannot be found. {GET}", ""
        if platform.machine() not in seccomp.MACHINES:
            return f"Commands cannot be run: there is no filter of system calls for {platform.machine()}", ""
        if (bounded := self._try()) is None:
            kept = f"Each command has a disk of {disk.size() // 10**6} MB in memory, whose size the kernel keeps."
            return None, f"{kept} {self._cgroups.told()} {groups.told()}".strip()
        self._bounded = False
        if (problem := self._try()) is None:
            looked = "The disk of commands is this machine's own, and only looked at twice a second."
            return None, f"{looked} {bounded} {self._cgroups.told()} {groups.told()}".strip()
        return problem, ""

    def _try(self) -> str | None:
        """Run nothing; say why that cannot be done."""
        words: list[bytes] = []
        try:
            with self.run(Command("true", "", (), (), 10.0), words.append) as finished:
                if finished.exit_code == 0:
                    return None
        except SandboxRefused as refusal:
            return str(refusal)
        told = b"".join(words).decode(errors="replace").strip()[-300:]
        return f"Commands cannot be run here: {told or 'the first one has failed'}"

    @contextmanager
    def run(self, command: Command, heard: Callable[[bytes], None]) -> Iterator[Finished]:
        """Copy, run, look at what has changed, when nothing of it runs any more."""
        if command.network and not self._network:
            raise SandboxRefused("This server gives no network to commands; the session's `network` has no effect here")
        if len(command.stdin) > STDIN_BYTES:
            raise SandboxRefused(f"A command reads at most {STDIN_BYTES} bytes on its standard input")
        self._make()  # somebody may have cleaned up
        with ExitStack() as stack:
            if command.container:
                yield stack.enter_context(self._contained(command, command.container, heard))
            else:
                yield stack.enter_context(self._copied(command, heard))

    @contextmanager
    def _copied(self, command: Command, heard: Callable[[bytes], None]) -> Iterator[Finished]:
        owner = next(_users) if os.geteuid() == 0 else None
        with ExitStack() as stack:
            if self._bounded:
                stack.enter_context(self._room.taken(command.root, command.timeout, heard))
                place, mounted = self._folder, disk.options()
            else:
                place, mounted = Path(tempfile.mkdtemp(dir=self._folder)), ""
                stack.callback(running.remove, place)
                if owner is not None:
                    place.chmod(0o711)  # bubblewrap is somebody else then
            start = self._start(stack, command, owner, ())
            namespace, seen = stack.enter_context(opened(place, mounted, start))
            copy = seen / "workspace"
            staged = self._staged(command, copy, owner)
            closed = self._closed.covers() if command.root else ()
            arguments = _arguments(command, copy, place, start.parts, ahead=owner is not None, bounded=self._bounded)
            looked = None if self._bounded else disk.Looked(copy, mounts.SCRATCH.values())
            namespace.begin([*arguments, *closed], limits.of(command.timeout))
            outgrown = lambda: looked.outgrown(namespace.first) if looked else ""  # noqa: E731
            killed, code = running.Running(
                namespace, command, heard, self._together, group=start.group, outgrown=outgrown
            ).wait()
            changes, lost = staging.changes(copy, staged, command)
            yield Finished(code, killed, tuple(changes), tuple(lost))

    @contextmanager
    def _contained(self, command: Command, container: Container, heard: Callable[[bytes], None]) -> Iterator[Finished]:
        owner = contained.user(container.root) if os.geteuid() == 0 else None
        with ExitStack() as stack:
            work = stack.enter_context(self._containers.opened(container, owner, heard))
            own = cloning.attended(lambda: contained.Contained(self._containers, work, self._workspace), heard)
            start = self._start(stack, command, owner, own.parts())
            arguments = _container_arguments(command, own, start.parts, ahead=owner is not None)
            namespace, _ = stack.enter_context(opened(work.place, "", replace(start, shown=own.shown)))
            namespace.begin([*arguments, *self._closed.covers()], limits.of(command.timeout))
            outgrown = lambda: own.outgrown(namespace.first) or disk.crowded(namespace.first, [mounts.SCRATCH["shm"]])  # noqa: E731
            killed, code = running.Running(
                namespace, command, heard, self._together, group=start.group, outgrown=outgrown
            ).wait()
            yield own.finished(code, killed, heard)

    def _start(self, stack: ExitStack, command: Command, owner: int | None, more: Iterable[mounts.Part]) -> Start:
        """Say how it is started, in a group of its own."""
        group = stack.enter_context(self._cgroups.one(running.MEMORY + disk.size(), limits.PROCESSES["nproc"]))
        parts = [*more, *mounts.system(self._private, network=command.network)]
        rules = seccomp.program(platform.machine(), stored=command.container is not None or not self._bounded)
        return Start(owner, parts, _inside(command), rules, left.mark(self._folder), group, command.stdin)

    def places(self) -> Mapping[str, str]:
        """Each under its own name."""
        return {place: place for place in PLACES}

    def discard(self, root: str, keep: str) -> None:
        """Remove what is no longer a container's."""
        self._containers.discard(root, keep)

    def _staged(self, command: Command, copy: Path, owner: int | None) -> dict[str, staging.Staged]:
        """Fill the disk. Raises SandboxRefused when it is too small."""
        for name, mode in (("workspace", 0o755), ("tmp", 0o1777), ("shm", 0o1777)):
            (copy.parent / name).mkdir()
            (copy.parent / name).chmod(mode)  # whatever the umask is
        try:
            return staging.stage(self._workspace, command, copy, owner) if command.root else {}
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            raise SandboxRefused(
                "What the session may read does not fit on the disk that a command has here. "
                "A session whose file_access names only the directories that it needs can run one"
            ) from None


def _arguments(
    command: Command, copy: Path, place: Path, parts: Sequence[mounts.Part], *, ahead: bool, bounded: bool
) -> Sequence[str]:
    """Say what the command gets of its disk, which is at `place`, and of this machine, whether it is made ahead."""
    place = Path(mounting.DISK) if ahead else place
    mounted = (
        *mounts.arguments(parts, mounts.scratch(place if bounded else None), mounting.TREE if ahead else ""),
        *mounts.workspace(copy, place / "workspace", command.write),
    )
    return [*_around(command, ENVIRONMENT), *mounted, "--chdir", MOUNT]


def _container_arguments(
    command: Command, own: contained.Contained, parts: Sequence[mounts.Part], *, ahead: bool
) -> Sequence[str]:
    keeps = command.container is not None and command.container.keeps
    environment = {**ENVIRONMENT, "HOME": HOME, "TMPDIR": TMP if keeps else "/dev/shm"}  # noqa: S108 - inside
    return [*_around(command, environment), *own.arguments(parts, ahead=ahead), "--chdir", WORKING]


def _around(command: Command, environment: Mapping[str, str]) -> list[str]:
    """Give it namespaces of its own, and variables."""
    own = ["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--hostname", "sandbox"]
    own += AS_NOBODY
    if not command.network:
        own.append("--unshare-net")
    path = ":".join((str(Path(sys.prefix) / "bin"), "/usr/local/bin", "/usr/bin", "/bin"))
    variables = [part for name, value in {**environment, "PATH": path}.items() for part in ("--setenv", name, value)]
    return ["--die-with-parent", "--new-session", *own, *variables, "--unsetenv", left.MARK]


def _inside(command: Command) -> list[str]:
    return ["--", "bash", "-c", command.text]
