"""Sweep: the scheduler invokes it each minute; a queue brings it the executions that failed."""

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response as process

from walkaway_core import deployed
from walkaway_core.doors.sweep import execution_failed, sweep


def handler(event: dict[str, Any], context: Any) -> Any:
    """Look at what is due, or end the turns of the executions in the batch."""
    with deployed.at_work("sweep", context) as services:
        if "Records" not in event:
            return {"looked_at": sweep(services)}
        failed = BatchProcessor(EventType.SQS)
        return process(event, lambda record: execution_failed(services, record.json_body["detail"]), failed, context)
