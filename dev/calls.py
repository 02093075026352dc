"""Hears what functions ask of AWS: each client that is made in a function's name tells of its calls.

It tells them in the SDK's own words (botocore's events `provide-client-params` and `after-call`).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import boto3

ASKS, ANSWERED = "provide-client-params", "after-call"
KEPT = "walkaway-call"


@dataclass(frozen=True)
class Call:
    """A call by a function, named by its folder: the SDK's words for its service and operation, and its arguments.

    `signed`: it was not made but signed, and whoever gets the address makes it in the function's name.
    """

    function: str
    service: str
    operation: str
    given: Mapping[str, Any]
    signed: bool = False


class Listener(Protocol):
    """Is told of calls."""

    def asks(self, call: Call) -> None:
        """Hear of a call before it is made. What this raises, the function's code gets as its answer."""

    def answered(self, call: Call, status: int, answer: Mapping[str, Any]) -> None:
        """Hear how a call was answered, with which HTTP status; whoever asked has not got it yet."""


@contextmanager
def heard(function: str, listeners: Sequence[Listener]) -> Iterator[None]:
    """Let the clients that are made in this block tell of a function's calls for as long as they are there."""

    def asks(params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        service, signed = model.service_model.service_name, bool(context.get("is_presign_request"))
        context[KEPT] = call = Call(function, service, model.name, dict(params), signed)
        for listener in listeners:
            listener.asks(call)

    def answered(http_response: Any, parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        for listener in listeners:
            listener.answered(context[KEPT], http_response.status_code, parsed)

    if boto3.DEFAULT_SESSION is None:
        boto3.setup_default_session()
    assert boto3.DEFAULT_SESSION
    events = boto3.DEFAULT_SESSION.events  # each client takes a copy with it
    events.register(ASKS, asks)
    events.register(ANSWERED, answered)
    try:
        yield
    finally:
        events.unregister(ASKS, asks)
        events.unregister(ANSWERED, answered)
