"""A real server's wall clock, set by a test: a library that is loaded in front of the system's (ld.so(8))."""

import atexit
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest

needs_a_compiler = pytest.mark.skipif(
    not (sys.platform == "linux" and shutil.which("gcc")), reason="the clock of a process is set by a library in C"
)


@cache
def _library() -> Path:
    """Compile it, once."""
    library, source = Path(mkdtemp(prefix="walkaway-clock-")) / "set_clock.so", Path(__file__).with_name("set_clock.c")
    atexit.register(shutil.rmtree, library.parent, ignore_errors=True)
    subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-o", str(library), str(source), "-ldl"], check=True)
    return library


class SetClock:
    """The clock of the processes that get `environ`."""

    def __init__(self, folder: Path) -> None:
        library, self._file = _library(), folder / "clock.txt"
        self.environ = {"LD_PRELOAD": str(library), "CLOCK_FILE": str(self._file)}
        self.set(0)

    def set(self, seconds: int) -> None:
        """Set it so far ahead of the machine's, or behind."""
        new = self._file.with_suffix(".new")
        new.write_text(str(seconds))
        new.replace(self._file)
