"""The Carrier port: brings attempts to whoever makes them, and its adapter for where nobody does."""

from collections.abc import Mapping
from typing import Protocol

LONGEST = 900.0
"""Seconds of delay at the most; what is due later stands in the due index alone (SQS, message timers)."""


class Carrier(Protocol):
    """Brings messages to the one who makes attempts, who may get one several times.

    A message may be lost: what it is about is in the due index too, which brings it back.
    """

    def send(self, message: Mapping[str, str], *, group: str, delay: float = 0.0) -> None:
        """Bring a message after `delay` seconds, at most LONGEST. A group that is slow holds no other one up."""
        ...


class NoCarrier:
    """Carrier: brings nothing."""

    def send(self, message: Mapping[str, str], *, group: str, delay: float = 0.0) -> None:
        """Leave it to the due index."""
