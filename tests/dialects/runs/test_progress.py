"""The stream of a run."""

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.kit.clock import ShiftedClock
from tests.kit.messages_api import MessagesApi, Reply, call, text
from tests.kit.runs import RUNS, followed, over, submit, until


class TestStream:
    def test_every_viewer_gets_everything_and_can_come_back(self, web: httpx.Client, model: MessagesApi) -> None:
        said = 'two\nlines and a "quote" \\ ' + "x" * 3000
        report = call("report_progress", metadata={"percent": 42, "status": "half\nway"})
        model.replies = [Reply([report]), Reply([text(said)])]
        job = submit(web)
        with ThreadPoolExecutor(3) as pool:
            seen = list(pool.map(lambda _: followed(web, job), range(3)))
        seen.append(followed(web, job))
        assert [[line for line in viewer if line[1] != "heartbeat"] for viewer in seen] == [seen[-1]] * 4
        kinds = [(kind, data.get("status") or data.get("percentage")) for _, kind, data in seen[-1][:-1]]
        assert kinds == [
            ("status", "queued"), ("progress", 0.0), ("status", "running"), ("progress", 10.0), ("progress", 42.0),
            ("status", "succeeded"), ("progress", 100.0),
        ]  # fmt: skip
        assert seen[-1][-1][1:] == ("result", {"result": said})
        marks = [id_ for id_, _, _ in seen[-1] if id_]
        for mark in marks[:-1]:
            place = next(n for n, line in enumerate(seen[-1]) if line[0] == mark)
            assert followed(web, job, mark) == seen[-1][place + 1 :]

    def test_silence_is_filled(self, web: httpx.Client, model: MessagesApi) -> None:
        held = Reply([text("at last")], gate=threading.Event())
        model.replies = [held]
        job = submit(web)
        threading.Timer(6, held.gate.set).start()  # type: ignore[union-attr]
        kinds = [kind for _, kind, _ in followed(web, job)]
        assert kinds.count("heartbeat") >= 2

    def test_failures_and_cancels_end_it(self, web: httpx.Client, model: MessagesApi, clock: ShiftedClock) -> None:
        model.replies = [Reply([text("x")], gate=threading.Event())] * 2
        late = submit(web, timeout=60)
        until(web, late, lambda _: bool(model.requests))  # who has begun to wait looks at the clock again
        clock.ahead += 61
        assert over(web, late)["error"] == "Job timed out after 60s"
        assert followed(web, late)[-1][1] == "error"
        cancelled = submit(web)
        until(web, cancelled, lambda status: status["status"] == "running")
        assert web.post(f"{RUNS}/{cancelled['job_id']}/cancel").json()["status"] == "cancelled"
        assert followed(web, cancelled)[-1][1:] == ("cancelled", {"message": "Job was cancelled"})
        assert web.get(f"{RUNS}/{cancelled['job_id']}/result").json()["status"] == "cancelled"
        again = web.post(f"{RUNS}/{cancelled['job_id']}/cancel")
        assert (again.status_code, again.json()) == (409, {"detail": "Job is already complete. Status: cancelled"})
