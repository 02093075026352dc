"""Limits of each process of a command, as arguments for prlimit(1)."""

import resource
from collections.abc import Iterator

from walkaway_local.sandbox import disk

LIMITS = {"nproc": 256, "as": 4 * 1024**3, "fsize": disk.BYTES, "nofile": 1024, "core": 0}
"""Processes of the user, bytes of address space, of a file, open files, bytes of a core dump (setrlimit(2))."""


def arguments(seconds: float) -> Iterator[str]:
    """Give them, and seconds of processor time. None is above what this program has: nobody may raise that."""
    for name, most in {**LIMITS, "cpu": int(seconds) + 1}.items():
        hard = resource.getrlimit(getattr(resource, f"RLIMIT_{name.upper()}"))[1]
        yield f"--{name}={most if hard == resource.RLIM_INFINITY else min(most, hard)}"
