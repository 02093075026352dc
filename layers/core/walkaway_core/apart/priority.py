"""How far a process that computes stands back behind whoever answers requests."""

import ctypes
import os
import platform
import struct

NICE = 10
"""By how much nicer it is (nice(2))."""
SLICE = 100_000_000
"""Nanoseconds for which it would be given the processor at a time: from Linux 6.12 on, which leaves who runs to the end
of that time, whoever wakes goes first only if its own is shorter (sched_setattr(2), kernel/sched/fair.c)."""
ATTRIBUTES = "=IIQiIQQQ"
"""struct sched_attr: its size, policy, flags, how nice, priority, run time, deadline, period."""
SET_ATTRIBUTES = {"x86_64": 314, "aarch64": 274}
_libc = ctypes.CDLL(None)


def stand_back(process: int) -> None:
    """Put it, and what it starts from now on, behind this one. Raises OSError, as ProcessLookupError."""
    nice = min(19, os.getpriority(os.PRIO_PROCESS, 0) + NICE)
    os.setpriority(os.PRIO_PROCESS, process, nice)
    if (call := SET_ATTRIBUTES.get(platform.machine())) and os.uname().sysname == "Linux":
        attributes = struct.pack(ATTRIBUTES, struct.calcsize(ATTRIBUTES), os.SCHED_OTHER, 0, nice, 0, SLICE, 0, 0)
        _libc.syscall(call, process, attributes, 0)  # where it is refused, the kernel knows no such time
