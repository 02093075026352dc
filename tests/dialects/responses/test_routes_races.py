"""Many callers at one response at the same moment: each has a sound answer, and all have the same end."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from tests.kit.servers import Running


def all_at_once(*calls: Callable[[], httpx.Response]) -> Sequence[httpx.Response]:
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


def create(client: httpx.Client, **asked: Any) -> httpx.Response:
    return client.post("/v1/responses", json={"input": "Hello", **asked})


def test_twenty_go_on_from_one(client: httpx.Client) -> None:
    first = create(client).json()["id"]
    made = all_at_once(*[lambda: create(client, previous_response_id=first)] * 20)
    assert {answer.status_code for answer in made} == {200}
    assert len({answer.json()["id"] for answer in made}) == 20
    assert len({answer.json()["walkaway"]["session_id"] for answer in made}) == 20, "one is the next turn, others forks"


def test_who_goes_on_from_what_is_deleted_has_all_of_it_or_nothing(client: httpx.Client) -> None:
    for _ in range(5):
        first = create(client).json()["id"]
        deleted, *went = all_at_once(
            lambda: client.delete(f"/v1/responses/{first}"),  # noqa: B023 - called before the next round
            *[lambda: create(client, previous_response_id=first)] * 3,  # noqa: B023
        )
        assert deleted.status_code == 200
        for answer in went:
            if answer.status_code == 200:
                assert create(client, previous_response_id=answer.json()["id"]).status_code == 200
            else:
                assert answer.json()["error"]["code"] == "previous_response_not_found"
        assert client.get(f"/v1/responses/{first}").status_code == 404


def test_cancelling_at_the_end_tells_everybody_the_same(client: httpx.Client) -> None:
    for _ in range(5):
        path = f"/v1/responses/{create(client, background=True).json()['id']}"
        *cancelled, told, read = all_at_once(
            *[lambda: client.post(f"{path}/cancel")] * 3,  # noqa: B023 - called before the next round
            lambda: client.get(f"{path}?stream=true"),  # noqa: B023
            lambda: client.get(f"{path}?stream=true"),  # noqa: B023
        )
        status = client.get(path).json()["status"]
        assert [answer.json()["status"] for answer in cancelled] == [status] * 3
        assert told.text == read.text
        assert f'"status":"{status}"' in told.text.split("\n\n")[-3]


def test_fifty_readers_of_one_stream(server: Running, client: httpx.Client) -> None:
    path = f"/v1/responses/{create(client, background=True).json()['id']}?stream=true"
    with server.client() as own:
        told = all_at_once(*[lambda: own.get(path)] * 50)
    assert len({answer.text for answer in told}) == 1
    assert told[0].text.endswith("data: [DONE]\n\n")
