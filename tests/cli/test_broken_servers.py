"""Servers whose answers make no sense: a sentence, never a traceback, and an end."""

from typing import Any

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


@pytest.mark.parametrize(
    ("words", "page", "why"),
    [
        (("sessions", "list", "--waiting"), [], "1,000 pages in a row had nothing new"),
        (("api", "GET", "/v1/sessions", "--paginate"), [{"id": "x"}], "goes in a circle"),
        (("files", "tree", "--in", SESSION), [{"path": "a", "name": "a", "type": "file"}], "goes in a circle"),
    ],
)
def test_pages_that_always_lead_on_come_to_an_end(
    broken: Caller, site: Site, words: tuple[str, ...], page: list[Any], why: str
) -> None:
    for path in ("sessions", f"sessions/{SESSION}/files"):
        site.json(f"/v1/{path}", page, x_next_cursor="c{}")
    ran = broken(*words)
    assert (ran.code, why in ran.err) == (5, True), ran


ODD: dict[str, Any] = {
    "id": SESSION,
    "job_id": "run_1",
    "name": ["x"],
    "title": {"a": 1},
    "version": None,
    "url": "http://x",
    "events": None,
    "turns": [],
    "queue": [7],
    "attempts": 7,
    "cost_usd": "much",
    "created_at": "soon",
    "updated_at": -9e300,
    "last_activity": 9e15,
    "scheduled_at": 9e15,
    "expires_at": 9e14,
    "pending_tool_calls": [{"name": 7}],
    "progress": {"percentage": "half"},
}
"""A record of nothing that there is."""


@pytest.mark.parametrize(
    "words",
    [
        ("sessions", "list"),
        ("sessions", "show", SESSION),
        ("turns", "list", SESSION),
        ("agents", "list"),
        ("schedules", "list"),
        ("schedules", "firings", "digest"),
        ("webhooks", "list"),
        ("webhooks", "deliveries", "whk_" + "0" * 24),
        ("inbox",),
        ("runs", "list"),
        ("sessions", "export", SESSION),
    ],
)
def test_what_makes_no_sense_is_a_question_mark_or_a_sentence(
    broken: Caller, site: Site, words: tuple[str, ...]
) -> None:
    said = [{"type": "tool_result", "content": [7, {"type": "tool_result", "content": 7}]}, 7, None]
    for path in (
        "sessions", f"sessions/{SESSION}/responses", "agents", "schedules", "schedules/sess_1/firings", "webhooks",
        f"schedules/{SESSION}/firings", f"webhooks/whk_{'0' * 24}/deliveries",
    ):  # fmt: skip
        site.json(f"/v1/{path}", [ODD])
    site.json(f"/v1/sessions/{SESSION}", ODD)
    site.json("/v1/schedules/digest", ODD)
    site.json("/api/v1/runs", {"jobs": [ODD], "total": 1})
    site.json(f"/v1/sessions/{SESSION}/messages", [ODD | {"content": said}, ODD | {"content": 7}])
    ran = broken(*words)
    assert "Traceback" not in ran.err
    assert ran.code == 0, ran.err
    assert "?" in ran.out


def test_an_end_of_a_turn_that_makes_no_sense(broken: Caller, site: Site) -> None:
    turn = {"id": "msg_" + "0" * 24, "status": "completed", "output_text": "Done.", "cost_usd": {}, "error": 7}
    more = {
        "started_at": "x",
        "ended_at": 9e300,
        "usage": {"input_tokens": "many"},
        "files": [{"path": "a", "size": None}],
    }
    where = f"/v1/sessions/{SESSION}/responses/{turn['id']}"
    site.json(where, turn | more)
    ran = broken("turns", "show", f"{SESSION}/{turn['id']}")
    assert (ran.code, ran.out) == (0, "Done.\n")
    assert ran.err == "✔ completed · 7 · 0 steps · ? · a\n"
    events: dict[str, dict[str, Any]] = {
        "step.completed": {"usage": {"output_tokens": [1]}},
        "metadata.updated": {"changes": 7},
        "text.delta": {"content": 7},
        "tool_use.executing": {"id": [], "name": 7},
        "file.changed": {"op": "written", "size": "x", "call_id": {}},
        "tool_result": {"id": [], "content": None},
        "step.retrying": {"wait": "x"},
        "message.completed": {},
    }
    said = [{"id": at, "event": name, "data": data} for at, (name, data) in enumerate(events.items())]
    site.json(f"{where}/events", {"events": said, "done": True})
    with broken.terminal("tail", f"{SESSION}/{turn['id']}", "--no-follow") as seen:
        assert seen.end() == 0
    assert "Traceback" not in seen.text
    assert "the model is in trouble" in seen.text


def test_what_nobody_has_foreseen_is_a_sentence_and_for_developers_all_of_it(broken: Caller, site: Site) -> None:
    site.json("/v1/schedules/digest", {"id": "sch_1"})
    ran = broken("schedules", "show", "digest")
    assert is_a_sentence(ran), ran
    assert (ran.code, ran.out) == (1, "")
    assert "This makes no sense here (KeyError: 'name'; schedule_named.py, line " in ran.err
    assert "Traceback" in broken("schedules", "show", "digest", PYTHONDEVMODE="1").err


def test_files_that_cannot_be_written_here_are_named_and_the_others_are_saved(broken: Caller, site: Site) -> None:
    site.json("/v1/me", {"tenant": "t", "features": ["wait"], "models": []})
    turn = "msg_" + "0" * 24
    names = ["good.txt", "a\0b", "half\ud800", "n" * 300, "../out", "later.txt"]
    files = [{"path": name, "op": "written", "size": 1} for name in names]
    site.json(f"/v1/sessions/{SESSION}/responses/{turn}", {"id": turn, "status": "completed", "files": files})
    for name in names:
        site.pages[f"/v1/sessions/{SESSION}/files/{name}"] = (200, {"ETag": '"1"'}, b"x")
    ran = broken("wait", f"{SESSION}/{turn}", "--out", "porto")
    assert is_a_sentence(ran), ran
    assert ran.code == 1
    assert ran.err.count("Not saved: ") == 4
    assert sorted(each.name for each in (broken.home / "porto").iterdir()) == ["good.txt", "later.txt"]
