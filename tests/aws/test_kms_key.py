"""A stack under a key of one's own: what is encrypted with it, and who may use it, through what."""

import json
from pathlib import Path

import pytest

from dev.deployment import folder
from dev.policies import allowed
from dev.template import Stack
from tests.aws.test_company import KEY, SECOND
from tests.aws.test_policies import policies
from walkaway_core.settings import variables

ROOT = Path(__file__).parents[2]
SERVICE_OF = {
    "WALKAWAY_TABLE": "dynamodb",
    "WALKAWAY_BUCKET": "s3",
    "WALKAWAY_QUEUE": "sqs",
    "WALKAWAY_API_KEY_PARAMETER": "ssm",
}
"""Through which service a function that has a variable comes to what is encrypted."""


@pytest.fixture(scope="module")
def encrypted() -> Stack:
    return Stack({"KmsKey": KEY, **SECOND})


def test_what_is_stored_is_under_the_key(encrypted: Stack) -> None:
    where = {
        "AWS::SQS::Queue": "KmsMasterKeyId",
        "AWS::SNS::Topic": "KmsMasterKeyId",
        "AWS::Logs::LogGroup": "KmsKeyId",
        "AWS::Lambda::Function": "KmsKeyArn",
    }
    for kind, field in where.items():
        found = {name: encrypted.resolved(name).get(field) for name, _ in encrypted.resources(kind)}
        assert {name for name, key in found.items() if key != KEY} <= {"SandboxFunction"}, kind
    assert {encrypted.resolved(name)["SqsManagedSseEnabled"] for name, _ in encrypted.resources("AWS::SQS::Queue")} == {
        False
    }, "SQS takes one kind alone"
    assert len(list(encrypted.resources("AWS::Logs::LogGroup"))) == 3


@pytest.mark.parametrize("service", ["dynamodb", "s3", "sqs", "ssm", "kms"])
def test_a_function_may_use_it_through_the_services_of_its_ports_alone(encrypted: Stack, service: str) -> None:
    via = {"kms:ViaService": f"{service}.eu-central-1.amazonaws.com"}
    for name, _ in encrypted.resources("AWS::Lambda::Function"):
        ports = {SERVICE_OF[variable] for variable in variables(folder(name)) if variable in SERVICE_OF}
        ports |= {"sqs"} if name == "SweepFunction" else set()
        judged = policies(encrypted, name)
        assert allowed(judged, "kms:Decrypt", KEY, **via) == (service in ports), (name, service)
        assert not allowed(judged, "kms:Decrypt", KEY), "not by itself"
        assert not allowed(judged, "kms:Decrypt", KEY.replace("1234", "5678"), **via), "and no other key"
        writes = allowed(judged, "kms:GenerateDataKey", KEY, **via)
        stores = allowed(judged, "s3:PutObject", "Bucket.Arn/x")
        assert writes == (service in ports - {"ssm", *(() if stores else ("s3",))}), (name, service)


def test_what_commands_run_in_has_nothing_of_it(encrypted: Stack) -> None:
    assert "KmsKeyArn" not in encrypted.resolved("SandboxFunction")
    assert "kms" not in json.dumps(encrypted.resolved("SandboxFunctionRole"))


def test_the_keys_policy_in_the_docs_lets_in_every_service_that_needs_it() -> None:
    text = (ROOT / "docs/deploy.md").read_text().partition("the key's own policy has to say")[2]
    statements = json.loads(text.split("\n\n")[1])
    told = {statement["Principal"]["Service"] for statement in statements}
    assert told == {"events.amazonaws.com", "logs.REGION.amazonaws.com", "cloudwatch.amazonaws.com"}
    for statement in statements:
        assert {"kms:Decrypt", "kms:GenerateDataKey*"} <= set(statement["Action"])
