"""How far a process that computes stands back behind whoever answers requests."""

import ctypes
import os
import platform
import struct
import sys
from contextlib import suppress

NICE = 10
"""By how much nicer it is (nice(2))."""
SLICE = 100_000_000
"""Nanoseconds of the processor that it asks for at a time. Newer kernels (EEVDF, Linux 6.6) let a process run to the
end of its time, however nice it is; from 6.12 on one that asks for more than others is interrupted by them
(`sched_runtime` in sched_setattr(2))."""
ATTRIBUTES = "=IIQiIQQQ"
"""struct sched_attr: its size, policy, flags, how nice, priority, run time, deadline, period."""
EVERYWHERE = frozenset(os.sched_getaffinity(0) if sys.platform == "linux" else ())
"""The processors that this program was given when it started; it may keep to one of them (local/processor.py)."""
SET_ATTRIBUTES = {"x86_64": 314, "aarch64": 274}
_libc = ctypes.CDLL(None)


def stand_back(process: int) -> None:
    """Put it, and what it starts from now on, behind this one, on any processor. Raises OSError."""
    roam(process)
    nice = min(19, os.getpriority(os.PRIO_PROCESS, 0) + NICE)
    os.setpriority(os.PRIO_PROCESS, process, nice)
    if (call := SET_ATTRIBUTES.get(platform.machine())) and sys.platform == "linux":
        attributes = struct.pack(ATTRIBUTES, struct.calcsize(ATTRIBUTES), os.SCHED_OTHER, 0, nice, 0, SLICE, 0, 0)
        _libc.syscall(call, process, attributes, 0)  # where it is refused, being nicer must do


def roam(process: int) -> None:
    """Let it, and what it starts from now on, run on every processor that this program was given."""
    if EVERYWHERE:
        with suppress(OSError):  # some were taken away since, or it has ended: it runs where it may
            os.sched_setaffinity(process, EVERYWHERE)
