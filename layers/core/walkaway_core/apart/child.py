"""What runs in the other process: it takes one piece of work after the other, and lives no longer than its parent."""

import contextlib
import ctypes
import importlib
import json
import os
import resource
import signal
import struct
import sys
from typing import Any

LENGTH = "!I"
HEAD = 1 + struct.calcsize(LENGTH)
"""Bytes before an answer: of what kind it is, and its length."""
JSON, BYTES, FAILED, BROKE = b"j", b"b", b"f", b"x"

MEMORY = 1_000_000_000
"""Bytes of address space: a page of 2 MB needs a fifth of it."""
FUNCTION = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"
"""Where Lambda says how many MB a function has, all its processes together; it ends one that takes more, and with it
the call that asked (Lambda developer guide, environment variables; memory)."""
OWN = 300_000_000
"""Bytes that are left to the function's first process of these."""
CPU_SECONDS = 900
"""The longest that anything may take here: where the kernel ends nobody with its parent, whoever is left ends by it."""
ROOM = "walkaway_core.apart."
PARENTS_END = 1
"""PR_SET_PDEATHSIG of prctl(2): the signal that comes when the thread that started this process ends."""


class Failed(Exception):
    """The work cannot be done. The message says why."""


def serve(parent: int) -> None:
    """Do what comes on stdin until that ends; answer on stdout, which nothing else may write to.

    In the middle of a piece it ends with its parent, whose number that is.
    """
    _end_with(parent)
    for limit, most in ((resource.RLIMIT_AS, memory()), (resource.RLIMIT_CPU, CPU_SECONDS), (resource.RLIMIT_CORE, 0)):
        hard = resource.getrlimit(limit)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(limit, (least, least))
    asked, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with contextlib.suppress(BrokenPipeError):
        while len(head := asked.read(HEAD - 1)) == HEAD - 1:
            kind, answer = _answer(asked.read(struct.unpack(LENGTH, head)[0]))
            answers.write(kind + struct.pack(LENGTH, len(answer)) + answer)
            answers.flush()


def _end_with(parent: int) -> None:
    """Let the kernel kill this process when its parent has ended, however that came: it would go on for minutes."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PARENTS_END, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit()  # that was before


def memory() -> int:
    """Say how many bytes of address space work may take here."""
    function = os.environ.get(FUNCTION)
    return min(MEMORY, int(function) * 2**20 - OWN) if function else MEMORY


def _answer(data: bytes) -> tuple[bytes, bytes]:
    work, arguments = json.loads(data)
    try:
        done = _function(work)(*arguments)
        return (BYTES, done) if isinstance(done, bytes) else (JSON, json.dumps(done).encode())
    except Failed as failure:
        return FAILED, json.dumps(str(failure)).encode()
    except MemoryError:
        return FAILED, json.dumps(f"it takes more than {memory()} bytes of memory").encode()
    except Exception as error:  # noqa: BLE001 - whoever asked for the work logs it
        return BROKE, json.dumps(f"{type(error).__name__}: {error}"[:2000]).encode()


def _function(work: str) -> Any:
    module, _, name = work.partition(":")
    return getattr(importlib.import_module(ROOM + module), name)
