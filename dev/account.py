"""Which AWS account and Region a deployment goes to: looked up before anything is built or asked."""

from dataclasses import dataclass

import boto3
import click
from botocore.exceptions import BotoCoreError, ClientError


@dataclass(frozen=True)
class Place:
    """Where a stack is deployed, and in whose name: the account's number, the Region, the ARN of who calls."""

    account: str
    region: str
    caller: str


def place(region: str | None = None) -> Place:
    """Ask AWS who calls (sts:GetCallerIdentity, which everybody may), in a Region or in that of the environment.

    Raises ClickException where no Region or no credentials are named, or AWS does not take them. Without a Region the
    SAM CLI asks for one, and for everything else, and fails then.
    """
    try:
        session = boto3.Session(region_name=region)
        if not session.region_name:
            raise click.ClickException(
                "no Region is named: `export AWS_DEFAULT_REGION=eu-central-1`, or name one in your AWS profile"
            )
        if session.get_credentials() is None:
            raise click.ClickException(
                "no AWS credentials were found: sign in (`aws sso login`), name a profile (`export AWS_PROFILE=…`), "
                "or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            )
        found = session.client("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise click.ClickException(f"AWS does not say who you are: {error}") from None
    return Place(found["Account"], session.region_name, found["Arn"])
