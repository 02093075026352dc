"""Answers as they come: bit by bit, or to their end, which is not waited for without bounds."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from walkaway.answers import Answer
from walkaway.errors import NotWalkaway, Unreachable

if TYPE_CHECKING:
    import httpx2

    from walkaway._sync.transport import Transport

BODY_SECONDS, BODY_BYTES = 60.0, 64 * 1024 * 1024
"""What the body of an answer may take and have that is no file and no stream; the largest record has some 10 MB."""


class Stream:
    """An answer that comes bit by bit."""

    def __init__(self, transport: "Transport", answer: "httpx2.Response") -> None:
        self._transport, self._answer = transport, answer
        self.status = answer.status_code
        self.headers = {name.lower(): value for name, value in answer.headers.items()}

    def chunks(self) -> Iterator[bytes]:
        """Give what comes. Raises Unreachable when the connection breaks, or nothing comes for too long."""
        import httpx2

        answer = self._answer
        plain = not (answer.is_stream_consumed or "content-encoding" in self.headers)
        try:
            for chunk in answer.iter_raw() if plain else answer.iter_bytes():
                yield chunk
        except (httpx2.HTTPError, httpx2.StreamError, OSError) as error:
            raise self._transport.unreachable(error) from None

    def whole(self) -> Answer:
        """Read the rest of it, which is short. Raises NotWalkaway for what is not."""
        url, parts, size, end = str(self._answer.request.url), list[bytes](), 0, time.monotonic() + BODY_SECONDS
        for part in self.chunks():
            parts.append(part)
            size += len(part)
            if size > BODY_BYTES:
                raise NotWalkaway(f"{url} answers with more than {BODY_BYTES} bytes. Is the address right?")
            if time.monotonic() > end:
                raise Unreachable(f"{url} did not answer to the end within {BODY_SECONDS:g} s", sent=True)
        return Answer(self.status, self.headers, b"".join(parts), url)
