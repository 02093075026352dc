"""Sends requests, again where that is safe, and opens streams. Nothing of the HTTP library's leaves this module."""

import logging
import math
import os
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from walkaway import answers, retries
from walkaway._async.crew import sleep
from walkaway._async.streams import AsyncStream
from walkaway.answers import Answer
from walkaway.errors import NotWalkaway, Refused, SettingInvalid, Unreachable, WalkawayError
from walkaway.profiles import Options, is_here, trusting_nobody
from walkaway.retries import Deadline, Outcome, Safe
from walkaway_wire import VERSION, jsontext

if TYPE_CHECKING:
    import httpx2

KEEP_SECONDS = 4.0
"""A connection that is not used is closed before servers do so, which would meet the next request."""
GRACE = 1.0
"""Seconds behind a deadline for an answer that is under way."""
logger = logging.getLogger("walkaway.transport")
KEYED = "idempotent_creates"
"""The feature of servers that take an Idempotency-Key wherever something is made."""


class AsyncTransport:
    """The way to one server. Safe for threads; a process that forks gets connections of its own."""

    def __init__(self, options: Options, http: "httpx2.AsyncClient | None" = None) -> None:
        self.options = options
        self._given, self._made = http, http
        self._owner = os.getpid()
        self._lock = threading.Lock()
        self._features: list[frozenset[str]] = []
        self._warned: list[bool] = []
        self._deadline = Deadline(None)
        self._parent: AsyncTransport | None = None

    def sharing(self, options: Options) -> "AsyncTransport":
        """Give one with other options and the same connections."""
        other = AsyncTransport(options, self._client())
        other._features, other._warned = self._features, self._warned
        return other

    def until(self, deadline: Deadline) -> "AsyncTransport":
        """Give one with the same connections, whose requests end by then."""
        other = AsyncTransport(self.options, self._client())
        other._features, other._warned = self._features, self._warned
        other._deadline, other._parent = deadline, self
        return other

    @property
    def lasting(self) -> "AsyncTransport":
        """The one without the deadline, for handles."""
        return self if self._parent is None else self._parent

    async def aclose(self) -> None:
        """Close the connections, unless the caller brought them."""
        if self._made is not None and self._given is None and self._owner == os.getpid():
            await self._made.aclose()
            self._made = None

    async def features(self) -> frozenset[str]:
        """What the server can do besides what the first one could; asked until it has said so itself."""
        if not self._features:
            try:
                answer = await self.request("GET", "/v1/me")
                said = answer.object() if answer.is_named else answer.having("features", list)
            except (Refused, NotWalkaway) as error:
                if answers.is_unknown_path(error):
                    return frozenset()
                if isinstance(error, NotWalkaway) or not answers.is_ours(error) or error.status not in {403, 404, 405}:
                    raise
                said = {}
            named = said.get("features")
            self._features.append(frozenset(map(str, named if isinstance(named, list) else ())))
        return self._features[0]

    async def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        content: Callable[[], Any] | None = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        safe: Safe | None = None,
        repeats: int | None = None,
        read: float | None = None,
        bounded: bool = True,
    ) -> Answer:
        """Send a request, and again by the rules of `retries`; give what is a success.

        `content` makes the body anew for each attempt. `repeats`: instead of the client's. `read`: seconds without a
        byte. `bounded`: whether time and size of the body are, too. Raises Refused, Unreachable, NotWalkaway.
        """
        safe = safe or (Safe.NO if method in {"POST", "PATCH"} else Safe.YES)
        most = self.options.retries if repeats is None else repeats
        kind = {"Content-Type": "application/json"} if json is not None else {}
        made = content or (lambda: None if json is None else jsontext.dump_bytes(json))
        begun, tries = time.monotonic(), 0
        while True:
            after, error = 0.0, None
            try:
                answer = await self._attempt(
                    self._request(method, path, params, kind | dict(headers or {}), read, content=made()), bounded
                )
            except Unreachable as lost:
                error, what = lost, Outcome.NO_ANSWER if lost.sent else Outcome.NOT_SENT
            else:
                if answer.is_success or (tries and method == "DELETE" and answer.status == 404):
                    return answer
                sort = retries.outcome(answer.status)
                if sort is None:
                    raise answers.refused(answer, self.options)
                what, after = sort, answer.retry_after
            tries += 1
            pause = max(retries.wait(tries - 1, self.options.first_wait), after)
            spent = time.monotonic() - begun + pause > retries.ALL
            late = self._deadline.left(pause) < pause
            if tries > most or spent or late or not await self._again(safe, what):
                raise error or answers.refused(answer, self.options)
            if what is Outcome.NOT_SENT and not self._warned:
                self._warned.append(True)
                logger.warning("%s. It is asked again, for up to %g s", error, retries.ALL)
            await sleep(pause)

    @asynccontextmanager
    async def stream(
        self, path: str, *, params: Mapping[str, Any] | None = None, headers: Mapping[str, str], read: float
    ) -> AsyncIterator[AsyncStream]:
        """Open a stream, once; `read`: seconds without a byte until it is dead. Raises Unreachable."""
        import httpx2

        request = self._request("GET", path, params, headers, read)
        try:
            answer = await self._client().send(request, stream=True, follow_redirects=True)
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError) as error:
            raise self.unreachable(error) from None
        try:
            yield AsyncStream(self, answer)
        finally:
            await answer.aclose()

    def unreachable(self, error: Exception) -> Unreachable:
        """Say what the HTTP library found, in a sentence and without its types."""
        import httpx2

        never = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)
        sent = not isinstance(error, (*never, httpx2.UnsupportedProtocol, httpx2.InvalidURL, httpx2.LocalProtocolError))
        why = str(error) or type(error).__name__
        where = self.options.url
        if not sent:
            start = " `walkaway serve` starts one here." if is_here(where) else ""
            advice = f"Is it running?{start} The address came from {self.options.url_source}"
            return Unreachable(f"{where} cannot be reached: {why}. {advice}")
        return Unreachable(f"{where} did not answer to the end: {why}", sent=True)

    async def _again(self, safe: Safe, what: Outcome) -> bool:
        if retries.again(safe, what):
            return True
        if safe is not Safe.WITH_KEYS:
            return False
        try:
            return KEYED in await self.features()
        except (Refused, Unreachable, NotWalkaway):
            return False

    async def _attempt(self, request: "httpx2.Request", bounded: bool) -> Answer:  # noqa: FBT001 - passed on
        import httpx2

        again = request.method in {"GET", "HEAD"}
        try:
            answer = await self._client().send(request, stream=bounded, follow_redirects=again)
        except WalkawayError:
            raise  # of the body, which a file of this machine has
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError) as error:
            raise self.unreachable(error) from None
        if bounded:
            try:
                return await AsyncStream(self, answer).whole()
            finally:
                await answer.aclose()
        named = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(answer.status_code, named, answer.content, str(answer.request.url))

    def _request(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None,
        headers: Mapping[str, str],
        read: float | None,
        *,
        content: Any = None,
    ) -> "httpx2.Request":
        import httpx2

        if not {".", ".."}.isdisjoint(path.split("/")):  # they would be resolved on the way, to something else
            raise SettingInvalid(f"Nothing is named '.' or '..', and so nothing was sent to {path}")
        options = self.options
        every = {"User-Agent": f"walkaway-python/{VERSION}", **options.headers, **headers}
        if options.key:
            every["Authorization"] = f"Bearer {options.key.reveal()}"
        most = self._deadline.left(math.inf) + GRACE
        timeout = httpx2.Timeout(min(options.timeout, most), read=min(read or options.timeout, most))
        given = {name: value for name, value in (params or {}).items() if value not in {None, ""}}
        client = self._client()
        try:
            return client.build_request(
                method, options.url + path, content=content, params=given or None, headers=every, timeout=timeout
            )
        except httpx2.InvalidURL as error:
            raise SettingInvalid(f"{options.url!r} is no address of a server: {error}") from None

    def _client(self) -> "httpx2.AsyncClient":
        with self._lock:
            if self._made is None or (self._given is None and self._owner != os.getpid()):
                import httpx2

                self._owner = os.getpid()
                limits = httpx2.Limits(max_connections=None, keepalive_expiry=KEEP_SECONDS)
                try:
                    here = is_here(self.options.url)
                    plain = here and self.options.url.startswith("http:")
                    self._made = httpx2.AsyncClient(
                        limits=limits, trust_env=not here, verify=trusting_nobody() if plain else True
                    )
                except (ImportError, OSError, ValueError) as error:  # of a proxy, or of certificates
                    raise SettingInvalid(f"{self.options.url} cannot be called from here: {error}") from None
            return self._made
