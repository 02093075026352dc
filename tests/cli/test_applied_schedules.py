"""`walkaway apply` and `export` with schedules: made, changed, left as they are, pruned, and written as documents."""

from collections.abc import Iterator

import pytest

from tests.kit.clients import quick
from tests.kit.terminals import Caller

DIGEST = """\
kind: agent
name: reader
---
kind: schedule
name: digest
cron: 0 8 * * 1-5
timezone: Europe/Berlin
message: The digest for {{scheduled_at}}
session:
  agent: reader
  ttl: 3600
metadata:
  team: tides
"""
YEARLY = "kind: schedule\nname: yearly\nevery: 31536000\nmessage: x\n"


@pytest.fixture
def there(walkaway: Caller) -> Iterator[Caller]:
    """Somebody whose server has no schedules, and who has a file of one and its agent."""
    (walkaway.home / "digest.yaml").write_text(DIGEST)
    with quick(walkaway.url) as client:
        clear(walkaway)
        client.schedules.create(name="by-hand", every=31536000, message="mine")
        yield walkaway
        clear(walkaway)


def clear(there: Caller) -> None:
    with quick(there.url) as client:
        for every in (client.schedules, client.webhooks, client.agents):
            for each in every.list():
                every.delete(each.id)


def test_they_are_made_changed_and_then_the_same(there: Caller) -> None:
    ran = there("apply", "digest.yaml", "--yes")
    assert (ran.code, ran.err) == (0, "agent reader is made\nschedule digest is made\n2 made\n"), ran.err
    assert "+++ digest.yaml, document 2\n" in ran.out
    assert there("apply", "digest.yaml").err == "2 the same\n"
    there("schedules", "pause", "digest")
    assert there("apply", "digest.yaml").err == "2 the same\n"
    (there.home / "digest.yaml").write_text(DIGEST.replace("cron: 0 8 * * 1-5", "at: 4000000000") + "status: active\n")
    ran = there("apply", "digest.yaml", "--yes")
    assert (ran.code, ran.err.splitlines()[-1]) == (0, "1 changed, 1 the same"), ran.err
    assert "-cron: 0 8 * * 1-5\n" in ran.out
    assert there("schedules", "show", "digest", "--field", "cron").out == "null\n"
    assert there("schedules", "show", "digest", "--field", "status").out == "active\n"
    assert there("schedules", "show", "digest", "--field", "session.agent").out == "reader\n"


def test_what_is_exported_changes_nothing_here_and_makes_the_same_elsewhere(there: Caller) -> None:
    with quick(there.url) as client:
        client.schedules.create(every=31536000, message="nameless")
        client.schedules.create(name="hides", every=31536000, message="x", attachments=[("a.txt", b"hello")])
    assert there("apply", "digest.yaml", "--yes").code == 0
    there("schedules", "pause", "digest")
    told = there("export", "--kind", "schedule")
    assert told.out.count("kind: schedule\n") == 3
    assert "[" not in told.out.partition("name: hides")[2].partition("---")[0]
    assert "# the data of its attachments is not shown again, and stays\n" in told.out
    assert "(Every 365 days) has no name" in told.out
    assert there("apply", "-", "--prune", stdin=there("export").out.encode()).err == "4 the same\n"
    whole = there("export").out
    clear(there)
    ran = there("apply", "-", "--yes", stdin=whole.encode())
    assert (ran.code, ran.err.splitlines()[-1]) == (0, "4 made"), ran.err
    assert there("schedules", "show", "digest", "--field", "status").out == "paused\n"


def test_one_that_deletes_sessions_is_declared_without_a_message(there: Caller) -> None:
    there("schedules", "create", "--name", "tidy", "--older-than", "36h", "--every", "365d")
    whole = there("export").out
    tidy = whole.partition("name: tidy\n")[2]
    assert "action: prune\n" in tidy
    assert "older_than: 1d12h\n" in tidy
    assert "message:" not in tidy
    assert there("apply", "-", stdin=whole.encode()).err == "2 the same\n"
    brief = b"kind: schedule\nname: tidy\nevery: 31536000\naction: prune\nprune: {older_than: 30d}\n"
    ran = there("apply", "-", "--yes", stdin=brief)
    assert (ran.code, "+  older_than: 30d\n" in ran.out) == (0, True), ran.err
    assert there("apply", "-", stdin=brief).err == "1 the same\n"
    edited = b"name: tidy\nevery: 31536000\naction: prune\nprune: {older_than: 2d}\n"
    edits = there("schedules", "edit", "tidy", "--file", "-", "--field", "prune.older_than", stdin=edited)
    assert (edits.code, edits.out) == (0, "48h\n"), edits.err
    back = b"kind: schedule\nname: tidy\nevery: 31536000\nmessage: x\n"
    assert there("apply", "-", "--yes", stdin=back).code == 0
    assert there("apply", "-", stdin=back).err == "1 the same\n"


