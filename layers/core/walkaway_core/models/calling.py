"""One streamed call of the Messages API: its events, its end from another thread, and what it can fail with."""

import socket
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any

from walkaway_core.models import aside, failures
from walkaway_core.models.blocks import Blocks
from walkaway_core.models.silence import Listening
from walkaway_core.ports.model import Answer, ModelFailed, ModelRefused, ModelRequest, ModelSilent
from walkaway_core.settings import Settings

if TYPE_CHECKING:
    from anthropic import Stream

    Events = Stream[object]


class AnthropicCall:
    """ModelCall: one streamed `POST /v1/messages`, which `begin` sends. Once begun it may be silent for `stall` s."""

    def __init__(self, begin: "Callable[[], Events]", request: ModelRequest, settings: Settings, stall: float) -> None:
        self._begin = begin
        self._request = request
        self._settings = settings
        self._stall = stall
        self._blocks = Blocks(request.messages, signed=request.signed)
        self._lock = threading.Condition()
        self._stream: Events | None = None
        self._closed = False
        self._short = False
        self._silent = False
        self._left = False

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
                self._lock.notify_all()
                if self._stream and not self._blocks.complete:
                    self._hang_up()

    def _streamed(self) -> Generator[tuple[str, dict[str, Any]], None, None]:
        stream = self._answered()
        with ExitStack() as opened:
            opened.enter_context(closing(stream))
            listening = opened.enter_context(Listening(stream.response, self._stall, self._give_up))
            for event in stream:
                if drafts := self._blocks.take(event):
                    listening.waits = False
                    yield from drafts
                    listening.waits = True
        yield from self._blocks.end()

    def _answered(self) -> "Events":
        """Send the request, and wait until the service begins to answer or the call is closed.

        Nothing can end that wait in the middle of it, but it can be left: so another thread does it.
        """
        begun: Future[Events] = Future()
        with self._lock:
            if not self._closed:
                aside.threads.do(lambda: self._wait(begun))
                self._lock.wait_for(lambda: self._closed or begun.done())
            if not begun.done():
                self._left = True
                raise ModelFailed("the model call was closed")
        return begun.result()

    def _wait(self, begun: "Future[Events]") -> None:
        stream, failure = None, None
        try:
            stream = self._begin()
        except Exception as error:  # noqa: BLE001 - whoever waits gets it, and is the one to tell what it means
            failure = error
        with self._lock:
            self._stream = stream
            if stream is None:
                begun.set_exception(failure)
            elif self._left:
                stream.close()
            else:
                begun.set_result(stream)
            self._lock.notify_all()

    def _give_up(self) -> None:
        """End the call because nothing comes."""
        with self._lock:
            if not self._closed and not self._blocks.complete:
                self._silent = True
                self._hang_up()

    def _fail(self, error: Exception) -> None:
        """Raise one of the port's exceptions for an error."""
        if isinstance(error, ModelFailed | ModelRefused):
            raise error
        if self._closed:
            raise ModelFailed("the model call was closed") from error
        if self._silent:
            raise ModelFailed(f"The model service said nothing for {self._stall:g} s") from error
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
