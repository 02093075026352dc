"""Names that stand for the ids of what has them, and so are none themselves."""

import re

from walkaway_core.errors import Invalid


def check(name: str, prefix: str) -> None:
    """Raise Invalid for a new name that has the form of an id with this prefix: it could be that of another one."""
    if re.fullmatch(f"{prefix}[0-9a-f]{{24}}", name):
        raise Invalid(f"`name`: {name} has the form of an id, which may be another one's; give another name")
