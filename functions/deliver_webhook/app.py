"""DeliverWebhook: a queue brings it what the bus tells, and attempts that are due."""

from typing import Any

from walkaway_core import deployed
from walkaway_core.doors.deliver_webhook import deliver_all
from walkaway_core.outbound import requests  # noqa: F401 - it takes time to load: while the environment starts


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take a batch of messages; those that failed come again (Lambda guide, partial batch responses)."""
    messages = [(record["messageId"], record["body"]) for record in event["Records"]]
    with deployed.at_work("deliver_webhook", context) as services:
        failed = deliver_all(services, messages)
    return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in failed]}
