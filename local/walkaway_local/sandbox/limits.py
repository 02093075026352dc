"""Limits of a command's processes, as arguments for prlimit(1)."""

import resource
from collections.abc import Iterator, Mapping

from walkaway_local.sandbox import disk

PROCESSES = {"nproc": 256}
"""Processes of the user, who is nobody else's in a user namespace of the command's own (user_namespaces(7))."""
LIMITS = {"as": 4 * 1024**3, "fsize": disk.BYTES, "nofile": 1024, "core": 0}
"""Of each process: bytes of address space, of a file, open files, bytes of a core dump (setrlimit(2))."""


def of_each(seconds: float) -> Mapping[str, int]:
    """Give those of each process, with seconds of processor time."""
    return {**LIMITS, "cpu": int(seconds) + 1}


def arguments(limits: Mapping[str, int]) -> Iterator[str]:
    """Give them as prlimit(1) takes them. None is above what this program has: nobody may raise that."""
    for name, most in limits.items():
        hard = resource.getrlimit(getattr(resource, f"RLIMIT_{name.upper()}"))[1]
        yield f"--{name}={most if hard == resource.RLIM_INFINITY else min(most, hard)}"
