"""Forms with files, for tasks: read from multipart bodies, kept in the workspace."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile

from walkaway_core.dialects.workflows import inputs
from walkaway_core.dialects.workflows.wire import TaskStart
from walkaway_core.errors import Invalid, Unavailable, WalkawayError
from walkaway_core.http import forms
from walkaway_core.ports import paths
from walkaway_core.ports.items import TooLarge, Unknown
from walkaway_core.ports.workspace import Refused
from walkaway_core.store.services import Services
from walkaway_wire import gate, problems

SLOTS = ("1", "2")
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


@asynccontextmanager
async def _form(request: Request) -> AsyncIterator[FormData]:
    """Read a form.

    Raises Invalid when it is cut off, holds something that would be left out, or has an odd charset.
    """
    async with forms.read(request) as given:
        names = [name for name, _ in given.multi_items()]
        for name in (*_WORDS, *_FILES):
            if names.count(name) > 1:
                raise Invalid(f"The form field {name} is there more than once; send it once")
        slots = [name for name, part in given.multi_items() if isinstance(part, UploadFile)]
        for name in slots:
            if name.removeprefix("file_") not in SLOTS:
                raise Invalid(f"A form has one file file_1, and one file file_2; {name[:100]!r} is one more")
        yield given


def _store(services: Services, tenant: str, given: FormData) -> dict[str, str]:
    """Keep all files of a form, or none."""
    references: dict[str, str] = {}
    try:
        for slot in SLOTS:
            part = given.get(f"file_{slot}")
            if isinstance(part, UploadFile):
                references[slot] = inputs.store(services, tenant, part.filename or "file", forms.chunks(part))
    except BaseException:
        _remove(services, tenant, references)
        raise
    return references


def _remove(services: Services, tenant: str, references: Mapping[str, str]) -> None:
    """Take back what was kept for a request that is refused, as far as the storage lets it be taken."""
    for reference in references.values():
        with suppress(Refused, Unknown):
            services.workspace.delete(paths.files(tenant), reference)


def _json(given: FormData, name: str) -> Any:
    try:
        return gate.decoded(str(given[name]))
    except gate.Flawed as flaw:
        raise Invalid(f"The form field {name}: {flaw}") from None
    except ValueError:
        raise Invalid(f"The form field {name} is not JSON") from None
