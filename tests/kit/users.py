"""Acts as an ordinary user of this machine, in a process of its own, where the tests run as root."""

import os
import shutil
import tempfile
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from walkaway_local.sandbox import mounts, spawning

SOMEBODY = 61_234
"""A user, and a group, that are nobody's."""


def as_somebody(act: Callable[[Path], str], groups: Sequence[int] = ()) -> str:
    """Do something as somebody, with a folder of theirs, and give what it says; here, if this is no root.

    Python itself may lie where nobody else looks, in root's home: commands go without it there.
    """
    folder = Path(tempfile.mkdtemp(prefix="somebody-", dir="/tmp"))
    try:
        if os.geteuid() != 0:
            if groups:
                pytest.skip("only root can give a process groups")
            return act(folder)
        os.chown(folder, SOMEBODY, SOMEBODY)
        return _forked(act, folder, groups)
    finally:
        shutil.rmtree(folder)


def _forked(act: Callable[[Path], str], folder: Path, groups: Sequence[int]) -> str:
    reads, writes = os.pipe()
    if (child := os.fork()) == 0:
        try:
            os.setgroups(groups)
            os.setresgid(SOMEBODY, SOMEBODY, SOMEBODY)
            os.setresuid(SOMEBODY, SOMEBODY, SOMEBODY)
            spawning._thread = ThreadPoolExecutor(1)  # threads stay behind in a fork
            mounts.environment = list
            told = act(folder)
        except BaseException:  # noqa: BLE001 - it is told, and nothing else may run here
            told = traceback.format_exc()
        os.write(writes, told.encode())
        os._exit(0)
    os.close(writes)
    with os.fdopen(reads, "rb") as source:
        told = source.read().decode()
    os.waitpid(child, 0)
    return told
