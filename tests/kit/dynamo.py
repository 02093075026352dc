"""DynamoDB in trouble, injected with botocore's own event hooks: before a request's effect, and after it."""

import threading
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

if TYPE_CHECKING:
    from collections.abc import Callable


class Trouble:
    """Makes the next requests of a client fail, but not while it is set `aside`."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.sent = 0
        self.aside = False
        self._before: list[Callable[[], Any]] = []
        self._after: list[Callable[[], None]] = []
        client.meta.events.register_first("before-call.dynamodb.*", self._call)
        client.meta.events.register("after-call.dynamodb.*", self._done)

    def answers(self, status: int, code: str, times: int = 1, *, after: int = 0, **body: Any) -> None:
        """Answer instead of the service, from the request on that comes after so many others: nothing takes effect."""
        parsed = {"Error": {"Code": code, "Message": "injected"}, "ResponseMetadata": {}, **body}
        self._before += [lambda: None] * after
        self._before += [lambda: (AWSResponse("https://injected", status, HTTPHeaders(), None), parsed)] * times

    def unreachable(self, times: int = 1) -> None:
        """Fail to connect."""

        def fail() -> None:
            raise EndpointConnectionError(endpoint_url="https://injected")

        self._before += [fail] * times

    def times_out_after_effect(self, *, after: int = 0) -> None:
        """Let the service carry out the request that comes after so many others, and lose its answer."""

        def fail() -> None:
            raise ReadTimeoutError(endpoint_url="https://injected")

        self._after += [*[lambda: None] * after, fail]

    def clear(self) -> None:
        """Let there be no more trouble."""
        self._before.clear()
        self._after.clear()

    @property
    def armed(self) -> bool:
        """Whether trouble is still to come."""
        return bool(self._before or self._after)

    def _call(self, **_: Any) -> Any:
        if self.aside or _looks_on():
            return None
        self.sent += 1
        return self._before.pop(0)() if self._before else None

    def _done(self, **_: Any) -> None:
        if self._after and not self.aside and not _looks_on():
            self._after.pop(0)()


def _looks_on() -> bool:
    """Whether this is the thread that looks at turns now and then: when it does is chance."""
    return threading.current_thread().name == "watch"
