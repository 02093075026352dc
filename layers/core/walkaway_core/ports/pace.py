"""Lets a worker say that from now on it mostly waits for somebody else: whoever counts workers may begin another."""

from collections.abc import Callable
from contextvars import ContextVar

told: ContextVar[Callable[[], None] | None] = ContextVar("told", default=None)
"""Who wants to know; nobody in a Lambda, which has one worker."""


def waits() -> None:
    """Say so."""
    if tell := told.get():
        tell()
