"""Ends what a server has left that was killed while bubblewrap began: its child waits for its parent then, for ever.

Bubblewrap (0.8 to 0.11) asks the kernel to end the child with its parent only after that has let it go on.
"""

import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

MARK = "WALKAWAY_COMMANDS_OF"


def mark(folder: Path) -> Mapping[str, str]:
    """Give the environment by which bubblewrap's processes are known; commands do not have it."""
    return {MARK: str(folder)}


def end(folder: Path) -> None:
    """Kill what works in a folder, and nobody follows any more."""
    mine = os.fsencode(f"{MARK}={folder}")
    for environ in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            process = os.pidfd_open(int(environ.parent.name))  # so that what is killed is what was read
            try:
                if mine in environ.read_bytes().split(b"\0"):
                    signal.pidfd_send_signal(process, signal.SIGKILL)
            finally:
                os.close(process)
