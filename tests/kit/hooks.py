"""Webhooks, as their owners register them and look at their deliveries."""

import threading
from collections.abc import Callable
from typing import Any

import httpx

HOUR = 3600.0


def register(client: httpx.Client, url: str, **fields: Any) -> dict[str, Any]:
    answer = client.post("/v1/webhooks", json={"url": url, **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def send_test(client: httpx.Client, hook: dict[str, Any]) -> str:
    answer = client.post(f"/v1/webhooks/{hook['id']}/test")
    assert answer.status_code == 202
    return str(answer.json()["id"])


def delivery(client: httpx.Client, hook: dict[str, Any], id_: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/v1/webhooks/{hook['id']}/deliveries/{id_}").json()
    return found


def until(holds: Callable[[], Any]) -> Any:
    for _ in range(600):
        if found := holds():
            return found
        threading.Event().wait(0.05)
    raise AssertionError("it never came about")


def settled(client: httpx.Client, hook: dict[str, Any], id_: str, tries: int = 1) -> dict[str, Any]:
    """Wait until so many attempts are recorded."""
    found: dict[str, Any] = until(lambda: (d := delivery(client, hook, id_)) and len(d["attempts"]) >= tries and d)
    return found
