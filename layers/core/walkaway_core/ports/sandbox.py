"""The Sandbox port, through which the agent's commands run, and its adapter for where there is none."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from walkaway_core.ports.containers import PLACES, Container, OutputFile
from walkaway_core.ports.paths import MAX_DEPTH
from walkaway_core.ports.workspace import FileInfo, Refused, Workspace

MOST, MOST_BYTES = 2_000, 1_000_000_000
"""How many files a command may read, and how many bytes in all."""
STDIN_BYTES = 16_000_000


@dataclass(frozen=True, slots=True)
class Command:
    """A shell command, and what it may touch: clean paths, each standing for itself and all below, of a root.

    With a `container` that is what it works in, and `root`, `read` and `write` are empty.
    """

    text: str
    root: str
    read: tuple[str, ...]
    write: tuple[str, ...]
    timeout: float
    """Seconds after which it is killed."""
    network: bool = False
    owner: str = ""
    """The session for which it runs: nobody else's commands may share anything with it."""
    container: Container | None = None
    stdin: bytes = b""
    """What it reads on its standard input: at most STDIN_BYTES, more is refused."""


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file that a command has left otherwise than it was: `path` is as it found fit to name it, unchecked.

    `version` is that of the file which the command saw, `""` for none, None where it may not look.
    `contents` gives the bytes, and can be called again; None when the file was deleted.
    """

    path: str
    version: str | None
    size: int = 0
    contents: Callable[[], Iterable[bytes]] | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """What came of a command: its exit code, or why it was killed; what it changed, and what of that cannot be kept."""

    exit_code: int | None
    killed: str = ""
    changes: tuple[FileChange, ...] = ()
    lost: tuple[str, ...] = ()
    """Sentences about what is not among the changes, or not in the container any more."""
    generation: str = ""
    """What the container has become: durable already, and the session's only when its record says so. Empty when
    nothing is kept: `lost` says why, unless the command was to keep nothing."""
    outputs: tuple[OutputFile, ...] = ()
    """All regular files below OUTPUTS of that generation that a path can name."""


class SandboxRefused(Exception):
    """The command was not begun. The message tells the agent what to do."""


class Sandbox(Protocol):
    """Runs commands that nobody trusts. A command sees the files that it may read at `paths.MOUNT`, and no others.

    One with a container sees instead what the commands before it left in PLACES; it works on a clone, which becomes a
    new generation when it has ended, also when it was killed. No generation that was given is ever changed.

    It has no credentials, no network unless it is given one, and an environment of its own; nothing of it runs on when
    `run` gives its result, or when the process that called it dies. What it changes, it changes on a copy.
    """

    def problem(self) -> str | None:
        """Say why no command can be run here, and what to do; None when they can."""
        ...

    def run(self, command: Command, heard: Callable[[bytes], None]) -> AbstractContextManager[Finished]:
        """Run a command to its end, or kill it; the changes can be read up to the end of the context.

        `heard` is called with what the command writes to stdout and stderr, as it comes, and, with nothing, at least
        once a second. When it raises, the command is killed and the exception passed on. Raises SandboxRefused.
        """
        ...

    def places(self) -> Mapping[str, str]:
        """Say where commands find each of PLACES: under its own name, or where the shape has to put it."""
        ...

    def discard(self, root: str, keep: str) -> None:
        """Remove all generations of a container but `keep`; with `""` everything of it. There may be nothing."""
        ...


def readable(workspace: Workspace, command: Command) -> Iterator[tuple[str, FileInfo]]:
    """Every file that a command may read, once, with its path. Raises SandboxRefused when it is too much.

    What lies deeper than a command could leave it, or is closed to the server, no command sees.
    """
    waiting, done, size, largest = list(dict.fromkeys(command.read)), set[str](), 0, (0, "")
    while waiting:
        path = waiting.pop()
        if path.count("/") > MAX_DEPTH:
            continue
        info, entries = _look(workspace, command.root, path)
        waiting += [_join(path, entry.name) for entry in entries if entry.is_directory]
        files = [(_join(path, entry.name), entry) for entry in entries if not entry.is_directory]
        files += [(path, info)] if info and not info.is_directory else []
        for below, file in files:
            if below in done or below.count("/") > MAX_DEPTH:
                continue
            done.add(below)
            size += file.size
            largest = max(largest, (file.size, below))
            if len(done) > MOST or size > MOST_BYTES:
                raise SandboxRefused(_too_much(*largest))
            yield below, file


def _too_much(size: int, largest: str) -> str:
    return (
        f"The session may read more than {MOST} files or {MOST_BYTES} bytes, too much for a command; the largest that "
        f"was seen is {largest!r} with {size} bytes. Delete or empty (write_file) what is not needed; or a session "
        "whose file_access names only the directories that it needs can run one"
    )


def _look(workspace: Workspace, root: str, path: str) -> tuple[FileInfo | None, Sequence[FileInfo]]:
    try:
        info = workspace.stat(root, path)
        return info, workspace.listing(root, path) or () if info and info.is_directory else ()
    except Refused:
        return None, ()


def _join(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name


class NoSandbox:
    """Sandbox: refuses every command, and says why."""

    def __init__(self, why: str = "Commands cannot be run here: there is no sandbox") -> None:
        self._why = why

    def problem(self) -> str | None:
        """Say why not."""
        return self._why

    @contextmanager
    def run(self, command: Command, heard: Callable[[bytes], None]) -> Iterator[Finished]:  # noqa: ARG002
        """Refuse."""
        raise SandboxRefused(self._why)
        yield  # makes it a context manager

    def places(self) -> Mapping[str, str]:
        """Each under its own name."""
        return {place: place for place in PLACES}

    def discard(self, root: str, keep: str) -> None:
        """There is none: what keeps containers removes them also where it can run no command."""
