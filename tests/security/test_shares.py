"""One tenant at its limit makes no other wait: each kind of thing that can be held, with shares and without."""

import contextlib
import itertools
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.kit import sse
from tests.kit.patience import holds
from tests.kit.servers import KEYS, Running, running
from walkaway_core.agent.tools import TOOLS, use
from walkaway_core.agent.tools.tool import ToolContext
from walkaway_core.engine import creating
from walkaway_core.ports.clock import SystemClock
from walkaway_core.ports.shares import Share
from walkaway_core.settings import Settings
from walkaway_core.store.sessions import SessionOptions
from walkaway_local.carrier import LocalCarrier
from walkaway_local.lines import Lines
from walkaway_local.machine.pools import Pools

pytestmark = pytest.mark.deep

MOST = 2
SOON = 5.0
WAIT = 20
NEWS = itertools.count()
ALICE, BOB = sorted(KEYS)[:2]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    settings = Settings(keys=KEYS, rehearsal_delay=0, tenant_uploads=MOST, tenant_streams=MOST, tenant_polls=MOST)
    with running(tmp_path / "data", settings) as server:
        yield server


@pytest.fixture
def nobody_has_a_share(monkeypatch: pytest.MonkeyPatch) -> None:
    line = Share._line
    monkeypatch.setattr(Share, "_line", lambda share, _tenant: line(share, ""))


class Tenant:
    """Somebody with a key, a session, and what is held open."""

    def __init__(self, server: Running, key: str, stack: ExitStack) -> None:
        self.key, self._stack = key, stack
        self.client = stack.enter_context(server.client(key))
        self.session, self.idle = (sse.new(self.client, persistent=True) for _ in range(2))
        self._url = httpx.URL(server.url)
        self._shares = server.stack.services.shares

    def at_limit(self, kind: str) -> bool:
        """Whether all places of some line are taken."""
        return any(line.locked() for line in getattr(self._shares, kind)._lines.values())

    def hold(self, line: str, body: bytes = b"", accept: str = "text/event-stream") -> socket.socket:
        """Begin a request, and leave it so."""
        one = self._stack.enter_context(socket.create_connection((self._url.host, self._url.port or 0), timeout=SOON))
        length = f"Content-Length: {len(body) + 1000}\r\n" if body else ""
        about = f"Host: localhost\r\nAuthorization: Bearer {self.key}\r\nAccept: {accept}\r\n{length}\r\n"
        one.sendall(f"{line.replace('@', self.idle)} HTTP/1.1\r\n{about}".encode() + body)
        return one


Tenants = Callable[[str], Tenant]


@pytest.fixture
def tenant(server: Running) -> Iterator[Tenants]:
    with ExitStack() as stack:
        yield lambda key: Tenant(server, key, stack)


def upload(tenant: Tenant) -> bool:
    try:
        return tenant.client.put(f"/v1/sessions/{tenant.session}/files/a.txt", content=b"x", timeout=SOON).is_success
    except httpx.ReadTimeout:
        return False


def stream(tenant: Tenant) -> bool:
    """Whether a stream of the session's events says what happens."""
    one = tenant.hold(f"GET /v1/sessions/{tenant.session}/events")
    tenant.client.patch(f"/v1/sessions/{tenant.session}", json={"metadata": {"news": next(NEWS)}})
    said, until = b"", time.monotonic() + SOON
    with contextlib.suppress(TimeoutError):
        while b"metadata" not in said and time.monotonic() < until:  # who waits in line hears heartbeats
            said += one.recv(65_536) or b"metadata"
    return b"metadata" in said


def poll(tenant: Tenant) -> bool:
    """Whether a poll is answered when something happens."""
    events = f"/v1/sessions/{tenant.session}/events"
    headers = {"Accept": "application/json"}
    after = json.loads(tenant.client.get(events, headers=headers).content)["next"]
    change = f"/v1/sessions/{tenant.session}", {"metadata": {"news": next(NEWS)}}
    later = threading.Timer(0.5, lambda: tenant.client.patch(change[0], json=change[1]))
    later.start()
    try:
        answer = tenant.client.get(events, params={"after": after, "wait": 20}, headers=headers, timeout=SOON)
    except httpx.ReadTimeout:
        return False
    finally:
        later.join()
    return bool(answer.json()["events"])


