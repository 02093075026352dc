"""`walkaway schedules`: what the API says, and what was edited."""

import json
import re
import shlex
import time
from typing import Any

import pytest

from tests.kit.clients import quick
from tests.kit.terminals import Caller

YEARLY = "0 8 1 1 *"
"""A time that no test meets."""
ZONE = ("--timezone", "Asia/Tokyo")


@pytest.fixture
def there(walkaway: Caller) -> Caller:
    """Somebody whose server has no schedules."""
    with quick(walkaway.url) as client:
        for schedule in client.schedules.list():
            client.schedules.delete(schedule)
    return walkaway


def said(there: Caller, *arguments: str) -> Any:
    ran = there("schedules", *arguments, "--json")
    assert ran.code == 0, ran.err
    return json.loads(ran.out)


def test_json_is_what_the_api_says(there: Caller) -> None:
    made = said(there, "create", "Look", "--cron", YEARLY, "--name", "yearly", "--overlap", "enqueue")
    assert (made["cron"], made["overlap"], made["message"]) == (YEARLY, "enqueue", "Look")
    shown = json.loads(there("api", "GET", f"/v1/schedules/{made['id']}").out)
    assert said(there, "show", str(made["id"])[-6:]) == shown == made
    assert said(there, "list") == [made]
    assert said(there, "pause", "yearly", "--note", "holidays")["paused_reason"]
    assert "paused: holidays" in there("schedules", "show", "yearly").out
    assert said(there, "resume", "yearly")["status"] == "active"
    fired = said(there, "run", "yearly", "--message", "Look again")
    assert (fired["trigger"], fired["outcome"]) == ("manual", "started")
    listed = json.loads(there("schedules", "firings", "yearly", "--json").out)
    assert [each["id"] for each in listed] == [fired["id"]]
    past = json.loads(
        there("schedules", "backfill", "yearly", "2026-01-01T08:00Z", "2026-01-01T08:00+00:00", "--json").out
    )
    assert [each["scheduled_at"] for each in past] == [1767254400]
    assert said(there, "delete", "yearly", "--yes") == {"id": made["id"], "deleted": True}
    assert there("schedules", "list", "--json").out == "[]\n"


def test_a_session_that_goes_on_takes_the_turns(there: Caller) -> None:
    session = there("sessions", "create", "-q").out.strip()
    made = said(there, "create", "Look", "--every", "90m", "--session", session[-8:])
    assert (made["session"], made["every"]) == (session, 5400)
    ref = there("schedules", "run", str(made["id"])).out.strip()
    assert ref.startswith(f"{session}/msg_")
    assert there("wait", ref).code == 0


def test_what_is_passed_over_says_so(there: Caller) -> None:
    with quick(there.url) as client:
        session = {"approve": ["write_file"]}
        client.schedules.create(name="slow", cron=YEARLY, message="Write a poem to poem.md", session=session)
        turn = client.schedules.run("slow").turn
        ran = there("schedules", "run", "slow")
        turn.cancel()
    assert (ran.code, ran.out) == (0, "")
    assert "Nothing has begun: skipped" in ran.err


def test_one_that_deletes_sessions_says_how_many(there: Caller) -> None:
    gone = there("sessions", "create", "-q").out.strip()
    made = said(there, "create", "--older-than", "0s", "--cron", YEARLY, "--name", "tidy")
    assert (made["action"], made["prune"]) == ("prune", {"status": "idle", "older_than": "0s"})
    ran = there("schedules", "run", "tidy")
    assert (ran.code, ran.out) == (0, "")
    assert "It deletes sessions" in ran.err
    with quick(there.url) as client:
        while client.schedules.firings("tidy").first(1)[0].raw["pruned"]["status"] != "completed":
            time.sleep(0.05)
    assert re.search(r"started, completed, \d+ deleted", there("schedules", "firings", "tidy").out)
    assert there("sessions", "show", gone).code != 0
    assert said(there, "edit", "tidy", "--older-than", "30d")["prune"]["older_than"] == "720h"
    assert "sessions that are idle for 30 days\n" in there("schedules", "show", "tidy").out


