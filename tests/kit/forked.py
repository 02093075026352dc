"""Programs of ours that start at once: each a process of its own, forked from one that has imported what they need.

So a worker of a test run does once what an interpreter does for a second before a server listens. A program begins as
with `python -m`: with arguments, environment and output of its own, and no other file open. Where a fork would not be
the same (`is_alike`), tests start an interpreter.
"""

import atexit
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from io import StringIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from tests.kit import own_terminal

IMPORTED = """
    anthropic.lib.streaming anthropic.lib.tools anthropic.lib.vertex anthropic.resources.beta anthropic.types.beta
    anyio._backends._asyncio encodings.idna h11 httpcore2 prompt_toolkit.patch_stdout rich.live rich.markdown
    starlette.middleware.cors tomllib uvicorn uvicorn.loops.uvloop uvicorn.protocols.http.httptools_impl
    walkaway._sync.client walkaway.commands.declared walkaway.commands.main walkaway_core.http.app
    walkaway_core.models.anthropic walkaway_core.models.rehearsal.transport walkaway_core.models.ways
    walkaway_local.commands.serve walkaway_local.connections walkaway_local.crowd walkaway_local.loopback_only
    walkaway_local.stack walkaway_local.woken
"""
"""What our commands import by and by, `walkaway serve` among them, beside the dialects' routes."""
INTERPRETERS = ("COV", "LD_", "MALLOC_", "OPENSSL_", "PYTHON")
"""How variables begin that are read before any program of ours is."""
ROOT = Path(__file__).parents[2]
MOST = 1 << 20
"""Bytes of a request at most."""


@dataclass
class Forked:
    """A process that was forked: what tests use of a `Popen`."""

    arguments: Sequence[str]
    pid: int
    stdout: IO[str]
    returncode: int | None
    _told: socket.socket

    def poll(self) -> int | None:
        """Say how it ended, if it has."""
        if self.returncode is None and select.select([self._told], [], [], 0)[0]:
            self.returncode = _number(self._told)
            self._told.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end. Raises TimeoutExpired."""
        if self.returncode is None and not select.select([self._told], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(self.arguments, timeout or 0)
        code = self.poll()
        assert code is not None
        return code

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def is_alike(environ: Mapping[str, str]) -> bool:
    """Whether a fork is what an interpreter would be: none is measured, and none told something the others are not."""
    ours, theirs = (
        {each: found[each] for each in found if each.startswith(INTERPRETERS)} for found in (os.environ, environ)
    )
    return sys.platform == "linux" and ours == theirs and not any(name.startswith("COV") for name in ours)


def start(
    arguments: Sequence[str],
    environ: Mapping[str, str],
    errors: IO[str],
    given: IO[bytes] | None = None,
    folder: Path | None = None,
) -> Forked:
    """Be what `python -m` would be with these arguments. What it prints is to be read from `stdout`.

    `given`: what it reads, or nothing; `folder`: where it is, or here.
    """
    out, into = os.pipe()
    with given or open(os.devnull, "rb") as read:  # noqa: PTH123 - a device
        pid, told = _begun(arguments, environ, (into, errors.fileno(), read.fileno()), folder)
    os.close(into)
    return Forked(arguments, pid, os.fdopen(out), None, told)


def at_terminal(arguments: Sequence[str], environ: Mapping[str, str], terminal: int, folder: Path) -> Forked:
    """Be what `python -m` would be as a shell begins it in a terminal, which it has: Ctrl-C and a hang-up reach it."""
    pid, told = _begun(arguments, environ, (terminal,) * 3, folder, has_terminal=True)
    return Forked(arguments, pid, StringIO(), None, told)


def _begun(
    arguments: Sequence[str], environ: Mapping[str, str], files: Sequence[int], folder: Path | None, **more: bool
) -> tuple[int, socket.socket]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    asked = {"arguments": arguments, "environ": dict(environ), "folder": str(folder or Path.cwd()), **more}
    with theirs:
        socket.send_fds(_parent(), [json.dumps(asked).encode()], [*files, theirs.fileno()])
    return _number(ours), ours


def run(
    arguments: Sequence[str], environ: Mapping[str, str], given: bytes = b"", folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Be what `python -m` would be, to its end: a fork where that is the same. It reads what is given."""
    if not is_alike(environ):
        command = [sys.executable, "-m", *arguments]
        done = subprocess.run(
            command, env=environ, cwd=folder, input=given, capture_output=True, timeout=60, check=False
        )
        return subprocess.CompletedProcess(command, done.returncode, done.stdout.decode(), done.stderr.decode())
    with TemporaryFile("w+") as errors, TemporaryFile() as read:
        read.write(given)
        read.seek(0)
        program = start(arguments, environ, errors, read, folder)
        try:
            with program.stdout:
                said = program.stdout.read()
            code = program.wait(60)
        finally:
            program.kill()
        errors.seek(0)
        return subprocess.CompletedProcess(arguments, code, said, errors.read())


