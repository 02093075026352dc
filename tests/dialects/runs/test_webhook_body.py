"""The webhook of a run."""

import threading

import httpx

from tests.kit.messages_api import MessagesApi, Reply, text
from tests.kit.receivers import receiving
from tests.kit.runs import RUNS, over, submit, until


class TestWebhook:
    def test_six_keys_on_every_end(self, web: httpx.Client, model: MessagesApi) -> None:
        with receiving() as receiver:
            model.replies = [Reply([text("done")]), Reply([text("x")], gate=threading.Event())]
            done = submit(web, webhook_url=f"{receiver.url}/dönë")
            over(web, done)
            held = submit(web, webhook_url=f"{receiver.url}/held")
            until(web, held, lambda status: status["status"] == "running")
            web.post(f"{RUNS}/{held['job_id']}/cancel")
            got = {one.path: one.json for one in receiver.wait(2)}
        assert list(got["/d%C3%B6n%C3%AB"]) == [
            "job_id",
            "status",
            "result",
            "error",
            "completed_at",
            "duration_seconds",
        ]
        assert (got["/d%C3%B6n%C3%AB"]["job_id"], got["/d%C3%B6n%C3%AB"]["status"]) == (done["job_id"], "succeeded")
        assert (got["/d%C3%B6n%C3%AB"]["result"], got["/d%C3%B6n%C3%AB"]["error"]) == ("done", None)
        assert got["/d%C3%B6n%C3%AB"]["completed_at"].endswith("+00:00")
        assert (got["/held"]["status"], got["/held"]["result"]) == ("cancelled", None)
