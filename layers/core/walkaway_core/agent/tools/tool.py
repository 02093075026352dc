"""What a tool is, and what it is given to work with."""

import contextlib
import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from walkaway_core.agent.tools.allotted import Allotted, ToolError
from walkaway_core.apart.child import Failed
from walkaway_core.apart.hand import Broke, Hand, hand
from walkaway_core.errors import FileNotFound
from walkaway_core.log.log import Superseded
from walkaway_core.ports.items import Check, Key
from walkaway_core.ports.workspace import Changed, FileInfo
from walkaway_core.store import files
from walkaway_core.store.agent_settings import AgentSettings
from walkaway_core.store.changes import FileOp
from walkaway_core.store.services import Services
from walkaway_core.store.sessions import Session
from walkaway_core.store.transaction import Transaction

__all__ = ["LIGHT_SECONDS", "Result", "Tool", "ToolContext", "ToolError"]
LIGHT_SECONDS = 10.0
"""How long a light call may take: an invocation that has called the model as late as it may has time for all."""
LEASE = 5.0
"""Seconds beyond its time for which a call is its worker's: for writing down what came of it."""


@dataclass(frozen=True, slots=True)
class Result:
    """What the model is told: a text, or blocks in the shape of the Messages API."""

    content: str | list[dict[str, Any]]
    is_error: bool = False
    changed: Sequence[FileOp] = ()
    """The files that the call has changed, whatever came of it: not for the model, but for readers."""
    along: Callable[[Transaction], None] | None = None
    """Writes what the call has done beside the result, in the same transaction. Where a condition of it does not hold,
    nothing of it counts, and the model is told so."""
    afterwards: Callable[[], None] = lambda: None
    """Tidies up once the result is written; nothing depends on it."""

    @property
    def words(self) -> str:
        """The content as a text: what is no text is named."""
        if isinstance(self.content, str):
            return self.content
        return "\n".join(block["text"] if block["type"] == "text" else _named(block) for block in self.content)


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a tool reaches: the ports, the session whose scope binds it, and the fence of its call.

    A worker may sleep through the end of its turn, or until another one has its call, and wake up in the middle of the
    tool. So what a tool changes it changes under `fence`, conditions for a transaction on the Table, or by `write`.
    """

    services: Services
    session: Session
    fence: tuple[Check, ...] = ()
    progress: Callable[[str], bool] = lambda _: False
    """Tells readers how far the call is, at most once a second; whether it did. Raises Superseded."""
    allotted: Allotted = field(default_factory=Allotted)
    """The time that the call has; what may take long asks it, and what waits for others is ended by it."""
    changed: dict[str, FileOp] = field(default_factory=dict)
    """What the call has done to files until now, by their paths."""
    nonce: str = ""
    """Names the invocation that carries it out; the journal says so, too."""
    settings: AgentSettings = field(default_factory=AgentSettings)
    """What holds for the turn."""
    earlier: tuple[Key, ...] = ()
    """The journals of calls of the same step that come before it, and do not wait for the caller."""

    @contextlib.contextmanager
    def hand(self) -> Iterator[Hand]:
        """Give a process for work that could take any time and memory; it is killed when the call is over.

        Raises what ended the call, and ToolError with what the work says, or when the process fell.
        """
        try:
            with hand() as apart, self.allotted.ending(apart.kill):
                yield apart
        except Failed as failure:
            raise ToolError(str(failure)) from None
        except Broke:
            self.allotted.check()
            raise

    def write(self, path: str, data: bytes, *, version: str | None = None) -> FileInfo:
        """Write a whole file, no larger than an upload may be, with `version` only over that one.

        The version is looked up before the fence, and the file replaces that version alone: what a successor of this
        call has written is either seen by the fence or met by the write.
        Raises Superseded, ToolError when the file is too large or no longer that version, and what `files.write`
        raises.
        """
        try:
            return self.place(path, lambda: [data], version)
        except Changed:
            raise ToolError(f"{path!r} has been changed by somebody else meanwhile; read it again") from None

    def place(
        self,
        path: str,
        contents: Callable[[], Iterable[bytes]],
        version: str | None,
        most: int | None = None,
    ) -> FileInfo:
        """Do what `write` does with contents that are given in pieces, `most` bytes if the tool has a limit of its own.

        Raises Changed for another version.
        """
        while True:
            seen = files.version(self.services, self.session, path) if version is None else version
            self.check_still_mine()
            pieces = self._limited(path, contents(), most or files.MOST_BYTES)
            try:
                info = files.write(self.services, self.session, path, pieces, version=seen)
            except Changed:
                if version is not None:
                    raise
            else:
                self._note(FileOp(path, "written", info.size, info.version))
                return info

    def _limited(self, path: str, pieces: Iterable[bytes], most: int) -> Iterator[bytes]:
        """Give a file's contents on, up to a size, while the call is not over. Raises ToolError for more."""
        size = 0
        for piece in pieces:
            self.allotted.check()
            size += len(piece)
            if size > most:
                raise ToolError(f"{path!r} would have more than {most} bytes, which no tool writes; make several files")
            yield piece

    def delete(self, path: str, version: str | None) -> None:
        """Delete a file, with `version` only that one; one that is not there is no error.

        Raises Superseded, Changed, and what `files.delete` raises.
        """
        seen = files.version(self.services, self.session, path) if version is None else version
        self.check_still_mine()
        with contextlib.suppress(FileNotFound):
            files.delete(self.services, self.session, path, version=seen)
            self._note(FileOp(path, "deleted"))

    def _note(self, done: FileOp) -> None:
        self.changed.pop(done.path, None)  # in the order in which they were changed last
        self.changed[done.path] = done

    def check_still_mine(self) -> None:
        """Raise Superseded when the call is no longer this worker's, or its turn is over; TooLong with its time."""
        self.allotted.check()
        items = self.services.table.get(*((check.pk, check.sk) for check in self.fence))
        for check, item in zip(self.fence, items, strict=True):
            if not all(condition.holds(item) for condition in check.when):
                raise Superseded


