"""Servers whose answers make no sense: a sentence, never a traceback, and an end."""

import pytest

from tests.kit.sites import Site
from tests.kit.terminals import Caller, Ran

SESSION = "sess_" + "0" * 24
EVENT = {"type": "turn.completed", "timestamp": "2026-11-29T09:00:00.000Z", "data": {"id": "msg_1"}, "id": "evt_1"}


@pytest.fixture
def broken(walkaway: Caller, site: Site) -> Caller:
    """Somebody whose server says what `site` has."""
    walkaway.url = site.url
    site.json("/v1/me", {"tenant": "t", "features": ["feed", "recursive_files"], "models": []})
    return walkaway


def is_a_sentence(ran: Ran) -> bool:
    return bool(ran.err.strip()) and "Traceback" not in ran.err and ran.code not in {0, 120}


@pytest.mark.parametrize(
    "words",
    [
        ("sessions", "list", "--limit", "100000"),
        ("files", "tree", "--in", SESSION),
        ("webhooks", "deliveries", "whk_" + "0" * 24, "--limit", "1000"),
        ("api", "GET", "/v1/sessions", "--paginate"),
        ("listen", "--since", "1h", "--until-now"),
    ],
)
def test_pages_in_a_circle_come_to_an_end(broken: Caller, site: Site, words: tuple[str, ...]) -> None:
    for path in ("sessions", f"sessions/{SESSION}/files", f"webhooks/whk_{'0' * 24}/deliveries"):
        site.json(
            f"/v1/{path}", [{"id": "x", "path": "a", "name": "a", "type": "file", "status": "x"}], x_next_cursor="same"
        )
    site.json("/v1/events", {"events": [EVENT], "next": "evt_2"})
    ran = broken(*words)
    assert is_a_sentence(ran), ran
    assert ran.code == 5
    assert "goes in a circle" in ran.err
