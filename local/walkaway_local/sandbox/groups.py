"""The groups that commands keep: only root can clear them (setgroups(2)). What they alone may read is covered."""

import grp
import os
import subprocess
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property
from pathlib import Path


def kept() -> list[int]:
    """The groups, beside its own, that this program's commands have as well."""
    return [] if os.geteuid() == 0 else sorted(set(os.getgroups()) - {os.getegid()})


def told() -> str:
    """Say which they are, for whoever starts the server; `""` for none."""
    names = []
    for group in kept():
        with suppress(KeyError):
            names.append(grp.getgrgid(group).gr_name)
    if not kept():
        return ""
    return (
        f"Commands keep this user's groups ({', '.join(names) or 'without names'}), which only root can clear: what "
        "others may not read is not shown to them. Start it with `setpriv --clear-groups`, as root, to be without."
    )


class Closed:
    """What lies in mounted directories and may be read by a group of ours, but not by everyone: keys, mostly.

    It is looked for once, beside the start, which takes seconds on a disk that was not read yet.
    """

    def __init__(self, mounted: Iterable[Path]) -> None:
        self._mounted = [str(path) for path in mounted]
        if os.geteuid() != 0:
            self._looking = ThreadPoolExecutor(1, "groups").submit(self._find)

    @cached_property
    def _paths(self) -> list[Path]:
        return [] if os.geteuid() == 0 else self._looking.result()

    def covers(self) -> Iterator[str]:
        """Cover it, as arguments for bubblewrap: a directory by an empty one, a file by nothing."""
        for path in self._paths:
            if path.is_dir() and not path.is_symlink():
                yield from ("--perms", "0755", "--tmpfs", str(path), "--remount-ro", str(path))
            else:
                yield from ("--ro-bind-try", "/dev/null", str(path))

    def _find(self) -> list[Path]:
        ours = [word for group in {os.getegid(), *kept()} for word in ("-o", "-gid", str(group))]
        closed = ["-perm", "/0070", "!", "-perm", "-0004", "!", "-type", "l", "-prune", "-print0"]
        command = ["find", "-H", *self._mounted, "(", *ours[1:], ")", *closed]
        listed = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # noqa: S603
        return [Path(os.fsdecode(name)) for name in listed.stdout.split(b"\0") if name]
