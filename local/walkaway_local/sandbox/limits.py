"""Limits of a command's processes, set from outside on the first of them: its others inherit them."""

import resource
from collections.abc import Mapping
from pathlib import Path

from walkaway_local.sandbox import disk

PROCESSES = {"nproc": 256}
"""Processes of the user, who is nobody else's in a user namespace of the command's own (user_namespaces(7))."""
LIMITS = {"as": 4 * 1024**3, "fsize": disk.BYTES, "nofile": 1024, "core": 0, "memlock": 64 * 1024}
"""Of each process: bytes of address space, of a file, open files, bytes of a core dump, and of memory that is locked in
its place (setrlimit(2)): what is sent without a copy is, and each byte keeps the whole huge page around it."""


def of(seconds: float) -> Mapping[str, int]:
    """Give those of a command that has so many seconds, which each process may compute."""
    return {**LIMITS, **PROCESSES, "cpu": int(seconds) + 1}


def end_first(process: int) -> None:
    """Let the kernel end it, and what it starts from now on, before others when memory runs out. Raises OSError."""
    Path(f"/proc/{process}/oom_score_adj").write_text("1000")


def bind(process: int, limits: Mapping[str, int]) -> None:
    """Set them. None is above what this program has: nobody may raise that. Raises OSError."""
    for name, most in limits.items():
        kind = getattr(resource, f"RLIMIT_{name.upper()}")
        hard = resource.getrlimit(kind)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.prlimit(process, kind, (least, least))
