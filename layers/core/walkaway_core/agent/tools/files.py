"""The tools that read and write the workspace."""

import contextlib
import fnmatch
from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import Field

from walkaway_core.agent import texts
from walkaway_core.agent.tools.allotted import TooLong
from walkaway_core.agent.tools.tool import Tool, ToolContext, ToolError
from walkaway_core.apart import editing
from walkaway_core.apart.child import Failed
from walkaway_core.apart.hand import Broke, Hand
from walkaway_core.errors import FileNotFound, PathConflict, PathForbidden
from walkaway_core.ports import paths
from walkaway_core.ports.workspace import FileInfo
from walkaway_core.store import files

Path = Annotated[str, Field(description="relative to the workspace, or absolute below /opt/sandbox/workspace")]

MAX_TEXT_BYTES = 2_000_000
MAX_ADDED_BYTES = 10_000_000
"""What an edit may add to a file, five times what it may have had: the function that calls models has memory for it."""
MAX_SHOWN_CHARACTERS = 50_000
MAX_FILES = 2_000
MAX_MATCHES = 200


def look(context: ToolContext, path: str) -> FileInfo:
    """Describe a file. Raises ToolError for a directory."""
    info = files.stat(context.services, context.session, paths.clean_agent(path))
    if info.is_directory:
        raise ToolError(f"{path!r} is a directory; use list_files")
    return info


def read_text(context: ToolContext, path: str) -> texts.Text:
    """Read a whole text file. Raises ToolError when it is too large or no text, or the call's time is over."""
    context.allotted.check()
    info = look(context, path)
    path = paths.clean_agent(path)
    if info.size > MAX_TEXT_BYTES:
        raise ToolError(f"{path!r} has {info.size} bytes; this reads files up to {MAX_TEXT_BYTES}")
    data = b"".join(files.read(context.services, context.session, path))
    try:
        return texts.decode(data)
    except UnicodeDecodeError:
        raise ToolError(f"{path!r} is not UTF-8 text, nor UTF-16 that begins with a byte order mark") from None


def walk(context: ToolContext, path: str) -> Iterator[tuple[str, int]]:
    """Go through all files below a directory by path, with their sizes; a directory that is closed is passed over."""
    context.allotted.check()
    for entry in files.listing(context.services, context.session.key.tenant, context.session.scope, path):
        below = f"{path}/{entry.name}" if path else entry.name
        if not entry.is_directory:
            yield below, entry.size
            continue
        with contextlib.suppress(FileNotFound, PathConflict, PathForbidden):  # gone meanwhile, or closed to the server
            yield from walk(context, below)


class ReadFile(Tool):
    """Read a text file of the workspace, whole or some of its lines."""

    name: ClassVar[str] = "read_file"
    repeatable: ClassVar[bool] = True
    light: ClassVar[bool] = True

    path: Path
    first_line: Annotated[int, Field(ge=1, description="first line to read, from 1")] = 1
    lines: Annotated[int | None, Field(ge=1, description="how many lines to read; all if absent")] = None
    offset: Annotated[int, Field(ge=0, description="characters to pass over, from the beginning of first_line")] = 0

    def run(self, context: ToolContext) -> str:
        """Give the text, cut with a note where it is very long."""
        lines = texts.lines(read_text(context, self.path).words)
        if self.first_line > max(1, len(lines)):
            raise ToolError(f"{self.path!r} ends with line {len(lines)}; there is no line {self.first_line}")
        last = len(lines) if self.lines is None else self.first_line - 1 + self.lines
        text = "".join(lines[self.first_line - 1 : last])
        end = self.offset + MAX_SHOWN_CHARACTERS
        if self.offset and self.offset >= len(text):
            raise ToolError(f"From line {self.first_line} on there are {len(text)} characters, none at {self.offset}")
        if len(text) > end:
            return text[self.offset : end] + f"\n[cut here; read on with first_line={self.first_line}, offset={end}]"
        return text[self.offset :]


class WriteFile(Tool):
    """Write a whole text file of the workspace; what was there is replaced, directories come into being as needed."""

    name: ClassVar[str] = "write_file"
    repeatable: ClassVar[bool] = True
    light: ClassVar[bool] = True

    path: Path
    content: str

    def run(self, context: ToolContext) -> str:
        """Write it."""
        path = paths.clean_agent(self.path)
        info = context.write(path, self.content.encode(errors="replace"))
        return f"Wrote {info.size} bytes to {path}"


