"""A filter of system calls (seccomp(2)): what no namespace covers, commands cannot ask the kernel for.

Numbers are those of Linux's `unistd_64.h` for x86-64 and of `asm-generic/unistd.h` for arm64. What is refused is
answered as by a kernel that has no such call (ENOSYS), for which programs have another way.
"""

import errno
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

LOAD, EQUAL, AT_LEAST, ABOVE, RETURN = 0x20, 0x15, 0x35, 0x25, 0x06
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
NUMBER, ARCHITECTURE, FIRST, SECOND, THIRD, HIGH = 0, 4, 16, 24, 32, 4
"""Where they stand in seccomp_data; the upper half of an argument stands HIGH behind the lower."""
X32 = 0x40000000
UNIX, INET, INET6, NETLINK = 1, 2, 10, 16
FAMILIES = (UNIX, INET, INET6, NETLINK)
"""Families of sockets that a network namespace keeps apart. Others (vsock) lead out of it, or to little-used code."""
SHARED_BYTES, SEMAPHORES = 64 * 1024, 32
"""What one System V segment and one set may have: of a namespace's 4,096 segments nobody counts what is not mapped."""

OFD_LOCKS = (37, 38)
"""F_OFD_SETLK and F_OFD_SETLKW of fcntl(2): locks of which /proc/locks does not say whose they are."""
SOL_SOCKET, SO_SNDBUF, SO_RCVBUF = 1, 7, 8

REFUSED = {
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "vmsplice": (278, 75), "io_setup": (206, 0), "memfd_create": (319, 279), "memfd_secret": (447, 447),
    "msgget": (68, 186),
    "inotify_init": (253, None), "inotify_init1": (294, 26), "fanotify_init": (300, 262),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "setns": (308, 268),
    "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "open_tree_attr": (467, 467),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "lookup_dcookie": (212, 18),
    "quotactl": (179, 60), "quotactl_fd": (443, 443), "swapon": (167, 224), "swapoff": (168, 225), "acct": (163, 89),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "reboot": (169, 142), "syslog": (103, 116),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_getfd": (438, 438), "process_madvise": (440, 440),
    "settimeofday": (164, 170), "clock_settime": (227, 112), "adjtimex": (159, 171), "clock_adjtime": (305, 266),
    "sethostname": (170, 161), "setdomainname": (171, 162), "vhangup": (153, 58),
    "iopl": (172, None), "ioperm": (173, None), "modify_ldt": (154, None), "uselib": (134, None),
    "landlock_create_ruleset": (444, 444), "landlock_add_rule": (445, 445), "landlock_restrict_self": (446, 446),
    "nfsservctl": (180, 42), "_sysctl": (156, None),
}  # fmt: skip
"""Calls by name: their numbers on x86-64 and on arm64.

Keys, programs in the kernel, watching others; memory that no process has mapped (a pipe that was given one page keeps
the whole huge page around it); asynchronous input and output, of which the whole machine has so many places; notes
about files that others use; rules of Landlock, each of which keeps a deleted file that nobody sees; mounts and
namespaces; other processes' memory and descriptors, since the first one of the namespace is a user's like the command's
own, and ends with the server only as long as nobody tells it otherwise; and what only root could do.
"""

UNSUPPORTED = {"splice": (275, 76), "sendfile": (40, 71)}
"""Calls that pass pages on without a copy: a socket or a pipe keeps those of a file that has been cut since, whole, for
one byte of each. They are answered as where they cannot be done (EINVAL), and programs read and write instead."""

RESERVING = {"fallocate": (285, 47)}
RESERVING_BY_IOCTL = (0x40305828, 0x4030582A, 0x40305839)
"""FS_IOC_RESVSP, its 64 bits, and FS_IOC_ZERO_RANGE (linux/falloc.h). Both take a whole disk before anybody can look;
programs write instead, which takes its time."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A processor: the name that the kernel gives it (linux/audit.h), and numbers of calls whose arguments count."""

    audit: int
    column: int
    socket: int
    socketpair: int
    shmget: int
    semget: int
    setsockopt: int
    fcntl: int
    ioctl: int


