"""What the sandbox is allowed: by its role, by the addresses and by the form that it is given for one call."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dev.policies import allowed, of_role
from dev.template import Stack
from tests.aws.policies import refusal_of_address, refusal_of_post
from tests.kit.moto_services import ACCOUNT, BUCKET, account
from walkaway_core.aws import workspace
from walkaway_core.aws.sandbox import MARGIN, LambdaSandbox
from walkaway_core.ports.sandbox import MOST_BYTES, Command

SECRET = ACCOUNT["aws_secret_access_key"]
FUNCTION = "arn:aws:lambda:eu-central-1:123456789012:function:walkaway-SandboxFunction-X"
SUBNETS = {"SandboxSubnets": "subnet-1", "SandboxSecurityGroups": "sg-1"}
WANTED = [
    ("s3:GetObject", "Bucket.Arn/alpha/files/secret"),
    ("s3:PutObject", "Bucket.Arn/.staging/x"),
    ("s3:ListBucket", "Bucket.Arn"),
    ("dynamodb:Query", "Table.Arn"),
    ("lambda:InvokeFunction", "SandboxFunction.Arn"),
    ("lambda:InvokeFunction", "RunToolFunction.Arn"),
    ("states:StartExecution", "arn:aws:states:eu-central-1:123456789012:stateMachine:walkaway-turn"),
    ("events:PutEvents", "Bus.Arn"),
    ("ssm:GetParameter", "arn:aws:ssm:eu-central-1:123456789012:parameter/walkaway/key"),
    ("bedrock:InvokeModel", "arn:aws:bedrock:eu-central-1::foundation-model/any"),
    ("sts:AssumeRole", "RunToolFunctionRole.Arn"),
    ("iam:PassRole", "SandboxFunctionRole.Arn"),
    ("logs:PutLogEvents", "Logs.Arn"),
    ("logs:GetLogEvents", "SandboxLogs.Arn"),
    ("ec2:CreateNetworkInterface", "*"),
    ("ec2:DescribeSubnets", "*"),
]


def policies(stack: Stack, function: str) -> list[dict[str, Any]]:
    return of_role(stack, f"{function}Role")


class TestRole:
    @pytest.mark.parametrize("parameters", [{}, SUBNETS], ids=["own network", "subnets"])
    @pytest.mark.parametrize(("action", "resource"), WANTED, ids=lambda text: text.partition(".")[0])
    def test_stolen_credentials_are_good_for_nothing(
        self, action: str, resource: str, parameters: dict[str, str]
    ) -> None:
        stolen = policies(Stack(parameters), "SandboxFunction")
        assert not allowed(stolen, action, resource, **{"lambda:SourceFunctionArn": FUNCTION})

    def test_it_may_write_its_own_logs(self) -> None:
        assert allowed(policies(Stack(), "SandboxFunction"), "logs:PutLogEvents", "SandboxLogs.Arn")

    def test_it_has_no_managed_policy(self) -> None:
        assert "ManagedPolicyArns" not in Stack().resolved("SandboxFunctionRole")

    def test_with_subnets_lambda_itself_may_plug_it_in(self) -> None:
        assert allowed(policies(Stack(SUBNETS), "SandboxFunction"), "ec2:CreateNetworkInterface", "*")
        assert Stack(SUBNETS).resolved("SandboxFunction")["VpcConfig"] == {
            "SubnetIds": ["subnet-1"],
            "SecurityGroupIds": ["sg-1"],
        }
        assert "VpcConfig" not in Stack().resolved("SandboxFunction")

    def test_run_tool_alone_may_invoke_it(self) -> None:
        stack = Stack()
        names = [name for name, _ in stack.resources("AWS::Lambda::Function")]
        may = [n for n in names if allowed(policies(stack, n), "lambda:InvokeFunction", "SandboxFunction.Arn")]
        assert may == ["RunToolFunction"]

    def test_the_judge_can_say_yes(self) -> None:
        trusted = policies(Stack(), "RunToolFunction")
        assert allowed(trusted, "s3:GetObject", "Bucket.Arn/alpha/files/secret")
        assert allowed(trusted, "dynamodb:Query", "Table.Arn")


def test_sessions_share_no_environment_and_no_settings() -> None:
    function = Stack().resolved("SandboxFunction")
    assert function["TenancyConfig"] == {"TenantIsolationMode": "PER_TENANT"}
    assert "Environment" not in function
    assert [layer.startswith("SandboxLayer") for layer in function["Layers"]] == [True]
    assert function["LoggingConfig"]["LogGroup"] == "SandboxLogs.Ref"


@pytest.fixture(scope="module")
def event() -> dict[str, Any]:
    got: list[dict[str, Any]] = []
    with account() as made:
        made.bucket()
        client = workspace.connect(**ACCOUNT)
        files = workspace.S3Workspace(client, BUCKET)
        files.write("alpha/files", "a b/ü.txt", [b"x"])

        def invoke(_: str, event: dict[str, Any]) -> None:
            key = f"{event['prefix']}files.json"
            got.append({**event, "listed": json.load(client.get_object(Bucket=BUCKET, Key=key)["Body"])})

        command = Command("true", "alpha/files", ("",), ("",), 120.0, owner="sess_1")
        with LambdaSandbox(client, BUCKET, files, invoke).run(command, lambda _: None):
            pass
    return got[0]


class TestCall:
    """The form and the addresses of one call, in the hands of a command that got hold of them."""

    def refusal(self, event: dict[str, Any], key: str, /, size: int = 5, later: float = 0, **form: str) -> str | None:
        fields = {**event["post"]["fields"], "key": key, **form}
        return refusal_of_post(fields, size, BUCKET, SECRET, datetime.now(UTC) + timedelta(seconds=later))

    def test_the_form_takes_what_belongs_to_the_call(self, event: dict[str, Any]) -> None:
        for name in ("manifest.json", "output/000001", "files/1"):
            assert self.refusal(event, event["prefix"] + name) is None

    @pytest.mark.parametrize(
        "key", ["alpha/files/a b/ü.txt", ".staging/", ".staging/another/manifest.json", "beta/files/x", "x", ""]
    )
    def test_the_form_takes_nothing_elsewhere(self, event: dict[str, Any], key: str) -> None:
        assert self.refusal(event, key) == "$key"

    def test_the_form_takes_nothing_too_large(self, event: dict[str, Any]) -> None:
        assert self.refusal(event, event["prefix"] + "files/1", size=MOST_BYTES) is None
        assert self.refusal(event, event["prefix"] + "files/1", size=MOST_BYTES + 1) == "content-length-range"

    def test_the_form_is_good_for_the_call_alone(self, event: dict[str, Any]) -> None:
        assert self.refusal(event, event["prefix"] + "x", later=120 + MARGIN - 5) is None
        assert self.refusal(event, event["prefix"] + "x", later=120 + MARGIN + 5) == "expired"

    def test_the_form_cannot_be_widened(self, event: dict[str, Any]) -> None:
        assert self.refusal(event, event["prefix"] + "x", acl="public-read") == "acl is in no condition"
        assert self.refusal(event, event["prefix"] + "x", policy=event["post"]["fields"]["policy"] + "=") == "signature"

    def test_another_bucket_is_refused(self, event: dict[str, Any]) -> None:
        fields = {**event["post"]["fields"], "key": event["prefix"] + "x"}
        assert refusal_of_post(fields, 5, "other", SECRET, datetime.now(UTC)) == "bucket"

    def test_an_address_reads_its_file_for_the_length_of_the_call(self, event: dict[str, Any]) -> None:
        now = datetime.now(UTC)
        for address in [event["files"], *(url for _, _, url in event["listed"])]:
            assert refusal_of_address("GET", address, SECRET, now) is None
            assert refusal_of_address("GET", address, SECRET, now + timedelta(seconds=120 + MARGIN + 5)) == "expired"
            assert refusal_of_address("PUT", address, SECRET, now) == "signature"
            assert refusal_of_address("DELETE", address, SECRET, now) == "signature"
            assert refusal_of_address("GET", address.replace(".txt", ".tx"), SECRET, now) == (
                "signature" if ".txt" in address else None
            )
            longer = address.replace(f"X-Amz-Expires={120 + MARGIN}", "X-Amz-Expires=999999")
            assert refusal_of_address("GET", longer, SECRET, now) == "signature"

    def test_addresses_are_those_of_the_buckets_own_region(self, event: dict[str, Any]) -> None:
        """Another host answers a new bucket's requests with a redirection, for which no signature is good."""
        host = f"https://{BUCKET}.s3.eu-central-1.amazonaws.com/"
        assert event["post"]["url"] == host
        assert event["files"].startswith(host)
