"""Files of this machine: what may be sent, what it is, and where what comes is put."""

import base64
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from walkaway.errors import FileMissing, FileRefused
from walkaway_wire import attaching, filenames

INLINE_BYTES = 3_000_000
"""What travels inside a message, which may have 4 MB with its base64."""
ELSE = "upload it by session.files.upload(), and tell the agent of it"

NAMED = 10
"""Files that are named where their names cannot be; who has more of them is not helped by more."""
PART = re.compile(r"\.[0-9a-f]{16}\.part")
"""A file that was being fetched when somebody killed it: no upload of a folder takes it along."""


def part() -> str:
    """Give a name for what is being fetched."""
    return f".{secrets.token_hex(8)}.part"


def quoted(path: str) -> str:
    """Write a path of the workspace into an address. Raises FileRefused for one that would leave it, or begins anew."""
    if not {".", ".."}.isdisjoint(path.split("/")):
        raise FileRefused(f"{path!r} is no path of the workspace: write it without '.' and '..', as files.list() does")
    return quote(normal(path), safe="/")


def normal(path: str) -> str:
    """Write a path of the workspace as listings do; empty: its root. Raises FileRefused for one outside."""
    parts = [part for part in path.split("/") if part not in {"", "."}]
    if ".." in parts:
        raise FileRefused(f"{path!r} is no path of the workspace: write it without '..'")
    return "/".join(parts)


def named(path: str) -> str:
    """Give the path of a file. Raises FileRefused for a folder's, and for none."""
    if not path or path.endswith("/"):
        raise FileRefused(f"{path!r} names no file of the workspace: bytes have no name of their own")
    return path


def into(path: str, name: str) -> str:
    """Give where a file of that name goes: to a path, or into it where that is empty or ends with a slash."""
    return f"{path}{name}" if not path or path.endswith("/") else path


def file(path: "str | os.PathLike[str]") -> Path:
    """Find a file that is to be sent. Raises FileMissing, FileRefused."""
    found = Path(path)
    if not found.exists():
        raise FileMissing(f"There is no file {found} here, in {Path.cwd()}")
    if not found.is_file():
        raise FileRefused(f"{found} is no file; a folder goes up by files.upload_folder()")
    return found


def mark(path: Path) -> tuple[int, int]:
    """Give what changes when somebody writes a file. Raises OSError."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def below(folder: "str | os.PathLike[str]") -> Iterator[tuple[Path, str]]:
    """Give each file below a folder, and its path there. Raises FileMissing, and FileRefused before anything is sent.

    What a download has left behind (`PART`) is left out. Links are followed inside the folder; one
    that leads out of it is refused: who uploads a folder means that folder.
    """
    root = Path(folder)
    if not root.is_dir():
        raise FileMissing(f"There is no folder {root} here, in {Path.cwd()}")
    home = root.resolve()
    found = []
    for base, folders, names in os.walk(root, onerror=_refuse):
        for name in sorted(folders):
            path = Path(base) / name
            if path.is_symlink():
                raise FileRefused(f"{path} is a link to the folder {path.resolve()}; upload that by itself")
        for name in sorted(names):
            path = Path(base) / name
            if PART.fullmatch(name):
                continue
            if not _resolved(path).is_relative_to(home):
                raise FileRefused(f"{path} leads out of {root}, to {path.resolve()}; nothing was uploaded")
            if not path.is_file():
                raise FileRefused(f"{path} is neither a file nor a folder; nothing was uploaded")
            found.append((path, path.relative_to(root).as_posix()))
    yield from sorted(found, key=lambda each: each[1])


def targets(folder: "str | os.PathLike[str]", top: str) -> list[tuple[Path, str]]:
    """Give each file below a folder, and where it goes below a path of the workspace, as listings write that.

    Raises as `below` does, and FileRefused that names all that no workspace holds, by their names.
    """
    found = [(source, f"{top}/{name}".lstrip("/")) for source, name in below(folder)]
    wrong = [(target, said) for _, target in found if (said := filenames.trouble_of_new(target))]
    if wrong:
        named = "; ".join(f"{target!r}: {said.removeprefix(f'{target!r} ')}" for target, said in wrong[:NAMED])
        more = f"; and {len(wrong) - NAMED} more" if len(wrong) > NAMED else ""
        raise FileRefused(f"No workspace holds such names; nothing was sent. {named}{more}")
    return found


def _refuse(error: OSError) -> None:
    """Say that a folder cannot be read: whoever sends what is in it, or deletes what is not, is to know all of it."""
    raise FileRefused(f"{error.filename} cannot be read: {error.strerror}; nothing was uploaded") from None


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except RuntimeError:  # Python 3.13 has none
        raise FileRefused(f"{path} is a link that leads in a circle; nothing was uploaded") from None


def inside(folder: Path, path: str) -> Path:
    """Say where a file of the workspace is put below a folder of this machine. Raises FileRefused for one outside."""
    found = folder / path
    try:
        whole, is_link = found.resolve(), found.is_symlink()
        outside = not whole.is_relative_to(folder.resolve())
    except (ValueError, RuntimeError, OSError) as error:  # no name of a file, links in a circle, too long
        raise FileRefused(f"{path!r} cannot be written here: {error}") from None
    if outside or is_link:
        raise FileRefused(f"{path} would be written outside {folder}, to {whole}")
    return found


def media_type(name: str, data: bytes) -> str:
    """Say what bytes are, by the ending of their name; else text, if they are."""
    import mimetypes

    if known := mimetypes.guess_type(name)[0]:
        return known
    try:
        data.decode()
    except UnicodeDecodeError:
        return "application/octet-stream"
    return "text/plain"


def check_attached(attached: Sequence[tuple[str, int]]) -> None:
    """See that files, by name and size, can be attached to a message. Raises FileRefused before anything is sent."""
    import mimetypes

    for name, size in attached:
        known = mimetypes.guess_type(name)[0] or "text/plain"
        most = attaching.most_bytes(known)
        if not most:
            raise FileRefused(f"{name} ({known}) is no text, no PDF, and none of {', '.join(attaching.IMAGES)}; {ELSE}")
        if size > most:
            raise FileRefused(f"{name} has {size} bytes; {known} may have {most} as an attachment; {ELSE}")
    if sum(size for _, size in attached) > attaching.ALL_BYTES:
        raise FileRefused(f"The attachments have more than {attaching.ALL_BYTES} bytes in all; {ELSE}")


def inline(name: str, data: bytes) -> dict[str, str]:
    """Make an attachment of bytes."""
    return {"name": name, "media_type": media_type(name, data), "data": base64.b64encode(data).decode()}