class Tool(BaseModel):
    """A tool's arguments, and what it does with them."""

    model_config = ConfigDict(extra="forbid")

    name: ClassVar[str]
    repeatable: ClassVar[bool]
    """Whether carrying the same call out twice is no worse than once."""
    unasked: ClassVar[bool] = True
    """Whether sessions that do not say which tools they want have it."""
    light: ClassVar[bool] = False
    """Whether it touches the workspace and the Table alone, no network and no command, and is ended after ten seconds.
    It then runs where the model was called."""
    in_order: ClassVar[bool] = False
    """Whether calls of one step are carried out one after the other, as far as none of them waits for the caller."""
    deadline: ClassVar[float] = 60.0
    """Seconds after which a call is ended that is not light, whatever it is at."""

    @classmethod
    def seconds(cls) -> float:
        """Say how long a call may take in all."""
        return min(cls.deadline, LIGHT_SECONDS) if cls.light else cls.deadline

    @classmethod
    def lease(cls) -> float:
        """Seconds after which a call whose end nobody recorded counts as lost."""
        return cls.seconds() + LEASE

    @classmethod
    def missing(cls, services: Services) -> str | None:  # noqa: ARG003
        """Say why there is no such tool here; None when there is."""
        return None

    def run(self, context: ToolContext) -> str | Result:
        """Do it. Raises ToolError, or one of the core's errors."""
        raise NotImplementedError

    @classmethod
    def definition(cls) -> dict[str, Any]:
        """Describe the tool to the model, in the shape of the Messages API."""
        schema = cls.model_json_schema()
        schema.pop("title", None)
        schema.pop("description", None)
        for about in schema.get("properties", {}).values():
            about.pop("title", None)
        return {"name": cls.name, "description": inspect.cleandoc(cls.__doc__ or ""), "input_schema": schema}


def _named(block: dict[str, Any]) -> str:
    source = block.get("source", {})
    data = source.get("data", "")  # in base64
    size = len(data) * 3 // 4 - data[-2:].count("=")
    return f"[{block['type']}: {source.get('media_type', '')}, {size} bytes]"
