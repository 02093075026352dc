"""Schedules against a real server: made, changed and fired by hand, and what became of their times."""

import time
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.kit.clients import no, quick, said, scripted
from tests.kit.servers import Running
from walkaway import Walkaway, errors

YEARLY = "0 8 1 1 *"
"""A time that no test meets."""
GATEWAY = {"message": "Missing Authentication Token"}
FIRING = {"id": "fire_1", "schedule_id": "sch_1", "outcome": "skipped", "session_id": None, "response_id": None}


def test_they_are_made_changed_and_deleted(server: Running, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("high water")
    with quick(server.url) as client:
        made = client.schedules.create(
            name="tides",
            cron="0 8 * * 1-5",
            timezone="Europe/Berlin",
            message="The tides for {{scheduled_at}}",
            session={"max_steps": 7},
            attachments=[tmp_path / "notes.txt", ("more.txt", b"low water"), "data/porto.csv", {"path": "b.csv"}],
            overlap="enqueue",
        )
        record = made.record
        assert (made.id, made.name, made.status) == (record.id, "tides", "active")
        assert (record.cron, record.timezone, record.overlap) == ("0 8 * * 1-5", "Europe/Berlin", "enqueue")
        assert [each.get("name") or each["path"] for each in record.attachments] == [
            "notes.txt",
            "more.txt",
            "data/porto.csv",
            "b.csv",
        ]
        assert record.counts.started == 0
        assert made.next_at == record.upcoming[0] > time.time()
        with pytest.raises(errors.NameTaken):
            client.schedules.create(name="tides", every=3600, message="x")
        changed = client.schedules.update("tides", every=3600, attachments=[], metadata={"why": "hourly"})
        assert (changed.id, changed.record.cron, changed.record.every) == (made.id, None, 3600)
        assert (changed.record.attachments, changed.record.metadata) == ([], {"why": "hourly"})
        assert (client.schedules.get(made)).record == changed.record
        assert made.id in [each.id for each in client.schedules.list()]
        client.schedules.delete(changed.record)
        with pytest.raises(errors.NotFound):
            client.schedules.get("tides")


def test_a_pause_has_a_note_and_ends(server: Running) -> None:
    with quick(server.url) as client:
        made = client.schedules.create(cron=YEARLY, message="x")
        paused = client.schedules.pause(made, note="holidays")
        assert (paused.status, paused.next_at) == ("paused", None)
        assert paused.record.paused_reason is not None
        assert paused.record.paused_reason.message == "holidays"
        resumed = client.schedules.resume(paused)
        assert (resumed.status, resumed.record.paused_reason) == ("active", None)


def test_by_hand_a_turn_begins_and_its_handle_acts(server: Running) -> None:
    with quick(server.url) as client:
        made = client.schedules.create(cron=YEARLY, message="Say something about ferries")
        fired = client.schedules.run(made, idempotency_key=made.id)
        again = client.schedules.run(made, idempotency_key=made.id)
        assert (fired.id, fired.record.trigger, fired.outcome) == (again.id, "manual", "started")
        result = fired.turn.result(timeout=60)
        assert result.status == "completed"
        (last,) = [each for each in made.firings()]
        assert (last.id, last.turn.ref, last.turn.status) == (fired.id, fired.turn.ref, "completed")
        assert last.record.fired_at > 0
        assert last.scheduled_at == last.record.scheduled_at
        assert [each.id for each in client.schedules.firings(made.id, outcome="missed")] == []
        assert (client.schedules.get(made)).record.counts.started == 1


def test_a_session_that_goes_on_takes_each_turn(server: Running) -> None:
    with quick(server.url) as client:
        session = client.sessions.create()
        made = client.schedules.create(cron=YEARLY, message="x", session=session)
        fired = client.schedules.run(made, message="Something else")
        assert fired.turn.session_id == session.id
        fired.turn.result(timeout=60)
        elsewhere = client.schedules.update(made, session={"ttl": 600})
        assert isinstance(elsewhere.record.session, dict)
        assert (client.schedules.update(made, jitter=5)).record.session == elsewhere.record.session
        assert (client.schedules.update(made, session=None)).record.session is None


def test_times_that_have_passed_fire_in_their_order(server: Running) -> None:
    with quick(server.url) as client:
        made = client.schedules.create(cron="0 * * * *", message="x", status="paused")
        end = int(time.time()) // 3600 * 3600
        fired = client.schedules.backfill(made, end - 7200, end, overlap="allow")
        assert [each.scheduled_at for each in fired] == [end - 7200, end - 3600, end]
        assert {each.record.trigger for each in fired} == {"backfill"}


def test_a_preview_makes_nothing(server: Running) -> None:
    with quick(server.url) as client:
        before = [each.id for each in client.schedules.list()]
        found = client.schedules.preview(cron="0 8 * * 1-5", timezone="Europe/Berlin", count=3)
        assert "08:00" in found.description
        assert len(found.upcoming) == 3
        assert [each.id for each in client.schedules.list()] == before
        with pytest.raises(errors.BadRequest, match="cron"):
            client.schedules.preview(cron="0 8 30 2 *")


def test_a_firing_without_a_turn_says_why() -> None:
    firing = FIRING | {"error": {"code": "schedule.overlap", "message": "The last turn goes on"}}
    with scripted(lambda _: said([firing])) as client:
        (found,) = client.schedules.firings("digest").first(1)
        with pytest.raises(
            errors.WalkawayError, match="fire_1 has no turn, since it is skipped: The last turn goes on"
        ):
            _ = found.turn


@pytest.mark.parametrize("deed", ["create", "run", "backfill"])
def test_what_makes_something_carries_one_key_in_every_repeat(deed: str) -> None:
    keys: list[str] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        if request.method == "GET":
            return said({"tenant": "t", "features": ["idempotent_creates"]})
        keys.append(request.headers["idempotency-key"])
        if len(keys) == 1:
            raise httpx2.ReadError("it broke")
        return said([FIRING] if deed == "backfill" else {**FIRING, "id": "made_1"})

    with scripted(handle) as client:
        deeds: dict[str, Any] = {
            "create": lambda: client.schedules.create(cron=YEARLY, message="x"),
            "run": lambda: client.schedules.run("digest"),
            "backfill": lambda: client.schedules.backfill("digest", 1, 2),
        }
        deeds[deed]()
    assert len(keys) == 2
    assert keys[0] == keys[1]


OLDER = [no(404, "not_found"), no(405, "method_not_allowed"), httpx2.Response(403, json=GATEWAY)]


@pytest.mark.parametrize("answer", OLDER)
def test_an_older_server_has_none(answer: httpx2.Response) -> None:
    with scripted(lambda _: httpx2.Response(answer.status_code, content=answer.content)) as client:
        deeds: list[Any] = [
            lambda: client.schedules.create(cron=YEARLY, message="x"),
            lambda: client.schedules.get("digest"),
            lambda: client.schedules.run("digest"),
            lambda: client.schedules.delete("digest"),
            lambda: client.schedules.preview(cron=YEARLY),
            lambda: client.schedules.list().first(1),
            lambda: client.schedules.firings("digest").next_page(),
        ]
        for deed in deeds:
            with pytest.raises(errors.FeatureMissing, match="has no schedules") as caught:
                deed()
            assert caught.value.feature == "schedules"


def test_what_a_newer_server_does_not_know_is_missing_as_ever() -> None:
    def handle(request: httpx2.Request) -> httpx2.Response:
        return said({"features": ["schedules"]}) if request.url.path == "/v1/me" else no(404, "not_found")

    with scripted(handle) as client:
        with pytest.raises(errors.NotFound):
            client.schedules.get("digest")


def test_one_that_deletes_sessions_says_how_many(server: Running) -> None:
    with quick(server.url) as client:
        made = client.schedules.create(cron=YEARLY, action="prune", prune={"older_than": "720h"})
        assert made.record.prune is not None
        assert (made.record.action, made.record.prune.status) == ("prune", "idle")
        fired = client.schedules.run(made)
        assert fired.record.pruned is not None
        with pytest.raises(errors.WalkawayError, match="it deletes sessions"):
            _ = fired.turn


@pytest.mark.parametrize("given", [7, "a/b", " ", None])
def test_what_names_no_schedule_is_refused(given: Any) -> None:
    with Walkaway(url="http://walkaway.test") as client:
        with pytest.raises(errors.SettingInvalid, match="schedule"):
            client.schedules.get(given)
