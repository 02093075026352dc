"""What an error of DynamoDB means: that nothing has happened, that a condition did not hold, or that nobody knows."""

from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError

from walkaway_core.aws.expressions import to_item
from walkaway_core.ports.items import Refused, TooLarge, Unknown, Write

NO_EFFECT = {
    "TransactionConflictException",
    "ThrottlingException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "TransactionInProgressException",
}
"""Errors after which nothing has happened (DynamoDB developer guide, error handling; TransactWriteItems)."""
REASONS = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}


def without_effect(error: ClientError) -> bool:
    """Whether the request has surely done nothing, and may do it when it is sent again."""
    response: Any = error.response
    codes = {reason.get("Code") for reason in response.get("CancellationReasons", ())} - {None, "None"}
    return response["Error"]["Code"] in NO_EFFECT or (bool(codes) and codes <= REASONS)


def meaning(writes: Sequence[Write], error: ClientError, now: float) -> Exception:
    """Say what an error means for the caller of these writes, at this time."""
    response: Any = error.response
    code = response["Error"]["Code"]
    if code == "ConditionalCheckFailedException":
        return Refused(writes[0].key, to_item(response.get("Item", {}), now))
    for write, reason in zip(writes, response.get("CancellationReasons", ()), strict=False):
        if reason.get("Code") == "ConditionalCheckFailed":
            return Refused(write.key, to_item(reason.get("Item", {}), now))
    if "tem size" in str(error):
        return TooLarge(str(error))
    return error if code == "ValidationException" else Unknown(str(error))
