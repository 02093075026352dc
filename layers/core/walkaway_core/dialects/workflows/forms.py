"""Forms with files, for tasks: read from multipart bodies, kept in the workspace."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from email.message import Message
from typing import Any

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from walkaway_core.dialects.workflows import inputs
from walkaway_core.dialects.workflows.wire import TaskStart
from walkaway_core.errors import Invalid
from walkaway_core.store.services import Services
from walkaway_wire import charsets, gate, problems

SLOTS = ("1", "2")
CHUNK = 1 << 16
_FILES = {f"file_{slot}": {"type": "string", "format": "binary"} for slot in SLOTS}
_WORDS = {name: {"type": "string"} for name in ("inputs", "environment", "metadata")}


def form(*, words: bool) -> dict[str, Any]:
    """Document a form: its files, and the words beside them."""
    properties = {**_WORDS, **_FILES} if words else _FILES
    schema = {"type": "object", "properties": properties}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


async def stored(services: Services, tenant: str, request: Request) -> dict[str, str]:
    """Keep the files of a form; give their references by slot. Raises Invalid when there is none."""
    async with _form(request) as given:
        references = await _store(services, tenant, given)
    if not references:
        raise Invalid("Send a file as the part file_1, and a second one as file_2")
    return references


async def started_with(services: Services, tenant: str, request: Request) -> TaskStart:
    """Read a task from a form: its files stand in the texts of their slots. Raises Invalid."""
    async with _form(request) as given:
        fields: dict[str, Any] = {name: _json(given, name) for name in ("inputs", "metadata") if name in given}
        if "environment" in given:
            fields["environment"] = given["environment"]
        try:
            asked = TaskStart.model_validate(fields)
        except ValidationError as error:
            raise Invalid(problems.of_fields(error)) from None
        asked.inputs.strings |= await _store(services, tenant, given)
    return asked


class _Whole(MultiPartParser):
    """Reads a form to the boundary that closes it. Raises Invalid where that is missing."""

    def __init__(self, request: Request) -> None:
        super().__init__(request.headers, self._to_its_end(request))
        self._closed = False

    def on_end(self) -> None:
        self._closed = True

    async def _to_its_end(self, request: Request) -> AsyncGenerator[bytes, None]:
        async for chunk in request.stream():
            yield chunk
        if not self._closed:  # said while the parser still throws away what it has kept
            raise Invalid("The form is cut off: its closing boundary is missing. Send it again, whole")


@asynccontextmanager
async def _form(request: Request) -> AsyncIterator[FormData]:
    """Read a form. Raises Invalid when it is cut off, holds a file that would be left out, or has an odd charset."""
    _check_charset(request)
    try:
        given = await _Whole(request).parse()
    except MultiPartException as error:
        raise Invalid(f"The form cannot be read: {error.message}") from None
    except KeyError:
        raise Invalid("Send a form, with Content-Type: multipart/form-data; boundary=…") from None
    try:
        slots = [name for name, part in given.multi_items() if isinstance(part, UploadFile)]
        for name in slots:
            if name.removeprefix("file_") not in SLOTS or slots.count(name) > 1:
                raise Invalid(f"A form has one file file_1, and one file file_2; {name[:100]!r} is one more")
        yield given
    finally:
        await given.close()


def _check_charset(request: Request) -> None:
    """Raise Invalid for a charset that is not known: Starlette would take any codec of Python's."""
    declared = Message()
    declared["content-type"] = request.headers.get("content-type", "")
    charset = declared.get_content_charset("utf-8")
    if charsets.known(charset) is None:
        raise Invalid(f"The form's charset {charset[:50]!r} is not known; send UTF-8")


async def _store(services: Services, tenant: str, given: FormData) -> dict[str, str]:
    references: dict[str, str] = {}
    for slot in SLOTS:
        part = given.get(f"file_{slot}")
        if isinstance(part, UploadFile):
            name = part.filename or "file"
            references[slot] = await run_in_threadpool(inputs.store, services, tenant, name, _chunks(part))
    return references


def _chunks(part: UploadFile) -> Iterator[bytes]:
    while chunk := part.file.read(CHUNK):
        yield chunk


def _json(given: FormData, name: str) -> Any:
    try:
        return gate.decoded(str(given[name]))
    except gate.Flawed as flaw:
        raise Invalid(f"The form field {name}: {flaw}") from None
    except ValueError:
        raise Invalid(f"The form field {name} is not JSON") from None
