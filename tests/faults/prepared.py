"""Runs modules, each in a process of its own that has the libraries at hand: forked from one that has none of our code.

A program by itself: it reads what to run from its input, a line of JSON each, and answers with the exit code.
"""

import gc
import json
import os
import runpy
import signal
import sys
import threading
from importlib import import_module

LIBRARIES = (
    "anthropic.lib.streaming",
    "anthropic.lib.tools",
    "anthropic.lib.vertex",
    "anthropic.resources.beta",
    "anthropic.types.beta",
    "boto3",
    "fastapi",
    "pytest",
)
"""What takes long to import, and imports nothing of ours."""
OURS = ("walkaway", "tests", "functions", "dev")
SECONDS = 240
"""How long a module may run; then it is killed."""


def main() -> None:
    for name in LIBRARIES:
        import_module(name)
    ours = [name for name in sys.modules if name.startswith(OURS)]
    assert not ours, f"a fork would keep these as they are: {ours}"
    assert threading.active_count() == 1, "a fork would lack the other threads"
    gc.freeze()
    for line in iter(sys.stdin.readline, ""):
        pid = os.fork()
        if pid == 0:
            return _run(**json.loads(line))
        signal.signal(signal.SIGALRM, lambda *_, pid=pid: os.kill(pid, signal.SIGKILL))
        signal.alarm(SECONDS)
        _, status = os.waitpid(pid, 0)
        signal.alarm(0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()
    return None


def _run(module: str, arguments: list[str], folder: str, path: list[str], output: str) -> None:
    """Be what `python -m module arguments` would be in the folder, with `path` before all else that is imported."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    os.chdir(folder)
    said, nothing = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), os.open(os.devnull, os.O_RDONLY)
    for file, number in ((nothing, 0), (said, 1), (said, 2)):
        os.dup2(file, number)
    os.environ["PYTHONPATH"] = os.pathsep.join(path)
    sys.path[:0] = [folder, *path]
    sys.argv[1:] = arguments
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
