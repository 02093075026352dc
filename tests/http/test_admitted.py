"""Event streams end when their key is revoked, however long they would go on."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.kit.clock import ShiftedClock
from tests.kit.servers import listening
from walkaway_core.dialects import DIALECTS
from walkaway_core.http.access import CACHED_SECONDS, Keyring
from walkaway_core.http.app import create_app
from walkaway_core.http.cursors import LONGEST_WAIT
from walkaway_core.log.readers import HEARTBEAT
from walkaway_core.settings import Settings
from walkaway_core.store import api_keys
from walkaway_local.stack import LocalStack

WITHIN = 70
"""Seconds in which whoever holds a revoked key knows it (docs/console.md)."""


@pytest.fixture
def keyed(tmp_path: Path) -> Iterator[tuple[LocalStack, ShiftedClock, str]]:
    clock, stack = ShiftedClock(), LocalStack(tmp_path / "data", Settings(rehearsal_delay=0))
    stack.run()
    with listening(create_app(stack.services, Keyring({}, stack.services.table, clock), DIALECTS)) as url:
        yield stack, clock, url
    stack.close()


@pytest.mark.parametrize("path", ["/v1/events", "/v1/sessions/{session}/events"])
def test_a_stream_ends_with_its_key(keyed: tuple[LocalStack, ShiftedClock, str], path: str) -> None:
    stack, clock, url = keyed
    table = stack.services.table
    (key, record), (other, _) = (api_keys.create(table, stack.services.clock, "alice", name) for name in ("a", "b"))
    headers = {"Authorization": f"Bearer {key}", "Accept": "text/event-stream"}
    with httpx.Client(base_url=url, timeout=30) as client:
        session = client.post("/v1/sessions", json={}, headers=headers).json()["id"]
        path = path.format(session=session)
        also = {**headers, "Authorization": f"Bearer {other}"}
        with client.stream("GET", path, headers=headers) as stream, client.stream("GET", path, headers=also) as stays:
            said, beats = stream.iter_text(), stays.iter_text()
            assert next(said)
            api_keys.revoke(table, record.id)
            clock.ahead += CACHED_SECONDS
            assert "".join(said).replace(": still here", "").strip() == ""
            assert next(beats)  # of a key that opens
        assert client.get(path, headers=headers).status_code == 401


def test_a_revoked_key_is_known_in_time() -> None:
    assert CACHED_SECONDS + LONGEST_WAIT + HEARTBEAT < WITHIN
