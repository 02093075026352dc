"""A clock that is set, and a machine that sleeps: what was lived is counted, and nothing is deleted on one look."""

import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.kit import sse
from tests.kit.clock import HeldClock
from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.patience import holds
from tests.kit.receivers import Answer, receiving
from tests.kit.servers import served
from tests.kit.set_clock import SetClock, needs_a_compiler
from walkaway_local.lived import SEEN, LivedClock

HOUR, DAY = 3600, 86_400
LATER = {"Prefer": "respond-async"}
TASK = "Write a 12-page report on tides to tides.md"
SLOW = {"WALKAWAY_REHEARSAL_DELAY": "0.02"}


@pytest.fixture
def held() -> HeldClock:
    return HeldClock()


@pytest.fixture
def clock(held: HeldClock, tmp_path: Path) -> LivedClock:
    return LivedClock(held, tmp_path / "clock")


class TestLived:
    @pytest.mark.parametrize("by", [-DAY, -HOUR, -6, 6, 3 * HOUR, DAY])
    def test_what_the_clock_is_set_by_is_not(self, held: HeldClock, clock: LivedClock, by: int) -> None:
        since = clock.now()
        held.time += 100
        held.set += by
        assert clock.lived(since) == pytest.approx(100)
        held.time += 50
        assert clock.lived(since) == pytest.approx(150)
        assert clock.lived(clock.now() - 10) == pytest.approx(10)

    def test_to_be_held_up_between_two_looks_at_clocks_is_no_leap(self, held: HeldClock, clock: LivedClock) -> None:
        since, read = clock.now(), held.now

        def held_up() -> float:
            now = read()
            del held.now  # once
            held.time += 60
            return now

        held.now = held_up  # type: ignore[method-assign]
        clock.look()
        assert clock.news() == []
        assert clock.lived(since) == pytest.approx(60)

    def test_a_clock_that_drifts_tells_the_time(self, held: HeldClock, clock: LivedClock) -> None:
        since = clock.now()
        for _ in range(100):
            held.time += 10
            held.set += 1
            clock.look()
        assert clock.lived(since) == pytest.approx(1100)

    def test_what_begins_in_an_hour_that_comes_twice_has_its_whole_time(
        self, held: HeldClock, clock: LivedClock
    ) -> None:
        held.time += 2 * HOUR
        clock.look()
        held.set -= HOUR
        clock.look()
        held.time += HOUR / 2
        began = clock.now()
        held.time += 60
        assert clock.lived(began) == pytest.approx(60)

    @pytest.mark.parametrize("by", [-2 * HOUR, 2 * HOUR])
    def test_what_begins_in_the_moment_of_a_leap_begins_behind_it(
        self, held: HeldClock, clock: LivedClock, by: int
    ) -> None:
        held.time += 10
        held.set += by
        began = int(clock.now() * 1000) / 1000
        held.time += 60
        assert clock.lived(began) == pytest.approx(60, abs=0.01)

    def test_what_begins_between_two_leaps_knows_the_later_one_alone(self, held: HeldClock, clock: LivedClock) -> None:
        held.set += 2 * HOUR
        clock.look()
        held.set -= 2 * HOUR
        began = clock.now()
        held.time += 60
        held.set -= HOUR
        assert clock.lived(began) == pytest.approx(60)

    def test_the_next_process_knows_it_and_the_time_without_one_does_not_count(
        self, held: HeldClock, clock: LivedClock, tmp_path: Path
    ) -> None:
        since = clock.now()
        held.time += 100
        held.set += 3 * HOUR
        clock.mark()
        held.time += DAY
        again = LivedClock(held, tmp_path / "clock")
        assert again.lived(since) == pytest.approx(100, abs=1)
        again.mark()
        held.set -= 2 * DAY
        assert LivedClock(held, tmp_path / "clock").lived(since) == pytest.approx(100, abs=1)

    def test_what_began_behind_the_last_look_of_a_process_that_was_killed_began_before_the_time_without_one(
        self, held: HeldClock, clock: LivedClock, tmp_path: Path
    ) -> None:
        clock.mark()
        held.time += 0.9
        since = clock.now()
        held.time += DAY
        again = LivedClock(held, tmp_path / "clock")
        assert again.lived(since) == 0
        held.time += 60
        assert again.lived(since) == pytest.approx(60, abs=1)
        assert again.lived(held.now() - 50) == pytest.approx(50)

    def test_half_a_line_of_the_file_is_passed_over(self, held: HeldClock, tmp_path: Path) -> None:
        (tmp_path / "clock").write_text(f"{held.now()!r} 3600.0\n17")
        assert LivedClock(held, tmp_path / "clock").lived(held.now() - 10) == 0


