"""Says which routes give long or large answers: a deployed stack lets another function stream those."""

from collections.abc import Callable
from typing import Any, TypeVar

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
_MARK = "walkaway_streamed"


def streamed(endpoint: Endpoint) -> Endpoint:
    """Mark a route's function: its answer may last longer than 29 seconds or have more than 6 MB.

    On AWS its path and methods are then the stream function's; `make docs` writes that into the template.
    """
    setattr(endpoint, _MARK, True)
    return endpoint


def is_streamed(endpoint: Callable[..., Any] | None) -> bool:
    """Say whether a route's function is marked."""
    return getattr(endpoint, _MARK, False)
