"""Metadata of every resource: texts under names, few and short; an update is a patch (contract E.2)."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import Field

from walkaway_core.dialects.managed.problems import Refusal, invalid
from walkaway_wire import jsontext

MOST: Final = 16
KEY: Final = 64
VALUE: Final = 512
CODE: Final = "invalid_metadata"
Metadata = Annotated[dict[str, str], Field(description=f"up to {MOST} texts under names of up to {KEY} characters")]
Patch = Annotated[dict[str, str | None], Field(description="what is null goes; what is not named stays")]


def checked(given: Mapping[str, str] | None) -> dict[str, str]:
    """Give what a new resource keeps. Raises Refusal."""
    return patched({}, given or {})


def patched(old: Mapping[str, str], patch: Mapping[str, str | None] | None, *, empties: bool = False) -> dict[str, str]:
    """Put a patch over metadata: null takes a name away, and so does an empty text where it `empties`. Raises Refusal.

    What was there stays in its order, new names come behind it.
    """
    new = dict(old)
    for name, value in (patch or {}).items():
        if value is None or (empties and value == ""):
            new.pop(name, None)
            continue
        _check(name, value)
        new[name] = value
    if len(new) > MOST:
        raise _refused(f"may have {MOST} names; there would be {len(new)}")
    return new


def texts(metadata: dict[str, Any]) -> dict[str, str]:
    """Show metadata as texts, as which this dialect keeps them; of others their JSON."""
    return {name: value if isinstance(value, str) else jsontext.dumps(value) for name, value in metadata.items()}


def _check(name: str, value: str) -> None:
    if not 1 <= len(name) <= KEY:
        raise _refused(f"a name has 1 to {KEY} characters, and not {len(name)}")
    if len(value) > VALUE:
        raise _refused(f"a value has up to {VALUE} characters, and not {len(value)}", f"metadata.{name}")
    for text in (name, value):
        if text.encode(errors="replace").decode() != text:
            raise _refused("half a character is none; send whole ones, in UTF-8")


def _refused(message: str, field: str = "metadata") -> Refusal:
    return invalid(message, field, code=CODE)