class TestSettled:
    def seen(self, held: HeldClock, clock: LivedClock, seconds: float) -> None:
        for _ in range(int(seconds)):
            held.time += 1
            clock.look()

    def test_what_has_been_past_for_ten_minutes_is(self, held: HeldClock, clock: LivedClock) -> None:
        begun = clock.now()
        self.seen(held, clock, SEEN - 20)
        assert clock.settled() < begun
        self.seen(held, clock, 40)
        assert begun <= clock.settled() <= clock.now() - SEEN + 20

    @pytest.mark.parametrize("looks", [1, SEEN - 30])
    def test_a_day_forward_and_back_settles_nothing(self, held: HeldClock, clock: LivedClock, looks: float) -> None:
        self.seen(held, clock, 2 * SEEN)
        held.set += DAY
        self.seen(held, clock, looks)
        assert clock.settled() < held.time
        held.set -= DAY
        self.seen(held, clock, 2 * SEEN)
        assert clock.settled() < held.time

    def test_a_clock_that_stays_ahead_is_believed_in_the_end(self, held: HeldClock, clock: LivedClock) -> None:
        self.seen(held, clock, 2 * SEEN)
        held.set += DAY
        self.seen(held, clock, SEEN + 20)
        assert clock.settled() > held.time


def begin(client: httpx.Client, session: str, message: str = TASK, **more: Any) -> str:
    sent = client.post(f"/v1/sessions/{session}/messages", json={"message": message, **more}, headers=LATER)
    return f"/v1/sessions/{session}/responses/{sent.json()['response_id']}"


def over(client: httpx.Client, turn: str) -> dict[str, Any]:
    assert holds(lambda: client.get(turn).json()["status"] != "in_progress")
    record: dict[str, Any] = client.get(turn).json()
    return record


def completed(client: httpx.Client, task: str) -> bool:
    return bool(client.get(task).json()["status"] == "completed")