def test_a_zone_is_that_of_the_moment_and_another_one_is_named(there: Caller) -> None:
    here = there.having(TZ="America/New_York")
    asked = ("schedules", "preview", "--at", "2036-12-24 08:00", "--timezone", "Europe/Berlin")
    assert here(*asked).out == "2036-12-24 02:00 EST\n"
    assert here(*asked[:-1], "America/New_York").out == "2036-12-24 08:00\n"
    assert here(*asked, "--utc").out == "2036-12-24 07:00Z\n"
    ran = here(*asked[:-1], "Mars")
    assert (ran.code, "in no zone that this machine knows" in ran.err) == (2, True)
    made = here("schedules", "create", "Look", "--name", "once", *asked[2:])
    assert "next\t2036-12-24 02:00 EST\n" in made.out
    assert "2036-12-24 02:00 EST" in here("schedules", "list").out
    here("schedules", "pause", "once")
    assert "once goes on, next at 2036-12-24 02:00 EST\n" in here("schedules", "resume", "once").err
    here("schedules", "run", "once")
    fired = re.compile(r"[\d-]+ [\d:]+ E[SD]T\t")
    assert fired.search(here("schedules", "firings", "once").out)
    assert not fired.search(here("schedules", "firings", "once", "--utc").out)


def edited(there: Caller, script: str) -> Caller:
    path = there.home / "editor.sh"
    path.write_text(script)
    return there.having(EDITOR=f"sh {shlex.quote(str(path))}", VISUAL="", TMPDIR=str(there.home))


def by_file(there: Caller, text: str) -> list[str]:
    (there.home / "new.yaml").write_text(text)
    return ["--file", "new.yaml"]


def test_an_editor_changes_it_and_what_is_taken_out_goes_back(there: Caller) -> None:
    said(
        there, "create", "Look", "--cron", YEARLY, "--name", "yearly", "--overlap", "allow", "--timezone", "Asia/Tokyo"
    )
    ran = edited(there, "sed -i -e 's/^cron:.*/every: 7200/' -e /^overlap/d $1")("schedules", "edit", "yearly")
    assert ran.code == 0, ran.err
    now = said(there, "show", "yearly")
    changed = (now["cron"], now["every"], now["overlap"], now["timezone"], now["message"])
    assert changed == (None, 7200, "skip", "Asia/Tokyo", "Look")
    same = edited(there, "true")("schedules", "edit", "yearly")
    assert (same.code, "Nothing is changed" in same.err) == (0, True)
    assert said(there, "show", "yearly")["updated_at"] == now["updated_at"]


def test_a_session_that_is_taken_out_is_made_each_time(there: Caller) -> None:
    session = there("sessions", "create", "-q").out.strip()
    said(there, "create", "Look", "--cron", YEARLY, "--name", "yearly", "--session", session)
    ran = there("schedules", "edit", "yearly", *by_file(there, f"name: yearly\ncron: {YEARLY}\nmessage: Look\n"))
    assert ran.code == 0, ran.err
    assert said(there, "show", "yearly")["session"] is None


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("create", "Look"), 2, "Say when"),
        (("create", "--cron", YEARLY), 2, "has a message"),
        (("create", "--cron", YEARLY, "--action", "prune"), 2, "--older-than 30d"),
        (("create", "Look", "--cron", YEARLY, "--action", "prune", "--older-than", "30d"), 1, "`message`"),
        (("create", "Look", "--cron", YEARLY, "--older-than", "30d"), 2, "add --action prune"),
        (("create", "--cron", YEARLY, "--older-than", "0.4"), 2, "whole seconds"),
        (("create", "Look", "--cron", "0 8 30 2 *"), 1, "cron"),
        (("create", "Look", "--cron", YEARLY, "--name", "yearly"), 1, "already"),
        (("create", "Look", "--at", "tomorrow"), 2, "is no moment"),
        (("preview",), 2, "Say when"),
        (("edit", "yearly"), 2, "Nobody can be asked"),
        (("show", "nobody"), 7, "no schedule 'nobody'"),
        (("create", "x", "--at", "2020-01-01T00:00"), 1, "say by --catch-up what is to become of it"),
        (("create", "--file", "nothing.yaml"), 2, "nothing.yaml cannot be read: No such file or directory\n"),
        (("backfill", "yearly", "2026-01-02", "2026-01-03"), 1, "no time to fire"),
        (("delete", "yearly"), 2, "--yes"),
    ],
)
def test_what_cannot_be(there: Caller, arguments: tuple[str, ...], code: int, words: str) -> None:
    said(there, "create", "Look", "--cron", YEARLY, "--name", "yearly")
    ran = there.having(EDITOR="", VISUAL="")("schedules", *arguments)
    assert (ran.code, ran.out) == (code, ""), ran.err
    assert words in ran.err
    assert len(there("schedules", "list", "-q").out.split()) == 1
