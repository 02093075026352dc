"""The Bus and Carrier ports: telling what happened, and bringing attempts to whoever makes them."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol


class Bus(Protocol):
    """Tells whoever subscribed that something happened."""

    def publish(self, kind: str, detail: Mapping[str, Any], taken: Callable[[], None]) -> None:
        """Tell every subscriber of an event, at least once, however often it fails; the detail's `id` names the event.

        `taken` is called as soon as all of them are sure to get it, maybe before this returns, maybe in another thread.
        Until then whoever publishes keeps the event, and publishes it again when this process has died; it may do so
        at any time: what is still under way is not told once more for that.
        """


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
