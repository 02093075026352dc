"""A secret in the Parameter Store of Systems Manager, which costs nothing to keep there."""

import time
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from walkaway_core.ports.model import ModelFailed, ModelRefused
from walkaway_core.values import unsendable

if TYPE_CHECKING:
    from types_boto3_ssm import SSMClient

FRESH_SECONDS = 300.0
FOR_GOOD = {"ParameterNotFound", "AccessDeniedException", "InvalidKeyId"}


def connect(**options: Any) -> "SSMClient":
    """Make a client; reading may be repeated."""
    return boto3.client("ssm", config=Config(retries={"mode": "standard", "total_max_attempts": 5}), **options)


class Parameter:
    """Reads the model service's key, and again after five minutes: a new key needs no new deployment."""

    def __init__(self, client: "SSMClient", name: str) -> None:
        self._client = client
        self._name = name
        self._value = ""
        self._until = 0.0

    def __call__(self) -> str:
        """Give the key. Raises ModelRefused when there is none to read, ModelFailed when it cannot be read now."""
        if time.monotonic() >= self._until:
            self._value = self._read()
            self._until = time.monotonic() + FRESH_SECONDS
        return self._value

    def _read(self) -> str:
        try:
            value = self._client.get_parameter(Name=self._name, WithDecryption=True)["Parameter"]["Value"].strip()
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in FOR_GOOD:
                raise ModelRefused(
                    f"The model service's key cannot be read ({code}); put it into the SSM parameter {self._name} "
                    "as a SecureString"
                ) from error
            raise ModelFailed(str(error)) from error
        except BotoCoreError as error:
            raise ModelFailed(str(error)) from error
        if wrong := unsendable(value):
            raise ModelRefused(
                f"The model service's key {wrong}; put it into the SSM parameter {self._name} as one line"
            )
        return value
