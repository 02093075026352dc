"""What companies ask of a stack: each parameter does what it says where it is set, and nothing where it is not."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from dev.applier import Applied, apply
from dev.emulated import ACCOUNT, emulated
from dev.template import Stack, written

ROOT = Path(__file__).parents[2]
KEY = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd"
BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
DOMAIN = {"DomainName": "agents.example.com", "CertificateArn": "arn:aws:acm:eu-central-1:123456789012:certificate/c"}
ACL = "arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/all/1"
CHOICES: dict[str, dict[str, str]] = {
    "AllowOrigin": {"AllowOrigin": "https://app.example.com"},
    "AccessLogs": {"AccessLogs": "yes"},
    "DomainName": {**DOMAIN, "HostedZoneId": "Z1"},
    "WebAclArn": {"WebAclArn": ACL},
    "PermissionsBoundary": {"PermissionsBoundary": BOUNDARY},
    "KmsKey": {"KmsKey": KEY},
}
EVERYTHING = {name: value for choice in CHOICES.values() for name, value in choice.items()}
SECOND = {"AlarmEmail": "ops@example.com", "AnthropicKeyParameter": "/walkaway/key", "AccessLogs": "yes"}
"""What makes resources that have something to encrypt."""


def everything(stack: Stack) -> dict[str, Any]:
    return {name: stack.resolved(name) for name, _ in stack.resources()}


@pytest.fixture(scope="module")
def plain() -> Stack:
    return Stack()


def test_every_parameter_may_be_left_out_and_is_in_the_docs() -> None:
    parameters, told = written()["Parameters"], (ROOT / "docs/deploy.md").read_text()
    assert all("Default" in parameter for parameter in parameters.values())
    assert all(parameters[name]["Default"] in ("", "no") for name in EVERYTHING)
    assert [name for name in parameters if f"`{name}`" not in told] == []
    assert set(EVERYTHING) <= set(parameters)


def test_values_are_looked_at_before_anything_is_made() -> None:
    for name, value in EVERYTHING.items():
        if pattern := written()["Parameters"][name].get("AllowedPattern"):
            fits = re.compile(pattern).fullmatch
            assert fits("")
            assert fits(value)
            assert not fits(f"{value} x")
    origins = re.compile(written()["Parameters"]["AllowOrigin"]["AllowedPattern"]).fullmatch
    assert all(map(origins, ["*", "http://localhost:3000", "https://a.example,tauri://localhost"]))
    assert not any(map(origins, ["https://a/", "https://a/b", "a.example", "https://a,", "*,https://a"]))


def test_by_default_nothing_is_there_that_only_companies_ask_for(plain: Stack) -> None:
    kinds = {resource["Type"] for _, resource in plain.resources()}
    assert not {kind for kind in kinds if kind.startswith(("AWS::WAF", "AWS::Route53", "AWS::ApiGateway::Domain"))}
    text = json.dumps(everything(plain))
    for word in ("Boundary", "Kms", "KMS", "kms:", "AccessLog", "Access-Control", "CorsConfiguration", "BucketKey"):
        assert word not in text, word
    assert plain.outputs()["Url"].endswith("/prod")


@pytest.mark.parametrize("name", CHOICES)
def test_a_choice_takes_nothing_away(name: str, plain: Stack) -> None:
    before, after = everything(plain), everything(Stack(CHOICES[name]))
    assert before.keys() <= after.keys()
    changed = {resource for resource in before if before[resource] != after[resource]}
    roles = {resource for resource in before if resource.endswith("Role")}
    assert changed if name in ("AllowOrigin", "AccessLogs", "PermissionsBoundary", "KmsKey") else not changed
    assert name != "PermissionsBoundary" or changed == roles


class TestAllowOrigin:
    def test_what_the_gateway_says_itself_is_for_every_page(self) -> None:
        found = Stack(CHOICES["AllowOrigin"]).resolved("Api")["Body"]["x-amazon-apigateway-gateway-responses"]
        assert len(found) >= 8
        for name, answer in found.items():
            headers = answer["responseParameters"]
            assert headers["gatewayresponse.header.Access-Control-Allow-Origin"] == "'*'", name
            shown = headers.get("gatewayresponse.header.Access-Control-Expose-Headers")
            assert (shown == "'Retry-After'") == ("gatewayresponse.header.Retry-After" in headers), name

    def test_both_doors_are_told(self) -> None:
        stack = Stack(CHOICES["AllowOrigin"])
        told = {
            name
            for name, _ in stack.resources("AWS::Lambda::Function")
            if stack.resolved(name).get("Environment", {}).get("Variables", {}).get("WALKAWAY_ALLOW_ORIGIN")
        }
        assert told == {"ApiFunction", "StreamFunction"}

    def test_asking_first_costs_no_method_and_needs_no_key(self, plain: Stack) -> None:
        body = Stack(CHOICES["AllowOrigin"]).resolved("Api")["Body"]
        assert body["paths"] == plain.resolved("Api")["Body"]["paths"], "OPTIONS is one of any methods"
        assert "security" not in json.dumps(body)


class TestAccessLogs:
    FORMAT = re.compile(r"\$context\.([\w.]+)")

    def test_each_request_is_a_line_of_json_that_names_nothing_secret(self) -> None:
        stack = Stack({"AccessLogs": "yes", "LogDays": "7"})
        setting = stack.resolved("ApiprodStage")["AccessLogSetting"]
        assert setting["DestinationArn"] == "AccessLog.Arn"
        assert stack.resolved("AccessLog")["RetentionInDays"] == "7"
        assert "\n" not in setting["Format"]
        line = json.loads(self.FORMAT.sub("-", setting["Format"]))
        assert set(line.values()) == {"-"}, "what has no value is `-`, which is JSON in quotes alone"
        said = set(self.FORMAT.findall(setting["Format"]))
        assert {"requestId", "identity.sourceIp", "httpMethod", "resourcePath", "status", "responseLatency"} <= said
        assert "integrationErrorMessage" in said
        secret = ("path", "identity.apiKey", "identity.userAgent", "authorizer", "customDomain", "error.message")
        assert not {name for name in said if name.startswith(secret)}, (
            "a path has names of files, a query may have keys"
        )

    def test_the_accounts_own_role_is_left_alone(self) -> None:
        kinds = {resource["Type"] for _, resource in Stack({"AccessLogs": "yes"}).resources()}
        assert "AWS::ApiGateway::Account" not in kinds, "one stack would take it from all others of the account"


class TestDomain:
    def test_a_name_leads_to_the_stage_at_its_root(self) -> None:
        stack = Stack(DOMAIN)
        domain, mapping = stack.resolved("Domain"), stack.resolved("DomainMapping")
        assert domain["DomainName"] == DOMAIN["DomainName"]
        assert domain["RegionalCertificateArn"] == DOMAIN["CertificateArn"]
        assert domain["SecurityPolicy"] == "TLS_1_2"
        assert mapping == {"DomainName": "Domain.Ref", "RestApiId": "Api.Ref", "Stage": "ApiprodStage.Ref"}
        assert stack.outputs()["Url"] == "https://agents.example.com"
        assert stack.outputs()["DomainTarget"] == "Domain.RegionalDomainName"
        assert not list(stack.resources("AWS::Route53::RecordSet"))

    def test_a_zone_gets_a_record(self, plain: Stack) -> None:
        record = Stack(CHOICES["DomainName"]).resolved("DomainRecord")
        assert (record["HostedZoneId"], record["Name"], record["Type"]) == ("Z1", DOMAIN["DomainName"], "A")
        assert record["AliasTarget"]["DNSName"] == "Domain.RegionalDomainName"
        assert not list(Stack({"HostedZoneId": "Z1"}).resources("AWS::Route53::RecordSet"))
        assert "DomainTarget" not in plain.outputs()

    def test_what_lacks_its_other_half_is_refused_at_once(self) -> None:
        rules = written()["Rules"]
        assert json.dumps(rules["DomainHasCertificate"]).count("CertificateArn") == 2
        assert json.dumps(rules["ZoneHasDomain"]).count("DomainName") == 2


def test_a_web_acl_looks_at_the_stage() -> None:
    found = Stack(CHOICES["WebAclArn"]).resolved("WebAclAssociation")
    stage = "arn:aws:apigateway:eu-central-1::/restapis/Api.Ref/stages/ApiprodStage.Ref"
    assert found == {"ResourceArn": stage, "WebACLArn": ACL}


def test_every_role_has_the_boundary() -> None:
    stack = Stack({**CHOICES["PermissionsBoundary"], **SECOND})
    roles = dict(stack.resources("AWS::IAM::Role"))
    assert len(roles) == 12, "ten functions, the machine and the schedule"
    assert {stack.resolved(role).get("PermissionsBoundary") for role in roles} == {BOUNDARY}


@pytest.fixture(scope="module")
def applied() -> Iterator[Applied]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ACCOUNT.items():
            patch.setenv(name, value)
        with emulated():
            yield apply(Stack({**EVERYTHING, **SECOND}))


def test_an_account_takes_all_of_it_at_once(applied: Applied) -> None:
    table = boto3.client("dynamodb").describe_table(TableName=applied.ref("Table"))["Table"]["SSEDescription"]
    assert (table["SSEType"], table["KMSMasterKeyArn"]) == ("KMS", KEY)
    s3, bucket = boto3.client("s3"), applied.ref("Bucket")
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    default = rule["ApplyServerSideEncryptionByDefault"]
    assert (default["SSEAlgorithm"], default["KMSMasterKeyID"], rule["BucketKeyEnabled"]) == ("aws:kms", KEY, True)
    (browsers,) = s3.get_bucket_cors(Bucket=bucket)["CORSRules"]
    assert (browsers["AllowedOrigins"], browsers["AllowedMethods"]) == (["*"], ["GET", "HEAD"])
    for name, _ in applied.stack.resources("AWS::SQS::Queue"):
        wanted: Any = ["KmsMasterKeyId", "SqsManagedSseEnabled"]
        got = boto3.client("sqs").get_queue_attributes(QueueUrl=applied.ref(name), AttributeNames=wanted)["Attributes"]
        assert got["KmsMasterKeyId"] == KEY
        assert got.get("SqsManagedSseEnabled", "false").lower() == "false"
