"""Calls the sandbox function, once for each command, and tells what has not begun from what has failed."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from walkaway_wire import jsontext

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient

LONGEST = 905
"""Seconds: a Lambda's 15 minutes and a little."""
THROTTLED = {"TooManyRequestsException", "EC2ThrottledException"}
"""Errors after which nothing has begun, and may soon: the account runs as much as it may (Lambda API, Invoke)."""
Invoke = Callable[[str, dict[str, Any]], None]
"""Carries out one call, for this session, in a function that no other session shares. Raises when it fails, and
Throttled when it has not begun."""


class FunctionFailed(Exception):
    """The sandbox function gave no answer of its own."""


class Throttled(Exception):
    """The sandbox function has not begun, for want of room."""


def connect(**options: Any) -> "LambdaClient":
    """Make a client that waits for as long as a function may run, and never sends a call twice.

    By default botocore gives up after 60 seconds of silence and tries again, while the first command still runs.
    """
    config = Config(read_timeout=LONGEST, connect_timeout=10, retries={"total_max_attempts": 1}, tcp_keepalive=True)
    return boto3.client("lambda", config=config, **options)


def invoker(client: "LambdaClient", function: str) -> Invoke:
    """Call a function of this name, each session in environments of its own (Lambda guide, tenant isolation)."""

    def invoke(session: str, event: dict[str, Any]) -> None:
        try:
            answer = client.invoke(FunctionName=function, TenantId=session, Payload=jsontext.dump_bytes(event))
        except ClientError as error:
            if error.response["Error"]["Code"] in THROTTLED:
                raise Throttled from error
            raise
        if "FunctionError" in answer:
            raise FunctionFailed(answer["Payload"].read(1000).decode(errors="replace"))

    return invoke
