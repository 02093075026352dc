"""The ports through which the core meets the world. A port's contract is in its docstrings; tests/ports holds it.

Adapters: `walkaway_local` for one machine, `walkaway_core.aws` for AWS, `walkaway_core.models` for the model.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from walkaway_core.items import Item, Key, Page, Write

if TYPE_CHECKING:
    from concurrent.futures import Future


class Table(Protocol):
    """Items under a two-part key, read consistently and written in conditional transactions.

    An item whose `expires` has come counts as absent, in reads and in conditions.
    """

    def get(self, *keys: Key) -> list[Item | None]:
        """Read up to 100 items, in the order of the keys; None for an absent one.

        Strongly consistent: a write that has returned is seen. The items are not one snapshot.
        """

    def query(
        self, pk: str, *, after: str = "", upto: str | None = None, reverse: bool = False, limit: int = 1000
    ) -> Page:
        """Read the items of `pk` with `after` < sk ≤ `upto` in byte order of sk, the greatest first if `reverse`.

        Strongly consistent; at most `limit` items and about 1 MB; `more` says whether the range goes on.
        """

    def write(self, *writes: Write) -> None:
        """Carry out all writes or none; they are durable on return.

        Conditions see the state before the transaction. Conflicts and throttles are repeated inside.
        Raises Refused with the first write that was refused, Unknown when the outcome is unknown, TooLarge beyond
        100 writes, 400 KB an item or 4 MB in all, ValueError for no write or two writes of one key.
        """

    def submit(self, *writes: Write) -> "Future[None]":
        """Do what `write` does without waiting; what it would raise, limits included, is the future's exception.

        A callback on the future may submit again, but must not wait.
        """

    def sweep_out(self, pk: str, upto: str, limit: int) -> int:
        """Delete the first `limit` items of `pk` with sk ≤ `upto`, from the front; return how many there were."""

    async def tail(self, pk: str, after: str, *, limit: int = 1000, timeout: float) -> Page:
        """Wait until `pk` has items after `after`, then return them as `query` does; an empty page after `timeout` s.

        Nothing written before or during the call is missed.
        """


@dataclass(frozen=True, slots=True)
class FileInfo:
    """A file or directory: `name` is its basename, `modified` in seconds since the epoch.

    `version` changes whenever the contents do; it is empty for a directory.
    """

    name: str
    is_directory: bool
    size: int
    modified: float
    version: str = ""


class Workspace(Protocol):
    """Files below named roots. Roots and paths are clean (`a/b.txt`, `""` for the root itself): see `paths.py`.

    Links are never followed, and neither links nor special files are listed or read: they count as missing.
    """

    def stat(self, root: str, path: str) -> FileInfo | None:
        """Describe a file or directory; None when it is missing. The root itself is always there."""

    def listing(self, root: str, path: str) -> list[FileInfo] | None:
        """List a directory's own entries by name; None when it is missing or a file. The root is always there."""

    def read(self, root: str, path: str, start: int = 0, end: int | None = None) -> Iterator[bytes] | None:
        """Read bytes `start` to `end` (exclusive; None: to the end) in chunks; None when there is no such file.

        A file replaced meanwhile is read to its end as it was.
        """

    def write(self, root: str, path: str, chunks: Iterable[bytes], *, version: str | None = None) -> FileInfo:
        """Write the whole file at once, or, if `chunks` raises, nothing. Parents come into being as needed.

        With `version`, only over exactly that version (`""`: only where no file is): else raises Changed.
        Raises NotAFile when the path, or one above it, is of another kind.
        """

    def delete(self, root: str, path: str, *, version: str | None = None) -> bool:
        """Delete a file; False when there was none. A directory that becomes empty disappears.

        With `version`, only exactly that version: else raises Changed.
        """


class Changed(Exception):
    """The file is no longer the version that was asked for; nothing was written."""


class NotAFile(Exception):
    """The path, or one above it, is a directory, a link or a special file; nothing was written."""


class Machine(Protocol):
    """Runs executions of the state machine."""

    def start(self, name: str, ticket: Mapping[str, Any]) -> None:
        """Start an execution. A name that was started before, running or over, is left as it is."""

    def stop(self, name: str) -> None:
        """Start no further state of this execution; one that is over or unknown is left as it is.

        A task that is running goes on unseen: it finds out for itself that its turn is over.
        """

    def resume(self, token: str, ticket: Mapping[str, Any]) -> bool:
        """Give the state that waits with this task token its output, so that its execution goes on.

        False when nothing waits with it: it has been given one, is over, or never was. Durable on return.
        """


class Bus(Protocol):
    """Tells whoever subscribed that something happened."""

    def publish(self, kind: str, detail: Mapping[str, Any]) -> None:
        """Accept one event, durably on return. Every subscriber gets it at least once, however often it fails."""


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One model call: messages and tools are in the shape of the Messages API."""

    model: str
    system: str
    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]]
    max_tokens: int
    thinking: bool | int = False
    """Whether to think first: as much as the model likes, or up to so many tokens."""
    effort: str = ""
    """How much work to put into the answer, `low` to `max`; the service's default if empty."""
    temperature: float | None = None
    server_tools: tuple[str, ...] = ()
    """Tools that the service runs itself, by the names that it gives them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer: content blocks to send back unchanged, why it stopped, what it cost in tokens.

    `broken` has the arguments, by call id, that were not a JSON object.
    """

    content: list[dict[str, Any]]
    stop_reason: str
    usage: dict[str, int]
    broken: dict[str, str]


class ModelCall(Protocol):
    """A model call under way."""

    def events(self) -> Generator[tuple[str, dict[str, Any]], None, None]:
        """Stream the events of the turn, as (type, data), as they come. Whoever stops early closes the generator.

        Raises ModelFailed, ModelRefused.
        """

    def answer(self) -> Answer:
        """Give the whole answer, once the iteration has ended by itself."""

    def cut(self) -> None:
        """End the call at once, from any thread, and keep what has come: the iteration ends by itself.

        The answer's `stop_reason` is then `time_limit`. The iteration raises ModelFailed when nothing can be kept.
        """

    def close(self) -> None:
        """End the call at once, from any thread; the iteration then raises ModelFailed."""


class ModelFailed(Exception):
    """The call broke off or the service has trouble: worth trying again, after `retry_after` seconds if it said so."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ModelRefused(Exception):
    """The service will not take this call however often it is repeated. The message says what to do."""


class Model(Protocol):
    """Calls a language model."""

    def knows(self, model: str) -> str | None:
        """Say why no call of this model can be made here; None when nothing speaks against it."""

    def count(self, request: ModelRequest) -> int | None:
        """Count a request's tokens; None when the service does not say."""

    def call(self, request: ModelRequest) -> ModelCall:
        """Prepare a call; it goes out when the first event is asked for."""


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> float:
        """Seconds since the epoch."""

    def sleep(self, seconds: float) -> None:
        """Let that much time pass."""


class Ids(Protocol):
    """Makes ids."""

    def new(self, prefix: str, *, after: str = "") -> str:
        """Make a new id: `prefix` and 24 hex digits, which sort by time and after those of the id `after`."""
