"""Files that this machine keeps: read whole, written whole or not at all, and changed by one process at a time."""

import errno
import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path
from typing import Any

from walkaway.errors import SettingInvalid

NEW = ".new"
"""How the name of a file ends that is to take another one's place."""
PATIENCE = 10.0
"""Seconds for which a change waits for another one, which takes some milliseconds."""


def read(path: Path) -> str | None:
    """Give the text of a file; None: there is none. Raises OSError, and ValueError for what is no UTF-8."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise OSError("it is no file")
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None


def toml(path: Path) -> dict[str, Any]:
    """Give what a file says, which need not be there. Raises SettingInvalid: what cannot be read is not empty."""
    import tomllib

    return _said(path, tomllib.loads) or {}


def table(name: str, values: Mapping[str, Any]) -> list[str]:
    """Write a table of texts as lines of TOML; the parts of its name are quoted already."""
    return [f"[{name}]", *(f"{quoted(key)} = {quoted(value)}" for key, value in values.items())]


def quoted(value: Any) -> str:
    """Write a text as TOML has it, which is as JSON has it."""
    from json import dumps

    return dumps(str(value), ensure_ascii=False)


def json(path: Path) -> dict[str, Any] | None:
    """Give the object that a file has; None: there is no file. Raises SettingInvalid."""
    from json import loads

    return _said(path, loads)


def _said(path: Path, parse: Callable[[str], Any]) -> dict[str, Any] | None:
    try:
        text = read(path)
        said = None if text is None else parse(text)
        if said is None or isinstance(said, dict):
            return said
        why: object = "it is none of ours"
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
    except RecursionError:
        why = "it is too deep"
    raise SettingInvalid(f"{path} cannot be read: {why}")


def write(path: Path, text: str) -> None:
    """Write a file for its owner alone; a link stays, and what it leads to is written. Raises OSError.

    To be called `alone`: what a process that was killed has left beside it goes.
    """
    import tempfile

    path = _followed(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = f".{path.name}."
    for left in path.parent.glob(f"{escape(beside)}*{NEW}"):
        with suppress(OSError):
            left.unlink()
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=beside, suffix=NEW, delete=False, encoding="utf-8"
    ) as out:
        try:
            out.write(text)
            out.close()
            Path(out.name).replace(path)
        except BaseException:
            Path(out.name).unlink(missing_ok=True)
            raise


def _followed(path: Path) -> Path:
    """Give the file that a link leads to. Raises OSError where it leads in a circle."""
    try:
        return path.resolve() if path.is_symlink() else path
    except RuntimeError:  # as Python says it before 3.13
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path)) from None


@contextmanager
def alone(path: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Be the only one that changes a file, from reading it on. Raises OSError, BlockingIOError where others do."""
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    path = _followed(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        until = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise BlockingIOError(f"another process changes {path} and does not end") from None
                time.sleep(0.01)
        yield
    finally:
        os.close(lock)
