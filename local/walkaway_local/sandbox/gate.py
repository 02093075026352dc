"""What a command is given in memory: its filter of system calls, what it waits for, and what it reads."""

import os

AT_THE_GATE = "read -r _ || exit; exec < {} {}<&-; unset BASH_ENV\n"
"""What bash reads before its command, and from where: it goes no further without a server that ends it."""


def gate_files(rules: bytes, stdin: bytes) -> list[int]:
    """Give descriptors of the filter, of what bash reads first, and, if there is one, of the standard input."""
    made = [os.memfd_create(name) for name in ("filter", "first", *(("stdin",) if stdin else ()))]
    source = f"/proc/self/fd/{made[2]} {made[2]}<&-" if stdin else "/dev/null"
    for descriptor, content in zip(made, (rules, AT_THE_GATE.format(source, made[1]).encode(), stdin), strict=False):
        with open(descriptor, "wb", closefd=False) as file:
            file.write(content)
        os.lseek(descriptor, 0, os.SEEK_SET)
    return made
