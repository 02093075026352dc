"""Runs one command, with limits, and passes on what it writes."""

import os
import resource
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from walkaway_sandbox import tree

TICK, LOOK_EVERY = 0.1, 0.5
CHUNK = 64 * 1024
ENTRIES = 20_000
PROCESSES, FILE_BYTES, OPEN_FILES = 256, 1_000_000_000, 512


@dataclass(frozen=True, slots=True)
class Shell:
    """A command, where and with what it is run, and the folder that may hold so many entries and bytes."""

    text: str
    folder: Path
    environment: Mapping[str, str]
    """Beside that of every command."""
    timeout: float
    watched: Path
    entries: int = ENTRIES
    most: int = tree.MOST_BYTES
    what: str = "the workspace"
    stdin: bytes = b""


def run(shell: Shell, heard: Callable[[bytes], None]) -> tuple[str, int | None]:
    """Run it to its end; give why it was killed, `""` if it was not, and its exit code if it has one.

    What it has left running is not waited for.
    """
    with _opened(shell.stdin) as stdin:
        process = subprocess.Popen(  # noqa: S603 - what runs in it is the point
            ["bash", "-c", shell.text],  # noqa: S607 - found on the path of the environment that it gets
            cwd=shell.folder,
            env={**_environment(), **shell.environment},
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=lambda: _limit(shell.timeout),  # noqa: PLW1509 - no other thread runs here
        )
    assert process.stdout
    killed = _follow(process, shell, heard)
    if killed:
        os.killpg(process.pid, signal.SIGKILL)
    code = process.wait()
    process.stdout.close()
    return killed, None if killed else code


def _opened(stdin: bytes) -> IO[bytes]:
    """Give what a command reads: not through a pipe, which somebody would have to fill meanwhile."""
    file = os.fdopen(os.memfd_create("stdin"), "w+b")
    file.write(stdin)
    file.seek(0)
    return file


def _environment() -> dict[str, str]:
    python = "/var/lang/bin:/opt/bin:" if Path("/var/lang/bin").exists() else ""
    return {
        "PATH": f"{python}/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "PYTHONPATH": "/opt/python",
        "MPLBACKEND": "Agg",
        **{
            name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ
        },  # the runtime's own Python needs it
    }


def _follow(process: "subprocess.Popen[bytes]", shell: Shell, heard: Callable[[bytes], None]) -> str:
    """Pass on what is written until the command itself has ended; give why it must be killed."""
    assert process.stdout
    until, looked = time.monotonic() + shell.timeout, time.monotonic()
    listening = True
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            ended, data = process.poll() is not None, b""
            if listening and selector.select(0 if ended else TICK):
                data = os.read(process.stdout.fileno(), CHUNK)
                listening = bool(data)
            elif not listening and not ended:
                time.sleep(TICK)
            heard(data)
            if ended and not data:
                return ""
            if time.monotonic() > until:
                return f"it took more than {shell.timeout:g} seconds"
            if time.monotonic() > looked + LOOK_EVERY:
                looked = time.monotonic()
                if tree.outgrown(shell.watched, shell.entries, shell.most):
                    most = f"{shell.entries} files, {shell.most} bytes or {tree.DEEPEST} directories in each other"
                    return f"it made more than {most} in {shell.what}"


def _limit(timeout: float) -> None:
    for kind, most in (
        (resource.RLIMIT_NPROC, PROCESSES),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CPU, int(timeout) + 1),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
