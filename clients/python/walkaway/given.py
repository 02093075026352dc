"""What a caller gives: lists, and the ids and records that name something. No I/O."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from walkaway.errors import SettingInvalid


def listed(name: str, given: Any) -> list[Any]:
    """Give what stands in a list. Raises SettingInvalid for a text, whose characters are not meant, and for no list."""
    if given is None:
        return []
    if isinstance(given, str | bytes | dict) or not isinstance(given, Iterable):
        raise SettingInvalid(f"{name}= takes a list: {name}=[{repr(given)[:100]}]")
    return list(given)


def id_of(what: str, given: Any) -> str:
    """Give the id that is given, or that a record or a handle has. Raises SettingInvalid for what names nothing."""
    found = given if isinstance(given, str) else getattr(given, "id", None)
    if not isinstance(found, str):
        raise SettingInvalid(f"{what} is named by its id, or by what has one; a {type(given).__name__} has none")
    if not found.strip() or "/" in found:
        raise SettingInvalid(f"{found[:200]!r} names no {what}")
    return found.strip()


def turn_ref(given: Any) -> tuple[str, str]:
    """Give the ids of a turn and its session, by `turn.ref` or by what has them. Raises SettingInvalid."""
    ref = given if isinstance(given, str) else getattr(given, "ref", None)
    if ref is None and isinstance(session := getattr(given, "session_id", None), str):
        ref = f"{session}/{getattr(given, 'id', '')}"
    if not isinstance(ref, str):
        raise SettingInvalid(f"A {type(given).__name__} names no turn; turn.ref gives one, like sess_…/msg_…")
    session, _, id_ = ref.strip().partition("/")
    if not (session.startswith("sess_") and id_.startswith("msg_")) or "/" in id_:
        raise SettingInvalid(f"{ref[:200]!r} names no turn; turn.ref gives one, like sess_…/msg_…")
    return session, id_


def address(*parts: str) -> str:
    """Write names into an address of the API, so that none of them leads elsewhere."""
    return "/v1/" + "/".join(quote(part, safe="") for part in parts)
