"""Names and ids from elsewhere: a terminal is never steered by one, and a pipe gets names of files as they are."""

import json

import pytest

from tests.kit.sites import Site
from tests.kit.terminals import Caller

STEERS = "a  b\x1b[2J\x1b]0;x\x07\u202e"
SESSION = "sess_" + "0" * 24
TURN = f"msg_{'0' * 24}"


@pytest.fixture
def steered(walkaway: Caller, site: Site) -> Caller:
    """Somebody whose server gives everything a name that steers."""
    walkaway.url = site.url
    thing = {"id": STEERS, "name": STEERS, "path": STEERS, "type": "file", "job_id": STEERS, "upcoming": []}
    site.json("/v1/me", {"tenant": STEERS, "features": ["recursive_files"], "models": []})
    for path in ("sessions", f"sessions/{SESSION}/files", "agents", "schedules"):
        site.json(f"/v1/{path}", [thing])
    site.json("/v1/schedules/x", thing)
    site.json("/stats", {"by_status": {STEERS: 1}, "total_jobs": 1})
    site.json("/api/v1/runs", thing)
    site.json(f"/v1/sessions/{SESSION}", {"id": SESSION, STEERS: 1})
    event = {"id": f"{STEERS}:0", "event": STEERS, "data": {STEERS: STEERS}}
    site.json(f"/v1/sessions/{SESSION}/responses/{TURN}/events", {"events": [event], "done": True})
    return walkaway


@pytest.mark.parametrize(
    "words",
    [
        ("sessions", "list", "-q"),
        ("schedules", "list", "--field", "id"),
        ("schedules", "delete", "x"),
        ("runs", "submit", "x"),
        ("runs", "submit", "x", "-q"),
        ("runs", "stats"),
        ("files", "tree", "--in", SESSION),
        ("files", "rm", STEERS, "--in", SESSION),
        ("sessions", "show", SESSION, "--field", "nothing"),
        ("turns", "events", f"{SESSION}/{TURN}"),
        ("sessions", "list", "--json"),
        (STEERS,),
        ("--" + STEERS,),
        ("sessions", "prune", "--older-than", STEERS),
    ],
)
def test_a_terminal_is_never_steered(steered: Caller, words: tuple[str, ...]) -> None:
    with steered.terminal(*words, columns=100, NO_COLOR="1") as seen:
        if "delete" in words or "rm" in words:
            seen.until("[y/N]")
            seen.type("n\r")
        seen.end()
    assert not {"\x1b", "\x07", "\u202e"} & set(seen.raw.decode())
    assert any(shown in seen.text for shown in ("␛[2J", "\\u001b[2J", "\\x1b[2J"))


def test_names_of_files_come_out_of_a_pipe_as_they_are(steered: Caller, site: Site) -> None:
    assert steered("files", "tree", "--in", SESSION).out == f"{STEERS}\t0 B\t\n"
    assert steered("files", "tree", "--in", SESSION, "-q").out == f"{STEERS}\n"
    site.json(f"/v1/sessions/{SESSION}/files", [{"name": "a\tb\nc", "path": "a\tb\nc", "type": "file"}])
    assert steered("files", "tree", "--in", SESSION).out == "a␉b␊c\t0 B\t\n"
    assert json.loads(steered("files", "tree", "--in", SESSION, "--json").out)[0]["path"] == "a\tb\nc"


def test_what_is_sent_is_told_by_its_name(asked: Caller) -> None:
    asked("sessions", "create")
    (asked.home / "texts").mkdir()
    (asked.home / "texts/a  b .txt").write_text("a")
    assert asked("files", "sync", "texts", "in").out == "send\tin/a  b .txt\t1 B\n"
    assert asked("files", "tree").out.startswith("in/a  b .txt\t1 B\t")
