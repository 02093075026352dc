"""Runs by their keys, in pages and in numbers."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from tests.kit.clock import ShiftedClock
from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.runs import RUNS, over, submit, until
from tests.kit.servers import Running
from walkaway_core.ports.items import Item, Put
from walkaway_core.store.keys import SessionKey


class TestIdempotency:
    def test_a_key_gives_the_first_run_whatever_is_asked(self, web: httpx.Client, model: MessagesApi) -> None:
        model.replies = [Reply([text("done")])]
        first = submit(web, "one", idempotency_key="k")
        again = web.post(RUNS, json={"prompt": "another"}, headers={"Idempotency-Key": "k"})
        assert (again.status_code, again.json()["job_id"]) == (202, first["job_id"])
        over(web, first)
        assert submit(web, "one", idempotency_key="k")["status"] == "succeeded", "its current status"
        assert len(model.requests) == 1

    def test_the_header_goes_before_the_body(self, web: httpx.Client, model: MessagesApi) -> None:
        model.replies = [Reply([text("done")])] * 2
        first = submit(web, idempotency_key="body")
        other = web.post(RUNS, json={"prompt": "x", "idempotency_key": "body"}, headers={"Idempotency-Key": "header"})
        assert other.json()["job_id"] != first["job_id"]

    def test_scopes(self, web: httpx.Client, model: MessagesApi) -> None:
        model.replies = [Reply([text("done")])] * 9

        def ask(scope: str, label: str) -> str:
            return str(submit(web, idempotency_key="k", idempotency_scope=scope, session_id=label)["job_id"])

        assert ask("session", "a") == ask("session", "a") != ask("session", "b")
        assert ask("global", "a") == ask("global", "b")
        assert ask("none", "a") != ask("none", "a")

    def test_deleting_frees_the_key(self, web: httpx.Client, model: MessagesApi) -> None:
        model.replies = [Reply([text("done")])] * 2
        first = submit(web, idempotency_key="k")
        over(web, first)
        assert web.delete(f"{RUNS}/{first['job_id']}").status_code == 204
        assert submit(web, idempotency_key="k")["job_id"] != first["job_id"]

    def test_a_key_whose_session_was_deleted_is_free(
        self, web: httpx.Client, model: MessagesApi, clock: ShiftedClock
    ) -> None:
        model.replies = [Reply([text("done")])] * 2
        first = submit(web, idempotency_key="k")
        native = httpx.URL(over(web, first)["native"]).path
        assert web.delete(native.partition("/responses")[0]).status_code == 204
        again = submit(web, idempotency_key="k")
        assert again["job_id"] != first["job_id"]
        assert over(web, again)["status"] == "succeeded"
        clock.ahead += 30 * 60  # what is left of the first one is swept away
        for _ in range(100):
            if web.get(RUNS).json()["total"] == 1:
                break
            threading.Event().wait(0.1)
        assert submit(web, idempotency_key="k")["job_id"] == again["job_id"]

    def test_of_forty_at_once_there_is_one_run(self, own: Running, web: httpx.Client, model: MessagesApi) -> None:
        model.replies = [Reply([text("done")])]

        def post(_: int) -> str:
            with own.client() as client:
                return str(submit(client, idempotency_key="same")["job_id"])

        with ThreadPoolExecutor(16) as pool:
            assert len(set(pool.map(post, range(40)))) == 1
        assert web.get(RUNS).json()["total"] == 1
        assert len(web.get("/v1/sessions").json()) == 1


class TestListing:
    def test_pages_filters_and_totals(self, web: httpx.Client, model: MessagesApi) -> None:
        gate = threading.Event()
        model.replies = [Reply([text("done")])] * 5
        jobs = [submit(web, session_id="even" if n % 2 == 0 else "odd") for n in range(5)]
        for job in jobs:
            over(web, job)
        model.replies = [Reply([text("held")], gate=gate)]
        held = submit(web, session_id="odd")
        until(web, held, lambda status: status["status"] == "running")
        names = [job["job_id"] for job in [*jobs, held]][::-1]

        def listed(**query: Any) -> tuple[list[str], int]:
            page = web.get(RUNS, params=query).json()
            return [job["job_id"] for job in page["jobs"]], page["total"]

        assert listed() == (names, 6)
        assert listed(page=2, page_size=4) == (names[4:], 6)
        assert listed(page=9) == ([], 6)
        assert listed(session_id="even") == (names[1::2], 3)
        assert listed(status="running") == ([held["job_id"]], 1)
        assert listed(status="succeeded", session_id="odd", page_size=1) == ([names[2]], 2)
        assert listed(session_id="nothing") == ([], 0)
        stats = web.get("/stats").json()
        assert stats["total_jobs"] == stats["store"]["total_jobs"] == 6
        assert stats["by_status"] == {"queued": 0, "running": 1, "succeeded": 5, "failed": 0, "cancelled": 0}
        gate.set()
        over(web, held)
        web.delete(f"{RUNS}/{names[1]}")
        assert listed(session_id="even") == (names[3::2], 2)
        page = web.get(RUNS).json()
        assert (page["page"], page["page_size"], page["total"]) == (1, 20, 5)

    def test_a_bad_status_and_a_bad_page(self, web: httpx.Client) -> None:
        bad = web.get(RUNS, params={"status": "pending"})
        assert (bad.status_code, bad.json()["detail"]) == (
            400,
            "Invalid status: pending. Valid values: ['queued', 'running', 'succeeded', 'failed', 'cancelled']",
        )
        for query in ({"page": 0}, {"page_size": 101}, {"page": "x"}):
            assert web.get(RUNS, params=query).status_code == 422

    def test_what_goes_with_its_session_is_counted_no_more(
        self, web: httpx.Client, model: MessagesApi, clock: ShiftedClock
    ) -> None:
        model.replies = [Reply([text("done")])]
        job = submit(web, session_id="label", idempotency_key="k")
        over(web, job)
        clock.ahead += 31 * 86_400
        assert web.get(f"{RUNS}/{job['job_id']}").status_code == 404
        assert web.get(RUNS).json()["jobs"] == []
        for _ in range(100):
            clock.ahead += 60
            if web.get(RUNS, params={"session_id": "label"}).json()["total"] == 0:
                break
            threading.Event().wait(0.2)
        assert web.get(RUNS).json()["total"] == 0


def test_a_run_whose_turn_cannot_be_read_has_failed_and_can_be_deleted(
    web: httpx.Client, model: MessagesApi, own: Running
) -> None:
    model.replies = [Reply([text("done")])] * 2
    jobs = [submit(web, "one", session_id="a"), submit(web, "two", session_id="b")]
    for job in jobs:
        over(web, job)
    table, job = own.stack.services.table, over(web, jobs[0])
    session = httpx.URL(job["native"]).path.split("/")[3]
    key = SessionKey("alpha", session).turn(job["run_id"])
    table.write(Put(Item(*key.item, {})))
    shown = web.get(f"{RUNS}/{job['job_id']}").json()
    assert (shown["status"], shown["session_id"]) == ("failed", "a")
    assert "cannot be read" in shown["error"]
    page = web.get(RUNS).json()
    assert (len(page["jobs"]), page["total"]) == (2, 2)
    assert web.delete(f"{RUNS}/{job['job_id']}").status_code == 204
    page = web.get(RUNS).json()
    assert ([one["job_id"] for one in page["jobs"]], page["total"]) == ([jobs[1]["job_id"]], 1)


def test_a_run_whose_look_up_cannot_be_read_is_found_in_the_list(
    web: httpx.Client, model: MessagesApi, own: Running
) -> None:
    model.replies = [Reply([text("done")])]
    job = over(web, submit(web, "one"))
    own.stack.services.table.write(Put(Item("T#alpha", f"RUN#{job['job_id']}", {})))
    assert web.get(f"{RUNS}/{job['job_id']}").json() == job
    assert web.delete(f"{RUNS}/{job['job_id']}").status_code == 204
    assert web.get(f"{RUNS}/{job['job_id']}").status_code == 404
    assert web.get(RUNS).json()["total"] == 0


def test_of_a_parameter_that_is_there_twice_the_last_counts(web: httpx.Client) -> None:
    page = web.get(f"{RUNS}?page=1&page=2&page_size=7&page_size=5").json()
    assert (page["page"], page["page_size"]) == (2, 5)
    assert web.get(f"{RUNS}?status=failed&status=x").status_code == 400
    assert web.get(f"{RUNS}?status=x&status=failed").status_code == 200
