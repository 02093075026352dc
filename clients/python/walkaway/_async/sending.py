"""Sends what makes something: a message with what is attached to it, and whatever else has a POST."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from walkaway import paths
from walkaway._async.files import AsyncFiles
from walkaway._async.transport import AsyncTransport
from walkaway.answers import Answer
from walkaway.errors import SettingInvalid
from walkaway.retries import Safe
from walkaway_wire import attaching


def key() -> str:
    """Make an Idempotency-Key."""
    return os.urandom(16).hex()


async def sent(transport: AsyncTransport, session: str, body: Mapping[str, Any], own: str | None) -> dict[str, Any]:
    """Post a message with a key of its own, which makes every repeat the same message; do not wait for its turn."""
    headers = {"Prefer": "respond-async", "Idempotency-Key": own or key()}
    answer = await transport.request("POST", f"{session}/messages", json=body, headers=headers, safe=Safe.YES)
    return answer.record("response_id")


async def created(transport: AsyncTransport, path: str, body: Mapping[str, Any], own: str | None = None) -> Answer:
    """Post what makes something. Repeated when nobody knows what came of it only where the server takes keys."""
    headers = {"Idempotency-Key": own or key()}
    return await transport.request("POST", path, json=body, headers=headers, safe=Safe.WITH_KEYS)


async def attached(files: AsyncFiles, every: list[Any]) -> list[dict[str, str]]:
    """Make attachments. All are looked at before one is uploaded. Raises SettingInvalid, FileMissing, FileRefused."""
    if len(every) > attaching.MOST:
        raise SettingInvalid(f"There are {len(every)} attachments; a message takes {attaching.MOST}")
    paths.check_attached([found for each in every if (found := _size(each))])
    return [await _attached(files, each) for each in every]


def inlined(given: str | Path | tuple[str, bytes]) -> dict[str, str]:
    """Make an attachment without an upload. Raises SettingInvalid, FileMissing."""
    _size(given)
    if isinstance(given, str):
        return {"path": given}
    if isinstance(given, Path):
        found = paths.file(given)
        return paths.inline(found.name, found.read_bytes())
    return paths.inline(*given)


def _size(given: Any) -> tuple[str, int] | None:
    """Give name and size of what is of this machine."""
    if isinstance(given, str):
        return None
    if isinstance(given, Path):
        found = paths.file(given)
        return found.name, found.stat().st_size
    if not (isinstance(given, tuple) and len(given) == 2 and isinstance(given[0], str) and isinstance(given[1], bytes)):
        raise SettingInvalid(
            "An attachment is a path of the workspace (a str), a Path of this machine, or a name and bytes; "
            f"not {repr(given)[:100]}"
        )
    return given[0], len(given[1])


async def _attached(files: AsyncFiles, given: str | Path | tuple[str, bytes]) -> dict[str, str]:
    """Make one: a path of the workspace, or a file of this machine, sent along or, if large, before."""
    if isinstance(given, Path):
        found = paths.file(given)
        if found.stat().st_size > paths.INLINE_BYTES:
            return {"path": (await files.upload(found, f"uploads/{found.name}")).path, "name": found.name}
    if isinstance(given, tuple) and len(given[1]) > paths.INLINE_BYTES:
        return {"path": (await files.upload(given[1], f"uploads/{given[0]}")).path, "name": given[0]}
    return inlined(given)
