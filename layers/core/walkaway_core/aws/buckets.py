"""What an error of S3 means: that the bucket refuses it, that it can be asked for again, or that nobody knows."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from walkaway_core.aws.unsent import UNSENT
from walkaway_core.ports.items import Unknown
from walkaway_core.ports.patience import NotWritten
from walkaway_core.ports.workspace import Refused

MISSING = {"404", "NoSuchKey", "NotFound"}
REFUSED = {"AccessDenied", "403", "AllAccessDisabled", "InvalidObjectState"}
"""The function has no right to it; it is archived. An answer to HEAD has a status alone (S3 API reference, errors)."""
BUSY = {"SlowDown", "503", "ServiceUnavailable", "RequestLimitExceeded", "TooManyRequests"}
STRANGERS = {
    "ExpiredToken",
    "InvalidToken",
    "TokenRefreshRequired",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "400",
}
"""Credentials that are not taken; HEAD says no more than 400."""


@contextmanager
def asking(*, changes: bool = False) -> Iterator[None]:
    """Say what errors of requests in the block mean; `changes`: they may have had an effect.

    Raises Refused for what the bucket does not allow, NotWritten for what can be asked for again, Unknown where a
    change may have happened; an error of another kind stays what it is.
    """
    try:
        yield
    except UNSENT as error:
        raise NotWritten("S3 cannot be reached, or there are no credentials for it") from error
    except BotoCoreError as error:
        raise _unanswered(changes=changes) from error
    except ClientError as error:
        raise _meaning(error, changes=changes) from error


def code(error: ClientError) -> str:
    """Give S3's word for an error; a status as digits where there is no word."""
    return str(error.response["Error"]["Code"])


def _meaning(error: ClientError, *, changes: bool) -> Exception:
    if code(error) in REFUSED:
        return Refused("the bucket does not allow it (no right to it, or it is archived)")
    if code(error) == "NoSuchBucket":
        return NotWritten("The bucket of the files is not there")
    if code(error) in STRANGERS:
        return NotWritten("S3 does not take the credentials of this server")
    if code(error) in BUSY:
        return NotWritten("S3 takes no more requests of this bucket at present")
    failed = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)) >= 500
    return _unanswered(changes=changes) if failed else error


def _unanswered(*, changes: bool) -> Unknown:
    return Unknown("S3 does not answer") if changes else NotWritten("S3 does not answer")
