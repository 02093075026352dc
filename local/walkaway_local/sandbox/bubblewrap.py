"""The Sandbox port by bubblewrap: own namespaces, a file system of its own, no environment, limits."""

import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

from walkaway_core.ports.paths import MOUNT
from walkaway_core.ports.sandbox import Command, Finished, SandboxRefused
from walkaway_core.ports.workspace import Workspace
from walkaway_local.sandbox import limits, mounts, staging
from walkaway_local.sandbox.running import Running, remove

GET = (
    "Install bubblewrap (on Debian and Ubuntu: apt-get install bubblewrap), which is not the PyPI package of that name"
)
NEEDED = ("bwrap", "prlimit", "bash")
AS_ROOT = ("setpriv", "unshare")
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
NO_MORE_NAMESPACES = 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"'
_users = itertools.cycle(range(FIRST_USER, FIRST_USER + USERS))


class Bubblewrap:
    """Sandbox: each command gets a copy of what it may read, below `folder`, and an empty system around it."""

    def __init__(self, folder: Path, workspace: Workspace, *, network: bool = False) -> None:
        self._folder = folder.resolve()  # bubblewrap runs in another directory
        self._workspace = workspace
        self._network = network
        if folder.exists():
            for left in folder.iterdir():
                remove(left)
        folder.mkdir(mode=0o711, parents=True, exist_ok=True)

    def problem(self) -> str | None:
        """Say what is missing on this machine."""
        return self._problem

    @cached_property
    def _problem(self) -> str | None:
        root = os.geteuid() == 0
        missing = [name for name in (*NEEDED, *(AS_ROOT if root else ())) if shutil.which(name) is None]
        if missing:
            return f"Commands cannot be run: {', '.join(missing)} cannot be found. {GET}"
        words: list[bytes] = []
        try:
            with self.run(Command("true", "", (), (), 10.0), words.append) as finished:
                if finished.exit_code == 0:
                    return None
        except SandboxRefused as refusal:
            return str(refusal)
        told = b"".join(words).decode(errors="replace").strip()[-300:]
        hint = " Are user namespaces allowed here?" if "namespace" in told or "uid map" in told else ""
        return f"Commands cannot be run: trying one has failed.{hint} What failed says: {told or 'nothing'}"

    @contextmanager
    def run(self, command: Command, heard: Callable[[bytes], None]) -> Iterator[Finished]:
        """Copy, run, look at what has changed."""
        if command.network and not self._network:
            raise SandboxRefused("This server gives no network to commands; the session's `network` has no effect here")
        owner = next(_users) if os.geteuid() == 0 else None
        place = Path(tempfile.mkdtemp(dir=self._folder))
        try:
            copy = place / "workspace"
            copy.mkdir()
            copy.chmod(0o755)  # bubblewrap begins there without root's privileges, whatever the umask is
            staged = staging.stage(self._workspace, command, copy, owner) if command.root else {}
            killed, code = self._run(command, copy, owner, heard)
            changes, lost = staging.changes(copy, staged, command)
            yield Finished(code, killed, tuple(changes), tuple(lost))
        finally:
            remove(place)

    def _run(
        self, command: Command, copy: Path, owner: int | None, heard: Callable[[bytes], None]
    ) -> tuple[str, int | None]:
        """Run the command on its copy. Raises SandboxRefused when bubblewrap itself fails."""
        with tempfile.TemporaryFile() as arguments:
            arguments.write(b"\0".join(os.fsencode(part) for part in _arguments(command, copy, owner)) + b"\0")
            arguments.seek(0)
            process = subprocess.Popen(  # noqa: S603 - what runs in it is the point
                [shutil.which("bwrap") or "bwrap", "--args", str(arguments.fileno()), *_inside(command, owner)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={},
                cwd="/",
                umask=0o022,  # what the server keeps to itself is no custom of commands
                pass_fds=[arguments.fileno()],
            )
            return Running(process, copy, command.timeout, heard).wait()


def _arguments(command: Command, copy: Path, owner: int | None) -> Sequence[str]:
    own = ["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--hostname", "sandbox"]
    if not command.network:
        own.append("--unshare-net")
    if owner is None:
        own += ["--unshare-user", "--disable-userns", "--uid", "1000", "--gid", "1000", "--cap-drop", "ALL"]
    else:
        own += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    path = ":".join((str(Path(sys.prefix) / "bin"), "/usr/local/bin", "/usr/bin", "/bin"))
    variables = [part for name, value in {**ENVIRONMENT, "PATH": path}.items() for part in ("--setenv", name, value)]
    mounted = (*mounts.system(network=command.network), *mounts.workspace(copy, command.write))
    return ["--die-with-parent", "--new-session", *own, *variables, *mounted, "--chdir", MOUNT]


def _inside(command: Command, owner: int | None) -> list[str]:
    """What bubblewrap starts: the command, without privileges, in a user namespace that allows no further one."""
    limited = ["prlimit", *limits.arguments(command.timeout), "--", "bash", "-c", command.text]
    if owner is None:
        return ["--", *limited]
    user = ["setpriv", f"--reuid={owner}", f"--regid={owner}", "--clear-groups", "--inh-caps=-all", "--no-new-privs"]
    namespace = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--keep-caps"]
    bare = ["setpriv", "--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all", "--no-new-privs"]
    return ["--", *user, *namespace, "bash", "-c", NO_MORE_NAMESPACES, "bash", *bare, *limited]
