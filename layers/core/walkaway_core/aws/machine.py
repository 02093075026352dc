"""The Machine on Step Functions: Standard executions, named so that a repeated start is one execution."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from walkaway_core.ports.items import Write
from walkaway_wire import jsontext

if TYPE_CHECKING:
    from types_boto3_stepfunctions import SFNClient

OVER = {"ExecutionDoesNotExist", "ValidationException"}
GONE = {"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"}
"""What SendTaskSuccess says of a token with which nothing waits (Step Functions API reference)."""


def connect(**options: Any) -> "SFNClient":
    """Make a client; starting and stopping by name may be repeated."""
    return boto3.client(
        "stepfunctions", config=Config(retries={"mode": "standard", "total_max_attempts": 5}), **options
    )


class StepFunctionsMachine:
    """Machine: one state machine of the account. A name stays taken for 90 days (Step Functions, StartExecution)."""

    def __init__(self, client: "SFNClient", arn: str) -> None:
        self._client = client
        self._arn = arn

    def claims(self, _: str, __: Mapping[str, Any]) -> tuple[Write, ...]:
        """Give nothing: Step Functions keeps its executions elsewhere."""
        return ()

    def start(self, name: str, ticket: Mapping[str, Any]) -> None:
        """Start an execution, unless one of this name has been started."""
        try:
            self._client.start_execution(stateMachineArn=self._arn, name=name, input=jsontext.dumps(dict(ticket)))
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise

    def attending(self) -> AbstractContextManager[None]:
        """Let nothing wait: executions run elsewhere."""
        return nullcontext()

    def stop(self, name: str) -> None:
        """Start no further state of this execution."""
        arn = f"{self._arn.replace(':stateMachine:', ':execution:')}:{name}"
        try:
            self._client.stop_execution(executionArn=arn)
        except ClientError as error:
            if error.response["Error"]["Code"] not in OVER:
                raise

    def resume(self, token: str, ticket: Mapping[str, Any]) -> bool:
        """Give the state that waits with this task token its output."""
        try:
            self._client.send_task_success(taskToken=token, output=jsontext.dumps(dict(ticket)))
        except ClientError as error:
            if error.response["Error"]["Code"] in GONE:
                return False
            raise
        return True