@needs_a_compiler
class TestServer:
    @pytest.fixture
    def wall(self, tmp_path: Path) -> SetClock:
        return SetClock(tmp_path)

    def test_a_turn_goes_on_when_its_machine_has_slept_and_when_the_server_was_down(
        self, tmp_path: Path, wall: SetClock
    ) -> None:
        environ = {**wall.environ, **SLOW}
        with served(tmp_path / "data", environ=environ) as server, server.client() as client:
            session = sse.new(client, ttl=30 * DAY)
            turn = begin(client, session)
            assert holds(lambda: len(client.get(f"{turn}/events?after=-1").json()["events"]) > 5)
            wall.set(3 * HOUR)
            before = client.get(f"{turn}/events?after=-1").json()["next"]
            assert holds(lambda: client.get(f"{turn}/events?after=-1").json()["next"] > before)
            server.kill()
        wall.set(9 * HOUR)
        environ["WALKAWAY_REHEARSAL_DELAY"] = "0"
        with served(tmp_path / "data", environ=environ) as server, server.client() as client:
            record = over(client, turn)
            assert (record["status"], record["error"]) == ("completed", None)

    def test_nobody_else_is_given_a_step_that_runs_when_its_machine_has_slept(
        self, tmp_path: Path, wall: SetClock
    ) -> None:
        with served(tmp_path / "data", environ={**wall.environ, **SLOW}) as server, server.client() as client:
            turn = begin(client, sse.new(client, ttl=30 * DAY), "Write a 5-page report on tides to tides.md")
            assert holds(lambda: len(client.get(f"{turn}/events?after=-1").json()["events"]) > 5)
            wall.set(HOUR)
            assert over(client, turn)["status"] == "completed"
            events = client.get(f"{turn}/events?after=-1&limit=1000").json()["events"]
            assert {event["data"]["attempt"] for event in events if event["event"] == "step.started"} == {1}

    def test_a_day_forward_and_back_loses_nothing(self, tmp_path: Path, wall: SetClock) -> None:
        environ = {**wall.environ, "WALKAWAY_REHEARSAL_DELAY": "0"}
        with served(tmp_path / "data", environ=environ) as server, server.client() as client:
            session = sse.new(client)
            sse.send(client, session, "Write a poem about rain.")
            before = client.get(f"/v1/sessions/{session}/messages").json()
            wall.set(DAY)
            assert holds(lambda: client.get(f"/v1/sessions/{session}").status_code == 404)
            other = sse.new(client)
            sse.send(client, other, "Write a poem about snow.")  # several looks go by
            wall.set(0)
            assert client.get(f"/v1/sessions/{session}/messages").json() == before
            assert sse.send(client, session, "Write a poem about fog.")[-1].event == "message.completed"

    def test_an_hour_back_while_a_step_waits_makes_it_wait_no_longer(
        self, tmp_path: Path, wall: SetClock, model: MessagesApi
    ) -> None:
        model.replies = [Reply(status=500, error="oh"), Reply([text("whole")])]
        environ = {**wall.environ, "ANTHROPIC_BASE_URL": model.url, "WALKAWAY_MODEL": "test-model"}
        with served(tmp_path / "data", environ=environ) as server, server.client() as client:
            job = client.post("/api/v1/runs", json={"prompt": "Hello"}).json()["job_id"]
            assert holds(lambda: len(model.requests) == 1)
            wall.set(-HOUR)
            assert holds(lambda: client.get(f"/api/v1/runs/{job}").json()["status"] == "succeeded")
            assert client.get(f"/api/v1/runs/{job}/result").json()["duration_seconds"] >= 0
            run = client.get(f"/api/v1/runs/{job}").json()
            assert run["started_at"] <= run["completed_at"], "in the order in which it was lived"

    def test_an_hour_back_makes_no_webhook_wait_longer(self, tmp_path: Path, wall: SetClock) -> None:
        environ = {**wall.environ, "WALKAWAY_OUTBOUND_LOOPBACK": "yes"}
        with receiving() as receiver, served(tmp_path / "data", environ=environ) as server, server.client() as client:
            receiver.answers = [Answer(500)]
            hook = client.post("/v1/webhooks", json={"url": receiver.url}).json()["id"]
            client.post(f"/v1/webhooks/{hook}/test")
            assert holds(lambda: len(receiver.got) == 1)
            wall.set(-HOUR)
            assert holds(lambda: len(receiver.got) == 2)

    @pytest.mark.parametrize(
        "year", [1970, 2262, *(pytest.param(year, marks=pytest.mark.deep) for year in (2000, 2019, 2054, 2106))]
    )
    def test_at_any_clock_whatever_has_an_id_is_made_listed_shown_and_deleted(
        self, tmp_path: Path, wall: SetClock, year: int
    ) -> None:
        wall.set(int(datetime(year, 3, 1, tzinfo=UTC).timestamp() - time.time()))
        environ = {**wall.environ, "WALKAWAY_REHEARSAL_DELAY": "0", "WALKAWAY_OUTBOUND_LOOPBACK": "yes"}
        with receiving() as receiver, served(tmp_path / "data", environ=environ) as server, server.client() as client:
            hook = client.post("/v1/webhooks", json={"url": receiver.url}).json()["id"]
            agent = client.post("/v1/agents", json={"name": "a"}).json()["id"]
            sessions = [sse.new(client) for _ in range(3)]
            turns = [sse.send(client, sessions[0], "Write a poem about rain.")[0].data["id"] for _ in range(2)]
            runs = [client.post("/api/v1/runs", json={"prompt": "hi"}).json()["job_id"] for _ in range(2)]
            tasks = [client.post(f"/api/workflow/execute/{agent}", json={}).json()["task_id"] for _ in range(3)]
            for path, made, key in (
                ("/v1/sessions", sessions, "id"),
                (f"/v1/sessions/{sessions[0]}/responses", turns, "id"),
                ("/api/v1/runs", runs, "job_id"),
                (f"/api/agent/{agent}/runs", tasks, "task_id"),
            ):
                listed = client.get(path).json()
                rows = listed if isinstance(listed, list) else listed.get("runs") or listed["jobs"]
                assert [row[key] for row in rows if row[key] in made] == made[::-1], path
            assert holds(lambda: len(receiver.got) >= 2), "turns are told, by due items"
            assert len(client.get(f"/v1/webhooks/{hook}/deliveries").json()) >= 2
            for task in tasks:
                shown = f"/api/agent/{agent}/status/{task}"
                assert holds(partial(completed, client, shown))
            for path in (f"/v1/sessions/{sessions[0]}", f"/v1/agents/{agent}", f"/v1/webhooks/{hook}"):
                assert client.get(path).status_code == 200
                assert client.delete(path).status_code == 204
                assert client.get(path).status_code == 404
            assert client.delete(f"/api/v1/runs/{runs[0]}").status_code < 300
            assert ("before this program was made" in (tmp_path / "data.log").read_text()) == (year < 2026)
