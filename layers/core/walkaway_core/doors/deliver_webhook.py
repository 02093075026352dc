"""DeliverWebhook: takes what the bus tells, and what is due, from one queue; messages beside each other."""

import logging
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

from walkaway_core.notify.attempts import attempt
from walkaway_core.notify.fanout import fan_out
from walkaway_core.store.services import Services
from walkaway_wire import jsontext


def deliver_webhook(services: Services, message: Mapping[str, Any]) -> None:
    """Take one message: an event in the shape of EventBridge's, or an attempt of ours."""
    if "detail-type" in message:
        fan_out(services, message["detail-type"], message["detail"])
    else:
        attempt(services, message)


def deliver_all(services: Services, messages: Iterable[tuple[str, str]]) -> list[str]:
    """Take messages (id, JSON) at once: a slow receiver keeps no other waiting. Give the ids of those that failed."""
    with ThreadPoolExecutor(thread_name_prefix="deliver") as pool:
        taken = [(id_, pool.submit(copy_context().run, _take, services, text)) for id_, text in messages]
    return [id_ for id_, future in taken if future.exception()]


def _take(services: Services, text: str) -> None:
    try:
        deliver_webhook(services, jsontext.loads(text))
    except Exception:
        logging.getLogger(__name__).exception("a message could not be taken: %s", text[:1000])
        raise