MACHINES = {
    "x86_64": Machine(0xC000003E, 0, socket=41, socketpair=53, shmget=29, semget=64, setsockopt=54, fcntl=72, ioctl=16),
    "aarch64": Machine(
        0xC00000B7, 1, socket=198, socketpair=199, shmget=194, semget=190, setsockopt=208, fcntl=25, ioctl=29
    ),
}

Instruction = tuple[int, int, int, int]
"""Code, how many to leap over if it is true, and if it is not, operand."""


@cache
def program(machine: str, *, stored: bool) -> bytes:
    """Give the filter for one of MACHINES, as `uname -m` names it, in the form that bubblewrap takes.

    `stored`: what the command writes is on a disk, of which it must not take much at once.
    """
    return b"".join(struct.pack("=HBBI", *one) for one in _instructions(MACHINES[machine], stored=stored))


def _instructions(machine: Machine, *, stored: bool) -> Iterator[Instruction]:
    yield (LOAD, 0, 0, ARCHITECTURE)
    yield (EQUAL, 1, 0, machine.audit)
    yield _refuse(errno.ENOSYS)  # calls of i386, by which one could go past the numbers below
    yield (LOAD, 0, 0, NUMBER)
    if machine.column == 0:
        yield (AT_LEAST, 0, 1, X32)
        yield _refuse(errno.ENOSYS)
    reserving = RESERVING if stored else {}
    for calls, answer in ((REFUSED, errno.ENOSYS), (UNSUPPORTED, errno.EINVAL), (reserving, errno.EOPNOTSUPP)):
        for numbers in calls.values():
            if (number := numbers[machine.column]) is not None:
                yield (EQUAL, 0, 1, number)
                yield _refuse(answer)
    yield from _one_of(machine.socket, FAMILIES)
    yield from _one_of(machine.socketpair, FAMILIES)
    yield from _at_most(machine.shmget, SHARED_BYTES)
    yield from _at_most(machine.semget, SEMAPHORES)
    yield from _buffers(machine.setsockopt)
    yield from _none_of(machine.fcntl, OFD_LOCKS, errno.EINVAL)
    if stored:
        yield from _none_of(machine.ioctl, RESERVING_BY_IOCTL, errno.EOPNOTSUPP)
    yield (RETURN, 0, 0, ALLOW)


def _refuse(number: int) -> Instruction:
    return (RETURN, 0, 0, ERRNO | number)


def _one_of(call: int, values: tuple[int, ...]) -> Iterator[Instruction]:
    """Let a call pass whose first argument, an int, is one of these."""
    yield (EQUAL, 0, len(values) + 3, call)
    yield (LOAD, 0, 0, FIRST)
    for index, value in enumerate(values):
        yield (EQUAL, len(values) - index, 0, value)
    yield _refuse(errno.EAFNOSUPPORT)
    yield (RETURN, 0, 0, ALLOW)


def _none_of(call: int, values: tuple[int, ...], answer: int) -> Iterator[Instruction]:
    """Let a call pass whose second argument, an int, is none of these."""
    yield (EQUAL, 0, len(values) + 3, call)
    yield (LOAD, 0, 0, SECOND)
    for left, value in reversed([*enumerate(reversed(values))]):
        yield (EQUAL, left, 0 if left else 1, value)
    yield _refuse(answer)
    yield (RETURN, 0, 0, ALLOW)


def _at_most(call: int, value: int) -> Iterator[Instruction]:
    """Let a call pass whose second argument is no greater."""
    yield (EQUAL, 0, 6, call)
    yield (LOAD, 0, 0, SECOND + HIGH)
    yield (ABOVE, 2, 0, 0)
    yield (LOAD, 0, 0, SECOND)
    yield (ABOVE, 0, 1, value)
    yield _refuse(errno.ENOSPC)
    yield (RETURN, 0, 0, ALLOW)


def _buffers(call: int) -> Iterator[Instruction]:
    """Leave the buffers of sockets as they are, without an error: a program takes what it gets (socket(7))."""
    yield (EQUAL, 0, 7, call)
    yield (LOAD, 0, 0, SECOND)
    yield (EQUAL, 0, 4, SOL_SOCKET)
    yield (LOAD, 0, 0, THIRD)
    yield (EQUAL, 1, 0, SO_SNDBUF)
    yield (EQUAL, 0, 1, SO_RCVBUF)
    yield _refuse(0)
    yield (RETURN, 0, 0, ALLOW)
