"""Starts programs as whom they shall be: without this one's keyring, and as another user where this one is root.

In a keyring are a login's keys and tickets (session-keyring(7)).
"""

import ctypes
import errno
import os
import platform
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from walkaway_core.ports.sandbox import SandboxRefused

T = TypeVar("T")
KEYCTL = {"x86_64": 250, "aarch64": 219}
JOIN_SESSION_KEYRING = 1
SET_IDS = {"x86_64": (116, 119, 117), "aarch64": (159, 149, 147)}
"""setgroups, setresgid and setresuid, which are of one thread; those of the C library are of all (credentials(7))."""
NO_KEYS = (errno.ENOSYS, errno.EPERM, errno.EACCES)
"""The kernel has none, or lets this process reach none, and so no child of it either."""
_thread = ThreadPoolExecutor(1, "spawn")
"""Keyrings are a thread's: this one has none of the operator's, nor has a thread that it begins. It lives as long as
this program, since the end of the thread that started them is that of commands (PR_SET_PDEATHSIG in prctl(2))."""


def spawn(start: Callable[[], T]) -> T:
    """Start a program where the session keyring is new, and this program's alone. Raises SandboxRefused."""
    return _thread.submit(_apart, start).result()


def become(user: int) -> None:
    """Let this thread alone, and what it starts from now on, be a user and its group, and in no others.

    With root's number go root's capabilities (capabilities(7)). Raises SandboxRefused.
    """
    groups, gid, uid = SET_IDS[platform.machine()]
    for call, *given in ((groups, 0, None), (gid, user, user, user), (uid, user, user, user)):
        if _libc.syscall(call, *given) < 0:
            reason = os.strerror(ctypes.get_errno())
            raise SandboxRefused(f"Commands cannot be run here: they can have no user of their own: {reason}")


def _apart(start: Callable[[], T]) -> T:
    number = KEYCTL.get(platform.machine())
    if number is not None and _libc.syscall(number, JOIN_SESSION_KEYRING, None) < 0:
        reason = ctypes.get_errno()
        if reason not in NO_KEYS and not (reason == errno.EDQUOT and _own.is_set()):
            raise SandboxRefused(f"A command could get no keyring of its own: {os.strerror(reason)}; try again")
    _own.set()
    return start()


_own = threading.Event()
"""Whether the thread has left the operator's keyring. Where keys run short (kernel.keys.maxkeys) the next command gets
the keyring of the last one, which no command could reach through the filter of system calls."""
_libc = ctypes.CDLL(None, use_errno=True)
