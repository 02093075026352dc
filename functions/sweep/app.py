"""Sweep: the scheduler invokes it each minute; a queue brings it the executions that failed."""

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response as process
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from walkaway_core import deployed
from walkaway_core.doors.sweep import execution_failed, sweep


def handler(event: dict[str, Any], context: Any) -> Any:
    """Look at what is due, or end the turns of the executions in the batch."""
    if "Records" not in event:
        return {"looked_at": sweep(deployed.services("sweep"))}

    def take(record: SQSRecord) -> None:
        execution_failed(deployed.services("sweep"), record.json_body["detail"])

    return process(event, take, BatchProcessor(EventType.SQS), context)
