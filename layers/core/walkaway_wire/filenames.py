"""Which paths can be made in a workspace: what servers refuse, and clients say before they send anything."""

import re
from typing import Final

MAX_PATH_BYTES: Final = 1024 - 100
"""S3 keys end at 1,024 bytes, and a prefix stands before the path."""
MAX_NAME_BYTES: Final = 255
"""A file name's limit on Linux."""
MAX_DEPTH: Final = 100
"""Directories in each other: as many as a command may leave behind (`walkaway_sandbox.tree.DEEPEST`)."""
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
UNFIT: Final = re.compile(r"[\x80-\x9f\u2028\u2029\ufeff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What makes a name look other than it is: C1 controls, line and paragraph separators, the byte order mark, and what
turns the direction of writing (Unicode, Bidi_Control). Joiners are no such thing: emoji are made with them."""


def trouble(path: str) -> str:
    """Say why nothing can stand at a relative path; nothing where it can."""
    if CONTROL.search(path):
        return f"{shown(path)} contains a control character"
    try:
        length = len(path.encode())
    except UnicodeEncodeError:
        length = -1
    if length < 0 or "\ufffd" in path:
        return "the path is not valid UTF-8"
    if length > MAX_PATH_BYTES:
        return f"the path has {length} bytes; the limit is {MAX_PATH_BYTES}"
    for part in path.split("/"):
        if part == "..":
            return f"{shown(path)} contains '..'; name the file from the workspace's root"
        if len(part.encode()) > MAX_NAME_BYTES:
            return f"a name in the path has {len(part.encode())} bytes; the limit is {MAX_NAME_BYTES}"
    return ""


def trouble_of_new(path: str) -> str:
    """Say why nothing can be made at a relative path, written as listings do; nothing where it can."""
    if said := trouble(path):
        return said
    if unfit := UNFIT.search(path):
        return (
            f"{shown(path)} contains U+{ord(unfit[0]):04X}, a control or formatting character that cannot be seen; "
            "leave it out"
        )
    if path.count("/") > MAX_DEPTH:
        return f"the path has {path.count('/')} directories in each other; the limit is {MAX_DEPTH}"
    return ""


def shown(path: str) -> str:
    """Write a path into a sentence."""
    return repr(path if len(path) <= 80 else path[:77] + "…").replace("\\ufffd", "?")