def way() -> int:
    """Give the file by which forks are asked for, as `tests.kit.typed` does it; a script by its whole path."""
    return _parent().fileno()


def _number(told: socket.socket) -> int:
    said = told.recv(64)
    if not said:
        raise ChildProcessError("what forks the programs has ended")
    return int(said)


@cache
def _parent() -> socket.socket:
    """Start what forks: give the socket on which it is asked. It ends with this process."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-m", "tests.kit.forked", str(theirs.fileno())]
    process = subprocess.Popen(command, cwd=ROOT, pass_fds=[theirs.fileno()])
    theirs.close()
    atexit.register(process.wait)
    atexit.register(ours.close)  # the last is called first
    return ours


def main() -> None:
    """Fork whenever it is asked for, and be what was asked for in the fork."""
    for name in IMPORTED.split():
        import_module(name)
    for dialect in import_module("walkaway_core.dialects").DIALECTS:
        dialect.surface()
    assert threading.active_count() == 1, "a fork would lack the other threads"
    interrupted = signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()  # the collector would write to what is shared
    if asked := _asked(socket.socket(fileno=int(sys.argv[1]))):
        signal.signal(signal.SIGINT, interrupted)
        if "has_terminal" in asked:
            own_terminal.take()
        program, *sys.argv[1:] = asked["arguments"]
        if Path(program).is_absolute():
            runpy.run_path(program, run_name="__main__")
        else:
            runpy.run_module(program, run_name="__main__", alter_sys=True)


def _asked(requests: socket.socket) -> dict[str, Any] | None:
    """Give a fork what it was forked for, and what forks nothing, at its end."""
    waiting = select.poll()
    waiting.register(requests, select.POLLIN)
    children: dict[int, tuple[int, int]] = {}
    while True:
        for found, _ in waiting.poll():
            if found in children:
                pid, told = children.pop(found)
                os.write(told, b"%d" % os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
                waiting.unregister(found)
                os.close(found)
                os.close(told)
                continue
            message, files, _, _ = socket.recv_fds(requests, MOST, 4)
            if not message:
                return None
            pid = os.fork()
            if pid == 0:
                return _become(json.loads(message), files, requests)
            *its, told = files
            for file in its:
                os.close(file)
            os.write(told, b"%d" % pid)
            ended = os.pidfd_open(pid)
            children[ended] = pid, told
            waiting.register(ended, select.POLLIN)


def _become(asked: dict[str, Any], files: Sequence[int], requests: socket.socket) -> dict[str, Any]:
    """Have the environment, the folder, input and output that were asked for, and no file beside."""
    for file, number in zip(files, (1, 2, 0), strict=False):
        os.dup2(file, number)
    requests.detach()
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.environ.clear()
    os.environ.update(asked["environ"])
    time.tzset()
    os.chdir(asked["folder"])
    program = Path(asked["arguments"][0])
    sys.path[0] = str(program.parent) if program.is_absolute() else asked["folder"]
    return asked


if __name__ == "__main__":
    main()
