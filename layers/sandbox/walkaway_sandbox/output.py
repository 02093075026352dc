"""Sends what a command writes in numbered pieces, while it runs."""

import time

from walkaway_sandbox.transfer import Post

EVERY = 1.0
"""Seconds between two pieces, at least."""


class Output:
    """What a command writes, up to so many bytes."""

    def __init__(self, post: Post, most: int) -> None:
        self._post = post
        self._most = most
        self._waiting = b""
        self._number = 0
        self._size = 0
        self._sent = time.monotonic()

    def take(self, data: bytes) -> None:
        """Send it, now or later; what is too much is left out."""
        self._waiting += data[: max(0, self._most - self._size)]
        self._size += len(data)
        if self._waiting and time.monotonic() >= self._sent + EVERY:
            self.flush()

    def flush(self) -> None:
        """Send what waits. Raises OSError."""
        if self._waiting:
            self._number += 1
            self._post.send(f"output/{self._number:06}", len(self._waiting), [self._waiting])
            self._waiting, self._sent = b"", time.monotonic()
