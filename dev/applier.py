"""Makes the transformed template's resources in an emulated account, and refuses a type that it does not know.

moto's own CloudFormation skips or breaks a third of them without a word.
"""

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3

from dev.emulated import REGION
from dev.template import Stack

LEFT_OUT: Mapping[str, str] = {
    "AWS::ApiGateway::BasePathMapping": "of the same, and the names that it has",
    "AWS::ApiGateway::DomainName": "of the same",
    "AWS::ApiGateway::Deployment": "of the same",
    "AWS::ApiGateway::RestApi": "the gateway of this package reads its routes",
    "AWS::ApiGateway::Stage": "of the same",
    "AWS::CloudWatch::Alarm": "nothing would set it off",
    "AWS::CloudWatch::Dashboard": "nobody would look at it",
    "AWS::IAM::ManagedPolicy": "nothing would enforce it; a test compares policies with settings",
    "AWS::Lambda::EventInvokeConfig": "moto invokes nothing asynchronously",
    "AWS::Lambda::EventSourceMapping": "the deployment of this package polls the queue",
    "AWS::Lambda::LayerVersion": "the functions run on the sources",
    "AWS::Lambda::Permission": "nothing would enforce it",
    "AWS::Logs::LogGroup": "nothing would write to it",
    "AWS::Route53::RecordSet": "nobody would ask for it",
    "AWS::S3::BucketPolicy": "moto does not look at the condition, and refuses everything",
    "AWS::SNS::Topic": "nothing would be told",
    "AWS::SQS::QueuePolicy": "nothing would enforce it",
    "AWS::Scheduler::Schedule": "moto never fires one; the deployment of this package does",
    "AWS::WAFv2::WebACLAssociation": "nothing would enforce it",
}
"""Types that are not made, and why."""

Made = dict[str, str]
"""A resource's attributes, `Ref` among them."""
Clients = Callable[[str], Any]
"""Gives the client of a service, the same one each time: to make one takes longer than most resources do."""


class UnknownType(Exception):
    """The template has a resource that the applier neither makes nor leaves out on purpose."""


@dataclass
class Applied:
    """A stack whose resources exist."""

    stack: Stack
    made: dict[str, Made]

    def ref(self, name: str) -> str:
        """A resource's physical id."""
        return self.made[name]["Ref"]


def apply(stack: Stack) -> Applied:
    """Make every resource, each after those that it refers to. Raises UnknownType before it makes any."""
    known = {**MAKERS, **LEFT_OUT}
    for name, resource in stack.resources():
        if resource["Type"] not in known:
            raise UnknownType(f"{name}: {resource['Type']}")
    applied = Applied(stack, {})
    clients: Clients = cache(boto3.client)

    def attribute(name: str, wanted: str) -> str:
        kind = stack.template["Resources"][name]["Type"]
        if kind in LEFT_OUT:
            return f"{name}.{wanted}"
        if name not in applied.made:
            applied.made[name] = MAKERS[kind](clients, name, stack.resolved(name))
        return applied.made[name][wanted]

    stack.attribute = attribute
    for name, resource in stack.resources():
        if resource["Type"] in MAKERS:
            attribute(name, "Ref")
    return applied


def _table(clients: Clients, name: str, given: dict[str, Any]) -> Made:
    client = clients("dynamodb")
    later = ("TimeToLiveSpecification", "PointInTimeRecoverySpecification", "SSESpecification")
    asked = {"Enabled" if name == "SSEEnabled" else name: value for name, value in given["SSESpecification"].items()}
    create = {key: value for key, value in given.items() if key not in later} | {"SSESpecification": asked}
    made = client.create_table(TableName=name, **create)["TableDescription"]
    client.update_time_to_live(TableName=name, TimeToLiveSpecification=given["TimeToLiveSpecification"])
    recovery = given["PointInTimeRecoverySpecification"]
    client.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=recovery)
    return {"Ref": name, "Arn": made["TableArn"]}


