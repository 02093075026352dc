"""Runs inside of a container, by whatever Python is there: does one thing with files, asked and answered in JSON.

Nothing of Walkaway is there, so only the standard library is used. All paths are the container's own: what may be read
and written is the sandbox's to say.
"""

from __future__ import annotations

import base64
import json
import os
import re
import stat
import sys
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TEXT_BYTES = 190_000
"""What a text file may have that is read whole, and what is given of one."""
EDIT_BYTES = 10_000_000
MEDIA = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".pdf": "application/pdf",
}
IMAGE_BYTES, PDF_BYTES = 3_750_000, 7_000_000
"""An image may have 5 MB in base64 (Messages API, vision); a PDF has to go through the command's output."""
WALKED, FOUND = 50_000, 200
MATCHES = 102_400
LINE = 2_000
PASSED_OVER = {".git", "node_modules"}
PATHS = ("file_path", "path")


class Wrong(Exception):
    """What is asked for cannot be done; the message tells the agent why."""


def moved(path: str) -> str:
    """Give the path at which something really is, where the places of a container have other names than their own."""
    places: dict[str, str] = json.loads(os.environ.get("WALKAWAY_PLACES", "{}"))
    for place in sorted(places, key=len, reverse=True):
        if path == place or path.startswith(f"{place}/"):
            return places[place] + path[len(place) :]
    return path


def check(file_path: str, most: int, more: str) -> None:
    """Raise Wrong for what is no file, or is too large: `more` says what to do then. Raises OSError."""
    about = Path(file_path).stat()
    if stat.S_ISDIR(about.st_mode):
        raise Wrong(f"{file_path} is a directory")
    if not stat.S_ISREG(about.st_mode):
        raise Wrong(f"{file_path} is no regular file")
    if about.st_size > most:
        raise Wrong(f"{file_path} has {about.st_size} bytes, more than {most}. {more}")


def read(file_path: str, view_range: list[int] | None = None) -> dict[str, str]:
    """Give a text, or some of its lines, or the bytes of an image or a PDF."""
    media = MEDIA.get(Path(file_path).suffix.lower())
    if media:
        if view_range:
            raise Wrong("view_range is for texts; an image or a PDF is shown whole")
        most = PDF_BYTES if media == "application/pdf" else IMAGE_BYTES
        check(file_path, most, "It cannot be shown; make a smaller one of it")
        return {"media": media, "data": base64.b64encode(Path(file_path).read_bytes()).decode()}
    if view_range:
        return {"text": lines(file_path, max(view_range[0], 1), view_range[1])}
    check(file_path, TEXT_BYTES, "Use view_range to read some of its lines, for example [1, 500]")
    return {"text": decoded(Path(file_path).read_bytes(), file_path)}


def lines(file_path: str, first: int, last: int) -> str:
    """Give some of a file's lines, counted from 1; up to its end if `last` is no line. Raises Wrong, OSError."""
    check(file_path, sys.maxsize, "")
    if first > sys.maxsize:
        raise Wrong("view_range begins at a line that no file can have")
    found: list[bytes] = []
    size = 0
    with Path(file_path).open("rb") as file:
        for line in islice(file, first - 1, last if 0 < last <= sys.maxsize else None):
            size += len(line)
            if size > TEXT_BYTES:
                found.append(f"[cut here, at line {first + len(found)}]".encode())
                break
            found.append(line)
    if not found and first > 1:
        raise Wrong(f"{file_path} has no line {first}, or none up to line {last}")
    return decoded(b"".join(found), file_path)


