"""What a command writes: its beginning and end for the model, all of it for a file, news of it for readers."""

import tempfile
from collections.abc import Callable, Iterator
from typing import IO

HEAD, TAIL = 12_000, 12_000
"""Bytes that the model gets to see of the beginning and of the end."""
KEPT = 10_000_000
"""Bytes that go into the file; what comes after them is counted and dropped."""
IN_MEMORY = 200_000
NEWS = 2_000
"""Bytes of a piece of news: the last ones that came."""


class Output:
    """Gathers what a command writes. `tell` gives readers a piece of text, and says whether it did."""

    def __init__(self, tell: Callable[[str], bool]) -> None:
        self._tell = tell
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed by close
        self._head = b""
        self._tail = b""
        self._news = b""
        self.size = 0

    def take(self, data: bytes) -> None:
        """Take in what came, and tell readers when it is time."""
        if self.size < KEPT:
            self._file.write(data[: KEPT - self.size])
        self.size += len(data)
        room = HEAD - len(self._head)
        self._head += data[:room]
        self._tail = (self._tail + data[room:])[-TAIL:] if len(data) > room else self._tail
        self._news = (self._news + data)[-NEWS:]
        if self._news and self._tell(_text(self._news)):
            self._news = b""

    @property
    def cut(self) -> bool:
        """Whether something was left out between head and tail."""
        return self.size > HEAD + TAIL

    def shown(self) -> str:
        """What the model gets to see."""
        if not self.cut:
            return _text(self._head + self._tail)
        return f"{_text(self._head)}\n[… {self.size - HEAD - TAIL} bytes left out …]\n{_text(self._tail)}"

    def whole(self) -> Iterator[bytes]:
        """Give all that was kept."""
        self._file.seek(0)
        while chunk := self._file.read(IN_MEMORY):
            yield chunk

    def close(self) -> None:
        """Let go of it."""
        self._file.close()


def _text(data: bytes) -> str:
    return data.decode(errors="replace").replace("\x00", "\ufffd")
