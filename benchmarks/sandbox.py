"""Measures what the sandbox adds to a command, beside the bare shell, and to one with a thousand files, beside `cp`."""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from walkaway_core.ports.sandbox import Command
from walkaway_local.sandbox.bubblewrap import Bubblewrap
from walkaway_local.workspace import FolderWorkspace

TIMES, FILES, BYTES = 100, 1_000, 1_000


def median(act: Callable[[], object], times: int = TIMES) -> float:
    """The median of an act's milliseconds."""
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        act()
        found.append((time.perf_counter() - begun) * 1000)
    return statistics.median(found)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        workspace = FolderWorkspace(folder / "workspace")
        sandbox = Bubblewrap(folder / "sandbox", workspace)
        if problem := sandbox.problem():
            sys.exit(problem)
        for number in range(FILES):
            workspace.write("full/files", f"{number % 10}/{number}.txt", [b"x" * BYTES])

        def run(root: str) -> None:
            with sandbox.run(Command("true", root, ("",), ("",), 10.0), lambda _: None) as finished:
                assert finished.exit_code == 0

        def copy() -> None:
            shutil.copytree(folder / "workspace/full/files", folder / "copy")
            shutil.rmtree(folder / "copy")

        bare = median(lambda: subprocess.run(["bash", "-c", "true"], check=True))
        alone = median(lambda: run("empty/files"))
        print(f"bash true: {alone:.1f} ms, the bare shell {bare:.1f} ms, ratio {alone / bare:.1f} (aim ≤ 25 ms)")
        copied, full = median(copy, 10), median(lambda: run("full/files"), 10)
        print(f"with {FILES} files: {full:.0f} ms, a copy {copied:.0f} ms, ratio {full / copied:.1f} (aim ≤ 300 ms)")


if __name__ == "__main__":
    main()
