"""Every answer has the request's id."""

import re

import httpx

from tests.kit import sse


def test_every_answer_of_every_dialect_has_an_id_of_its_own(client: httpx.Client) -> None:
    session = sse.new(client)
    answers = [
        client.get("/health", headers={"X-Request-Id": "mine"}),
        client.get("/v1/nowhere"),
        client.get(f"/v1/sessions/{session}"),
        client.post("/v1/sessions", json={"ttl": "no"}),
        client.get("/api/v1/runs/none"),
        client.get("/v1/sessions", headers={"Authorization": "Bearer no"}),
        client.post(f"/v1/sessions/{session}/messages", json={"message": "Say hello"}),
    ]
    ids = [answer.headers["x-request-id"] for answer in answers]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch("req_[0-9a-f]{24}", id_) for id_ in ids)
