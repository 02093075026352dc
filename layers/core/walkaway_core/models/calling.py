"""One streamed call of the Messages API: its events, its end from another thread, and what it can fail with."""

import socket
import threading
from collections.abc import Callable, Generator
from contextlib import closing
from typing import TYPE_CHECKING, Any

from walkaway_core.models import failures
from walkaway_core.models.blocks import Blocks
from walkaway_core.ports.model import Answer, ModelFailed, ModelRefused, ModelRequest, ModelSilent
from walkaway_core.settings import Settings

if TYPE_CHECKING:
    from anthropic import Stream
    from anthropic.types import RawMessageStreamEvent

    Events = Stream[RawMessageStreamEvent]


class AnthropicCall:
    """ModelCall: one streamed `POST /v1/messages`, which `begin` sends."""

    def __init__(self, begin: "Callable[[], Events]", request: ModelRequest, settings: Settings) -> None:
        self._begin = begin
        self._request = request
        self._settings = settings
        self._blocks = Blocks(request.messages)
        self._lock = threading.Lock()
        self._stream: Events | None = None
        self._closed = False
        self._short = False

    def events(self) -> Generator[tuple[str, dict[str, Any]], None, None]:
        """Stream the events; whatever goes wrong comes out as one of the port's exceptions."""
        try:
            yield from self._streamed()
        except Exception as error:  # noqa: BLE001 - all that there is behind the port's exceptions
            if not self._short and not self._blocks.complete:
                self._fail(error)
        if self._short and not self._blocks.complete:
            yield from self._blocks.cut()
        if not self._blocks.complete:
            if self._short:
                raise ModelSilent("the model had said nothing that can be kept when its time was over")
            raise ModelFailed("the model's answer broke off")

    def answer(self) -> Answer:
        """Give the whole answer."""
        return self._blocks.answer()

    def cut(self) -> None:
        """End the call, and keep what has come."""
        self._short = not self._closed
        self.close()

    def close(self) -> None:
        """End the call, also while another thread waits for its next byte."""
        with self._lock:
            if not self._closed:
                self._closed = True
                if self._stream and not self._blocks.complete:
                    self._hang_up()

    def _streamed(self) -> Generator[tuple[str, dict[str, Any]], None, None]:
        with self._lock:
            if self._closed:
                raise ModelFailed("the model call was closed")
        stream = self._begin()
        with self._lock:
            self._stream = stream
            if self._closed:
                self._hang_up()
        with closing(stream):
            for event in stream:
                yield from self._blocks.take(event)
        yield from self._blocks.end()

    def _fail(self, error: Exception) -> None:
        """Raise one of the port's exceptions for an error."""
        if isinstance(error, ModelFailed | ModelRefused):
            raise error
        if self._closed:
            raise ModelFailed("the model call was closed") from error
        raise failures.told(error, self._request.model, self._settings, answered=self._stream is not None) from error

    def _hang_up(self) -> None:
        """Shut the socket down: closing it would not wake a thread that reads from it."""
        assert self._stream
        connection = self._stream.response.extensions.get("network_stream")
        raw = connection.get_extra_info("socket") if connection else None
        if isinstance(raw, socket.socket):
            try:
                raw.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it is closed already
        else:
            self._stream.response.stream.close()  # type: ignore[union-attr]  # a sync client's is
