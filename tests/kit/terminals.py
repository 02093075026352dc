"""The command line as a person meets it: in a terminal whose screen is read, and in a pipe."""

import errno
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import pyte

from tests.kit import forked
from tests.kit.servers import PATIENCE, Process

HEEDING = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
runpy.run_module("walkaway", run_name="__main__", alter_sys=True)
"""
"""The command, which Ctrl-C and a closed terminal reach whatever a test run was started with, such as `nohup`."""
BEGIN = f"""
import fcntl, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
{HEEDING}"""
"""As a shell begins it: it has the terminal."""
SHELL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""


@dataclass(frozen=True)
class Ran:
    """How a command has ended, and what it has printed."""

    code: int
    out: str
    err: str


@dataclass
class Caller:
    """Somebody who types commands: at home in a folder of their own, with a server."""

    home: Path
    url: str
    key: str = "alpha-key"
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def environ(self) -> dict[str, str]:
        clean = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("WALKAWAY_", "ANTHROPIC_", "XDG_", "NO_COLOR", "FORCE_COLOR"))
        }
        ours = {"HOME": str(self.home), "WALKAWAY_URL": self.url, "WALKAWAY_KEY": self.key, "TERM": "xterm-256color"}
        return {name: value for name, value in {**clean, **ours, **self.more}.items() if value}

    def having(self, **environ: str) -> "Caller":
        """Give the same somebody with other variables; an empty one is unset."""
        return replace(self, more={**self.more, **environ})

    def __call__(self, *arguments: str, stdin: bytes = b"", **environ: str) -> Ran:
        """Run a command in a pipe, to its end."""
        done = forked.run(["walkaway", *arguments], {**self.environ, **environ}, stdin, self.home)
        return Ran(done.returncode, done.stdout, done.stderr)

    @contextmanager
    def terminal(self, *arguments: str, columns: int = 80, lines: int = 40, **environ: str) -> Iterator["Terminal"]:
        """Run a command in a terminal, until the block ends."""
        with self._opened(["walkaway", *arguments], columns, lines, environ) as seen:
            yield seen

    @contextmanager
    def shell(self, *command: str, **environ: str) -> Iterator["Terminal"]:
        """Have a shell in a terminal that finds `walkaway`, wide enough that no line breaks, until the block ends."""
        path = {"PATH": f"{Path(sys.executable).parent}:{self.environ['PATH']}"}
        with self._opened([sys.executable, "-c", SHELL, *command], 200, 40, path | environ) as seen:
            yield seen

    @contextmanager
    def _opened(self, command: list[str], columns: int, lines: int, environ: Mapping[str, str]) -> Iterator["Terminal"]:
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        process = self._begun(command, slave, {**self.environ, **environ})
        os.close(slave)
        try:
            yield Terminal(master, process, columns or 80, lines)  # one of no columns has those of others
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.kill()  # one that has no group of its own yet
            process.wait()
            os.close(master)

    def _begun(self, command: list[str], terminal: int, environ: Mapping[str, str]) -> Process:
        if command[0] == "walkaway":
            if forked.is_alike(environ):
                return forked.at_terminal(command, environ, terminal, self.home)
            command = [sys.executable, "-c", BEGIN, *command[1:]]
        return subprocess.Popen(
            command,
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            env=environ,
            cwd=self.home,
            start_new_session=True,
        )


class Screen(pyte.HistoryScreen):
    """A screen that tells where its cursor is when it is asked, as terminals do."""

    answer: Callable[[bytes], object]

    def write_process_input(self, data: str) -> None:
        """Answer what the program has asked."""
        self.answer(data.encode())

    def report_device_status(self, mode: int, **named: object) -> None:
        """Answer; pyte knows nothing of private questions."""
        if not named.get("private"):
            super().report_device_status(mode)


class Terminal:
    """A terminal: what stands on its screen, and a keyboard. `raw`: every byte that was written to it."""

    def __init__(self, master: int, process: Process, columns: int, lines: int) -> None:
        self._master, self.process = master, process
        self.raw = b""
        self._screen = Screen(columns, lines, history=10_000)
        self._screen.answer = partial(os.write, master)
        self._stream = pyte.ByteStream(self._screen)

    @property
    def text(self) -> str:
        """What a person sees, what has scrolled away included."""
        above = ["".join(row[at].data for at in range(self._screen.columns)) for row in self._screen.history.top]
        return "\n".join(line.rstrip() for line in [*above, *self._screen.display]).rstrip()

    @property
    def modes(self) -> list[object]:
        """How it takes what is typed: whether it echoes, waits for lines, makes signals of keys."""
        return termios.tcgetattr(self._master)[:4]

    def type(self, keys: str) -> None:
        """Type; "\\x03" is Ctrl-C."""
        os.write(self._master, keys.encode())

    def until(self, words: str, times: int = 1, patience: float = PATIENCE) -> str:
        """Wait until some words can be seen, so often; give the screen. Raises AssertionError where they never come."""
        ends = time.monotonic() + patience
        while self.text.count(words) < times:
            assert self._read(ends), f"{words!r} never came:\n{self.text}"
        return self.text

    def end(self) -> int:
        """Wait for the end of the command; give its exit code."""
        ends = time.monotonic() + 2 * PATIENCE
        while self._read(ends):
            pass
        assert time.monotonic() < ends, f"it never ended:\n{self.text}"
        return self.process.wait(PATIENCE)

    def _read(self, ends: float) -> bool:
        if not select.select([self._master], [], [], max(0.0, ends - time.monotonic()))[0]:
            return False
        try:
            data = os.read(self._master, 65_536)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return False
        self.raw += data
        self._stream.feed(data)
        return bool(data)
