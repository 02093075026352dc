"""A server's parts with secrets around them, and an agent whose commands are hostile."""

import ctypes
import itertools
import os
import platform
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from walkaway_core.agent.tools.bash import Bash
from walkaway_core.agent.tools.tool import ToolContext
from walkaway_core.engine import creating
from walkaway_core.ports.paths import clean
from walkaway_core.settings import Settings
from walkaway_core.store.sessions import SessionOptions
from walkaway_local.sandbox import bubblewrap, seccomp, spawning
from walkaway_local.stack import LocalStack

SECRET, ENVIRONMENT, PRIVATE = "s3cret-of-the-host", "s3cret-of-the-environment", "s3cret-of-another-tenant"
KEY, KEPT_KEY = f"walkaway-{os.getpid()}", "s3cret-of-the-login"
KEEP = b"what the user has made"
CANARY, DAEMON = f"61.9{os.getpid()}", f"61.8{os.getpid()}"
"""How long these sleep, which tells them apart from all other processes."""


@dataclass
class Scene:
    """A host with a secret, a server with two tenants, and what listens around them."""

    host: Path
    data: Path
    stack: LocalStack
    heard: list[str] = field(default_factory=list)
    port: int = 0
    port6: int = 0
    name: str = ""

    def run(
        self, command: str, *, read: tuple[str, ...] = ("",), write: tuple[str, ...] = ("",), timeout: int = 20
    ) -> str:
        """Let the agent run a command; give what the model is told."""
        services = self.stack.services
        options = SessionOptions(persistent=True, read=read, write=write)
        session = creating.create(services, "t", options, {})
        return Bash(command=self.filled(command), timeout=timeout).run(ToolContext(services, session))

    def filled(self, command: str) -> str:
        """Put the places of this scene into a command."""
        places = {
            "HOST": self.host, "DATA": self.data, "PORT6": self.port6, "PORT": self.port, "NAME": self.name,
            "CANARY": CANARY.replace(".", "[.]"), "DAEMON": DAEMON,
        }  # fmt: skip
        for name, place in places.items():
            command = command.replace(f"@{name}@", str(place))
        return command

    def content(self, path: str) -> bytes | None:
        """What a file of the workspace has in it."""
        found = self.stack.services.workspace.read("t/files", path)
        return None if found is None else b"".join(found)

    def names(self, path: str = "") -> list[str]:
        """What is in a directory of the workspace."""
        return [entry.name for entry in self.stack.services.workspace.listing("t/files", path) or ()]


@contextmanager
def scene(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """Set one up."""
    host, data = folder / "host", folder / "data"
    host.mkdir(mode=0o777, parents=True)
    host.chmod(0o777)
    (host / "secret.txt").write_text(SECRET)
    patch.setenv("WALKAWAY_CANARY", ENVIRONMENT)
    _logged_in()
    with ExitStack() as stack:
        made = LocalStack(data, Settings())
        data.chmod(0o755)  # an attack is to fail for its own defence, and not for the rights of the folder
        stack.callback(made.close)
        found = Scene(host, data, made)
        write = made.services.workspace.write
        write("t/files", "keep.txt", [KEEP])
        write("t/files", "in/a.txt", [KEEP])
        write("t/files", "hidden/b.txt", [PRIVATE.encode()])
        write("u/files", "private.txt", [PRIVATE.encode()])
        stack.enter_context(_listeners(found))
        yield found


def _logged_in() -> None:
    """Have a session keyring with a key in it, as a login gives one (pam_keyinit(8)); it is this thread's."""
    column = seccomp.MACHINES[platform.machine()].column
    keyctl, add_key = seccomp.REFUSED["keyctl"][column], seccomp.REFUSED["add_key"][column]
    libc = ctypes.CDLL(None)
    libc.syscall(keyctl, spawning.JOIN_SESSION_KEYRING, None)
    libc.syscall(add_key, b"user", KEY.encode(), KEPT_KEY.encode(), len(KEPT_KEY), -3)


@contextmanager
def _listeners(scene: Scene) -> Iterator[None]:
    """Listen on loopback: TCP, TCP over IPv6, and a socket with an abstract name."""
    scene.name = f"walkaway-{os.getpid()}-{id(scene)}"
    tcp, tcp6 = socket.create_server(("127.0.0.1", 0)), socket.create_server(("::1", 0), family=socket.AF_INET6)
    unix = socket.socket(socket.AF_UNIX)
    unix.bind(f"\0{scene.name}")
    unix.listen()
    scene.port, scene.port6 = tcp.getsockname()[1], tcp6.getsockname()[1]
    for what, listening in (("tcp", tcp), ("tcp6", tcp6), ("unix", unix)):
        threading.Thread(target=_hear, args=(listening, what, scene.heard), daemon=True).start()
    try:
        yield
    finally:
        for listening in (tcp, tcp6, unix):
            listening.shutdown(socket.SHUT_RDWR)
            listening.close()


def _hear(listening: socket.socket, what: str, heard: list[str]) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        heard.append(what)
        connection.close()


@contextmanager
def canary() -> Iterator["subprocess.Popen[bytes]"]:
    """A process of the same user as the next command's."""
    user = None
    if os.geteuid() == 0:
        user = next(bubblewrap._users)
        bubblewrap._users = itertools.chain([user], bubblewrap._users)  # type: ignore[assignment]
    process = subprocess.Popen(["sleep", CANARY], user=user, cwd="/")
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def daemons() -> list[int]:
    """The processes that a command has left behind."""
    found = subprocess.run(["pgrep", "-f", f"^sleep {DAEMON}$"], capture_output=True, text=True, check=False)
    return [int(line) for line in found.stdout.split()]


def unclean(name: str) -> bool:
    """Whether no user could have made a file of this name."""
    try:
        return clean(name) != name
    except Exception:  # noqa: BLE001 - it says why
        return True