def _bucket(clients: Clients, name: str, given: dict[str, Any]) -> Made:
    client, bucket = clients("s3"), name.lower()
    client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    (rule,) = given["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    key = {"BucketKeyEnabled": rule.get("BucketKeyEnabled", False)}
    default: Any = {"ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"], **key}
    client.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [default]})
    client.put_public_access_block(
        Bucket=bucket, PublicAccessBlockConfiguration=given["PublicAccessBlockConfiguration"]
    )
    client.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=given["OwnershipControls"])
    if cors := given.get("CorsConfiguration"):
        client.put_bucket_cors(
            Bucket=bucket, CORSConfiguration={"CORSRules": [_cors(**each) for each in cors["CorsRules"]]}
        )
    rules: Any = [_lifecycle(**entry) for entry in given["LifecycleConfiguration"]["Rules"]]
    client.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})
    return {"Ref": bucket, "Arn": f"arn:aws:s3:::{bucket}"}


def _lifecycle(*, Id: str, Prefix: str = "", ExpirationInDays: int = 0, **rest: Any) -> dict[str, Any]:  # noqa: N803
    """Say CloudFormation's rule in S3's own words."""
    expiry = {"Expiration": {"Days": ExpirationInDays}} if ExpirationInDays else {}
    return {"ID": Id, "Filter": {"Prefix": Prefix}, **expiry, **rest}


def _cors(*, ExposedHeaders: Any, MaxAge: int, **rest: Any) -> Any:  # noqa: N803
    """The same of a rule for browsers."""
    return {"ExposeHeaders": ExposedHeaders, "MaxAgeSeconds": MaxAge, **rest}


def _event_bus(clients: Clients, _: str, given: dict[str, Any]) -> Made:
    made = clients("events").create_event_bus(Name=given["Name"])
    return {"Ref": given["Name"], "Arn": made["EventBusArn"], "Name": given["Name"]}


def _rule(clients: Clients, name: str, given: dict[str, Any]) -> Made:
    client, bus = clients("events"), given.get("EventBusName", "default")
    made = client.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps(given["EventPattern"]))
    client.put_targets(Rule=name, EventBusName=bus, Targets=given["Targets"])
    return {"Ref": name, "Arn": made["RuleArn"]}


def _queue(clients: Clients, name: str, given: dict[str, Any]) -> Made:
    client = clients("sqs")
    texts = {key: json.dumps(value) if isinstance(value, dict) else str(value) for key, value in given.items()}
    url = client.create_queue(QueueName=name, Attributes=texts)["QueueUrl"]
    arn = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return {"Ref": url, "Arn": arn, "QueueName": name}


def _role(clients: Clients, name: str, given: dict[str, Any]) -> Made:
    document = json.dumps(given["AssumeRolePolicyDocument"])
    made = clients("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]
    return {"Ref": name, "Arn": made["Arn"]}


def _function(clients: Clients, name: str, given: dict[str, Any]) -> Made:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", "")
    made = clients("lambda").create_function(
        FunctionName=name,
        Runtime=given.get("Runtime", "python3.13"),  # an image has neither, and is made of these sources as well
        Role=given["Role"],
        Handler=given.get("Handler", "app.handler"),
        Code={"ZipFile": code.getvalue()},
    )
    return {"Ref": name, "Arn": made["FunctionArn"]}


def _state_machine(clients: Clients, _: str, given: dict[str, Any]) -> Made:
    definition: str = given["DefinitionString"]
    for placeholder, arn in given["DefinitionSubstitutions"].items():
        definition = definition.replace(f"${{{placeholder}}}", arn)
    made = clients("stepfunctions").create_state_machine(
        name=given["StateMachineName"], definition=definition, roleArn=given["RoleArn"]
    )
    return {"Ref": made["stateMachineArn"], "Arn": made["stateMachineArn"], "Name": given["StateMachineName"]}


MAKERS: Mapping[str, Callable[[Clients, str, dict[str, Any]], Made]] = {
    "AWS::DynamoDB::Table": _table,
    "AWS::Events::EventBus": _event_bus,
    "AWS::Events::Rule": _rule,
    "AWS::IAM::Role": _role,
    "AWS::Lambda::Function": _function,
    "AWS::S3::Bucket": _bucket,
    "AWS::SQS::Queue": _queue,
    "AWS::StepFunctions::StateMachine": _state_machine,
}
