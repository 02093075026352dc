"""Schedules over HTTP: made, read, changed, fired by hand, deleted; and what is refused of them."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.kit.messages_api import MessagesApi, Reply

NUMBERS = iter(range(10**6))
FIVE = {"cron": "0 8 * * 1-5", "timezone": "Europe/Berlin", "message": "The digest"}
PAST = 1_600_000_000
MONTH = {"older_than": "720h"}


def make(client: httpx.Client, **fields: Any) -> dict[str, Any]:
    answer = client.post("/v1/schedules", json={**FIVE, "name": f"schedule-{next(NUMBERS)}", **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def until(holds: Callable[[], Any]) -> Any:
    for _ in range(400):
        if found := holds():
            return found
        time.sleep(0.05)
    raise AssertionError("it never held")


def settled(client: httpx.Client, made: dict[str, Any]) -> Any:
    """The newest firing of a schedule, once something has become of it."""
    found = client.get(f"/v1/schedules/{made['id']}/firings").json()
    return found and found[0]["outcome"] != "queued" and found[0]


class TestSchedules:
    def test_made_read_changed_listed_deleted(self, client: httpx.Client) -> None:
        made = make(client, metadata={"team": "blue"}, session={"max_steps": 7})
        assert made["description"] == "At 08:00 on Monday through Friday"
        assert (made["status"], made["next_at"], made["session"]) == ("active", made["upcoming"][0], {"max_steps": 7})
        assert len(made["upcoming"]) == 5
        assert {datetime.fromtimestamp(at, UTC).hour for at in made["upcoming"]} <= {6, 7}
        assert made["counts"] == {"started": 0, "skipped": 0, "missed": 0, "failed": 0}
        for called in (made["id"], made["name"]):
            assert client.get(f"/v1/schedules/{called}").json() == made
        changed = client.patch(f"/v1/schedules/{made['id']}", json={"every": 3600}).json()
        assert (changed["every"], changed["cron"], changed["message"]) == (3600, None, "The digest")
        assert client.get(f"/v1/schedules/{made['id']}").json() in client.get("/v1/schedules").json()
        assert client.delete(f"/v1/schedules/{made['name']}").status_code == 204
        gone = client.get(f"/v1/schedules/{made['id']}")
        assert (gone.status_code, gone.json()["error"]) == (404, "schedule.not_found")
        assert make(client, name=made["name"])["id"] != made["id"], "the name is free again"

    def test_a_name_is_one_schedules(self, client: httpx.Client) -> None:
        one, two = make(client), make(client)
        taken = [
            client.post("/v1/schedules", json={**FIVE, "name": one["name"]}),
            client.patch(f"/v1/schedules/{two['id']}", json={"name": one["name"]}),
        ]
        assert [(answer.status_code, answer.json()["error"]) for answer in taken] == [(409, "schedule.name_taken")] * 2
        renamed = client.patch(f"/v1/schedules/{two['id']}", json={"name": f"{two['name']}-new"}).json()
        assert client.get(f"/v1/schedules/{renamed['name']}").json()["id"] == two["id"]
        assert client.get(f"/v1/schedules/{two['name']}").status_code == 404

    def test_paused_with_a_note_and_going_on(self, client: httpx.Client) -> None:
        made = make(client)
        paused = client.patch(f"/v1/schedules/{made['id']}", json={"status": "paused", "note": "holidays"}).json()
        assert (paused["status"], paused["next_at"], paused["upcoming"]) == ("paused", None, [])
        assert (paused["paused_reason"]["code"], paused["paused_reason"]["message"]) == ("by_hand", "holidays")
        goes_on = client.patch(f"/v1/schedules/{made['id']}", json={"status": "active"}).json()
        assert (goes_on["status"], goes_on["paused_reason"]) == ("active", None)
        assert goes_on["upcoming"] == made["upcoming"]
        assert make(client, status="paused")["status"] == "paused"

    def test_pages(self, stranger: httpx.Client) -> None:
        made = [make(stranger)["id"] for _ in range(5)]
        stranger.delete(f"/v1/schedules/{made[2]}")
        first = stranger.get("/v1/schedules", params={"limit": 2})
        rest = stranger.get("/v1/schedules", params={"limit": 9, "after": first.headers["x-next-cursor"]})
        assert [each["id"] for each in first.json() + rest.json()] == [made[4], made[3], made[1], made[0]]

    def test_a_stranger_sees_nothing(self, client: httpx.Client, stranger: httpx.Client) -> None:
        made = make(client)
        for called in (made["id"], made["name"]):
            for method, path, body in (
                ("GET", "", None),
                ("PATCH", "", {"message": "x"}),
                ("DELETE", "", None),
                ("POST", "/run", {}),
                ("POST", "/backfill", {"from": 0, "to": 1}),
                ("GET", "/firings", None),
            ):
                answer = stranger.request(method, f"/v1/schedules/{called}{path}", json=body)
                assert (answer.status_code, answer.json()["error"]) == (404, "schedule.not_found")

    def test_the_same_key_makes_one(self, client: httpx.Client) -> None:
        body, key = {**FIVE, "name": f"schedule-{next(NUMBERS)}"}, {"Idempotency-Key": "one"}
        first, again = (client.post("/v1/schedules", json=body, headers=key) for _ in range(2))
        assert (first.json()["id"], again.headers["idempotent-replayed"]) == (again.json()["id"], "true")
        other = client.post("/v1/schedules", json={**body, "every": 60, "cron": None}, headers=key)
        assert other.json()["error"] == "idempotency.mismatch"

    def test_preview_makes_nothing(self, stranger: httpx.Client) -> None:
        before = stranger.get("/v1/schedules").json()
        shown = stranger.post("/v1/schedules/preview", json={"every": 90, "count": 3}).json()
        assert shown["description"] == "Every 90 seconds"
        one, two, three = shown["upcoming"]
        assert (two - one, three - two) == (90, 90)
        assert stranger.get("/v1/schedules").json() == before


class TestFirings:
    def test_run_now_begins_a_turn_that_names_the_schedule(self, client: httpx.Client) -> None:
        made = make(client, status="paused", message="Say hello to {{schedule}}")
        key = {"Idempotency-Key": f"run {made['id']}"}
        fired = client.post(f"/v1/schedules/{made['name']}/run", headers=key)
        assert fired.status_code == 202
        firing = fired.json()
        assert (firing["outcome"], firing["trigger"], firing["schedule_id"]) == ("started", "manual", made["id"])
        again = client.post(f"/v1/schedules/{made['name']}/run", headers=key)
        assert again.json()["id"] == firing["id"]
        assert again.headers["idempotent-replayed"] == "true"
        turn = f"/v1/sessions/{firing['session_id']}/responses/{firing['response_id']}"
        ended = until(lambda: (found := client.get(turn).json())["status"] == "completed" and found)
        assert (ended["status"], ended["schedule_id"], ended["firing_id"]) == ("completed", made["id"], firing["id"])
        listed = client.get(f"/v1/schedules/{made['id']}/firings").json()
        assert [(each["id"], each["turn_status"]) for each in listed] == [(firing["id"], "completed")]
        record = client.get(f"/v1/schedules/{made['id']}").json()
        assert (record["counts"]["started"], record["last_firing"]["id"]) == (1, firing["id"])
        said = client.get(f"/v1/sessions/{firing['session_id']}/messages").json()[0]
        assert said["content"][0]["text"] == f"Say hello to {made['name']}"

    def test_its_time_comes_within_a_second(self, client: httpx.Client) -> None:
        at = int(time.time()) + 3  # which is still to come when the request has arrived
        made = make(client, cron=None, at=at)
        fired = until(lambda: settled(client, made))
        assert (fired["scheduled_at"], fired["trigger"]) == (at, "tick")
        assert at <= fired["fired_at"] < at + 5
        record = client.get(f"/v1/schedules/{made['id']}").json()
        assert (record["status"], record["next_at"]) == ("ended", None)

    def test_a_time_that_has_passed_fires_if_that_is_said(self, client: httpx.Client) -> None:
        at = int(time.time()) - 3600
        late, lost = (make(client, cron=None, at=at, catch_up=each) for each in ("latest", "none"))
        found = [until(lambda m=m: settled(client, m)) for m in (late, lost)]  # type: ignore[misc]
        assert [(each["trigger"], each["outcome"]) for each in found] == [("catch_up", "started"), ("tick", "missed")]
        missed = client.get(f"/v1/schedules/{lost['id']}/firings", params={"outcome": "missed"}).json()
        assert len(missed) == 1
        assert client.get(f"/v1/schedules/{lost['id']}/firings", params={"outcome": "failed"}).json() == []

    def test_the_past_is_made_up_for(self, client: httpx.Client) -> None:
        made = make(client, cron="0 * * * *")
        body = {"from": PAST, "to": PAST + 5 * 3600, "overlap": "allow"}
        key = {"Idempotency-Key": f"fill {made['id']}"}
        filled = client.post(f"/v1/schedules/{made['id']}/backfill", json=body, headers=key)
        assert filled.status_code == 202
        assert [each["outcome"] for each in filled.json()] == ["started"] * 5
        assert {each["scheduled_at"] % 3600 for each in filled.json()} == {0}
        again = client.post(f"/v1/schedules/{made['id']}/backfill", json=body, headers=key)
        assert [each["id"] for each in again.json()] == [each["id"] for each in filled.json()]
        assert client.get(f"/v1/schedules/{made['id']}").json()["upcoming"] == made["upcoming"]

    def test_the_feed_tells_of_them(self, client: httpx.Client) -> None:
        made = make(client)
        client.post(f"/v1/schedules/{made['id']}/run")
        client.patch(f"/v1/schedules/{made['id']}", json={"status": "paused"})

        def of_it() -> list[Any]:
            told = client.get("/v1/events", params={"format": "json"}).json()["events"]
            own = [each for each in told if each["data"].get("schedule_id") == made["id"]]
            return own if {each["type"] for each in own} >= {"schedule.fired", "schedule.paused"} else []

        fired = next(each["data"] for each in until(of_it) if each["type"] == "schedule.fired")
        assert fired["firing"]["outcome"] == "started"

    def test_one_whose_model_is_not_known_is_paused_and_says_so(self, own: httpx.Client, model: MessagesApi) -> None:
        model.replies = [Reply(status=404, kind="not_found_error", error="model: test-model")]
        made = make(own)
        own.post(f"/v1/schedules/{made['id']}/run")

        def paused() -> Any:
            return own.get(f"/v1/schedules/{made['id']}").json()["paused_reason"]

        reason = until(paused)
        assert reason["code"] == "model_unknown"
        assert "does not know 'test-model'" in reason["message"]
        assert "WALKAWAY_MODEL" in reason["message"]


class TestPruning:
    def test_it_deletes_what_nobody_has_used(self, stranger: httpx.Client) -> None:
        gone = stranger.post("/v1/sessions", json={"persistent": True}).json()["id"]
        body = {"action": "prune", "prune": {"status": "idle", "older_than": "0s"}, "cron": "0 3 * * *"}
        made = stranger.post("/v1/schedules", json=body).json()
        assert (made["action"], made["prune"], made["message"]) == ("prune", body["prune"], "")
        refused = stranger.post(f"/v1/schedules/{made['id']}/run", json={"message": "go"})
        assert (refused.status_code, refused.json()["error"]) == (400, "schedule.invalid")
        assert "`message`" in refused.json()["message"]
        fired = stranger.post(f"/v1/schedules/{made['id']}/run").json()
        assert (fired["outcome"], fired["session_id"], fired["turn_status"]) == ("started", None, None)

        def over() -> Any:
            found = stranger.get(f"/v1/schedules/{made['id']}/firings").json()[0]
            return found["pruned"]["status"] == "completed" and found

        assert until(over)["pruned"]["deleted"] >= 1
        assert stranger.get(f"/v1/sessions/{gone}").status_code == 404
        more = stranger.patch(f"/v1/schedules/{made['id']}", json={"message": "go"})
        assert "`message`" in more.json()["message"]
        changed = stranger.patch(f"/v1/schedules/{made['id']}", json={"prune": {"older_than": "2h"}})
        assert changed.json()["prune"] == {"status": "idle", "older_than": "2h"}

    @pytest.mark.parametrize(
        ("prune", "named"),
        [({}, "prune.older_than"), ({**MONTH, "status": "busy"}, "prune.status"), ({**MONTH, "age": 1}, "prune.age")],
    )
    def test_what_is_wrong_is_named(self, client: httpx.Client, prune: dict[str, Any], named: str) -> None:
        answer = client.post("/v1/schedules", json={"every": 3600, "action": "prune", "prune": prune})
        assert answer.status_code == 400
        assert named in answer.json()["message"]


class TestRefused:
    @pytest.mark.parametrize(
        ("fields", "named"),
        [
            ({}, "`cron`, `every` or `at`"),
            ({"cron": "* * * * *", "every": 60}, "just one"),
            ({"cron": "0 8 * *"}, "five are allowed"),
            ({"cron": "0 25 * * *"}, "hour"),
            ({"cron": "0 0 30 2 *"}, "never comes"),
            ({"every": 59}, "`every`"),
            ({"every": 3600, "timezone": "Europe/Berlim"}, "Europe/Berlin"),
            ({"at": PAST}, "`catch_up`"),
            ({"every": 3600, "ends_at": PAST}, "`ends_at`"),
            ({"every": 3600, "starts_at": PAST + 100, "ends_at": PAST}, "`ends_at`"),
            ({"every": 3600, "message": " "}, "`message`"),
            ({"every": 3600, "agent": "a", "session": {"agent": "b"}}, "`session.agent`"),
            ({"every": 3600, "prune": MONTH}, "`prune`"),
            ({"every": 3600, "action": "prune", "prune": MONTH}, "`message`"),
            ({"every": 3600, "action": "prune", "message": "", "prune": MONTH, "agent": "a"}, "`agent`"),
            ({"every": 3600, "action": "prune", "message": ""}, "`prune.older_than`"),
            ({"every": 3600, "action": "prune", "message": "", "prune": {"older_than": "30d"}}, "`prune.older_than`"),
        ],
    )
    def test_what_can_never_be_kept(self, client: httpx.Client, fields: dict[str, Any], named: str) -> None:
        answer = client.post("/v1/schedules", json={"message": "go", **fields})
        assert (answer.status_code, answer.json()["error"]) == (400, "schedule.invalid"), answer.text
        assert named in answer.json()["message"]

    @pytest.mark.parametrize(
        "fields",
        [
            {"jitter": 3601},
            {"catch_up_window": -1},
            {"overlap": "perhaps"},
            {"catch_up": "some"},
            {"max_firings": 0},
            {"every": "60"},
            {"name": "a b"},
            {"toolbox": []},
            {"status": "ended"},
            {"metadata": {"x": "x" * 17_000}},
            {"session": {"ttl": 0}},
            {"webhook_url": "ftp://example.com"},
            {"action": "tidy"},
        ],
    )
    def test_what_a_field_does_not_take(self, client: httpx.Client, fields: dict[str, Any]) -> None:
        answer = client.post("/v1/schedules", json={**FIVE, **fields})
        assert answer.status_code in (400, 413), answer.text
        assert len(answer.content) < 4096

    def test_whom_nobody_knows(self, client: httpx.Client) -> None:
        agent = client.post("/v1/schedules", json={**FIVE, "agent": "nobody"})
        session = client.post("/v1/schedules", json={**FIVE, "session": "sess_0"})
        assert (agent.json()["error"], session.json()["error"]) == ("agent.not_found", "session.not_found")

    def test_what_a_session_that_goes_on_cannot_have(self, client: httpx.Client) -> None:
        session = client.post("/v1/sessions", json={"persistent": True}).json()["id"]
        for more in ({"overlap": "allow"}, {"agent": "writer"}):
            answer = client.post("/v1/schedules", json={**FIVE, "session": session, **more})
            assert (answer.status_code, answer.json()["error"]) == (400, "schedule.invalid")

    def test_unknown_parameters_and_backfills_that_cannot_be(self, client: httpx.Client) -> None:
        made = make(client, cron="0 * * * *")
        assert client.get(f"/v1/schedules/{made['id']}", params={"expand": "all"}).status_code == 400
        assert client.get(f"/v1/schedules/{made['id']}/firings", params={"outcome": "x"}).status_code == 400
        for body in (
            {"from": PAST, "to": PAST - 1},
            {"from": PAST, "to": 2 * PAST},
            {"from": PAST, "to": PAST + 101 * 3600},
            {"from": PAST + 1, "to": PAST + 2},
        ):
            answer = client.post(f"/v1/schedules/{made['id']}/backfill", json=body)
            assert (answer.status_code, answer.json()["error"]) == (400, "schedule.invalid"), answer.text
