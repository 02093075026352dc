"""Forms with files, multipart/form-data: read whole, or refused with a sentence."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from email.message import Message

from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from walkaway_core.errors import BodyTooLarge, Invalid
from walkaway_wire import charsets

CHUNK = 1 << 16


class _Whole(MultiPartParser):
    """Reads a form to the boundary that closes it. Raises Invalid where that is missing, BodyTooLarge above `most`."""

    def __init__(self, request: Request, most: int | None, nameless: str) -> None:
        super().__init__(request.headers, self._to_its_end(request))
        self._most = most
        self._nameless = nameless.encode()
        self._closed = False

    def on_headers_finished(self) -> None:
        _, options = parse_options_header(self._current_part.content_disposition)
        if self._nameless and options.get(b"name") == self._nameless and b"filename" not in options:
            self._current_part.content_disposition = (self._current_part.content_disposition or b"") + b'; filename=""'
        super().on_headers_finished()

    def on_end(self) -> None:
        self._closed = True

    async def _to_its_end(self, request: Request) -> AsyncGenerator[bytes, None]:
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
            if self._most is not None and size > self._most:
                raise _too_large(self._most)
            yield chunk
        if not self._closed:  # said while the parser still throws away what it has kept
            raise Invalid("The form is cut off: its closing boundary is missing. Send it again, whole")


@asynccontextmanager
async def read(request: Request, most: int | None = None, nameless: str = "") -> AsyncIterator[FormData]:
    """Read a form, of `most` bytes where its route counts for itself. Raises Invalid, BodyTooLarge.

    A part called `nameless` is a file even if it has no name, as some clients send it; else it would be a text.
    """
    if most is not None:
        check_length(request, most)
    _check_charset(request)
    try:
        given = await _Whole(request, most, nameless).parse()
    except MultiPartException as error:
        raise Invalid(f"The form cannot be read: {error.message}") from None
    except KeyError:
        raise Invalid("Send a form, with Content-Type: multipart/form-data; boundary=…") from None
    try:
        yield given
    finally:
        await given.close()


def check_length(request: Request, most: int) -> None:
    """Believe a length above the limit. Raises BodyTooLarge."""
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdecimal() and int(length) > most:
        raise _too_large(most)


def chunks(part: UploadFile) -> Iterator[bytes]:
    """Give a file of a form piece by piece, from its beginning."""
    part.file.seek(0)
    while chunk := part.file.read(CHUNK):
        yield chunk


def _too_large(most: int) -> BodyTooLarge:
    return BodyTooLarge(f"A form may have {most} bytes; send less at once")


def _check_charset(request: Request) -> None:
    """Raise Invalid for a charset that is not known: Starlette would take any codec of Python's."""
    declared = Message()
    declared["content-type"] = request.headers.get("content-type", "")
    charset = declared.get_content_charset("utf-8")
    if charsets.known(charset) is None:
        raise Invalid(f"The form's charset {charset[:50]!r} is not known; send UTF-8")