def decoded(data: bytes, file_path: str) -> str:
    """Decode a text. Raises Wrong for what is none."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Wrong(f"{file_path} is not UTF-8 text; of other files only images and PDFs can be read") from None


def write(file_path: str, content: str) -> dict[str, str]:
    """Write a whole file; directories come into being as needed."""
    data = content.encode(errors="replace")
    Path(file_path).parent.mkdir(parents=True, exist_ok=True)
    Path(file_path).write_bytes(data)
    return {"text": f"Wrote {len(data)} bytes to {file_path}"}


def edit(file_path: str, old_string: str, new_string: str, replace_all: bool | None = None) -> dict[str, str]:  # noqa: FBT001 - an argument of the tool's
    """Replace a piece of a text file."""
    check(file_path, EDIT_BYTES, "It is too large to be edited; use bash")
    text = decoded(Path(file_path).read_bytes(), file_path)
    count = text.count(old_string)
    if count == 0:
        raise Wrong(f"old_string does not occur in {file_path}; read the file again")
    if count > 1 and not replace_all:
        raise Wrong(f"old_string occurs {count} times in {file_path}; give more of it, or replace_all")
    if len(text) + count * (len(new_string) - len(old_string)) > EDIT_BYTES:
        raise Wrong(f"{file_path} would have more than {EDIT_BYTES} bytes; use bash")
    Path(file_path).write_bytes(text.replace(old_string, new_string).encode(errors="replace"))
    return {"text": f"Replaced {count} occurrence{'s' if count > 1 else ''} in {file_path}"}


def glob(pattern: str, path: str | None = None) -> dict[str, str]:
    """List paths that fit a pattern, the newest first."""
    root, below = Path(path or ".").absolute(), pattern
    if pattern.startswith("/"):
        root, below = Path("/"), moved(pattern).lstrip("/")
    if not root.is_dir():
        raise Wrong(f"{root} is no directory")
    found = sorted(islice(root.glob(below), WALKED), key=modified, reverse=True)
    more = [f"[{len(found) - FOUND} more]"] if len(found) > FOUND else []
    return {"text": "\n".join([*map(str, found[:FOUND]), *more]) or "No files match."}


def modified(path: Path) -> float:
    """Say when a path was changed, 0 for a link that leads nowhere."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def grep(pattern: str, path: str | None = None) -> dict[str, str]:
    """Give the lines that a regular expression fits: path, number, line."""
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise Wrong(f"{pattern!r} is no regular expression: {error}") from None
    root = Path(path or ".").absolute()
    root.stat()
    found: list[str] = []
    size = 0
    for file in [root] if root.is_file() else islice(walked(root), WALKED):
        for number, line in matching(file, expression):
            said = f"{file}:{number}:{line}"
            size += len(said) + 1
            if size > MATCHES:
                return {"text": "\n".join([*found, "[cut here; narrow the search]"])}
            found.append(said)
    return {"text": "\n".join(found) or "Nothing matches."}


def walked(root: Path) -> Iterator[Path]:
    """Go through the regular files below a directory, by name; links are not followed."""
    for folder, below, names in os.walk(root):
        below[:] = sorted(name for name in below if name not in PASSED_OVER)
        for name in sorted(names):
            file = Path(folder, name)
            if not file.is_symlink() and file.is_file():
                yield file


def matching(file: Path, expression: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    """Find the lines of a file that fit; none in what is no text, or cannot be read, or that is very long."""
    try:
        with file.open("rb") as opened:
            if b"\0" in opened.read(512):
                return
            opened.seek(0)
            for number, raw in enumerate(opened, 1):
                line = raw[: LINE + 1].decode(errors="replace").rstrip("\r\n")
                if len(raw) <= LINE and expression.search(line):
                    yield number, line
    except OSError:
        return


DEEDS: dict[str, Callable[..., dict[str, str]]] = {
    "read": read,
    "write": write,
    "edit": edit,
    "glob": glob,
    "grep": grep,
}


def done(asked: dict[str, Any]) -> dict[str, str]:
    """Do what is asked."""
    try:
        paths = {name: moved(value) for name, value in asked["with"].items() if name in PATHS and value is not None}
        return DEEDS[asked["do"]](**{**asked["with"], **paths})
    except Wrong as wrong:
        return {"error": str(wrong)}
    except OSError as error:
        return {"error": f"{error.filename or 'It'}: {error.strerror}"}
    except (ValueError, NotImplementedError) as error:  # such as a path with a NUL in it, or a pattern that is none
        return {"error": str(error)}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(done(json.loads(sys.stdin.buffer.read()))))
