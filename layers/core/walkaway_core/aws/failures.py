"""What an error of DynamoDB means: that nothing has happened, that a condition did not hold, or that nobody knows."""

from collections.abc import Callable, Sequence
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError

from walkaway_core.aws.expressions import to_item
from walkaway_core.aws.unsent import UNSENT
from walkaway_core.ports.items import Refused, TooLarge, Unknown, Write
from walkaway_core.ports.patience import NotWritten

NO_EFFECT = {
    "TransactionConflictException",
    "ThrottlingException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "TransactionInProgressException",
}
"""Errors after which nothing has happened (DynamoDB developer guide, error handling; TransactWriteItems)."""
CLOSED = {
    "AccessDeniedException": "This server has no right to the table",
    "ResourceNotFoundException": "The table is not there",
    "ExpiredTokenException": "DynamoDB does not take the credentials of this server",
    "UnrecognizedClientException": "DynamoDB does not take the credentials of this server",
    "InvalidSignatureException": "DynamoDB does not take the credentials of this server",
    "MissingAuthenticationTokenException": "DynamoDB does not take the credentials of this server",
}
"""Errors before anything is looked at, as sentences (DynamoDB developer guide, error handling; common errors)."""
REASONS = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}


def without_effect(error: ClientError) -> bool:
    """Whether the request has surely done nothing, and may do it when it is sent again."""
    response: Any = error.response
    codes = {reason.get("Code") for reason in response.get("CancellationReasons", ())} - {None, "None"}
    code = response["Error"]["Code"]
    return code in NO_EFFECT or code in CLOSED or (bool(codes) and codes <= REASONS)


def asking(call: Callable[[], Any]) -> Any:
    """Send a request. Raises NotWritten where it has surely done nothing, and may do it when it is sent again."""
    try:
        return call()
    except UNSENT as error:
        raise NotWritten("DynamoDB cannot be reached, or there are no credentials for it") from error
    except ClientError as error:
        if without_effect(error):
            full = "DynamoDB takes no more requests of this table at present"
            raise NotWritten(CLOSED.get(error.response["Error"]["Code"], full)) from error
        raise


def reading(call: Callable[[], Any]) -> Any:
    """Send a request that only reads. Raises NotWritten where it can be sent again, also after time-outs."""
    try:
        return asking(call)
    except HTTPClientError as error:
        raise NotWritten("DynamoDB does not answer") from error
    except ClientError as error:
        response: Any = error.response
        if int(response["ResponseMetadata"].get("HTTPStatusCode", 0)) >= 500:
            raise NotWritten("DynamoDB does not answer") from error
        raise


def meaning(writes: Sequence[Write], error: ClientError, now: float) -> Exception:
    """Say what an error means for the caller of these writes, at this time."""
    response: Any = error.response
    code = response["Error"]["Code"]
    if code == "ConditionalCheckFailedException":
        return Refused(writes[0].key, to_item(response.get("Item", {}), now))
    reasons = response.get("CancellationReasons", ())
    for write, reason in zip(writes, reasons, strict=False):
        if reason.get("Code") == "ConditionalCheckFailed":
            return Refused(write.key, to_item(reason.get("Item", {}), now))
    for told in (str(error), *(reason.get("Message") or "" for reason in reasons)):
        if "tem size" in told:  # of a transaction only its reasons say it
            return TooLarge(told)
    return error if code == "ValidationException" else Unknown(str(error))
