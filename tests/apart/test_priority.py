"""A process that stands back behind another, with all that it starts."""

import ctypes
import os
import platform
import struct
import subprocess
from pathlib import Path
from subprocess import PIPE

import pytest

from walkaway_core.apart import hand, priority

GET_ATTRIBUTES = {"x86_64": 315, "aarch64": 275}


def attributes(process: int) -> tuple[int, int]:
    """How nice it is, and how long a time it has asked for: sched_getattr(2)."""
    size = struct.calcsize(priority.ATTRIBUTES)
    told = ctypes.create_string_buffer(size)
    assert ctypes.CDLL(None).syscall(GET_ATTRIBUTES[platform.machine()], process, told, size, 0) == 0
    return struct.unpack(priority.ATTRIBUTES, told.raw)[3], struct.unpack(priority.ATTRIBUTES, told.raw)[5]


def kept(slice_: int) -> int:
    """What becomes of a time that a process asks for: kernels before 6.12 leave it as it was."""
    asked = struct.pack(priority.ATTRIBUTES, struct.calcsize(priority.ATTRIBUTES), 0, 0, 0, 0, slice_, 0, 0)
    with subprocess.Popen(["sleep", "60"]) as process:
        ctypes.CDLL(None).syscall(priority.SET_ATTRIBUTES[platform.machine()], process.pid, asked, 0)
        told = attributes(process.pid)[1]
        process.kill()
    return told


def behind() -> tuple[int, int]:
    """How it is for a process that stands back behind this one."""
    return min(19, attributes(0)[0] + priority.NICE), kept(priority.SLICE)


def test_it_and_its_children_stand_back() -> None:
    before = attributes(0)
    with subprocess.Popen(
        ["sh", "-c", "read _; sleep 60 & echo $!; wait"], stdin=PIPE, stdout=PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        priority.stand_back(process.pid)
        print(file=process.stdin, flush=True)
        child = int(process.stdout.readline())
        try:
            assert [attributes(process.pid), attributes(child)] == [behind()] * 2
        finally:
            os.kill(child, 9)
            process.kill()
    assert attributes(0) == before


def test_a_hand_stands_back() -> None:
    with hand.hand() as one:
        assert attributes(one._process.pid) == behind()


def test_where_the_kernel_takes_no_time_it_is_nicer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(priority, "SET_ATTRIBUTES", {})
    with subprocess.Popen(["sleep", "60"]) as process:
        priority.stand_back(process.pid)
        told = attributes(process.pid)
        process.kill()
    assert told[0] == min(19, attributes(0)[0] + priority.NICE)
    with pytest.raises(ProcessLookupError):
        priority.stand_back(process.pid)
    assert not Path(f"/proc/{process.pid}").exists()