def test_times_that_the_server_refuses_are_said_before_anything_is_done(there: Caller) -> None:
    wrong = DIGEST.replace("0 8 * * 1-5", "0 8 30 2 *") + "---\n" + YEARLY + "timezone: Mars\n"
    for more in ((), ("--dry-run",)):
        ran = there("apply", "-", "--yes", *more, stdin=wrong.encode())
        assert (ran.code, ran.out) == (2, "")
        first, second, last = ran.err.splitlines()[-3:]
        assert first.startswith("Error: standard input, document 2: `cron`")
        assert second.startswith("standard input, document 3: `timezone`")
        assert last == "Nothing is done"
    assert there("agents", "list", "-q").out == ""
    gone = f"session: sess_{'0' * 24}\n"
    ran = there("apply", "-", "--yes", stdin=(YEARLY + gone).encode())
    assert (ran.code, "Nothing else is done; once this is mended" in ran.err) == (7, True)


@pytest.mark.parametrize("field", ["agent: {}", "session: {{agent: {}}}"])
def test_an_agent_that_is_none_is_named_before_anything_is_done(there: Caller, field: str) -> None:
    said = f"kind: agent\nname: reader\n---\n{YEARLY}{field}\n"
    (there.home / "wrong.yaml").write_text(said.format("raeder"))
    ran = there("apply", "wrong.yaml", "--yes")
    assert (ran.code, ran.out) == (2, "")
    place = "session.agent" if "session" in field else "agent"
    assert f"wrong.yaml, document 2: {place}: there is no agent 'raeder', and none is declared before" in ran.err
    assert there("agents", "list", "-q").out == ""
    there("agents", "create", "raeder")
    (there.home / "also.yaml").write_text(said.format("reader").replace("yearly", "also"))
    assert there("apply", "wrong.yaml", "also.yaml", "--yes", "--dry-run").code == 2, "reader is declared twice"
    (there.home / "also.yaml").write_text(said.format("reader").replace("yearly", "also").partition("---\n")[2])
    ran = there("apply", "wrong.yaml", "also.yaml", "--yes")
    assert (ran.code, ran.err.splitlines()[-1]) == (0, "3 made"), ran.err


def test_prune_deletes_only_what_was_made_so(there: Caller) -> None:
    assert there("apply", "digest.yaml", "-", "--yes", stdin=YEARLY.encode()).code == 0
    ran = there("apply", "digest.yaml", "--prune", "--yes")
    assert (ran.code, ran.err) == (0, "schedule yearly is deleted\n1 deleted, 2 the same\n"), ran.err
    assert sorted(there("schedules", "list", "--field", "name").out.split()) == ["by-hand", "digest"]


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("cron: 0 8 * * *", 2, "document 1: message: is missing"),
        ("every: 60\naction: prune", 2, "document 1: prune: goes with `action: prune`"),
        ("every: 60\naction: prune\nprune: {older_than: 0.4s}", 2, "part of a second"),
        ("message: x\nevery: 6h", 2, "document 1: every: must be a whole number"),
        ("message: x\nevery: 60\nsession: 7", 2, "document 1: session: must be an object"),
        (
            "message: x\nevery: 60\nattachments: [{name: a, data: aGk=}]",
            2,
            "attachments: have data, which is not shown",
        ),
        ("message: x\nevery: 60\nat: 4000000000", 2, "document 1: just one of `cron`, `every` and `at`"),
    ],
)
def test_what_cannot_be(there: Caller, text: str, code: int, said: str) -> None:
    ran = there("apply", "-", "--yes", stdin=f"kind: schedule\nname: wrong\n{text}\n".encode())
    assert ran.code == code
    assert said in ran.err
    assert there("schedules", "list", "--field", "name").out == "by-hand\n"