class EditFile(Tool):
    """Replace a piece of a text file. The old text must occur exactly once, unless all occurrences are meant."""

    name: ClassVar[str] = "edit_file"
    repeatable: ClassVar[bool] = False
    light: ClassVar[bool] = True

    path: Path
    old_text: Annotated[str, Field(min_length=1)]
    new_text: str
    replace_all: bool = False

    def run(self, context: ToolContext) -> str:
        """Replace it."""
        version = look(context, self.path).version
        text = read_text(context, self.path)
        words, count = self._replaced(context, text.words)
        if count == 0:
            raise ToolError(f"The old text does not occur in {self.path!r}; read the file again")
        if count > 1 and not self.replace_all:
            raise ToolError(f"The old text occurs {count} times in {self.path!r}; give more of it, or replace_all")
        path = paths.clean_agent(self.path)
        context.write(path, text.encoded(words), version=version)
        return f"Replaced {count} occurrence{'s' if count > 1 else ''} in {path}"

    def _replaced(self, context: ToolContext, words: str) -> tuple[str, int]:
        """Replace; where line ends are looked at it may take any time, and is done where it can be ended."""
        edit = words, self.old_text, self.new_text, MAX_ADDED_BYTES
        try:
            if editing.is_plain(*edit[:3]):
                return editing.replaced(*edit)
        except Failed as failure:
            raise ToolError(str(failure)) from None
        with context.hand() as hand:
            made, count = hand.do("editing:replaced", *edit)
        return made, count


class ListFiles(Tool):
    """List the files below a directory of the workspace, with their sizes in bytes."""

    name: ClassVar[str] = "list_files"
    repeatable: ClassVar[bool] = True
    light: ClassVar[bool] = True

    path: Path = ""
    pattern: Annotated[str, Field(description="only paths like this, e.g. *.md")] = "*"

    def run(self, context: ToolContext) -> str:
        """List them, a line each."""
        lines: list[str] = []
        for path, size in walk(context, paths.clean_agent(self.path)):
            if not fnmatch.fnmatch(path, self.pattern):
                continue
            if len(lines) == MAX_FILES:
                lines.append(f"[more than {MAX_FILES} files; name a directory or a pattern]")
                break
            lines.append(f"{paths.shown(path)} ({size} bytes)")
        return "\n".join(lines) or "There are no such files."


class SearchFiles(Tool):
    """Search the text files of the workspace for a regular expression; gives path, line number and line."""

    name: ClassVar[str] = "search_files"
    repeatable: ClassVar[bool] = True

    pattern: Annotated[str, Field(min_length=1, max_length=500, description="a Python regular expression")]
    path: Path = ""

    def run(self, context: ToolContext) -> str:
        """Search; files that are no text or very large are passed over. What was found when time is over is given."""
        matches: list[str] = []
        number = 0
        with context.hand() as hand:
            hand.do("searching:matches", self.pattern, [], 0)  # what is no expression is said before any file is read
            try:
                for number, (path, size) in enumerate(walk(context, paths.clean_agent(self.path))):
                    context.progress(f"{number} files searched, {len(matches)} matches so far")
                    if size <= MAX_TEXT_BYTES:
                        matches += _matches(context, hand, path, self.pattern, MAX_MATCHES - len(matches))
                    if len(matches) >= MAX_MATCHES:
                        matches.append(f"[the first {MAX_MATCHES} matches; narrow the search]")
                        break
            except (TooLong, Broke):
                if not context.allotted.late:
                    raise
                matches.append(
                    f"[time is over after {number} files; narrow the search by `path`, or simplify the pattern]"
                )
        return "\n".join(matches) or "Nothing matches."


def _matches(context: ToolContext, hand: Hand, path: str, pattern: str, most: int) -> list[str]:
    try:
        lines = [line.rstrip("\r\n") for line in texts.lines(read_text(context, path).words)]
    except TooLong:
        raise
    except (ToolError, FileNotFound, PathForbidden):
        return []
    try:
        hits: list[int] = hand.do("searching:matches", pattern, lines, most)
    except Failed as failure:
        raise ToolError(f"{path!r}: {failure}") from None
    return [f"{paths.shown(path)}:{number + 1}: {lines[number][:300]}" for number in hits]