def hold_uploads(alice: Tenant) -> None:
    for number in range(3 * MOST):
        alice.hold(f"PUT /v1/sessions/@/files/{number}", b"x")


def hold_streams(alice: Tenant) -> None:
    for _ in range(3 * MOST):
        alice.hold("GET /v1/sessions/@/events")


def hold_polls(alice: Tenant) -> None:
    events = f"/v1/sessions/{alice.idle}/events"
    after = json.loads(alice.client.get(events, headers={"Accept": "application/json"}).content)["next"]
    for _ in range(3 * MOST):
        alice.hold(f"GET /v1/sessions/@/events?wait={WAIT}&after={after}", accept="application/json")


KINDS = {"uploads": (hold_uploads, upload), "streams": (hold_streams, stream), "polls": (hold_polls, poll)}
EACH = pytest.mark.parametrize(("kind", "hold", "works"), [(kind, *how) for kind, how in KINDS.items()], ids=KINDS)


@EACH
def test_who_is_at_the_limit_makes_no_other_tenant_wait(
    tenant: Tenants, kind: str, hold: Callable[[Tenant], None], works: Callable[[Tenant], bool]
) -> None:
    alice, bob = tenant(ALICE), tenant(BOB)
    assert works(alice)
    hold(alice)
    assert holds(lambda: alice.at_limit(kind))
    assert works(bob)
    assert not works(alice), "her own line is not kept"


@EACH
def test_who_has_gone_has_given_the_place_back(
    server: Running, kind: str, hold: Callable[[Tenant], None], works: Callable[[Tenant], bool]
) -> None:
    with ExitStack() as stack:
        alice = Tenant(server, ALICE, stack)
        hold(alice)
        assert holds(lambda: alice.at_limit(kind))
    with ExitStack() as stack:
        alice = Tenant(server, ALICE, stack)
        assert holds(lambda: not alice.at_limit(kind))
        assert works(alice)


def test_who_waits_for_a_stream_hears_that_the_server_is_there(tenant: Tenants) -> None:
    alice = tenant(ALICE)
    hold_streams(alice)
    assert holds(lambda: alice.at_limit("streams"))
    later, said = {"Prefer": "respond-async"}, {"message": "Write a poem about rain."}
    sent = alice.client.post(f"/v1/sessions/{alice.session}/messages", json=said, headers=later)
    response = sent.json()["response_id"]
    for path in (f"/v1/sessions/{alice.session}/events", f"/v1/sessions/{alice.session}/responses/{response}/events"):
        waiting, heard = alice.hold(f"GET {path}"), b""
        while b"still here" not in heard:
            heard += waiting.recv(65_536)
        assert b"data:" not in heard, "it has no place yet"


def test_who_goes_with_another_request_behind_gives_the_place_back(server: Running) -> None:
    with ExitStack() as stack:
        alice = Tenant(server, ALICE, stack)
        for _ in range(MOST):
            alice.hold("GET /v1/sessions/@/events").sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert holds(lambda: alice.at_limit("streams"))
    begun = time.monotonic()
    assert holds(lambda: not alice.at_limit("streams"))
    assert time.monotonic() - begun < SOON, "it was noticed when something was written"


@EACH
@pytest.mark.usefixtures("nobody_has_a_share")
def test_without_shares_all_do(
    tenant: Tenants, kind: str, hold: Callable[[Tenant], None], works: Callable[[Tenant], bool]
) -> None:
    alice, bob = tenant(ALICE), tenant(BOB)
    hold(alice)
    assert holds(lambda: alice.at_limit(kind))
    assert not works(bob)


def test_by_default_five_hundred_readers_are_no_crowd() -> None:
    settings = Settings.read({})
    assert min(settings.tenant_streams, settings.tenant_polls, settings.address_connections) >= 500


