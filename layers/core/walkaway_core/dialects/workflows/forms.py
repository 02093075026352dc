"""Forms with files, for tasks: read from multipart bodies, kept in the workspace."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from email.message import Message
from typing import Any, TypeVar

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from walkaway_core.dialects.workflows import inputs
from walkaway_core.dialects.workflows.wire import TaskStart
from walkaway_core.errors import Invalid, Unavailable, WalkawayError
from walkaway_core.ports import paths
from walkaway_core.ports.items import TooLarge, Unknown
from walkaway_core.ports.workspace import Refused
from walkaway_core.store.services import Services
from walkaway_wire import charsets, gate, problems

SLOTS = ("1", "2")
CHUNK = 1 << 16
T = TypeVar("T")
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
        references = await run_in_threadpool(_store, services, tenant, given)
    if not references:
        raise Invalid("Send a file as the part file_1, and a second one as file_2")
    return references


async def started_with(services: Services, tenant: str, request: Request, start: Callable[[TaskStart], T]) -> T:
    """Start a task that a form describes: its files stand in the texts of their slots. Raises Invalid, and as `start`.

    What is refused keeps no file. Files and start are one call in one thread, which ends whoever has gone away.
    """
    async with _form(request) as given:
        fields: dict[str, Any] = {name: _json(given, name) for name in ("inputs", "metadata") if name in given}
        if "environment" in given:
            fields["environment"] = given["environment"]
        try:
            asked = TaskStart.model_validate(fields)
        except ValidationError as error:
            raise Invalid(problems.of_fields(error)) from None
        return await run_in_threadpool(_start, services, tenant, given, asked, start)


def _start(services: Services, tenant: str, given: FormData, asked: TaskStart, start: Callable[[TaskStart], T]) -> T:
    references = _store(services, tenant, given)
    asked.inputs.strings |= references
    try:
        return start(asked)
    except (WalkawayError, TooLarge) as error:
        if not isinstance(error, Unavailable):  # after which the task may be there all the same
            _remove(services, tenant, references)
        raise


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
    """Read a form.

    Raises Invalid when it is cut off, holds something that would be left out, or has an odd charset.
    """
    _check_charset(request)
    try:
        given = await _Whole(request).parse()
    except MultiPartException as error:
        raise Invalid(f"The form cannot be read: {error.message}") from None
    except KeyError:
        raise Invalid("Send a form, with Content-Type: multipart/form-data; boundary=…") from None
    try:
        names = [name for name, _ in given.multi_items()]
        for name in (*_WORDS, *_FILES):
            if names.count(name) > 1:
                raise Invalid(f"The form field {name} is there more than once; send it once")
        slots = [name for name, part in given.multi_items() if isinstance(part, UploadFile)]
        for name in slots:
            if name.removeprefix("file_") not in SLOTS:
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


def _store(services: Services, tenant: str, given: FormData) -> dict[str, str]:
    """Keep all files of a form, or none."""
    references: dict[str, str] = {}
    try:
        for slot in SLOTS:
            part = given.get(f"file_{slot}")
            if isinstance(part, UploadFile):
                references[slot] = inputs.store(services, tenant, part.filename or "file", _chunks(part))
    except BaseException:
        _remove(services, tenant, references)
        raise
    return references


def _remove(services: Services, tenant: str, references: Mapping[str, str]) -> None:
    """Take back what was kept for a request that is refused, as far as the storage lets it be taken."""
    for reference in references.values():
        with suppress(Refused, Unknown):
            services.workspace.delete(paths.files(tenant), reference)


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
