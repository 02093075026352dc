"""Ids and names of calls that were made elsewhere, as the model service takes them."""

import hashlib
import re
from typing import Final

TAKEN: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
NOT_TAKEN: Final = re.compile(r"[^A-Za-z0-9_-]")
LONGEST: Final = 64


def service_id(call: str) -> str:
    """Give the id of a call as the model service takes it: as it is, or another one that is always the same."""
    if TAKEN.fullmatch(call):
        return call
    return f"call_{hashlib.sha256(call.encode(errors='surrogatepass')).hexdigest()[:24]}"


def service_name(tool: str) -> str:
    """Give the name of a call's tool as the model service takes it; servers of tools have names with dots, and long."""
    return NOT_TAKEN.sub("_", tool)[:LONGEST] or "tool"