class Held:
    """Work that goes on until the test is over, and who has begun some."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.begun: Counter[str] = Counter()

    def __call__(self, message: Mapping[str, str]) -> None:
        self.begun[message["tenant"]] += 1
        self.over.wait(60)


def tools(held: Held, stack: ExitStack) -> Callable[[str, int], object]:
    pools = Pools(4, {"RunTool": 100}, {"RunTool": MOST})
    stack.callback(pools.close, wait=True)
    return lambda tenant, _: pools.begin("RunTool", held, {"tenant": tenant}, tenant=tenant)


def webhooks(held: Held, stack: ExitStack) -> Callable[[str, int], object]:
    carrier = LocalCarrier(held, SystemClock(), of_a_tenant=MOST)
    stack.callback(carrier.close)
    return lambda tenant, number: carrier.send({"tenant": tenant}, group=f"{tenant}{number}")


@pytest.fixture
def held() -> Iterator[Held]:
    held = Held()
    yield held
    held.over.set()


@pytest.mark.parametrize("kind", [tools, webhooks])
class TestLines:
    """What runs in threads: commands and slow tools, and attempts at webhooks whose receivers are slow."""

    def test_each_tenant_has_so_many_under_way(self, kind: Any, held: Held) -> None:
        with ExitStack() as stack:
            begin = kind(held, stack)
            stack.callback(held.over.set)
            for number in range(10 * MOST):
                begin("alice", number)
            begin("bob", 0)
            assert holds(lambda: held.begun == {"alice": MOST, "bob": 1})
            held.over.set()
            assert holds(lambda: held.begun == {"alice": 10 * MOST, "bob": 1}), "what waited is lost"

    def test_without_lines_one_has_all_at_once(self, kind: Any, held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Lines, "enter", lambda _lines, _name, begin: begin())
        monkeypatch.setattr(Lines, "leave", lambda *_: None)
        with ExitStack() as stack:
            begin = kind(held, stack)
            stack.callback(held.over.set)
            for number in range(10 * MOST):
                begin("alice", number)
            assert holds(lambda: held.begun == {"alice": 10 * MOST})


class TestStorage:
    """A tenant whose files have as much as they may writes no more, by whatever way; another one does."""

    @pytest.fixture
    def small(self, tmp_path: Path) -> Iterator[Running]:
        with running(tmp_path / "data", Settings(keys=KEYS, rehearsal_delay=0, tenant_storage=1)) as server:
            yield server

    @staticmethod
    def filled(server: Running, key: str) -> tuple[int, str]:
        """Upload once what fits, and once what does not; give how that is answered."""
        with server.client(key) as client:
            session = sse.new(client)
            assert client.put(f"/v1/sessions/{session}/files/a.txt", content=b"x" * 900_000).is_success
            answer = client.put(f"/v1/sessions/{session}/files/b.txt", content=b"x" * 200_000)
            return answer.status_code, answer.text

    def test_uploads_tools_and_forms_are_told(self, small: Running) -> None:
        status, text = self.filled(small, ALICE)
        assert (status, "limit_reached" in text, "1000000 bytes" in text) == (409, True, True)
        services = small.stack.services
        session = creating.create(services, "alpha", SessionOptions(persistent=True, read=("",), write=("",)), {})
        context = ToolContext(services, session)
        result = use(TOOLS["write_file"], {"path": "c.txt", "content": "x" * 200_000}, context)
        assert (result.is_error, "1000000 bytes" in result.content) == (True, True)
        with small.client(ALICE) as client:
            form = {"file_1": ("f.txt", b"x" * 200_000)}
            assert client.post("/api/workflow/upload-run-input", files=form).status_code == 409
            assert client.get("/v1/sessions").is_success
        assert self.filled(small, BOB)[0] == 409, "he has filled his own"

    def test_without_the_limit_nobody_is(self, small: Running, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(small.stack.services.workspace, "_most", 10**12)
        assert self.filled(small, ALICE)[0] == 201
