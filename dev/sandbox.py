"""The sandbox function in processes of its own, one for each session, as Lambda's tenant isolation keeps them."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections import defaultdict
from pathlib import Path
from typing import Any

from dev import sandbox_root

ROOT = Path(__file__).parents[1]
SOURCES = f"{ROOT / 'layers/sandbox'}:{ROOT / 'functions/sandbox'}"
USER = 64_000 + os.getpid() % 1_000
"""As whom functions run: not as root, where a Python can be found that others may run, and not as another process's."""
LOOP = """
import json, os, sys
from app import handler
out = os.fdopen(os.dup(1), "w")
for line in sys.stdin:
    try:
        answer = {"answer": handler(json.loads(line), None)}
    except BaseException as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), file=out, flush=True)
    if "error" in answer:
        os._exit(1)
"""


class SandboxBroke(Exception):
    """The environment ended, or its handler raised."""


class Sandboxes:
    """Invokes the function, in the environment of the session that it is for."""

    def __init__(self, shape: str = "") -> None:
        """`shape`: zip or image, in a root as Lambda's would be, by bubblewrap; empty: in that of this machine."""
        self._shape = shape
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.starts = 0
        self._alive: dict[str, subprocess.Popen[str]] = {}
        self._folders: dict[str, Path] = {}
        self._busy: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def invoke(self, session: str, event: dict[str, Any]) -> None:
        """Carry out one call. Raises SandboxBroke."""
        with self._busy[session]:
            self.calls.append((session, event))
            process = self._alive.get(session)
            if process is None or process.poll() is not None:
                _close(process)
                process = self._alive[session] = self._start(session)
            answer = _ask(process, event)
        if "error" in answer:
            process.kill()
            process.wait()
            raise SandboxBroke(answer["error"])

    def close(self) -> None:
        """End every environment, and leave nothing of it."""
        for process in self._alive.values():
            process.kill()
            _close(process)
        for folder in self._folders.values():
            shutil.rmtree(folder, ignore_errors=True)

    def _start(self, session: str) -> "subprocess.Popen[str]":
        self.starts += 1
        if session not in self._folders:
            self._folders[session] = Path(tempfile.mkdtemp(prefix="walkaway-sandbox-"))
            self._folders[session].chmod(0o777)
        environ = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": SOURCES,
            "WALKAWAY_SANDBOX_ROOT": str(self._folders[session]),
            "AWS_SECRET_ACCESS_KEY": "worthless-but-not-to-be-seen",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        python, user = interpreter()
        if self._shape:
            command = sandbox_root.inside(self._folders[session], self._shape, python, user)
            return _open([*command, "-c", LOOP], environ | sandbox_root.ENVIRONMENT, None)
        return _open([python, "-c", LOOP], environ, user)


def _open(command: list[str], environ: dict[str, str], user: int | None) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command, env=environ, user=user, group=user, cwd="/", text=True,
        extra_groups=None if user is None else [], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip


def _ask(process: "subprocess.Popen[str]", event: dict[str, Any]) -> Any:
    assert process.stdin
    assert process.stdout
    process.stdin.write(json.dumps(event) + "\n")
    process.stdin.flush()
    line = process.stdout.readline()
    return json.loads(line) if line else {"error": "Runtime.ExitError"}


def _close(process: "subprocess.Popen[str] | None") -> None:
    if process:
        process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe
            try:
                pipe.close()
            except BrokenPipeError:
                continue


def interpreter() -> tuple[str, int | None]:
    """A Python that runs the function, and the user as whom it does: not root, if that can be had."""
    if os.geteuid() != 0:
        return sys.executable, None
    for python in (sys.executable, "/usr/bin/python3"):
        try:
            probe = [python, "-c", "import app, sys; assert sys.version_info >= (3, 11)"]
            subprocess.run(
                probe, env={"PYTHONPATH": SOURCES}, user=USER, group=USER, extra_groups=[], cwd="/",
                check=True, capture_output=True,
            )  # fmt: skip
        except (OSError, subprocess.CalledProcessError):
            continue
        return python, USER
    return sys.executable, None
