"""The sandbox function in processes of its own, one for each session, as Lambda's tenant isolation keeps them."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LAYER = ROOT / "layers/sandbox"
USER = 64_321
"""Lambda's functions are not root; neither is this one, where a Python can be found that others may run."""
LOOP = """
import json, os, sys
from walkaway_sandbox.handler import handle
out = os.fdopen(os.dup(1), "w")
for line in sys.stdin:
    try:
        said = {"clean": handle(json.loads(line))}
    except BaseException as error:
        said = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(said), file=out, flush=True)
    if not said.get("clean"):
        os._exit(1)
"""


class Functions:
    """Invokes the function, in the environment of the session that it is for."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._alive: dict[str, subprocess.Popen[str]] = {}
        self.folders: dict[str, Path] = {}
        self.starts = 0

    def invoke(self, session: str, event: dict[str, Any]) -> None:
        """Carry out one call. Raises RuntimeError when the environment breaks."""
        self.calls.append((session, event))
        process = self._alive.get(session)
        if process is None or process.poll() is not None:
            _close(process)
            process = self._alive[session] = self._start(session)
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(event) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        said = json.loads(line) if line else {"error": "Runtime.ExitError"}
        if not said.get("clean"):
            process.kill()
            process.wait()
            raise RuntimeError(said.get("error", "something survived"))

    def close(self) -> None:
        for process in self._alive.values():
            process.kill()
            _close(process)
        for folder in self.folders.values():
            shutil.rmtree(folder, ignore_errors=True)

    def _start(self, session: str) -> "subprocess.Popen[str]":
        self.starts += 1
        if session not in self.folders:
            self.folders[session] = Path(tempfile.mkdtemp(prefix="walkaway-sandbox-"))
            self.folders[session].chmod(0o777)
        environ = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(LAYER),
            "WALKAWAY_SANDBOX_ROOT": str(self.folders[session]),
            "AWS_SECRET_ACCESS_KEY": "worthless-but-not-to-be-seen",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        python, user = interpreter()
        return subprocess.Popen(
            [python, "-c", LOOP], env=environ, user=user, group=user, cwd="/", text=True,
            extra_groups=None if user is None else [], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip


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
    """A Python that runs the layer, and the user as whom it does: not root, if that can be had."""
    if os.geteuid() != 0:
        return sys.executable, None
    for python in (sys.executable, "/usr/bin/python3"):
        try:
            probe = [python, "-c", "import walkaway_sandbox.handler, sys; assert sys.version_info >= (3, 11)"]
            subprocess.run(
                probe, env={"PYTHONPATH": str(LAYER)}, user=USER, group=USER, extra_groups=[], cwd="/",
                check=True, capture_output=True,
            )  # fmt: skip
        except (OSError, subprocess.CalledProcessError):
            continue
        return python, USER
    return sys.executable, None
